"""The life of a wave: drafted, opened with everything frozen, closed and released."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from maturity.models import Organization, Person
from surveys.banks import PM, PM_NEW, BankRules, select_items, with_parts
from surveys.errors import WaveNotDraft, WaveNotOpen, WaveRefused
from surveys.models import BankVersion, Question, Release, Wave, WaveItem, WaveSecret
from surveys.services.answers import collect_responses
from surveys.services.audiences import Audience, audience_on, questions_for
from surveys.services.invitations import invite
from surveys.services.languages import freeze_languages, plan_languages
from surveys.services.links import results_link
from surveys.services.releases import release_wave
from surveys.services.schedule import closing_instant, exists, last_day
from surveys.services.translations import Standing

SECRET_BYTES = 32


@dataclass(frozen=True)
class OpeningPlan:
    """What opening a draft now would freeze."""

    audience: Audience
    questions: tuple[Question, ...]
    languages: tuple[Standing, ...]
    opens_at: datetime
    closes_at: datetime
    accepts_until: datetime

    @property
    def people(self) -> tuple[Person, ...]:
        return tuple(person for person, _label in self.audience.people)


def create_wave(
    organization: Organization,
    *,
    title: str,
    instrument: str = Wave.Instrument.PULSE,
    closes_on: date | None = None,
) -> Wave:
    """Draft a wave on the newest question bank.

    Raises WaveRefused when no bank is published, ValidationError naming the field.
    """
    bank = BankVersion.objects.in_force().first()
    if bank is None:
        raise WaveRefused(_("No question bank is published yet: run publish_bank first."))
    wave = Wave(
        organization=organization,
        bank=bank,
        title=title,
        instrument=instrument,
        closes_on=closes_on,
        key=_free_key(organization, title),
    )
    wave.full_clean()
    wave.save()
    return wave


def plan_opening(wave: Wave, *, opens_at: datetime) -> OpeningPlan:
    """Work out what opening at that moment means, without doing it; at most six queries.

    Raises WaveNotDraft, or WaveRefused saying what stands in the way.
    """
    if wave.status != Wave.Status.DRAFT:
        raise WaveNotDraft(_("This wave was opened already; what it asks can no longer change."))
    organization = wave.organization
    _refuse_second_open_wave(organization)
    rules = wave.bank.definition()
    questions = questions_of(wave, rules)
    if not questions:
        raise WaveRefused(_("The question bank holds no questions for this survey."))
    today = opens_at.astimezone(organization.zone).date()
    audience = audience_on(wave, questions, on=today)
    _refuse_small_audience(wave, audience, opens_at=opens_at)
    closes_at = _closing(wave, rules, opens_at=opens_at)
    return OpeningPlan(
        audience=audience,
        questions=tuple(questions_for(questions, audience.labels)),
        languages=tuple(plan_languages(wave)),
        opens_at=opens_at,
        closes_at=closes_at,
        accepts_until=closes_at + timedelta(minutes=rules.rules.field_time.grace_minutes),
    )


def questions_of(wave: Wave, rules: BankRules) -> list[Question]:
    """What a draft would ask its audience, in order; nothing if the bank lacks the instrument."""
    instrument = rules.instruments.get(wave.instrument)
    if instrument is None:
        return []
    wanted = with_parts(wave.audiences)
    return select_items(wave.bank.questions.all(), instrument, audiences=wanted)


@transaction.atomic
def open_wave(wave: Wave, *, opens_at: datetime | None = None) -> Wave:
    """Open a draft: freeze audience, questions, thresholds and closing instant, queue the mails.

    `opens_at` may lie ahead; mails and answering wait for it. Raises WaveNotDraft, or
    WaveRefused saying what stands in the way; nothing has changed then.
    """
    # Openings of one organisation queue up here, so that two cannot both find none open.
    Organization.objects.select_for_update(no_key=True).get(pk=wave.organization_id)
    # Whoever is saving the draft finishes first; what is opened is what was saved.
    wave = (
        Wave.objects.select_for_update(of=("self",))
        .select_related("organization", "bank")
        .get(pk=wave.pk)
    )
    plan = plan_opening(wave, opens_at=opens_at or timezone.now())
    wave.status = Wave.Status.OPEN
    wave.opens_at, wave.closes_at = plan.opens_at, plan.closes_at
    wave.accepts_until = plan.accepts_until
    wave.eligible = len(plan.people)
    wave.save(update_fields=["status", "opens_at", "closes_at", "accepts_until", "eligible"])
    WaveItem.objects.bulk_create(
        WaveItem(organization=wave.organization, wave=wave, question=question, position=position)
        for position, question in enumerate(plan.questions, start=1)
    )
    secret = secrets.token_bytes(SECRET_BYTES)
    WaveSecret.objects.create(wave=wave, organization=wave.organization, secret=secret)
    offered = freeze_languages(wave)
    invite(wave, plan.audience.people, secret=secret, due_at=plan.opens_at, offered=offered)
    return wave


def due_waves(*, at: datetime | None = None) -> list[int]:
    """The ids of the open waves whose time is over, grace included."""
    due = Wave.objects.due_to_close(at=at or timezone.now())
    return list(due.order_by("accepts_until").values_list("pk", flat=True))


@transaction.atomic
def close_wave(wave: Wave) -> Release:
    """Close an open wave, now or because its time is over, and release its results.

    From here on no answer is accepted, no link can be made, and the released figures never
    change. Raises WaveNotOpen, also for the second of two that close at once.
    """
    # No stronger lock: answers being stored refer to this row and must be able to finish.
    wave = (
        Wave.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organization", "bank")
        .get(pk=wave.pk)
    )
    if wave.status != Wave.Status.OPEN or wave.closes_at is None:
        raise WaveNotOpen(_("This wave is not open."))
    now = timezone.now()
    wave.status = Wave.Status.CLOSED
    # Closed when it said it would, whenever a worker got round to it.
    wave.closed_at = min(now, wave.closes_at)
    wave.save(update_fields=["status", "closed_at"])
    WaveSecret.objects.filter(wave=wave).delete()
    collect_responses(wave)
    results_link(wave)
    return release_wave(wave, released_at=now)


def _free_key(organization: Organization, title: str) -> str:
    stem = slugify(title)[:50] or "wave"
    taken = set(Wave.objects.for_organization(organization).values_list("key", flat=True))
    keys = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(taken) + 2))
    return next(key for key in keys if key not in taken)


def _refuse_second_open_wave(organization: Organization) -> None:
    other = Wave.objects.for_organization(organization).open().first()
    if other is not None:
        raise WaveRefused(
            _("“%(title)s” is still open. Close it first: one survey at a time.")
            % {"title": other.title}
        )


def _refuse_small_audience(wave: Wave, audience: Audience, *, opens_at: datetime) -> None:
    """A wave for PMs needs k of them, any other k of those it is for."""
    for_pms = PM in wave.audiences
    if audience.people and (not for_pms or audience.labels & {PM, PM_NEW}):
        return
    count = audience.too_few[PM] + audience.too_few[PM_NEW]
    details = {
        "day": date_format(opens_at.astimezone(wave.organization.zone).date()),
        "count": count,
        "k": wave.k,
    }
    if not for_pms:
        raise WaveRefused(
            _(
                "On %(day)s the roster holds too few people whom this survey is for. It needs at "
                "least %(k)s of a kind, because results of fewer people are never shown."
            )
            % details
        )
    if not count:
        raise WaveRefused(
            _("Nobody is a product manager on the roster on %(day)s. Add people first.") % details
        )
    message = ngettext(
        "Only %(count)s product manager is on the roster on %(day)s. A survey needs at least "
        "%(k)s, because results of fewer people are never shown.",
        "Only %(count)s product managers are on the roster on %(day)s. A survey needs at least "
        "%(k)s, because results of fewer people are never shown.",
        count,
    )
    raise WaveRefused(message % details)


def _closing(wave: Wave, rules: BankRules, *, opens_at: datetime) -> datetime:
    organization = wave.organization
    day = wave.closes_on or last_day(
        organization,
        opens_at=opens_at,
        working_days=rules.rules.field_time.working_days_open,
    )
    closes_at = closing_instant(day, organization.zone)
    if not exists(day, organization.zone) or closes_at <= opens_at:
        raise WaveRefused(
            _("The survey cannot close on %(day)s: choose a later day.") % {"day": date_format(day)}
        )
    return closes_at
