"""Tell an organisation that a wave is over and what it says can be read."""

from django.urls import reverse

from maturity.models import Event
from maturity.services.notifications import notify
from maturity.services.titles import title_to_store
from surveys.models import Release, Wave


def tell_closed(wave: Wave, release: Release | None) -> None:
    """Once for each closing, and once for each release; None: an earlier one stands.

    Nothing in it tells what anybody answered, or how many did.
    """
    _tell(wave, Event.WAVE_CLOSED, f"{wave.closed_at}")
    if release is not None:
        _tell(wave, Event.RESULTS_RELEASED, f"{release.pk}")


def _tell(wave: Wave, event: Event, which: str) -> None:
    data = {"wave_id": wave.pk, "name": wave.title}
    notify(
        wave.organization,
        event,
        key=f"{wave.pk}-{which}",
        title=title_to_store(event, data),
        path=reverse("reports:organization", args=[wave.organization.slug]),
        data=data,
    )
