"""Everything one organisation's page shows, read as it stood at one moment."""

from dataclasses import dataclass
from datetime import date, datetime

from maturity.models import Organization
from maturity.selectors import known_now
from reports.selectors.initiatives import InitiativeRow, running_initiatives
from reports.selectors.profile import Profile, profile_of
from reports.selectors.record import record_of
from reports.selectors.rollup import RollUp, TreeOf, roll_up
from reports.selectors.survey import WaveResults, newest_wave
from reports.selectors.trend import Trend, trend_of
from reports.selectors.verdicts import Conclusions, conclusions_of
from surveys.selectors import WaveInField, wave_in_field


@dataclass(frozen=True)
class Dashboard:
    """One organisation's page. A part that has no data yet is None or empty, never zeros.

    `known_at` is the last moment of the record that it saw: asked for again with it, the record
    reads the same.
    """

    known_at: datetime
    as_of: date
    profile: Profile | None
    trend: Trend
    units: RollUp | None
    conclusions: Conclusions | None
    wave: WaveResults | None
    in_field: WaveInField | None
    initiatives: tuple[InitiativeRow, ...]

    @property
    def is_blank(self) -> bool:
        """Nothing at all is on the record: the first day."""
        return not (self.trend.rounds or self.conclusions or self.wave or self.in_field)


def dashboard_of(
    organization: Organization, *, as_of: date, known_at: datetime, tree: TreeOf = "then"
) -> Dashboard:
    """Read an organisation's page; twenty-eight queries at most, whatever the amount of data."""
    recorded = min(known_at, known_now(organization))
    record = record_of(organization, as_of=as_of, known_at=recorded, published_by=known_at)
    return Dashboard(
        known_at=recorded,
        as_of=as_of,
        profile=profile_of(organization, record, as_of=as_of, known_at=recorded),
        trend=trend_of(record),
        units=None
        if record.current is None
        else roll_up(organization, record.current, as_of=as_of, known_at=recorded, tree=tree),
        conclusions=conclusions_of(organization, as_of=as_of, known_at=known_at),
        wave=newest_wave(organization, known_at=known_at),
        in_field=wave_in_field(organization),
        initiatives=running_initiatives(organization, as_of=as_of),
    )
