"""What a badge or a chart on another site shows: what the dashboard shows, read the same way."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from maturity.models import Organization
from maturity.selectors import known_now, timeline_of
from reports.models import Embed
from reports.selectors.dashboard import beside_last_period
from reports.selectors.markers import Marker, markers_of
from reports.selectors.profile import AreaRow, Profile, profile_of
from reports.selectors.record import Record, record_of
from reports.selectors.survey import WaveResults, newest_wave
from reports.selectors.trend import AreaMark, Trend, trend_of
from reports.selectors.verdicts import conclusions_of

# How a badge looks; what it says stands in words whatever the look.
Look = Literal["good", "raised", "plain", "none"]


@dataclass(frozen=True)
class Badge:
    """A name and what there is to say, both short; `note` says it in full.

    The look "none" is that of what is unknown or hidden; then there is no figure.
    """

    name: str | Promise
    value: str | Promise
    note: str | Promise
    look: Look


@dataclass(frozen=True)
class Chart:
    """One chart's part of a dashboard; the other parts are None or empty."""

    profile: Profile | None = None
    profile_rows: tuple[tuple[AreaRow, AreaMark | None], ...] = ()
    trend: Trend | None = None
    markers: tuple[Marker, ...] = ()
    wave: WaveResults | None = None


def badge_of(embed: Embed, *, at: datetime) -> Badge:
    """What a badge says at a moment, in the active language; ten queries at most."""
    organization, today = embed.organization, _today(embed, at)
    if embed.shows == Embed.Shows.AREAS:
        return _areas(_record(embed, at)[1])
    if embed.shows == Embed.Shows.RESPONSE:
        return _response(newest_wave(organization, as_of=today, known_at=at))
    if embed.shows == Embed.Shows.READINESS:
        return _readiness(organization, today, at)
    return _pitfalls(organization, today, at)


def chart_of(embed: Embed, *, at: datetime) -> Chart:
    """One chart at a moment; ten queries at most.

    Dates beside the trend are those of rubrics alone: titles of initiatives stay inside.
    """
    if embed.shows == Embed.Shows.SURVEY:
        return Chart(wave=newest_wave(embed.organization, as_of=_today(embed, at), known_at=at))
    record, profile = _record(embed, at)
    trend = trend_of(record)
    if embed.shows == Embed.Shows.TREND:
        return Chart(trend=trend, markers=markers_of(trend, (), product_ops_since=None))
    return Chart(profile=profile, profile_rows=beside_last_period(profile, trend))


def _record(embed: Embed, at: datetime) -> tuple[Record, Profile | None]:
    organization, unit, today = embed.organization, embed.unit, _today(embed, at)
    recorded = min(at, known_now(organization))
    timeline = timeline_of(organization, as_of=today, known_at=recorded, unit=unit)
    record = record_of(organization, timeline, known_at=recorded, published_by=at, unit=unit)
    return record, profile_of(record, timeline.on(today))


def _today(embed: Embed, at: datetime) -> date:
    return at.astimezone(embed.organization.zone).date()


def _areas(profile: Profile | None) -> Badge:
    name = _("Areas at target")
    if profile is None or not profile.assessed:
        return Badge(name, _("Not assessed"), _("No capability has been assessed yet."), "none")
    total = len(profile.areas)
    note = ""
    if profile.without_level:
        note = ngettext(
            "%(number)s area incomplete", "%(number)s areas incomplete", profile.without_level
        ) % {"number": profile.without_level}
    return Badge(
        name,
        _("%(at)s of %(total)s") % {"at": profile.at_target, "total": total},
        note,
        "good" if profile.at_target == total else "plain",
    )


def _readiness(organization: Organization, today: date, at: datetime) -> Badge:
    conclusions = conclusions_of(organization, as_of=today, known_at=at)
    readiness = None if conclusions is None else conclusions.readiness
    name = _("Need for product ops")
    if readiness is None:
        return Badge(name, _("Unknown"), _("Not judged yet."), "none")
    look: Look = "none" if readiness.state == "unknown" else "plain"
    return Badge(name, readiness.title, readiness.meaning, look)


def _pitfalls(organization: Organization, today: date, at: datetime) -> Badge:
    conclusions = conclusions_of(organization, as_of=today, known_at=at)
    name = _("Pitfalls raised")
    if conclusions is None:
        return Badge(name, _("Unknown"), _("Not judged yet."), "none")
    raised, total = conclusions.raised, len(conclusions.pitfalls)
    note = _("%(watched)s on watch, %(unknown)s unknown") % {
        "watched": conclusions.watched,
        "unknown": conclusions.unknown,
    }
    is_clear = 0 < total == conclusions.clear
    look: Look = "raised" if raised else "good" if is_clear else "plain"
    if conclusions.unknown:
        # "0 of 5" would read as if all five were clear.
        value = _("%(raised)s raised, %(unknown)s unknown") % {
            "raised": raised,
            "unknown": conclusions.unknown,
        }
        note = _("%(watched)s on watch") % {"watched": conclusions.watched}
        return Badge(_("Pitfalls"), value, note, look)
    return Badge(name, _("%(at)s of %(total)s") % {"at": raised, "total": total}, note, look)


def _response(wave: WaveResults | None) -> Badge:
    name = _("Survey response")
    if wave is None:
        return Badge(name, _("No results"), _("No survey wave has been released yet."), "none")
    if wave.response_rate is None:
        return Badge(name, _("Hidden"), _("Not enough answers to show"), "none")
    return Badge(
        name,
        _("%(value)s%%") % {"value": formats.number_format(wave.response_rate, 0)},
        f"{wave.band_label}, {formats.date_format(wave.closed_at, 'YEAR_MONTH_FORMAT')}",
        "good" if wave.band == "good" else "plain",
    )
