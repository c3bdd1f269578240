"""How many minutes a quarter of surveys takes of each person, planned and shown."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from maturity.models import Organization, Placement
from surveys.models import Series, Wave
from surveys.models.waves import WaveQuerySet
from surveys.planning import quarter_of, seconds_of
from surveys.services.allotments import most_seconds
from surveys.services.cohorts import days_of
from surveys.services.opening_plans import questions_of
from surveys.services.roster import meant_by, started_between


@dataclass(frozen=True)
class SeriesBurden:
    """What one series asks of each of its people in a quarter."""

    series: Series
    waves: int
    minutes: float
    people: int

    @property
    def over_budget(self) -> bool:
        budget = self.series.budget_minutes
        return budget is not None and self.minutes > float(budget)


@dataclass(frozen=True)
class QuarterBurden:
    """A quarter's surveys: each series, and how many people give how many minutes in all."""

    first: date
    last: date
    series: tuple[SeriesBurden, ...]
    people: tuple[tuple[float, int], ...]

    @property
    def most(self) -> float:
        return max((minutes for minutes, _people in self.people), default=0.0)


def quarter_burden(organization: Organization, *, on: date) -> QuarterBurden:
    """The burden of the quarter that holds a day: waves planned, open and closed in it."""
    first, last = quarter_of(on)
    waves = Wave.objects.for_organization(organization).exclude(status=Wave.Status.CANCELLED)
    held = waves.filter(series__isnull=False, cohort="", opens_on__gte=first, opens_on__lte=last)
    rows, totals = [], Counter[int]()
    by_series: dict[Series, list[Wave]] = {}
    for wave in held.select_related("series__unit", "bank").order_by("series", "opens_on"):
        by_series.setdefault(wave.series, []).append(wave)
    for series, planned in by_series.items():
        minutes = _planned_minutes(series, planned)
        people = _people(series, organization, on=max(first, on))
        for person in people:
            totals[person] += round(minutes * 60)
        rows.append(SeriesBurden(series, len(planned), round(minutes, 1), len(people)))
    for series, cohorts in _cohorts(waves, first, last).items():
        newcomers = _newcomers(cohorts, first, last)
        totals += newcomers
        most = max(newcomers.values(), default=0) / 60
        rows.append(SeriesBurden(series, len(cohorts), round(most, 1), len(newcomers)))
    spread = Counter(totals.values())
    return QuarterBurden(
        first,
        last,
        tuple(rows),
        tuple((round(s / 60, 1), count) for s, count in sorted(spread.items(), reverse=True)),
    )


def _planned_minutes(series: Series, waves: list[Wave]) -> float:
    """What is held already, and what lies ahead as far as the budget lets it be asked."""
    held = sum(wave_minutes(wave) for wave in waves if wave.status != Wave.Status.DRAFT)
    ahead = sum(wave_minutes(wave) for wave in waves if wave.status == Wave.Status.DRAFT)
    if series.budget_minutes is None:
        return held + ahead
    return held + min(ahead, max(float(series.budget_minutes) - held, 0.0))


def _cohorts(waves: WaveQuerySet, first: date, last: date) -> dict[Series, list[Wave]]:
    """The onboarding waves in which somebody's day can fall into a quarter, by series."""
    found: dict[Series, list[Wave]] = {}
    for wave in waves.exclude(cohort="").select_related("organization", "series__unit", "bank"):
        opens, closes = days_of(wave)
        if opens <= last and closes >= first:
            found.setdefault(wave.series, []).append(wave)
    return found


def _newcomers(cohorts: Iterable[Wave], first: date, last: date) -> Counter[int]:
    """The seconds that each newcomer gives to these waves within a quarter."""
    seconds = Counter[int]()
    for wave in cohorts:
        opens, closes = days_of(wave)
        day = timedelta(days=wave.cohort_day or 0)
        after = max(first, opens) - day - timedelta(days=1)
        joined = started_between(wave.organization, after, min(last, closes) - day)
        there = Placement.objects.filter(person__in=joined, role__in=wave.audiences)
        for person in there.values_list("person_id", flat=True).distinct():
            seconds[person] += round(wave_minutes(wave) * 60)
    return seconds


def wave_minutes(wave: Wave) -> float:
    """How long a wave takes, from the kinds of its questions."""
    if wave.status in {Wave.Status.DRAFT, Wave.Status.CANCELLED}:
        seconds = seconds_of(questions_of(wave, wave.bank.definition()))
    else:
        seconds = most_seconds(list(wave.items.select_related("question")))
    return round(seconds / 60, 1)


def this_quarter(organization: Organization, *, now: datetime | None = None) -> QuarterBurden:
    today = (now or timezone.now()).astimezone(organization.zone).date()
    return quarter_burden(organization, on=today)


def _people(series: Series, organization: Organization, *, on: date) -> list[int]:
    placed = Placement.objects.for_organization(organization).filter(
        role__in=series.roles, valid__contains=on, person__in=meant_by(series, organization, on=on)
    )
    return list(placed.values_list("person_id", flat=True))
