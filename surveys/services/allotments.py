"""Share a wave's questions out over its groups where all of them would take too long."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from maturity.errors import DomainError
from surveys.banks import PM, PM_NEW
from surveys.errors import WaveRefused
from surveys.models import Question, ReleasedCell, Wave, WaveGroup, WaveItem
from surveys.planning import FIGURES, minutes_of, quarter_of, seconds_of
from surveys.planning.allocation import Infeasible, Reason, allot, blocks_of, share_of
from surveys.services.audiences import questions_for
from surveys.services.groups import PM_AUDIENCES, GroupPlan, StoredLabels, plan_groups
from surveys.services.opening_plans import OpeningPlan, plan_opening, would_be_asked

ROOT = ReleasedCell.ORGANIZATION
REASONS: Mapping[Reason, Promise] = {
    "small_block": _lazy("%(blocks)s: a block needs at least %(least)d people."),
    "no_room": _lazy("%(question)s finds no room: it has to be put to %(least)d people."),
    "too_few_people": _lazy(
        "%(question)s has to be put to %(least)d people, and there are %(people)d."
    ),
    "too_long": _lazy("%(question)s alone takes longer than the budget."),
    "too_much": _lazy(
        "The questions need %(minutes)s minutes of each of %(people)d people to reach enough."
    ),
    "others_take_too_long": _lazy("Partners and product ops cannot share theirs."),
}


@dataclass(frozen=True)
class Part:
    """What one block of the PMs is asked; `groups`: the labels that their answers carry."""

    name: str
    eligible: int
    groups: tuple[str, ...]
    questions: tuple[Question, ...]

    @property
    def minutes(self) -> float:
        return round(minutes_of(self.questions), 1)

    @property
    def keys(self) -> list[str]:
        return [question.key for question in self.questions]


@dataclass(frozen=True)
class Preview:
    """How a planned wave would share its questions out today, or why it would not open."""

    parts: tuple[Part, ...] = ()
    refusal: str = ""


def allowance(wave: Wave) -> int | None:
    """The seconds a wave may take of a person; None: as long as it needs.

    What the series' budget has left in the quarter is shared by the waves still ahead in it.
    """
    series = wave.series
    if series is None or series.budget_minutes is None or wave.opens_on is None:
        return None
    others = series.waves.exclude(pk=wave.pk).exclude(status=Wave.Status.CANCELLED)
    held, ahead = 0, 1
    for other in others.filter(opens_on__range=quarter_of(wave.opens_on)).prefetch_related(
        "items__question"
    ):
        if other.status == Wave.Status.DRAFT:
            ahead += 1
        else:
            held += most_seconds(other.items.all())
    return max(int(series.budget_minutes * 60) - held, 0) // ahead


def refuse_beyond_budget(wave: Wave, questions: Sequence[Question]) -> None:
    """Raise WaveRefused where newcomers' questions take longer than their series allows.

    Within a cohort nobody is told apart, so its questions cannot be shared out. One quarter can
    hold all of a newcomer's waves: they share what it allows.
    """
    series = wave.series
    if series is None or series.budget_minutes is None:
        return
    allowed = int(series.budget_minutes * 60) // len(FIGURES.onboarding.days.value)
    needed = seconds_of(questions_for(questions, [PM_NEW]))
    if needed > allowed:
        raise WaveRefused(
            _("The questions take %(needed)s minutes of a newcomer, and %(allowed)s are left.")
            % {"needed": round(needed / 60, 1), "allowed": round(allowed / 60, 1)}
        )


def share_out(wave: Wave, questions: Sequence[Question], groups: GroupPlan) -> tuple[Part, ...]:
    """The blocks and what each is asked; nothing where everybody can be asked everything.

    Only what PMs are asked is shared out. Raises WaveRefused where no way keeps the budget.
    """
    seconds = allowance(wave)
    labels = list(groups.labels.values())
    audiences = {label.audience for label in labels}
    if seconds is None or _longest(questions, audiences) <= seconds:
        return ()
    try:
        return _parts(wave, questions, labels, groups.rows, seconds)
    except Infeasible as error:
        raise WaveRefused(
            _("The questions do not fit into %(minutes)s minutes per person: %(why)s")
            % {
                "minutes": round(seconds / 60, 1),
                "why": REASONS[error.reason] % error.figures,
            }
        ) from error


def preview(wave: Wave, *, now: datetime) -> Preview:
    """What opening a planned wave would share out if it were today; nothing is done."""
    if wave.cohort:
        return Preview()
    try:
        plan = plan_opening(wave, opens_at=now)
        return Preview(share_out(wave, plan.questions, planned_groups(wave, plan)))
    except DomainError as refusal:
        return Preview(refusal=str(refusal))


def planned_groups(wave: Wave, plan: OpeningPlan) -> GroupPlan:
    """The groups that opening by this plan would freeze."""
    return plan_groups(wave, would_be_asked(wave, plan), on=plan.opens_on)


def freeze_questions(wave: Wave, questions: Iterable[Question], parts: Sequence[Part] = ()) -> None:
    """Write down what an opening wave asks, in order, inside the opening's transaction."""
    items = []
    for position, question in enumerate(questions, start=1):
        item = WaveItem(
            organization=wave.organization, wave=wave, question=question, position=position
        )
        asked = [part for part in parts if question in part.questions]
        if asked:
            item.groups = sorted(group for part in asked for group in part.groups)
            item.asked = sum(part.eligible for part in asked)
        items.append(item)
    WaveItem.objects.bulk_create(items)


def put_to(items: Iterable[WaveItem], *, audience: str, group: str) -> list[Question]:
    """The questions that somebody whose answers carry these labels is asked, in their order."""
    asked = [item.question for item in items if _is_for_group(item, audience, group)]
    return questions_for(asked, [audience])


def most_seconds(items: Collection[WaveItem]) -> int:
    """The longest that an opened wave takes of anybody."""
    groups = {group for item in items for group in item.groups or ()} or {""}
    return max(
        seconds_of(item.question for item in items if _is_for_group(item, PM, group))
        for group in groups
    )


def _is_for_group(item: WaveItem, audience: str, group: str) -> bool:
    return item.groups is None or audience not in PM_AUDIENCES or group in item.groups


def _longest(questions: Sequence[Question], audiences: Iterable[str]) -> int:
    return max((seconds_of(questions_for(questions, [a])) for a in audiences), default=0)


def _parts(
    wave: Wave,
    questions: Sequence[Question],
    labels: Sequence[StoredLabels],
    rows: Sequence[WaveGroup],
    seconds: int,
) -> tuple[Part, ...]:
    audiences = {label.audience for label in labels}
    if _longest(questions, audiences - PM_AUDIENCES) > seconds:
        raise Infeasible("others_take_too_long")
    shared = [question for question in questions if PM in question.audiences]
    # What only newcomers are asked leaves less time for the rest, for everybody's sake.
    apart = _longest(questions, audiences & PM_AUDIENCES) - seconds_of(shared)
    sizes = Counter(label.group or ROOT for label in labels if label.audience in PM_AUDIENCES)
    parents = {row.key: row.parent.key for row in rows if row.parent is not None}
    blocks = blocks_of(sizes, parents)
    shares = [share_of(q.key, q.scale, k=wave.k, k_comment=wave.k_comment) for q in shared]
    allotted = allot(
        sorted(set(blocks.values()), key=attrgetter("key")), shares, seconds=seconds - apart
    )
    names = {row.key: row.name for row in rows} | {ROOT: _("everybody else")}
    return tuple(
        Part(
            name=", ".join(sorted(names[group] for group in members)),
            eligible=sum(sizes[group] for group in members),
            groups=tuple("" if group == ROOT else group for group in members),
            questions=tuple(question for question in shared if question.key in asked),
        )
        for block, asked in sorted(allotted.items())
        if (members := sorted(group for group, its in blocks.items() if its.key == block))
    )
