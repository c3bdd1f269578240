"""Let an open wave close later: once, by a few days, and so that everybody is told."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from surveys.errors import WaveNotOpen, WaveRefused
from surveys.models import Message, Wave
from surveys.planning import FIGURES
from surveys.services.mailings import queue_notice
from surveys.services.schedule import closing_instant, last_day


@transaction.atomic
def extend_wave(wave: Wave, *, closes_on: date) -> Wave:
    """Let an open wave close later, once, and tell everybody who was asked.

    Raises WaveNotOpen once its time is over, WaveRefused naming the days that are possible.
    """
    wave = (
        Wave.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organization", "bank", "series")
        .get(pk=wave.pk)
    )
    now = timezone.now()
    if not wave.accepts_answers(at=now) or wave.closes_at is None or wave.closes_at <= now:
        raise WaveNotOpen(_("This wave is not open any more."))
    if wave.extended_from is not None:
        raise WaveRefused(_("This wave was extended once already."))
    first, last = extension_span(wave)
    if not first <= closes_on <= last:
        days = {"first": date_format(first), "last": date_format(last)}
        raise WaveRefused(_("Choose a day from %(first)s to %(last)s.") % days)
    wave.extended_from = wave.closes_at
    wave.closes_at = closing_instant(closes_on, wave.organization.zone)
    grace = wave.bank.definition().rules.field_time.grace_minutes
    wave.accepts_until = wave.closes_at + timedelta(minutes=grace)
    wave.save(update_fields=["extended_from", "closes_at", "accepts_until"])
    queue_notice(wave, Message.Kind.EXTENSION, now=now)
    return wave


def extension_span(wave: Wave) -> tuple[date, date]:
    """The first and the last day on which an extended wave may close."""
    zone = wave.organization.zone
    closes_at = wave.closes_at or timezone.now()
    first = closes_at.astimezone(zone).date() + timedelta(days=1)
    days = FIGURES.extension.working_days.value
    return first, last_day(wave.organization, opens_on=first, working_days_open=days)
