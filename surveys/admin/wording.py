"""Moments and counts of a wave, as its pages word them."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext

from surveys.models import Wave


def responses_in_words(wave: Wave) -> str:
    """The live count of an open wave, the released one of a closed wave."""
    if wave.status in {Wave.Status.DRAFT, Wave.Status.CANCELLED}:
        return ""
    if wave.status == Wave.Status.OPEN and wave.cohort:
        # One joiner after the other: the number would say who has answered.
        return gettext("shown after closing")
    if wave.status == Wave.Status.OPEN:
        return str(getattr(wave, "response_count", ""))
    responded = getattr(wave, "responded", None)
    if responded is None:
        return gettext("fewer than %(k)d") % {"k": wave.k}
    return str(responded)


def local_time(wave: Wave, moment: datetime | None) -> str:
    """A moment on the organisation's own clocks, which the zone's name says."""
    if moment is None:
        return ""
    local = moment.astimezone(wave.organization.zone)
    return f"{date_format(local, 'j M Y, H:i')} {wave.organization.timezone}"
