"""Open a closed wave again: what comes of it is a second version, or nothing."""

import secrets
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from maturity.models import Organization
from surveys.errors import WaveNotClosed, WaveRefused
from surveys.models import Invitation, Message, RetiredLink, Wave, WaveSecret
from surveys.planning import exists
from surveys.services.invitations import BATCH, hash_of, token_for
from surveys.services.schedule import closing_instant
from surveys.services.series_secrets import recall_who_answered, series_secret_exists

SECRET_BYTES = 32


@transaction.atomic
def reopen_wave(wave: Wave, *, closes_on: date) -> Wave:
    """Take answers again until the end of a day; everybody who was asked gets a new link.

    What was released stays as it is. Nobody's mail says whether they have answered: the link
    does, to them alone. Raises WaveNotClosed, or WaveRefused saying what stands in the way.
    """
    Organization.objects.select_for_update(no_key=True).get(pk=wave.organization_id)
    wave = (
        Wave.objects.select_for_update(of=("self",))
        .select_related("organization", "bank")
        .get(pk=wave.pk)
    )
    now = timezone.now()
    closes_at = _check(wave, closes_on, at=now)
    rules = wave.bank.definition().rules.field_time
    wave.status = Wave.Status.OPEN
    wave.closed_at = wave.traces_removed_at = None
    wave.closes_at = closes_at
    wave.accepts_until = closes_at + timedelta(minutes=rules.grace_minutes)
    wave.save(
        update_fields=["status", "closed_at", "traces_removed_at", "closes_at", "accepts_until"]
    )
    recall_who_answered(wave)
    _renew_links(wave)
    _announce(wave, at=now)
    return wave


def _check(wave: Wave, closes_on: date, *, at: datetime) -> datetime:
    """The new closing instant, if there is nothing against it."""
    if wave.status != Wave.Status.CLOSED or wave.closes_at is None:
        raise WaveNotClosed(_("Only a closed wave can be opened again."))
    if wave.answers_deleted_at is not None:
        raise WaveRefused(
            _("The answers of this wave were deleted on %(day)s; nothing can be added to them.")
            % {"day": date_format(wave.answers_deleted_at.astimezone(wave.organization.zone))}
        )
    if wave.mode == Wave.Mode.CONFIDENTIAL and not series_secret_exists(wave):
        raise WaveRefused(_("The series has ended: answers can no longer carry their code."))
    # One wave of a series at a time, and one of those that belong to none.
    others = Wave.objects.for_organization(wave.organization).open()
    other = others.filter(series=wave.series_id).first()
    if other is not None:
        raise WaveRefused(
            _("“%(title)s” is still open. Close it first: one survey at a time.")
            % {"title": other.title}
        )
    zone = wave.organization.zone
    closes_at = closing_instant(closes_on, zone)
    if not exists(closes_on, zone) or closes_at <= max(at, wave.closes_at):
        raise WaveRefused(
            _("The survey cannot close on %(day)s: choose a later day.")
            % {"day": date_format(closes_on)}
        )
    return closes_at


def _renew_links(wave: Wave) -> None:
    """The old secret is gone, so every link is made anew; old links say that there is a new one."""
    secret = secrets.token_bytes(SECRET_BYTES)
    WaveSecret.objects.create(wave=wave, organization=wave.organization, secret=secret)
    invitations = list(Invitation.objects.select_for_update().filter(wave=wave))
    # By their hash: where a retired link lies says nothing about whose it was.
    hashes = sorted(invitation.token_hash for invitation in invitations)
    RetiredLink.objects.bulk_create(
        (
            RetiredLink(token_hash=token_hash, organization=wave.organization, wave=wave)
            for token_hash in hashes
        ),
        batch_size=BATCH,
    )
    for invitation in invitations:
        invitation.link_number += 1
        token = token_for(secret, invitation.pk, invitation.link_number)
        invitation.token_hash = hash_of(token)
    Invitation.objects.bulk_update(invitations, ["link_number", "token_hash"], batch_size=BATCH)


def _announce(wave: Wave, *, at: datetime) -> None:
    kind = Message.Kind.INVITATION
    last = Message.objects.filter(wave=wave, kind=kind).aggregate(last=Max("number"))["last"]
    Message.objects.bulk_create(
        (
            Message(
                organization=wave.organization,
                wave=wave,
                person_id=person_id,
                kind=kind,
                number=(last or 0) + 1,
                due_at=at,
            )
            for person_id in wave.invitations.values_list("person_id", flat=True)
        ),
        batch_size=BATCH,
    )
