"""Everything one organisation's page shows, read as it stood at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from maturity.models import Organization, Unit
from maturity.selectors import known_now
from reports.selectors.changes import Changes, changes_between
from reports.selectors.initiatives import InitiativeRow, initiatives_then, running
from reports.selectors.markers import Marker, markers_of
from reports.selectors.profile import AreaRow, Profile, profile_of
from reports.selectors.record import record_of
from reports.selectors.rollup import Node, RollUp, TreeOf, roll_up
from reports.selectors.survey import WaveResults, newest_wave
from reports.selectors.trend import AreaMark, Trend, trend_of
from reports.selectors.unit_answers import HIDDEN, UnitAnswers, unit_answers
from reports.selectors.verdicts import Conclusions, conclusions_of
from surveys.selectors import WaveInField, wave_in_field


@dataclass(frozen=True)
class Dashboard:
    """One organisation's page. A part that has no data yet is None or empty, never zeros.

    `known_at` is the last moment of the record that it saw: asked for again with it, the record
    reads the same. With a `unit`, profile, trend and changed levels are that unit's; all else is
    about the whole. `shown_trend` is the part of `trend` that was asked for.
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
    unit_answers: Mapping[str, UnitAnswers] | None
    conclusions: Conclusions | None
    wave: WaveResults | None
    in_field: WaveInField | None
    initiatives: tuple[InitiativeRow, ...]

    @property
    def is_blank(self) -> bool:
        """Nothing at all is on the record: the first day."""
        return not (self.trend.rounds or self.conclusions or self.wave or self.in_field)

    @property
    def unit_rows(self) -> tuple[tuple[Node, UnitAnswers], ...]:
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


def dashboard_of(
    organization: Organization,
    *,
    as_of: date,
    known_at: datetime,
    tree: TreeOf = "then",
    unit: Unit | None = None,
    since: date | None = None,
    until: date | None = None,
    is_past: bool = False,
) -> Dashboard:
    """Read an organisation's page; thirty-six queries at most, whatever the amount of data.

    `since` and `until` bound the trend and what changed. How an open wave gets on is only known
    now: a page of the past (`is_past`) does not say.
    """
    recorded = min(known_at, known_now(organization))
    record = record_of(
        organization, as_of=as_of, known_at=recorded, published_by=known_at, unit=unit
    )
    trend, rubric = trend_of(record), record.current
    conclusions = conclusions_of(organization, as_of=as_of, known_at=known_at)
    initiatives = initiatives_then(organization, known_at=known_at)
    shown = trend.between(since, until or as_of)
    units = None
    if rubric is not None:
        units = roll_up(organization, rubric, as_of=as_of, known_at=recorded, tree=tree)
    benefits = None if conclusions is None else conclusions.benefits
    return Dashboard(
        known_at=recorded,
        as_of=as_of,
        unit=unit,
        profile=profile_of(organization, record, as_of=as_of, known_at=recorded, unit=unit),
        trend=trend,
        shown_trend=shown,
        markers=markers_of(
            shown,
            initiatives,
            product_ops_since=None if benefits is None else benefits.product_ops_since,
        ),
        changes=changes_between(
            organization,
            rubric,
            initiatives,
            since=since,
            until=until or as_of,
            known_at=known_at,
            recorded=recorded,
            unit=unit,
        ),
        units=units,
        unit_answers=unit_answers(organization, known_at=known_at)
        if units is not None and units.has_units
        else None,
        conclusions=conclusions,
        wave=newest_wave(organization, known_at=known_at),
        in_field=None if is_past else wave_in_field(organization),
        initiatives=running(initiatives, as_of=as_of),
    )
