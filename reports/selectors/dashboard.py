"""Everything one organisation's page shows, read as it stood at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from maturity.models import Organization, Unit
from maturity.selectors import Timeline, known_now, timeline_of
from reports.selectors.changes import Changes, changes_between
from reports.selectors.initiatives import (
    InitiativeRow,
    InitiativeThen,
    abandoned,
    initiatives_then,
    running,
)
from reports.selectors.markers import Marker, markers_of
from reports.selectors.profile import AreaRow, Profile, profile_of
from reports.selectors.record import Record, record_of
from reports.selectors.rollup import Node, RollUp, TreeOf, roll_up
from reports.selectors.survey import WaveResults, newest_wave
from reports.selectors.trend import AreaMark, Trend, trend_of
from reports.selectors.verdicts import Conclusions, conclusions_of, evaluated_from
from surveys.selectors import Turnout, WaveInField

HIDDEN = Turnout()


@dataclass(frozen=True)
class Dashboard:
    """One organisation's page. A part that has no data yet is None or empty, never zeros.

    `known_at` is the last moment of the record that it saw: asked for again with it, the record
    reads the same. With a `unit`, profile, trend and changed levels are that unit's; all else is
    about the whole. `shown_trend` is the part of `trend` that was asked for. `evaluated_from` is
    the first later day that has conclusions, where `as_of` has none. `is_wave_too_new`: the wave
    closed after the last day that the conclusions look at. `initiatives` are those that run, then
    those that were abandoned since the day from which on it tells what changed.
    """

    known_at: datetime
    as_of: date
    unit: Unit | None
    profile: Profile | None
    trend: Trend
    shown_trend: Trend
    markers: tuple[Marker, ...]
    changes: Changes
    units: RollUp | None
    unit_answers: Mapping[str, Turnout] | None
    conclusions: Conclusions | None
    evaluated_from: date | None
    wave: WaveResults | None
    is_wave_too_new: bool
    in_field: WaveInField | None
    initiatives: tuple[InitiativeRow, ...]

    @property
    def is_blank(self) -> bool:
        """Nothing at all is on the record: the first day."""
        return not (self.trend.rounds or self.conclusions or self.wave or self.in_field)

    @property
    def unit_rows(self) -> tuple[tuple[Node, Turnout], ...]:
        """Each unit with the answers of its PMs; hidden without a released cell of its own."""
        answers = self.unit_answers or {}
        units = () if self.units is None else self.units.units
        return tuple((node, answers.get(node.key, HIDDEN)) for node in units)

    @property
    def profile_rows(self) -> tuple[tuple[AreaRow, AreaMark | None], ...]:
        """Each area with its mark of the round before; None where that cannot be compared."""
        return beside_last_period(self.profile, self.trend)


def beside_last_period(
    profile: Profile | None, trend: Trend
) -> tuple[tuple[AreaRow, AreaMark | None], ...]:
    """Each area with its mark of the round before; None where that cannot be compared."""
    areas, rounds = () if profile is None else profile.areas, trend.rounds
    if len(rounds) < 2 or rounds[-1].step is None:
        return tuple((area, None) for area in areas)
    return tuple(zip(areas, rounds[-2].marks, strict=True))


@dataclass(frozen=True)
class _Asked:
    """What a page is asked to show; `recorded` is the record's own last moment."""

    organization: Organization
    as_of: date
    known_at: datetime
    recorded: datetime
    tree: TreeOf
    unit: Unit | None
    since: date | None
    until: date


def dashboard_of(
    organization: Organization,
    *,
    as_of: date,
    known_at: datetime,
    tree: TreeOf = "then",
    unit: Unit | None = None,
    since: date | None = None,
    until: date | None = None,
    in_field: WaveInField | None = None,
) -> Dashboard:
    """Read an organisation's page; twenty-three queries at most, whatever the amount of data.

    `since` and `until` bound the trend and what changed. `in_field` is how an open wave gets on,
    where the page is to say so.
    """
    asked = _Asked(
        organization=organization,
        as_of=as_of,
        known_at=known_at,
        recorded=min(known_at, known_now(organization)),
        tree=tree,
        unit=unit,
        since=since,
        until=until or as_of,
    )
    return _read(asked, in_field=in_field)


def _is_later(
    wave: WaveResults | None, conclusions: Conclusions | None, organization: Organization
) -> bool:
    if wave is None or conclusions is None:
        return False
    return wave.closed_at.astimezone(organization.zone).date() > conclusions.last_day


def _read(asked: _Asked, *, in_field: WaveInField | None) -> Dashboard:
    timeline = timeline_of(
        asked.organization,
        as_of=asked.as_of,
        until=asked.until,
        known_at=asked.recorded,
        unit=asked.unit,
    )
    record = record_of(
        asked.organization,
        timeline,
        known_at=asked.recorded,
        published_by=asked.known_at,
        unit=asked.unit,
    )
    trend = trend_of(record)
    shown = trend.between(asked.since, asked.until)
    conclusions = conclusions_of(asked.organization, as_of=asked.as_of, known_at=asked.known_at)
    initiatives = initiatives_then(asked.organization, known_at=asked.known_at)
    units = _units(asked, record, timeline)
    changes = _changes(asked, record, timeline, initiatives)
    wave = newest_wave(asked.organization, as_of=asked.as_of, known_at=asked.known_at)
    return Dashboard(
        known_at=asked.recorded,
        as_of=asked.as_of,
        unit=asked.unit,
        profile=profile_of(record, timeline.on(asked.as_of)),
        trend=trend,
        shown_trend=shown,
        markers=_markers(shown, initiatives, conclusions),
        changes=changes,
        units=units,
        unit_answers=_answers(units, wave),
        conclusions=conclusions,
        evaluated_from=None if conclusions else _evaluated_from(asked),
        wave=wave,
        is_wave_too_new=_is_later(wave, conclusions, asked.organization),
        in_field=in_field,
        initiatives=running(initiatives, as_of=asked.as_of)
        + abandoned(initiatives, since=changes.since, as_of=asked.as_of),
    )


def _evaluated_from(asked: _Asked) -> date | None:
    return evaluated_from(asked.organization, as_of=asked.as_of, known_at=asked.known_at)


def _units(asked: _Asked, record: Record, timeline: Timeline) -> RollUp | None:
    if record.current is None:
        return None
    return roll_up(
        asked.organization, record.current, timeline, known_at=asked.recorded, tree=asked.tree
    )


def _answers(units: RollUp | None, wave: WaveResults | None) -> Mapping[str, Turnout] | None:
    """How many PMs of each unit answered; one that was asked within a larger group is hidden."""
    if units is None or not units.has_units or wave is None:
        return None
    return wave.turnout


def _markers(
    shown: Trend, initiatives: Sequence[InitiativeThen], conclusions: Conclusions | None
) -> tuple[Marker, ...]:
    benefits = None if conclusions is None else conclusions.benefits
    since = None if benefits is None else benefits.product_ops_since
    return markers_of(shown, initiatives, product_ops_since=since)


def _changes(
    asked: _Asked, record: Record, timeline: Timeline, initiatives: Sequence[InitiativeThen]
) -> Changes:
    return changes_between(
        asked.organization,
        record.current,
        timeline,
        initiatives,
        since=asked.since,
        until=asked.until,
        known_at=asked.known_at,
    )
