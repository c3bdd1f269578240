"""Onboarding: everybody who started in a half-year is asked so many days after their start.

A cohort's wave is open until the last of them had their turn, and is released once, as a whole;
until then not even the number of answers is shown, for it would grow by one person at a time.
"""

import secrets
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from maturity.models import Person, Placement
from surveys.banks import PM_NEW
from surveys.models import BankVersion, Invitation, Series, Wave, WaveSecret
from surveys.planning import FIGURES
from surveys.services.allotments import freeze_questions, refuse_beyond_budget
from surveys.services.groups import StoredLabels
from surveys.services.invitations import invite
from surveys.services.languages import freeze_languages
from surveys.services.mailings import queue_invitations
from surveys.services.opening_plans import questions_of
from surveys.services.privacy_settings import privacy_values
from surveys.services.roster import may_be_asked, started_between
from surveys.services.schedule import closing_instant, first_instant, last_day
from surveys.services.series_secrets import make_series_secret

SECRET_BYTES = 32


def plan_cohorts(series: Series, bank: BankVersion, *, now: datetime) -> list[Wave]:
    """Write down the waves of this half-year's joiners and the next one's, each once."""
    today = now.astimezone(series.organization.zone).date()
    zones = {series.organization.timezone}
    known = set(series.waves.values_list("cohort", "cohort_day"))
    for first in _half_years(max(today, series.starts_on)):
        for day in FIGURES.onboarding.days.value:
            cohort = name_of(first)
            if (cohort, day) in known:
                continue
            opens_on = max(first + timedelta(days=day), series.starts_on)
            Wave.objects.create(
                series=series,
                organization=series.organization,
                bank=bank,
                instrument=series.instrument,
                audiences=series.roles,
                mode=series.mode,
                **privacy_values(series.organization),
                key=f"{series.key}-{cohort.lower()}-{day}",
                title=f"{series.title} {cohort}, day {day}",
                cohort=cohort,
                cohort_day=day,
                opens_on=opens_on,
                due_at=first_instant(opens_on, series.local_hour, zones),
            )
    return list(series.waves.planned().order_by("opens_on", "pk"))


def open_cohort(wave: Wave, *, now: datetime) -> Wave:
    """Open a cohort's wave, still without anybody in it, inside the caller's transaction.

    Its closing instant is that of the last possible joiner, fixed here.
    """
    rules = wave.bank.definition()
    field_time = rules.rules.field_time
    last = _end_of(wave.cohort) + timedelta(days=wave.cohort_day or 0)
    day = last_day(wave.organization, opens_on=last, working_days_open=field_time.working_days_open)
    wave.status, wave.opens_at, wave.eligible = Wave.Status.OPEN, now, 0
    wave.closes_at = closing_instant(day, wave.organization.zone)
    wave.accepts_until = wave.closes_at + timedelta(minutes=field_time.grace_minutes)
    wave.save(update_fields=["status", "opens_at", "closes_at", "accepts_until", "eligible"])
    questions = questions_of(wave, rules)
    refuse_beyond_budget(wave, questions)
    freeze_questions(wave, questions)
    secret = secrets.token_bytes(SECRET_BYTES)
    WaveSecret.objects.create(wave=wave, organization=wave.organization, secret=secret)
    make_series_secret(wave)
    freeze_languages(wave)
    enrol(wave, now=now)
    return wave


def enrol_due(*, now: datetime | None = None) -> int:
    """Ask whoever's day has come in every open cohort; return how many people that were."""
    cohorts = Wave.objects.open().exclude(cohort="")
    return sum(enrol_in(pk, now=now) for pk in cohorts.values_list("pk", flat=True))


@transaction.atomic
def enrol_in(wave_id: int, *, now: datetime | None = None) -> int:
    """Ask those of one cohort whose day has come. Safe to run twice at once."""
    waves = Wave.objects.select_for_update(no_key=True, of=("self",))
    wave = waves.select_related("organization", "series", "bank").get(pk=wave_id)
    return enrol(wave, now=now or timezone.now())


def enrol(wave: Wave, *, now: datetime) -> int:
    if wave.status != Wave.Status.OPEN or wave.closes_at is None or wave.closes_at <= now:
        return 0
    today = now.astimezone(wave.organization.zone).date()
    people = _whose_day_has_come(wave, today)
    if not people:
        return 0
    secret = bytes(WaveSecret.objects.get(wave=wave).secret)
    # One label for all of them: within a cohort nobody is told apart, not even by the day.
    label = StoredLabels(group="", audience=PM_NEW, language="")
    invite(
        wave,
        [(person, PM_NEW) for person in people],
        labels=dict.fromkeys((person.pk for person in people), label),
        secret=secret,
        offered=[wave.bank.language],
    )
    queue_invitations(wave, people, opened_on=today, now=now, at=None)
    wave.eligible = (wave.eligible or 0) + len(people)
    wave.save(update_fields=["eligible"])
    return len(people)


def _whose_day_has_come(wave: Wave, today: date) -> list[Person]:
    first, last = _start_of(wave.cohort), _end_of(wave.cohort)
    due = today - timedelta(days=wave.cohort_day or 0)
    before = first - timedelta(days=1)
    joined = started_between(wave.organization, before, min(last, due))
    there = Placement.objects.for_organization(wave.organization).filter(
        role__in=wave.audiences, valid__contains=today
    )
    asked = Invitation.objects.filter(wave=wave).values("person")
    people = Person.objects.filter(pk__in=joined)
    people = people.filter(pk__in=there.values("person")).exclude(pk__in=asked)
    return list(people.filter(pk__in=may_be_asked(wave, on=today)).order_by("pk"))


def name_of(first: date) -> str:
    return f"{first.year}H{1 if first.month == 1 else 2}"


def days_of(wave: Wave) -> tuple[date, date]:
    """The first and the last day on which somebody of a cohort can be asked."""
    day = timedelta(days=wave.cohort_day or 0)
    return _start_of(wave.cohort) + day, _end_of(wave.cohort) + day


def _half_years(today: date) -> Iterator[date]:
    """The first day of a day's own half-year, and that of the next one."""
    first = date(today.year, 1 if today.month <= 6 else 7, 1)
    yield first
    yield date(first.year, 7, 1) if first.month == 1 else date(first.year + 1, 1, 1)


def _start_of(cohort: str) -> date:
    return date(int(cohort[:4]), 1 if cohort.endswith("H1") else 7, 1)


def _end_of(cohort: str) -> date:
    return date(int(cohort[:4]), 6, 30) if cohort.endswith("H1") else date(int(cohort[:4]), 12, 31)
