"""The organisations a person may see: each one's profile by area, beside what else is known.

Sorted by name unless somebody asks otherwise, and never by level: this is no league table.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.db.models import (
    Aggregate,
    Case,
    Count,
    DateField,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from maturity.models import Assessment, Evaluation, Finding, Organization, VerdictRecord
from maturity.selectors import standings_of_many
from reports.selectors.findings import stood_then
from reports.selectors.profile import AreaRow, area_rows
from reports.selectors.record import rubrics_of_many
from reports.selectors.rubrics import Rubric
from reports.selectors.survey import BANDS
from reports.selectors.verdicts import READINESS, Text
from surveys.selectors import wave_releases

Sort = Literal["name", "findings", "assessed", "response"]
_SORTS: Mapping[str, tuple[Any, ...]] = {
    "name": (),
    "findings": (F("open_findings").desc(nulls_last=True),),
    # What is longest ago first, and what never was before it.
    "assessed": (F("last_assessed").asc(nulls_first=True),),
    "response": (F("response_rate").asc(nulls_last=True),),
}


@dataclass(frozen=True)
class Wanted:
    """Which organisations, and in which order. Empty: all of them, by name.

    `assessed`: "yes" or "no"; `findings`: "yes" (open ones), "snoozed" or "no" (neither);
    `readiness` a state of READINESS.
    """

    search: str = ""
    assessed: str = ""
    findings: str = ""
    readiness: str = ""
    sort: Sort = "name"

    @property
    def narrows(self) -> bool:
        return bool(self.search or self.assessed or self.findings or self.readiness)


@dataclass(frozen=True)
class PortfolioRow:
    """One organisation. `cells` are its areas in the order of the page; None: not in its rubric.

    `last_evaluated` None: nothing was concluded, so no finding does not mean that all is clear;
    `evaluated_later`: that is true of this day alone, something was concluded of a later one.
    `released_at` with `response_rate` None: too few answered, the rate is hidden. The rate is
    percent.
    """

    slug: str
    name: str
    as_of: date
    rubric: str
    cells: tuple[AreaRow | None, ...]
    last_assessed: date | None
    last_evaluated: date | None
    evaluated_later: bool
    open_findings: int
    snoozed_findings: int
    dismissed_findings: int
    readiness: str | None
    released_at: datetime | None
    response_rate: float | None
    band: str | None

    @property
    def areas(self) -> tuple[AreaRow, ...]:
        return tuple(cell for cell in self.cells if cell is not None)

    @property
    def is_assessed(self) -> bool:
        return any(area.assessed for area in self.areas)

    @property
    def at_target(self) -> int:
        return sum(area.at_target for area in self.areas)

    @property
    def readiness_label(self) -> Text:
        return READINESS[self.readiness][0] if self.readiness in READINESS else ""

    @property
    def band_label(self) -> Text:
        return BANDS.get(self.band or "", "")

    @property
    def last_day(self) -> date | None:
        """The last day that the newest evaluation looked at."""
        return None if self.last_evaluated is None else self.last_evaluated - timedelta(days=1)

    @property
    def days_old(self) -> int | None:
        return None if self.last_assessed is None else (self.as_of - self.last_assessed).days


@dataclass(frozen=True)
class HeatMap:
    """A page of the portfolio: area names with their languages, and a row per organisation."""

    areas: tuple[tuple[str, str], ...]
    rows: tuple[PortfolioRow, ...]

    @property
    def rubrics(self) -> int:
        return len({row.rubric for row in self.rows if row.rubric})


def portfolio_of(
    organizations: QuerySet[Organization],
    *,
    known_at: datetime,
    as_of: date | None = None,
    wanted: Wanted = Wanted(),
) -> QuerySet[Organization]:
    """Narrow and sort by what a row of the portfolio says beside the profile.

    Where that takes knowing which day it is for each, one query for the zones; the result is one
    more, whatever the number of organisations.
    """
    rows = organizations
    if wanted.narrows or _SORTS[wanted.sort]:
        day = _day(organizations, known_at, as_of)
        rows = _narrowed(_told(organizations.annotate(day=day), known_at), wanted)
    return rows.order_by(*_SORTS[wanted.sort], "name", "pk")


def _told(rows: QuerySet[Organization], known_at: datetime) -> QuerySet[Any]:
    """Annotate what a row says beside the profile, on the `day` that it is annotated with."""
    of, day = OuterRef("pk"), OuterRef("day")
    assessed = Assessment.objects.filter(organization=of, unit=None, valid_from__lte=day)
    ever = Evaluation.objects.filter(organization=of, computed_at__lte=known_at)
    evaluated = ever.filter(period_end__lte=day).order_by("-period_end", "-pk")
    stood = stood_then(Finding.objects.filter(organization=of), known_at)
    released = wave_releases(known_at=known_at, as_of=day).filter(organization=of)
    verdicts = VerdictRecord.objects.filter(
        evaluation=OuterRef("newest_evaluation"), kind="readiness"
    )
    return rows.annotate(
        last_assessed=_of_rows(assessed.standing(known_at=known_at), Max("valid_from")),
        last_evaluated=Subquery(evaluated.values("period_end")[:1]),
        was_evaluated=Exists(ever),
        newest_evaluation=Subquery(evaluated.values("pk")[:1]),
        open_findings=_of_rows(stood.filter(state_then__in=Finding.ATTENTION), Count("pk")),
        snoozed_findings=_of_rows(stood.filter(state_then=Finding.State.SNOOZED), Count("pk")),
        dismissed_findings=_of_rows(stood.filter(state_then=Finding.State.DISMISSED), Count("pk")),
        released_at=Subquery(released.values("released_at")[:1]),
        response_rate=Subquery(released.values("response_rate")[:1]),
        band=Subquery(released.values("band")[:1]),
    ).annotate(readiness=Subquery(verdicts.values("state")[:1]))


def days_of(
    organizations: Iterable[Organization], *, known_at: datetime, as_of: date | None = None
) -> dict[Organization, date]:
    """The day each row is about: the asked one, or else today where the organisation is."""
    return {one: as_of or known_at.astimezone(one.zone).date() for one in organizations}


def heat_map_of(days: Mapping[Organization, date], *, known_at: datetime) -> HeatMap:
    """The rows of days_of(), in its order; eight queries whatever their number."""
    rows = _rows(days, known_at)
    rubrics = rubrics_of_many(days, known_at=known_at)
    standings = standings_of_many(days, known_at=known_at)
    areas = {
        pk: {area.key: area for area in area_rows(rubric, standings[pk])}
        for pk, rubric in rubrics.items()
    }
    names = _columns(rubrics.values())
    return HeatMap(
        areas=tuple(names.values()),
        rows=tuple(
            _row(row, rubrics.get(row.pk), [areas.get(row.pk, {}).get(key) for key in names])
            for row in rows
        ),
    )


def _rows(days: Mapping[Organization, date], known_at: datetime) -> list[Any]:
    by_day: dict[date, list[int]] = {}
    for organization, day in days.items():
        by_day.setdefault(day, []).append(organization.pk)
    cases = [When(pk__in=pks, then=Value(day)) for day, pks in by_day.items()]
    rows = Organization.objects.filter(pk__in=[one.pk for one in days])
    found = {
        row.pk: row
        for row in _told(rows.annotate(day=Case(*cases, output_field=DateField())), known_at)
    }
    # One that was deleted meanwhile is no row any more.
    return [found[one.pk] for one in days if one.pk in found]


def _row(row: Any, rubric: Rubric | None, cells: Iterable[AreaRow | None]) -> PortfolioRow:
    return PortfolioRow(
        slug=row.slug,
        name=row.name,
        as_of=row.day,
        rubric="" if rubric is None else str(rubric.version),
        cells=tuple(cells),
        last_assessed=row.last_assessed,
        last_evaluated=row.last_evaluated,
        evaluated_later=row.last_evaluated is None and row.was_evaluated,
        open_findings=row.open_findings or 0,
        snoozed_findings=row.snoozed_findings or 0,
        dismissed_findings=row.dismissed_findings or 0,
        readiness=row.readiness,
        released_at=row.released_at,
        response_rate=None if row.response_rate is None else 100 * row.response_rate,
        band=row.band,
    )


def _columns(rubrics: Iterable[Rubric]) -> dict[str, tuple[str, str]]:
    """Each area's name and its language by key: those of the rubric in most use come first."""
    used = list(rubrics)
    versions = {rubric.version.pk: rubric for rubric in used}
    order = Counter(rubric.version.pk for rubric in used).most_common()
    names: dict[str, tuple[str, str]] = {}
    for pk, _count in order:
        language = versions[pk].version.language
        for key, capabilities in versions[pk].areas.items():
            names.setdefault(key, (capabilities[0].area.name, language))
    return names


def _day(organizations: QuerySet[Organization], known_at: datetime, as_of: date | None) -> Any:
    """The day a row is about: the asked one, or today where the organisation is."""
    field = DateField()
    if as_of is not None:
        return Value(as_of, output_field=field)
    by_day: dict[date, set[str]] = {}
    for row in organizations.order_by().only("timezone").distinct("timezone").order_by("timezone"):
        by_day.setdefault(known_at.astimezone(row.zone).date(), set()).add(row.timezone)
    cases = [When(timezone__in=zones, then=Value(day)) for day, zones in by_day.items()]
    return Case(*cases, default=Value(known_at.date()), output_field=field)


def _narrowed(rows: QuerySet[Any], wanted: Wanted) -> QuerySet[Any]:
    if wanted.search:
        rows = rows.filter(Q(name__icontains=wanted.search) | Q(slug__icontains=wanted.search))
    if wanted.assessed:
        rows = rows.filter(last_assessed__isnull=wanted.assessed == "no")
    if wanted.findings == "yes":
        rows = rows.filter(open_findings__gt=0)
    elif wanted.findings == "snoozed":
        rows = rows.filter(snoozed_findings__gt=0)
    elif wanted.findings == "no":
        # Where nothing was evaluated, nobody knows whether there would be one.
        rows = rows.filter(
            open_findings=None, snoozed_findings=None, newest_evaluation__isnull=False
        )
    if wanted.readiness == "unknown":
        rows = rows.filter(Q(readiness=None) | Q(readiness="unknown"))
    elif wanted.readiness:
        rows = rows.filter(readiness=wanted.readiness)
    return rows


def _of_rows(rows: QuerySet[Any], figure: Aggregate) -> Subquery:
    # Unordered, or the models' own ordering joins the GROUP BY and makes one group per row.
    grouped = rows.order_by().values("organization")
    return Subquery(grouped.annotate(figure=figure).values("figure"))
