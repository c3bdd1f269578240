"""Series: set up, planned ahead as waves, opened when they are due or called off with a reason."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.text import slugify
from django.utils.translation import gettext as _

from maturity.models import Organization, Person
from surveys.errors import SeriesEnded, WaveNotClosed, WaveRefused
from surveys.models import BankVersion, Release, Series, Wave
from surveys.planning import FIGURES, Recurrence, is_tired
from surveys.services.cohorts import plan_cohorts
from surveys.services.privacy_settings import privacy_values
from surveys.services.schedule import first_instant
from surveys.services.series_secrets import forget_secret, make_anonymous

# A series made today may still have an opening today or tomorrow in the far east.
EARLIEST = timedelta(days=1)


@transaction.atomic
def create_series(organization: Organization, **values: Any) -> Series:
    """Set up a series and plan its first waves. Raises ValidationError naming the field."""
    series = Series(organization=organization, key=_free_key(organization, values["title"]))
    return _write(series, values)


@transaction.atomic
def change_series(series: Series, **values: Any) -> Series:
    """Change a series and plan its waves anew; what was opened stays as it was.

    Raises ValidationError naming the field.
    """
    series = _locked(series)
    mode = values.get("mode", series.mode)
    if mode == Series.Mode.CONFIDENTIAL and mode != series.mode:
        raise ValidationError(
            {"mode": _("People were promised that nothing links their answers; that stays so.")}
        )
    if mode != series.mode:
        make_anonymous(series)
    if values.get("rule", series.rule) != series.rule:
        values = {**values, "every_second": False, "note": ""}
    return _write(series, values)


@transaction.atomic
def end_series(series: Series) -> Series:
    """End a series for good: nothing is planned any more, and its secret is deleted.

    Raises SeriesEnded, or WaveNotClosed while one of its waves still takes answers.
    """
    series = _locked(series)
    # Waits for a wave that is being opened, and finds it open then.
    planned = series.waves.planned().select_for_update(of=("self",))
    Wave.objects.filter(pk__in=[wave.pk for wave in planned]).delete()
    if series.waves.open().exists():
        raise WaveNotClosed(_("A wave of this series is open: let it close first."))
    series.ended_at = timezone.now()
    series.save(update_fields=["ended_at"])
    forget_secret(series)
    return series


def plan_all(*, now: datetime | None = None) -> None:
    """Bring the planned waves of every running series up to date."""
    for pk in Series.objects.running().values_list("pk", flat=True):
        plan_series(pk, now=now)


@transaction.atomic
def plan_series(series_id: int, *, now: datetime | None = None) -> list[Wave]:
    """Write down the waves of the coming months, each once; return those that are planned.

    Safe to run at any time and twice at once: the series' row is the lock.
    """
    now = now or timezone.now()
    series = (
        Series.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organization")
        .filter(pk=series_id)
        .first()
    )
    bank = BankVersion.objects.in_force().first()
    if series is None or bank is None or series.paused or series.ended_at:
        return []
    if series.instrument == Series.Instrument.ONBOARDING:
        return plan_cohorts(series, bank, now=now)
    _slow_down_if_tired(series)
    days = occurrences(series, after=_today(series, now) - EARLIEST)
    zones = _zones(series.organization)
    planned = {wave.opens_on: wave for wave in series.waves.planned()}
    for day in planned.keys() - set(days):
        planned.pop(day).delete()  # the rule does not say so any more
    known = set(series.waves.exclude(opens_on=None).values_list("opens_on", flat=True))
    for day in days:
        due_at = first_instant(day, series.local_hour, zones)
        if day in planned:
            _move(planned[day], due_at)
        elif day not in known and due_at > now - EARLIEST:
            planned[day] = _plan_wave(series, bank, day, due_at)
    return [planned[day] for day in sorted(planned)]


def occurrences(series: Series, *, after: date) -> list[date]:
    """The coming openings within the horizon; every second one where the series was slowed."""
    rules = FIGURES.planning
    last = after + timedelta(days=rules.horizon_days.value)
    days: list[date] = []
    for position, day in enumerate(Recurrence.parse(series.rule).days(series.starts_on)):
        if day > last or len(days) == rules.waves_ahead.value:
            break
        if day > after and not (series.every_second and position % 2):
            days.append(day)
    return days


def wave_values(series: Series) -> Mapping[str, Any]:
    """What a wave takes over from its series when it is planned."""
    return {
        "instrument": series.instrument,
        "item_keys": series.item_keys,
        "audiences": series.roles,
        "languages": series.languages,
        "mode": series.mode,
        **privacy_values(series.organization),
    }


def _locked(series: Series) -> Series:
    """The series as it stands now; an opening that makes its secret need not wait for this."""
    series = Series.objects.select_for_update(no_key=True, of=("self",)).get(pk=series.pk)
    if series.ended_at is not None:
        raise SeriesEnded(_("This series has ended."))
    return series


def _write(series: Series, values: Mapping[str, Any]) -> Series:
    for name, value in values.items():
        setattr(series, name, value)
    series.full_clean()
    _refuse_unknown_items(series)
    series.save()
    series.waves.planned().update(**wave_values(series))
    plan_series(series.pk)
    series.refresh_from_db()
    return series


def _refuse_unknown_items(series: Series) -> None:
    bank = BankVersion.objects.in_force().first()
    known = set() if bank is None else set(bank.questions.values_list("key", flat=True))
    if unknown := sorted(set(series.item_keys) - known):
        names = {"keys": ", ".join(unknown)}
        raise ValidationError({"item_keys": _("Not in the question bank: %(keys)s.") % names})


def _slow_down_if_tired(series: Series) -> None:
    """Two pulses in a row with too few answers: ask every second time, and say so."""
    if series.every_second or series.instrument != Series.Instrument.PULSE:
        return
    newest = Release.objects.filter(wave__series=series, version=1).order_by("-released_at", "-pk")
    count = FIGURES.fatigue.waves.value
    if not is_tired(list(newest.values_list("response_rate", flat=True)[:count])):
        return
    series.every_second = True
    share = round(FIGURES.fatigue.response_rate.value * 100)
    with translation.override(settings.LANGUAGE_CODE):
        series.note = _(
            "Fewer than %(share)d %% answered twice in a row: from now on every second date only."
        ) % {"share": share}
    series.save(update_fields=["every_second", "note"])


def _plan_wave(series: Series, bank: BankVersion, day: date, due_at: datetime) -> Wave:
    wave = Wave(
        **wave_values(series),
        series=series,
        organization=series.organization,
        bank=bank,
        key=f"{series.key}-{day:%Y-%m-%d}",
        title=f"{series.title} {day:%Y-%m-%d}",
        opens_on=day,
        due_at=due_at,
    )
    wave.full_clean()
    wave.save()
    return wave


def _move(wave: Wave, due_at: datetime) -> None:
    """The first clock of the roster may be another one than when the wave was planned."""
    if wave.due_at != due_at:
        wave.due_at = due_at
        wave.save(update_fields=["due_at"])


def _zones(organization: Organization) -> set[str]:
    own = Person.objects.for_organization(organization).exclude(timezone="")
    return {organization.timezone, *own.values_list("timezone", flat=True).distinct()}


def _today(series: Series, now: datetime) -> date:
    return now.astimezone(series.organization.zone).date()


def _free_key(organization: Organization, title: str) -> str:
    stem = slugify(title)[:40] or "series"
    taken = set(Series.objects.for_organization(organization).values_list("key", flat=True))
    keys = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(taken) + 2))
    free = next((key for key in keys if key not in taken), None)
    if free is None:
        raise WaveRefused(_("Choose another title."))
    return free
