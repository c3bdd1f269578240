"""The life of a wave: drafted, opened with everything frozen, closed and released."""

import secrets
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from maturity.models import Organization, User
from surveys.errors import WaveNotDraft, WaveNotOpen, WaveRefused
from surveys.models import BankVersion, Release, Wave, WaveGroup, WaveSecret
from surveys.services.allotments import freeze_questions, planned_groups, share_out
from surveys.services.answers import collect_responses
from surveys.services.invitations import invite
from surveys.services.languages import freeze_languages
from surveys.services.links import results_link
from surveys.services.mailings import forget_reminders, queue_invitations
from surveys.services.news import tell_closed
from surveys.services.opening_plans import plan_opening
from surveys.services.privacy_settings import privacy_values
from surveys.services.releases.waves import release_wave
from surveys.services.series_secrets import make_series_secret

SECRET_BYTES = 32


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
        **privacy_values(organization),
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


@transaction.atomic
def change_draft(wave: Wave, **values: Any) -> Wave:
    """Change what a draft asks of whom until when. Raises WaveNotDraft, ValidationError."""
    wave = Wave.objects.select_for_update(of=("self",)).get(pk=wave.pk)
    if wave.status != Wave.Status.DRAFT:
        raise WaveNotDraft(_("This wave was opened already; what it asks can no longer change."))
    for name, value in values.items():
        setattr(wave, name, value)
    wave.full_clean()
    wave.save(update_fields=list(values))
    return wave


@transaction.atomic
def discard_draft(wave: Wave) -> None:
    """Throw a draft away. Raises WaveNotDraft."""
    wave = Wave.objects.select_for_update(of=("self",)).get(pk=wave.pk)
    if wave.status != Wave.Status.DRAFT:
        raise WaveNotDraft(_("Only a draft can be thrown away."))
    wave.delete()


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
        .select_related("organization", "bank", "series__unit__organization")
        .get(pk=wave.pk)
    )
    plan = plan_opening(wave, opens_at=opens_at or timezone.now())
    wave.status = Wave.Status.OPEN
    wave.opens_at, wave.closes_at = plan.opens_at, plan.closes_at
    wave.accepts_until = plan.accepts_until
    wave.eligible = len(plan.people)
    wave.save(update_fields=["status", "opens_at", "closes_at", "accepts_until", "eligible"])
    secret = secrets.token_bytes(SECRET_BYTES)
    WaveSecret.objects.create(wave=wave, organization=wave.organization, secret=secret)
    make_series_secret(wave)
    offered = freeze_languages(wave)
    groups = planned_groups(wave, plan)
    WaveGroup.objects.bulk_create(groups.rows)
    freeze_questions(wave, plan.questions, share_out(wave, plan.questions, groups))
    invite(wave, plan.audience.people, labels=groups.labels, secret=secret, offered=offered)
    queue_invitations(
        wave,
        plan.people,
        opened_on=plan.opens_on,
        now=plan.opens_at,
        # Whoever opens by hand wants it now; a planned wave waits for each person's morning.
        at=None if wave.due_at else plan.opens_at,
    )
    return wave


@transaction.atomic
def cancel_wave(wave: Wave, *, reason: str) -> Wave:
    """Do not hold a draft or planned wave; the reason stands on its row. Raises WaveNotDraft."""
    wave = Wave.objects.select_for_update(of=("self",)).get(pk=wave.pk)
    if wave.status != Wave.Status.DRAFT:
        raise WaveNotDraft(_("Only a wave that has not opened can be called off."))
    wave.status, wave.reason = Wave.Status.CANCELLED, reason.strip()
    wave.full_clean()
    wave.save(update_fields=["status", "reason"])
    return wave


@transaction.atomic
def override_follow_up(wave: Wave, *, reason: str, by: User | None) -> Wave:
    """Let a wave open before the last one's follow-up; everybody asked reads the reason."""
    wave = Wave.objects.select_for_update(of=("self",)).get(pk=wave.pk)
    if wave.status != Wave.Status.DRAFT:
        raise WaveNotDraft(_("This wave was opened already; what it asks can no longer change."))
    wave.override_reason, wave.override_by = reason.strip(), by
    wave.full_clean()
    wave.save(update_fields=["override_reason", "override_by"])
    return wave


def due_waves(*, at: datetime | None = None) -> list[int]:
    """The ids of the open waves whose time is over, grace included."""
    due = Wave.objects.due_to_close(at=at or timezone.now())
    return list(due.order_by("accepts_until").values_list("pk", flat=True))


@transaction.atomic
def close_wave(wave: Wave, *, at: datetime | None = None) -> Release | None:
    """Close an open wave, now or because its time is over, and release its results.

    From here on no answer is accepted, no link can be made, and the released figures never
    change. None for a wave that was open again and got too few answers more to publish them.
    Raises WaveNotOpen, also for the second of two that close at once.
    """
    # No stronger lock: answers being stored refer to this row and must be able to finish.
    wave = (
        Wave.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organization", "bank")
        .get(pk=wave.pk)
    )
    if wave.status != Wave.Status.OPEN or wave.closes_at is None:
        raise WaveNotOpen(_("This wave is not open."))
    now = at or timezone.now()
    wave.status = Wave.Status.CLOSED
    # Closed when it said it would, whenever a worker got round to it.
    wave.closed_at = min(now, wave.closes_at)
    wave.save(update_fields=["status", "closed_at"])
    WaveSecret.objects.filter(wave=wave).delete()
    forget_reminders(wave)
    collect_responses(wave)
    results_link(wave)
    release = release_wave(wave, released_at=now)
    if at is None:
        tell_closed(wave, release)
    return release


def _free_key(organization: Organization, title: str) -> str:
    stem = slugify(title)[:50] or "wave"
    taken = set(Wave.objects.for_organization(organization).values_list("key", flat=True))
    keys = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(taken) + 2))
    return next(key for key in keys if key not in taken)
