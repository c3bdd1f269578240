"""What a wave's respondents answered, as numbers in groups; read at closing alone."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from surveys import scoring
from surveys.banks import PM, PM_NEW, BankRules, asked_as
from surveys.models import Invitation, Question, ReleasedCell, Response, Wave, WaveGroup, WaveItem
from surveys.privacy import Groups, People
from surveys.scoring import ItemKind, ItemScale, Sheet
from surveys.services.allotments import put_to
from surveys.services.groups import (
    AUDIENCE_KEY,
    LANGUAGE_KEY,
    PM_AUDIENCES,
    POOLED_KEY,
    PRODUCT_OPS,
    StoredLabels,
)
from surveys.services.releases.survey import ItemAnswers, people_of

KINDS: dict[str, ItemKind] = {
    Question.Scale.AGREE.value: "rating",
    Question.Scale.RECOMMEND.value: "recommend",
    Question.Scale.HOURS.value: "hours",
}


@dataclass(frozen=True)
class WaveAnswers:
    """A closed wave's responses, in the order of their random ids; a number is a place in it."""

    wave: Wave
    rules: BankRules
    asked: Sequence[WaveItem]
    responses: Sequence[Response]
    rows: Sequence[WaveGroup]

    @classmethod
    def of(cls, wave: Wave) -> "WaveAnswers":
        """Read them; four queries."""
        return cls(
            wave=wave,
            rules=wave.bank.definition(),
            asked=list(wave.items.select_related("question")),
            responses=list(Response.objects.filter(wave=wave).order_by("pk")),
            rows=_told_apart(wave.groups.select_related("parent")) or [_everybody(wave)],
        )

    @cached_property
    def questions(self) -> list[Question]:
        return [item.question for item in self.asked]

    @cached_property
    def groups(self) -> Groups:
        parents = {
            row.key: row.parent.key if row.parent else None for row in self.rows if _in_tree(row)
        }
        labels = [_labels(response) for response in self.responses]
        members = {
            row.key: people_of(
                number for number, label in enumerate(labels) if belongs(label, row.key, parents)
            )
            for row in self.rows
        }
        return Groups(parents, members)

    @property
    def everybody(self) -> People:
        return (1 << len(self.responses)) - 1

    def items(self) -> dict[str, ItemAnswers]:
        """What can be counted, item by item; words are released elsewhere."""
        return {
            question.key: self._item(question)
            for question in self.questions
            if question.scale != Question.Scale.TEXT
        }

    def links(self) -> dict[int, bytes] | None:
        """Who is who in other waves; None in anonymous mode, where nobody knows."""
        if self.wave.mode != Wave.Mode.CONFIDENTIAL:
            return None
        return {n: bytes(r.link) for n, r in enumerate(self.responses) if r.link is not None}

    def counted(self) -> People:
        """Who dealt with at least half of the rating items they were shown."""
        return people_of(
            number
            for number, response in enumerate(self.responses)
            if scoring.counts_for_response_rate(sheet_of(response), self._ratings(response))
        )

    def straight(self) -> People:
        """Who gave one and the same rating throughout although a reverse item was shown."""
        return people_of(
            number
            for number, response in enumerate(self.responses)
            if scoring.is_straight_line(
                sheet_of(response),
                self._ratings(response),
                reverse_keys=[q.key for q in self._shown(response) if q.reverse],
            )
        )

    def eligible(self, question: Question | None = None) -> dict[str, int]:
        """How many people of each group were asked; None: were asked anything.

        Counted when the wave opened, save for questions that only part of a group was asked.
        """
        asked = {row.key: row.eligible for row in self.rows}
        item = next((item for item in self.asked if item.question == question), None)
        if question is None or item is None or _is_for_all_pms(item):
            return asked
        parents = self.groups.parents
        counts = Counter(
            StoredLabels(*labels)
            for labels in Invitation.objects.filter(wave=self.wave).values_list(
                "group", "audience", "language"
            )
            if put_to([item], audience=labels[1], group=labels[0])
        )
        return {
            row.key: sum(n for label, n in counts.items() if belongs(label, row.key, parents))
            for row in self.rows
        }

    def _item(self, question: Question) -> ItemAnswers:
        key = question.key
        scale = getattr(self.rules.scales, question.scale)
        return ItemAnswers(
            key,
            ItemScale(KINDS[question.scale], scale.min, scale.max, question.reverse),
            {n: r.answers[key] for n, r in enumerate(self.responses) if key in r.answers},
            frozenset(n for n, r in enumerate(self.responses) if key in r.not_applicable),
        )

    def _ratings(self, response: Response) -> list[str]:
        return [
            question.key
            for question in self._shown(response)
            if question.scale == Question.Scale.AGREE
        ]

    def _shown(self, response: Response) -> list[Question]:
        return put_to(self.asked, audience=response.audience, group=response.group)


def _is_for_all_pms(item: WaveItem) -> bool:
    question = item.question
    return item.groups is None and is_for(question, PM) and PM_NEW not in question.audiences


def is_for(question: Question, audience: str) -> bool:
    """Whether people whose answers carry this audience are asked a question."""
    return not asked_as(audience).isdisjoint(question.audiences)


def belongs(labels: StoredLabels, group: str, parents: Mapping[str, str | None]) -> bool:
    """Whether somebody with these labels is part of a wave's group."""
    is_pm = labels.audience in PM_AUDIENCES
    if group == POOLED_KEY:
        return is_pm or labels.audience == PRODUCT_OPS
    if group == AUDIENCE_KEY.format(labels.audience):
        return True
    if not is_pm:
        return False
    if group in {ReleasedCell.ORGANIZATION, LANGUAGE_KEY.format(labels.language)}:
        return True
    unit: str | None = labels.group
    while unit is not None and unit != group:
        unit = parents.get(unit)
    return unit is not None


def sheet_of(response: Response) -> Sheet:
    return Sheet(response.answers, frozenset(response.not_applicable))


def _everybody(wave: Wave) -> WaveGroup:
    """A cohort fills up while its wave is open, so it has no groups, only itself."""
    return WaveGroup(
        organization=wave.organization,
        wave=wave,
        key=ReleasedCell.ORGANIZATION,
        kind=WaveGroup.Kind.ORGANIZATION,
        eligible=wave.eligible or 0,
    )


def _told_apart(rows: Iterable[WaveGroup]) -> list[WaveGroup]:
    """The groups without the language that everybody speaks: it says nothing of its own."""
    rows = list(rows)
    everybody = {row.eligible for row in rows if row.kind == WaveGroup.Kind.ORGANIZATION}
    return [
        row for row in rows if row.kind != WaveGroup.Kind.LANGUAGE or row.eligible not in everybody
    ]


def _labels(response: Response) -> StoredLabels:
    return StoredLabels(response.group, response.audience, response.language)


def _in_tree(row: WaveGroup) -> bool:
    """The organisation with its units, and audiences that share nobody with it."""
    if row.kind != WaveGroup.Kind.AUDIENCE:
        return row.kind != WaveGroup.Kind.LANGUAGE
    return row.key not in {AUDIENCE_KEY.format(PM_NEW), POOLED_KEY}
