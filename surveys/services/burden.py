"""How many minutes a quarter of surveys takes of each person, planned and shown."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from maturity.models import Organization, Placement
from surveys.models import Series, Wave
from surveys.planning import minutes_of
from surveys.services.opening_plans import questions_of
from surveys.services.roster import meant_by


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
    first, last = _quarter(on)
    waves = Wave.objects.for_organization(organization).exclude(status=Wave.Status.CANCELLED)
    held = waves.filter(series__isnull=False, opens_on__gte=first, opens_on__lte=last)
    rows, totals = [], Counter[int]()
    by_series: dict[Series, list[Wave]] = {}
    for wave in held.select_related("series__unit", "bank").order_by("series", "opens_on"):
        by_series.setdefault(wave.series, []).append(wave)
    for series, planned in by_series.items():
        minutes = sum(wave_minutes(wave) for wave in planned)
        people = _people(series, organization, on=max(first, on))
        for person in people:
            totals[person] += round(minutes * 60)
        rows.append(SeriesBurden(series, len(planned), round(minutes, 1), len(people)))
    spread = Counter(totals.values())
    return QuarterBurden(
        first,
        last,
        tuple(rows),
        tuple((round(s / 60, 1), count) for s, count in sorted(spread.items(), reverse=True)),
    )


def wave_minutes(wave: Wave) -> float:
    """How long a wave takes, from the kinds of its questions."""
    if wave.status in {Wave.Status.DRAFT, Wave.Status.CANCELLED}:
        questions = questions_of(wave, wave.bank.definition())
    else:
        questions = [item.question for item in wave.items.select_related("question")]
    return round(minutes_of(questions), 1)


def this_quarter(organization: Organization, *, now: datetime | None = None) -> QuarterBurden:
    today = (now or timezone.now()).astimezone(organization.zone).date()
    return quarter_burden(organization, on=today)


def _people(series: Series, organization: Organization, *, on: date) -> list[int]:
    placed = Placement.objects.for_organization(organization).filter(
        role__in=series.roles, valid__contains=on, person__in=meant_by(series, organization, on=on)
    )
    return list(placed.values_list("person_id", flat=True))


def _quarter(on: date) -> tuple[date, date]:
    first = date(on.year, 3 * ((on.month - 1) // 3) + 1, 1)
    month = first.month + 3
    following = date(first.year + 1, 1, 1) if month > 12 else date(first.year, month, 1)
    return first, date.fromordinal(following.toordinal() - 1)
