"""What changed between two days: levels, findings, initiatives and survey waves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from maturity.models import FindingTransition, Organization
from maturity.rubrics.conventions import conventions
from maturity.selectors import Standing, Timeline
from reports.selectors.initiatives import InitiativeThen
from reports.selectors.rubrics import Rubric
from reports.selectors.verdicts import PITFALLS, Text
from surveys.models import Release
from surveys.selectors import wave_releases

SHOWN = 50


@dataclass(frozen=True)
class LevelChange:
    """A capability that counted for something else at the end. A level of None has a state."""

    key: str
    name: str
    area: str
    before: int | None
    before_state: str
    after: int | None
    after_state: str


@dataclass(frozen=True)
class FindingStep:
    """One step of a finding, as it was taken."""

    at: datetime
    title: Text
    step: str


@dataclass(frozen=True)
class InitiativeStep:
    """An initiative that was begun or brought to its end; `abandoned`: without an outcome."""

    day: date
    title: str
    initiative_id: int
    ended: bool
    abandoned: bool


@dataclass(frozen=True)
class WaveStep:
    """A wave whose results came out; a rate (percent) of None is hidden."""

    released_at: datetime
    title: str
    response_rate: float | None


@dataclass(frozen=True)
class Changes:
    """All of it from the beginning of `since` to the end of `until`, both inclusive.

    Levels are compared as they stood on these two days, by what is known now.
    """

    since: date
    until: date
    levels: tuple[LevelChange, ...]
    findings: tuple[FindingStep, ...]
    initiatives: tuple[InitiativeStep, ...]
    waves: tuple[WaveStep, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.levels or self.findings or self.initiatives or self.waves)


def changes_between(
    organization: Organization,
    rubric: Rubric | None,
    timeline: Timeline,
    initiatives: Sequence[InitiativeThen],
    *,
    since: date | None,
    until: date,
    known_at: datetime,
) -> Changes:
    """What changed; two queries. Without `since`: over the quarter before `until`.

    The timeline knows the record, `known_at` is the moment of everything else.
    """
    begin = since or until - timedelta(days=round(conventions().days_per_quarter))
    start = datetime.combine(begin, time.min, organization.zone)
    end = datetime.combine(until + timedelta(days=1), time.min, organization.zone)
    steps = FindingTransition.objects.for_organization(organization).filter(
        at__gte=start, at__lt=end, at__lte=known_at
    )
    released = wave_releases(known_at=known_at).filter(
        organization=organization, released_at__gte=start, released_at__lt=end
    )[:SHOWN]
    return Changes(
        since=begin,
        until=until,
        levels=()
        if rubric is None
        else tuple(_compared(rubric, timeline.on(begin), timeline.on(until))),
        findings=tuple(map(_step, steps.select_related("finding").order_by("-at", "-pk")[:SHOWN])),
        initiatives=_initiatives(initiatives, begin, until),
        waves=tuple(map(_wave, released.select_related("wave"))),
    )


def _step(row: FindingTransition) -> FindingStep:
    title = PITFALLS.get(row.finding.key, (row.finding.key,))[0]
    return FindingStep(row.at, title, str(FindingTransition.Kind(row.kind).label))


def _wave(row: Release) -> WaveStep:
    return WaveStep(
        row.released_at,
        "" if row.wave is None else row.wave.title,
        None if row.response_rate is None else 100 * row.response_rate,
    )


def _compared(rubric: Rubric, before: Standing, after: Standing) -> list[LevelChange]:
    found = []
    for rows in rubric.areas.values():
        for part in rows:
            (was, old), (now, new) = before.judged(part.pk), after.judged(part.pk)
            if (was, old) != (now, new):
                found.append(LevelChange(part.key, part.name, part.area.name, old, was, new, now))
    return found


def _initiatives(
    rows: Sequence[InitiativeThen], since: date, until: date
) -> tuple[InitiativeStep, ...]:
    steps = [
        InitiativeStep(day, row.title, row.initiative_id, ended, ended and row.is_abandoned)
        for row in rows
        for day, ended in ((row.started_on, False), (row.ended_on, True))
        if day is not None and since <= day <= until
    ]
    return tuple(sorted(steps, key=lambda step: (step.day, step.initiative_id), reverse=True))
