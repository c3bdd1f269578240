"""What a board report shows, as rows for a spreadsheet: words and figures side by side."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from reports.selectors.dashboard import Dashboard
from reports.selectors.profile import AreaRow, Profile
from reports.selectors.survey import ItemResult, WaveResults

# What a person reads: section, name, state or value, further words.
WORD_COLUMNS = ("section", "name", "value", "detail")
# What a program reads. `figure`, `low` and `high` are in `unit` ("level", "areas", "%", "hours"),
# `n` is how many it is of, `state` one of the feed's words; days are ISO.
FIGURE_COLUMNS = ("state", "figure", "low", "high", "n", "unit", "target", "before")
WHOSE_COLUMNS = ("due_on", "as_of", "organization")

Figures = dict[str, Any]


def columns_of(snapshot: Mapping[str, Any]) -> tuple[str, ...]:
    """The first reports froze words alone."""
    if "figures" not in snapshot:
        return WORD_COLUMNS
    return WORD_COLUMNS + FIGURE_COLUMNS + WHOSE_COLUMNS


def rows_of(snapshot: Mapping[str, Any]) -> Iterator[list[Any]]:
    """One row for each figure or verdict, in the order of columns_of()."""
    if "figures" not in snapshot:
        yield from _words_of(snapshot)
        return
    whose = {"as_of": snapshot["as_of"], "organization": snapshot["organization"]}
    names = FIGURE_COLUMNS + WHOSE_COLUMNS
    for words, figures in zip(_words_of(snapshot), snapshot["figures"], strict=True):
        yield [*words, *({**figures, **whose}.get(name) for name in names)]
    profile = snapshot["words"]["profile"]
    for each in snapshot["totals"]:
        words = [each["section"] or profile, each["name"], each["value"], ""]
        yield [*words, *({**each, **whose}.get(name) for name in names)]


def figures_of(dashboard: Dashboard) -> Iterator[Figures]:
    """In the order in which the snapshot has areas and its sections' rows."""
    for area, mark in dashboard.profile_rows:
        yield _area_figures(area, None if mark is None else mark.level)
    conclusions, wave = dashboard.conclusions, dashboard.wave
    if conclusions is not None:
        yield from ({"state": row.state} for row in conclusions.pitfalls)
        if conclusions.readiness is not None:
            yield from ({"state": sign.state} for sign in conclusions.readiness.signs)
        if conclusions.benefits is not None:
            yield from ({"state": row.state} for row in conclusions.benefits.rows)
    for row in dashboard.initiatives:
        yield {"due_on": row.due_on.isoformat()}
    yield from map(_item_figures, wave.items if wave else ())


def totals_of(dashboard: Dashboard) -> Iterator[Figures]:
    """What stands in a sentence of the report, beside its rows."""
    if dashboard.profile is not None and dashboard.profile.assessed:
        yield _total_of_areas(dashboard.profile, name=_("Areas at target"))
    if dashboard.wave is not None:
        yield _total_of_answers(dashboard.wave, section=_("What PMs say"), name=_("Response"))


def _area_figures(area: AreaRow, before: int | None) -> Figures:
    return {
        "state": area.state,
        "figure": area.level,
        "n": area.assessed,
        "unit": "level",
        "target": area.target,
        "before": before,
    }


def _total_of_areas(profile: Profile, *, name: str) -> Figures:
    """How many areas are at their target, of how many."""
    at, of = profile.at_target, len(profile.areas)
    value = f"{at}/{of}"
    return {"section": "", "name": name, "value": value, "figure": at, "n": of, "unit": "areas"}


def _total_of_answers(wave: WaveResults, *, section: str, name: str) -> Figures:
    """How many answered, of how many; a hidden response stays hidden."""
    shown = wave.response_rate is not None
    return {
        "section": section,
        "name": name,
        "value": f"{wave.response_rate:.0f} %" if shown else "",
        "state": wave.band if shown else "hidden",
        "figure": round(wave.response_rate, 1) if wave.response_rate is not None else None,
        "n": wave.eligible,
        "unit": "%",
    }


def _item_figures(item: ItemResult) -> Figures:
    """A released cell and nothing else: a hidden one has no figure, a bound is low or high."""
    if item.kind == "median":
        return {"state": item.kind, "figure": item.median, "n": item.n, "unit": "hours"}
    if item.kind == "one_sided":
        return {"state": item.kind, "low": item.at_least, "high": item.at_most, "unit": "%"}
    if item.kind == "hidden":
        return {"state": item.kind}
    return {
        "state": item.kind,
        "figure": _rounded(item.favourable),
        "low": _rounded(item.low),
        "high": _rounded(item.high),
        "n": item.n,
        "unit": "%",
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 1)


def _words_of(snapshot: Mapping[str, Any]) -> Iterator[list[str]]:
    words = snapshot["words"]
    for area in snapshot["areas"]:
        detail = f"{words['before']}: {area['before']}; {words['target']}: {area['target']}; "
        detail += f"{words['coverage']}: {area['coverage']}"
        yield [words["profile"], area["name"], area["level"], detail]
    for section in snapshot["sections"]:
        for name, value, *more in section["rows"]:
            yield [section["title"], name, value, "; ".join(more)]
