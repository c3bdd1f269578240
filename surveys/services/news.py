"""Tell an organisation that a wave is over and what it says can be read."""

from django.urls import reverse
from django.utils.translation import gettext as _

from maturity.models import Event
from maturity.services.notifications import notify
from surveys.models import Release, Wave


def tell_closed(wave: Wave, release: Release | None) -> None:
    """Once for each closing, and once for each release; None: an earlier one stands.

    Nothing in it tells what anybody answered, or how many did.
    """
    _tell(wave, Event.WAVE_CLOSED, _("The survey “%(title)s” is closed"), f"{wave.closed_at}")
    if release is not None:
        title = _("The results of “%(title)s” are released")
        _tell(wave, Event.RESULTS_RELEASED, title, f"{release.pk}")


def _tell(wave: Wave, event: Event, title: str, which: str) -> None:
    notify(
        wave.organization,
        event,
        key=f"{wave.pk}-{which}",
        title=title % {"title": wave.title},
        path=reverse("reports:organization", args=[wave.organization.slug]),
        data={"wave_id": wave.pk},
    )
