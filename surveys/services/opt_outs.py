"""Stop the mails of a series or of all surveys, and take that back. No login, one click."""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.models import Person
from surveys.errors import LinkUnknown
from surveys.models import Invitation, OptOut, RefusedAddress, Series

SALT = "surveys.opt-out"


@dataclass(frozen=True)
class Subscription:
    """One person's mails: those of a series, where the mail belonged to one."""

    person: Person
    series: Series | None
    stopped_series: bool
    stopped_all: bool


def opt_out_link(person_id: int, series_id: int | None) -> str:
    """The address in a mail; it outlives the wave, whose own link dies at closing."""
    token = _signer().sign_object([person_id, series_id])
    return f"{settings.BASE_URL}{reverse('surveys:opt_out', args=[token])}"


def find_subscription(token: str) -> Subscription:
    """Return whose mails a link is about; at most three queries. Raises LinkUnknown."""
    try:
        person_id, series_id = _signer().unsign_object(token)
    except (signing.BadSignature, ValueError) as error:
        raise LinkUnknown(_("This link does not belong to any survey.")) from error
    person = Person.objects.select_related("organization").filter(pk=person_id).first()
    if person is None:
        raise LinkUnknown(_("This link does not belong to any survey."))
    series = Series.objects.filter(pk=series_id, organization=person.organization_id).first()
    stopped = set(OptOut.objects.filter(person=person).values_list("series_id", flat=True))
    return Subscription(
        person,
        series,
        stopped_series=series is not None and series.pk in stopped,
        stopped_all=None in stopped,
    )


def wants_no_mails(invitation: Invitation) -> bool:
    """Whether this person has stopped the mails of the wave's series, or all; one query."""
    stopped = OptOut.objects.covering(invitation.wave.series_id)
    return stopped.filter(person=invitation.person_id).exists()


def opt_out(subscription: Subscription, *, everything: bool = False) -> None:
    """Stop mails: of the series, or of all surveys where there is none or all are meant."""
    series = None if everything else subscription.series
    OptOut.objects.get_or_create(
        organization=subscription.person.organization, person=subscription.person, series=series
    )


@transaction.atomic
def opt_in(subscription: Subscription) -> None:
    """Take back what was said about the series and about all surveys."""
    mine = OptOut.objects.filter(person=subscription.person)
    mine.covering(subscription.series.pk if subscription.series else None).delete()


def note_refused(person: Person, *, address: str, reason: str) -> None:
    """Remember that an address takes no mail; a new address of the person starts afresh."""
    known = RefusedAddress.objects.filter(person=person, address__iexact=address)
    if not known.exists():
        RefusedAddress.objects.bulk_create(
            [
                RefusedAddress(
                    organization_id=person.organization_id,
                    person=person,
                    address=address,
                    reason=reason[:200],
                    noted_at=timezone.now(),
                )
            ],
            ignore_conflicts=True,
        )


def _signer() -> signing.Signer:
    """Without a time: a mail that is sent again says the same as before."""
    return signing.Signer(salt=SALT)
