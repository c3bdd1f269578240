"""The board report's snapshot: every figure and word that any rendering of it shows.

Made once from the dashboard that everybody sees, then frozen; nothing is read again later.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from maturity.models import Organization
from maturity.selectors.rubric_texts import rubric_text
from reports.selectors.benefits import BenefitRow
from reports.selectors.board_figures import figures_of, totals_of
from reports.selectors.dashboard import Dashboard
from reports.selectors.initiatives import InitiativeRow
from reports.selectors.profile import AreaRow, Profile
from reports.selectors.survey import ItemResult, WaveResults
from reports.selectors.trend import AreaMark
from reports.selectors.verdicts import Conclusions, PitfallRow, SignRow

Snapshot = dict[str, Any]
ABSENT = "–"


def board_snapshot(organization: Organization, dashboard: Dashboard) -> Snapshot:
    """Freeze a dashboard for the board, in the language and zone that are active; no query.

    A JSON object. Hidden survey cells are words ("not enough answers to show"), never figures.
    """
    sections = list(_sections(dashboard))
    return {
        "language": (get_language() or "en").partition("-")[0],
        "organization": organization.name,
        "title": _("Product operations at %(name)s") % {"name": organization.name},
        "subtitle": _("Board report"),
        "stand": _("As of %(day)s, as known at %(moment)s")
        % {
            "day": formats.date_format(dashboard.as_of),
            "moment": formats.date_format(timezone.localtime(dashboard.known_at), "MOMENT_FORMAT"),
        },
        "as_of": dashboard.as_of.isoformat(),
        "known_at": dashboard.known_at.isoformat(),
        "made": {
            "year": dashboard.as_of.year,
            "month": dashboard.as_of.month,
            "day": dashboard.as_of.day,
        },
        "summary": list(_summary(dashboard)),
        "words": {
            "profile": _("Maturity by area"),
            "area": _("Area"),
            "level": _("Level"),
            "before": _("Assessment before"),
            "target": _("Target"),
            "coverage": _("Assessed"),
        },
        "areas": [_area(area, mark) for area, mark in dashboard.profile_rows],
        "profile_note": _profile_note(dashboard.profile),
        "profile_empty": _profile_empty(dashboard.profile),
        "sections": sections,
        "left_out": " ".join(_left_out(sections)),
        "figures": list(figures_of(dashboard)),
        "totals": list(totals_of(dashboard)),
    }


def _summary(dashboard: Dashboard) -> Iterator[str]:
    profile, conclusions = dashboard.profile, dashboard.conclusions
    if profile is None or not profile.assessed:
        yield _("No capability has been assessed yet.")
    else:
        yield ngettext(
            "%(at)s of %(all)s area is at its target.",
            "%(at)s of %(all)s areas are at their target.",
            len(profile.areas),
        ) % {"at": profile.at_target, "all": len(profile.areas)}
    if conclusions is None:
        yield (
            _("Pitfalls and benefits were not judged up to this day.")
            if dashboard.evaluated_from
            else _("Pitfalls and benefits have not been judged yet.")
        )
        return
    if conclusions.readiness is not None:
        yield _("Need for product ops: %(answer)s. %(meaning)s") % {
            "answer": conclusions.readiness.title,
            "meaning": conclusions.readiness.meaning,
        }
    yield _("Pitfalls: %(raised)s raised, %(unknown)s unknown, %(all)s in all.") % {
        "raised": conclusions.raised,
        "unknown": conclusions.unknown,
        "all": len(conclusions.pitfalls),
    }


def _area(area: AreaRow, mark: AreaMark | None) -> dict[str, Any]:
    before = None if mark is None else mark.level
    return {
        "name": rubric_text(area.name),
        "step": area.level,
        "level": _level(area),
        "before": ABSENT if before is None else str(before),
        "target": area.target,
        "coverage": f"{area.assessed}/{area.applicable}" if area.applicable else ABSENT,
    }


def _level(area: AreaRow) -> str:
    if area.state == "level":
        return f"{area.level} {rubric_text(area.label)}".strip()
    return _("incomplete") if area.state == "incomplete" else _("not applicable")


def _profile_note(profile: Profile | None) -> str:
    if profile is None or not profile.unsubstantiated:
        return ""
    return ngettext(
        "%(number)s capability was claimed higher than its evidence allows and counts for less.",
        "%(number)s capabilities were claimed higher than their evidence allows and count for "
        "less.",
        profile.unsubstantiated,
    ) % {"number": profile.unsubstantiated}


def _profile_empty(profile: Profile | None) -> str:
    """What stands in place of a table of nothing."""
    if profile is not None and profile.assessed:
        return ""
    return _(
        "Nothing has been assessed yet. Next: score the capabilities on the score sheet; each area "
        "gets its level from them."
    )


def _left_out(sections: Sequence[dict[str, Any]]) -> Iterator[str]:
    """One line for all sections that have nothing to show, and what fills them."""
    missing = [section for section in sections if not section["shown"]]
    for section in missing:
        why = _("No data yet to judge by.") if section["rows"] else section["empty"]
        yield f"{section['title']} – {why}"
    if any(section["rows"] for section in missing):
        yield _("Next: import what the verdicts go by and hold a survey wave.")


def _section(
    title: str,
    head: Sequence[str],
    rows: list[list[str]],
    *,
    empty: str,
    wide: int,
    note: str = "",
    unknown: bool = False,
) -> dict[str, Any]:
    """A table; column `wide` takes the room that the others leave. `unknown`: each row is."""
    return {
        "title": title,
        "head": list(head),
        "rows": rows,
        "empty": empty,
        "wide": wide,
        "note": note,
        "shown": bool(rows) and not unknown,
    }


def _sections(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    unjudged = _("Not judged up to this day.") if dashboard.evaluated_from else _("Not judged yet.")
    yield _pitfalls(dashboard.conclusions, unjudged)
    yield _signs(dashboard.conclusions, unjudged)
    yield _benefits(dashboard.conclusions, unjudged)
    yield _section(
        _("What is done about it"),
        (_("Initiative"), _("State"), _("Due")),
        [
            [
                row.title,
                _initiative_state(row),
                formats.date_format(row.due_on) + (f" ({_('overdue')})" if row.late else ""),
            ]
            for row in dashboard.initiatives
        ],
        empty=_("No initiative runs."),
        wide=0,
    )
    yield _survey(dashboard.wave)


def _initiative_state(row: InitiativeRow) -> str:
    if row.abandoned_on is not None:
        return _("Abandoned")
    return _("Started") if row.started else _("Planned")


def _pitfalls(conclusions: Conclusions | None, unjudged: str) -> dict[str, Any]:
    found = conclusions.pitfalls if conclusions else ()
    rows = [
        [
            str(row.title),
            f"{row.state_label} ({row.severity_label})" if row.severity else str(row.state_label),
            row.message.text,
            str(row.confidence_label) or ABSENT,
        ]
        for row in found
    ]
    head = (_("Pitfall"), _("State"), _("Evidence"), _("Confidence"))
    unknown = _unknown(found)
    return _section(_("Pitfalls"), head, rows, empty=unjudged, wide=2, unknown=unknown)


def _signs(conclusions: Conclusions | None, unjudged: str) -> dict[str, Any]:
    readiness = conclusions.readiness if conclusions else None
    signs = readiness.signs if readiness else ()
    rows = [[str(sign.title), str(sign.state_label), sign.message.text] for sign in signs]
    return _section(
        _("Does this organisation need product operations?"),
        (_("Sign"), _("State"), _("Evidence")),
        rows,
        empty=unjudged,
        wide=2,
        note=readiness.message.text if readiness else "",
        unknown=_unknown(signs),
    )


def _benefits(conclusions: Conclusions | None, unjudged: str) -> dict[str, Any]:
    benefits = conclusions.benefits if conclusions else None
    found = benefits.rows if benefits else ()
    rows = [
        [str(row.title), str(row.state_label), f"{row.message.text} {row.why_unknown}".strip()]
        for row in found
    ]
    head = (_("Benefit"), _("State"), _("Measured"))
    note = _("These figures show what changed. They cannot show whether product ops is the reason.")
    return _section(
        *(_("Benefits"), head, rows),
        empty=unjudged,
        wide=2,
        note=note if rows else "",
        unknown=_unknown(found) and not any(row.metrics for row in found),
    )


def _unknown(found: Sequence[PitfallRow] | Sequence[SignRow] | Sequence[BenefitRow]) -> bool:
    """Whether nothing at all could be judged: said once, not row by row."""
    return all(row.state == "unknown" for row in found)


def _survey(wave: WaveResults | None) -> dict[str, Any]:
    items = wave.items if wave else ()
    return _section(
        _("What PMs say"),
        (_("Question"), _("Favourable")),
        [[f"{item.text} *" if item.reverse else item.text, answer(item)] for item in items],
        empty=_("No survey was released yet."),
        wide=0,
        note=" ".join(_survey_notes(wave)) if wave else "",
    )


def _survey_notes(wave: WaveResults) -> Iterator[str]:
    """Who answered, what a range is, and which answers were turned round."""
    if wave.response_rate is not None:
        yield _("%(title)s: %(rate)s %% of %(eligible)s people answered.") % {
            "title": wave.title,
            "rate": round(wave.response_rate),
            "eligible": wave.eligible,
        }
    if any(item.low is not None for item in wave.items):
        yield (
            _(
                "Favourable answers per question. Fewer than half answered, so the range says what "
                "the silent could still make of it: a direction, not a measurement."
            )
            if wave.band == "directional"
            else _(
                "Favourable answers per question, with the range that holds all asked PMs in 95 of "
                "100 cases."
            )
        )
    if any(item.reverse for item in wave.items):
        yield "* " + _("Agreeing is bad news here: counted are those who disagree.")


def answer(item: ItemResult) -> str:
    """One released cell in words; a hidden one is said to be hidden."""
    if item.kind == "share" and item.favourable is not None:
        if item.low is None or item.high is None:
            return f"{item.favourable:.0f} %"
        return f"{item.favourable:.0f} % ({item.low:.0f}–{item.high:.0f})"
    if item.kind == "median" and item.median is not None:
        return _("%(hours)s hours (median)") % {"hours": formats.number_format(item.median)}
    if item.at_least is not None:
        return _("at least %(share)s %%") % {"share": item.at_least}
    if item.at_most is not None:
        return _("at most %(share)s %%") % {"share": item.at_most}
    return _("not enough answers to show")
