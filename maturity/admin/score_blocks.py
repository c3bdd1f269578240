"""What the score sheet shows: areas, their capabilities, and every answer one can give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from maturity.forms import LEVELS, STATES, ScoreForm, ScoreSheetForm
from maturity.forms.drafts import check_name, evidence_name
from maturity.models import (
    Area,
    Capability,
    CapabilityLevel,
    Evidence,
    Exemption,
    RubricVersion,
    Score,
    ScoreConfidence,
    Target,
)
from maturity.rubrics import AreaLevel, area_level
from maturity.rubrics.perception import Perception, perception
from maturity.selectors.drafts import Mark
from maturity.selectors.perception import AreaAnswers
from maturity.selectors.rubric_texts import rubric_text
from maturity.selectors.standing import FullStanding


@dataclass(frozen=True)
class Check:
    """One check of a level, and how it was answered so far."""

    name: str
    text: str
    answer: str


@dataclass(frozen=True)
class Option:
    """One radio button: a level with what it looks like, or a reason for no level."""

    value: str
    label: str
    text: str
    checked: bool
    was_last: bool
    takes_focus: bool
    is_target: bool = False
    checks: Sequence[Check] = ()


@dataclass(frozen=True)
class Shared:
    """A piece of the organisation's evidence that this score may rest on too."""

    name: str
    evidence: Evidence
    checked: bool


@dataclass(frozen=True)
class Theirs:
    """What somebody else saved for the same capability while this sheet was open."""

    choice: str
    note: str
    claim_reason: str


@dataclass(frozen=True)
class Row:
    """One capability: what was said last, and what can be said now."""

    capability: Capability
    form: ScoreForm
    levels: Sequence[Option]
    states: Sequence[Option]
    last: Score | None
    changed_meanwhile: bool
    target: Target | None
    target_level: int
    confidence: ScoreConfidence | None
    exemption: Exemption | None
    mark: Mark | None
    shared: Sequence[Shared]
    theirs: Theirs | None


@dataclass(frozen=True)
class Block:
    """One area with its rows, where it stood last, and what PMs said of it."""

    area: Area
    rows: Sequence[Row]
    chosen: int
    stood: AreaLevel
    answers: AreaAnswers | None
    perception: Perception


@dataclass(frozen=True)
class Known:
    """Everything that stands beside what is typed. `before` is what the reader had seen when
    somebody else recorded; `theirs` what somebody else saved in the same draft."""

    standing: FullStanding
    answers: Mapping[int, AreaAnswers]
    evidence: Sequence[Evidence]
    before: Mapping[int, Score] | None = None
    marks: Mapping[str, Mark] = field(default_factory=dict)
    theirs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def blocks(
    rubric: RubricVersion,
    areas: Sequence[Area],
    sheet: ScoreSheetForm,
    known: Known,
    *,
    focus: str = "",
) -> list[Block]:
    """The sheet in the rubric's order; no query: the areas come with all their parts.

    `focus` is the capability whose choice takes the focus.
    """
    by_key = {form.capability.key: form for form in sheet.rows}
    meanings: Mapping[str, str] = rubric.rules["scale"]["missing_states"]
    result = []
    for area in areas:
        capabilities = list(area.capabilities.all())
        rows = [_row(by_key[each.key], known, meanings, focus=focus) for each in capabilities]
        stood = area_level(known.standing.judged(each.pk) for each in capabilities)
        answers = known.answers.get(area.pk)
        result.append(
            Block(
                area=area,
                rows=rows,
                chosen=sum(bool(row.form.chosen) for row in rows),
                stood=stood,
                answers=answers,
                perception=perception(stood.level, answers.items if answers else ()),
            )
        )
    return result


def _row(form: ScoreForm, known: Known, meanings: Mapping[str, str], *, focus: str) -> Row:
    capability, standing = form.capability, known.standing
    last = standing.scores.get(capability.pk)
    before = known.before
    level = standing.target_level(capability.pk)
    return Row(
        capability=capability,
        form=form,
        levels=[
            _level(each, form, last, target=level, takes_focus=capability.key == focus)
            for each in capability.levels.all()
        ],
        states=_states(meanings, form, last),
        last=last,
        changed_meanwhile=before is not None and _said(last) != _said(before.get(capability.pk)),
        target=standing.targets.get(capability.pk),
        target_level=level,
        confidence=None if last is None else standing.confidence.get(last.pk),
        exemption=standing.exemptions.get(capability.pk),
        mark=known.marks.get(capability.key),
        shared=[
            Shared(evidence_name(capability.key, each.pk), each, each.pk in form.shared)
            for each in known.evidence
        ],
        theirs=_theirs(known.theirs.get(capability.key)),
    )


def texts(rules: Mapping[str, Any]) -> dict[str, Any]:
    """The evidence rules and the sentences with which the page's script explains them."""
    return {
        "rules": rules,
        "not_yet": _("Needed from level {from}."),
        "needs_none": _("Levels 1 and 2 need no evidence."),
        "not_a_level": _("No level: evidence is optional."),
        "holds": _("Level {level} is backed by evidence."),
        "shared": _("Level {level} rests on evidence on file; its age is checked on saving."),
        "capped": _("Counts as {cap} for now: {reason}."),
        "missing": _("level {level} needs {parts}"),
        "link": _("a link"),
        "kind": _("its kind"),
        "date": _("the day it was observed"),
        "and": _(" and "),
        "wrong_kind": _("level {level} needs a metric, a data set or a survey item"),
        "too_old": _("evidence for level {level} may be {days} days old at most"),
        "progress": _("{chosen} of {total} chosen"),
        "marked": _("{count} capabilities marked as not assessed."),
        "unsaved": _("What you chose is not saved yet."),
        "proposed": _("The checks propose level {level}."),
        "saving": _("Saving the draft …"),
        "saved": _("Draft saved at {time}."),
        "not_saved": _("The draft could not be saved; it is tried again with your next change."),
        "conflict": _("Somebody else saved this draft. Press “Save draft” to see both versions."),
        "marks": {
            "new": _("new"),
            "changed": _("changed"),
            "confirmed": _("confirmed"),
            "unreviewed": _("unconfirmed"),
            "open": "",
        },
    }


def _level(
    content: CapabilityLevel,
    form: ScoreForm,
    last: Score | None,
    *,
    target: int,
    takes_focus: bool,
) -> Option:
    return Option(
        value=str(content.level),
        label=rubric_text(content.label),
        text=rubric_text(content.looks_like),
        checks=[
            Check(check_name(form.capability.key, content.level, number), text, answer)
            for number, (text, answer) in enumerate(_answered(content, form))
        ],
        checked=form.chosen == str(content.level),
        was_last=last is not None and last.level == content.level,
        takes_focus=takes_focus and content.level == LEVELS[0],
        is_target=content.level == target,
    )


def _answered(content: CapabilityLevel, form: ScoreForm) -> list[tuple[str, str]]:
    given = form.checks.get(str(content.level), [])
    return [(text, given[n] if n < len(given) else "") for n, text in enumerate(content.checks)]


def _states(meanings: Mapping[str, str], form: ScoreForm, last: Score | None) -> list[Option]:
    return [
        Option(
            value=state.value,
            label=str(state.label),
            text=rubric_text(meanings[state.value]),
            checked=form.chosen == state.value,
            was_last=last is not None and last.state == state.value,
            takes_focus=False,
        )
        for state in STATES
    ]


def _theirs(value: Mapping[str, Any] | None) -> Theirs | None:
    if value is None:
        return None
    state = value.get("state") or ""
    choice = _("Level %(level)s") % {"level": value["level"]} if value.get("level") else ""
    if not choice and state in Score.State.values:
        choice = str(Score.State(state).label)
    return Theirs(
        choice or _("no choice"), value.get("note") or "", value.get("claim_reason") or ""
    )


def _said(score: Score | None) -> tuple[str, int | None] | None:
    return None if score is None else (score.state, score.level)
