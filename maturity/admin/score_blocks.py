"""What the score sheet shows: areas, their capabilities, and every answer one can give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from maturity.forms import LEVELS, STATES, ScoreForm
from maturity.models import Area, Capability, RubricVersion, Score


@dataclass(frozen=True)
class Option:
    """One radio button: a level with what it looks like, or a reason for no level."""

    value: str
    label: str
    text: str
    checked: bool
    was_last: bool
    takes_focus: bool
    checks: Sequence[str] = ()


@dataclass(frozen=True)
class Row:
    """One capability: what was said last, and what can be said now."""

    capability: Capability
    form: ScoreForm
    levels: Sequence[Option]
    states: Sequence[Option]
    last: Score | None
    changed_meanwhile: bool


@dataclass(frozen=True)
class Block:
    """One area with its rows and how many of them have a choice."""

    area: Area
    rows: Sequence[Row]
    chosen: int


def blocks(
    rubric: RubricVersion,
    areas: Sequence[Area],
    forms: Sequence[ScoreForm],
    *,
    last: Mapping[int, Score],
    before: Mapping[int, Score] | None = None,
    focus: str = "",
) -> list[Block]:
    """The sheet in the rubric's order; no query: the areas come with all their parts.

    `before` is what the reader had seen when somebody else recorded `last`; `focus` is the
    capability whose choice takes the focus.
    """
    by_key = {form.capability.key: form for form in forms}
    meanings: Mapping[str, str] = rubric.rules["scale"]["missing_states"]
    result = []
    for area in areas:
        rows = []
        for capability in area.capabilities.all():
            form, newest = by_key[capability.key], last.get(capability.pk)
            takes_focus = capability.key == focus
            rows.append(
                Row(
                    capability=capability,
                    form=form,
                    levels=_levels(capability, form, newest, takes_focus=takes_focus),
                    states=_states(meanings, form, newest),
                    last=newest,
                    changed_meanwhile=before is not None
                    and _said(newest) != _said(before.get(capability.pk)),
                )
            )
        result.append(Block(area=area, rows=rows, chosen=sum(bool(r.form.chosen) for r in rows)))
    return result


def texts(rules: Mapping[str, Any]) -> dict[str, Any]:
    """The evidence rules and the sentences with which the page's script explains them."""
    return {
        "rules": rules,
        "not_yet": _("Needed from level {from}."),
        "needs_none": _("Levels 1 and 2 need no evidence."),
        "not_a_level": _("No level: evidence is optional."),
        "holds": _("Level {level} is backed by evidence."),
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
    }


def _levels(
    capability: Capability, form: ScoreForm, last: Score | None, *, takes_focus: bool
) -> list[Option]:
    return [
        Option(
            value=str(content.level),
            label=content.label,
            text=content.looks_like,
            checks=content.checks,
            checked=form.chosen == str(content.level),
            was_last=last is not None and last.level == content.level,
            takes_focus=takes_focus and content.level == LEVELS[0],
        )
        for content in capability.levels.all()
    ]


def _states(meanings: Mapping[str, str], form: ScoreForm, last: Score | None) -> list[Option]:
    return [
        Option(
            value=state.value,
            label=str(state.label),
            text=meanings[state.value],
            checked=form.chosen == state.value,
            was_last=last is not None and last.state == state.value,
            takes_focus=False,
        )
        for state in STATES
    ]


def _said(score: Score | None) -> tuple[str, int | None] | None:
    return None if score is None else (score.state, score.level)
