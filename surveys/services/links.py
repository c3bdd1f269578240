"""Take links back, put new ones in their place, and the one link to a wave's results.

Nothing here looks at whether somebody has answered, and no outcome tells.
"""

import secrets

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from surveys.errors import WaveNotOpen
from surveys.models import Invitation, Message, ResultsLink, RetiredLink, Wave, WaveSecret
from surveys.services.invitations import hash_of, token_for

TOKEN_BYTES = 32


@transaction.atomic
def revoke_link(invitation: Invitation) -> None:
    """Make a person's link useless, say after it was passed on. Raises WaveNotOpen."""
    locked = _lock_in_open_wave(invitation)
    Invitation.objects.filter(pk=locked.pk).update(state=Invitation.State.REVOKED)


@transaction.atomic
def replace_link(invitation: Invitation) -> None:
    """Give a person a new link and queue the mail that brings it. Raises WaveNotOpen.

    The old link says that there is a new one. An answer that was given stays, and the new link
    then says so to whoever holds it.
    """
    locked = _lock_in_open_wave(invitation)
    secret = bytes(WaveSecret.objects.get(wave=locked.wave_id).secret)
    RetiredLink.objects.create(
        token_hash=locked.token_hash, organization_id=locked.organization_id, wave_id=locked.wave_id
    )
    number = locked.link_number + 1
    Invitation.objects.filter(pk=locked.pk).update(
        state=Invitation.State.ACTIVE,
        link_number=number,
        token_hash=hash_of(token_for(secret, locked.pk, number)),
    )
    sent = Message.objects.filter(
        wave=locked.wave_id, person=locked.person_id, kind=Message.Kind.INVITATION
    )
    Message.objects.create(
        organization_id=locked.organization_id,
        wave_id=locked.wave_id,
        person_id=locked.person_id,
        kind=Message.Kind.INVITATION,
        number=(sent.aggregate(last=Max("number"))["last"] or 0) + 1,
        due_at=max(timezone.now(), locked.wave.opens_at or timezone.now()),
    )


def results_link(wave: Wave) -> str:
    """The address of a wave's results, the same one whenever it is asked for."""
    link, _is_new = ResultsLink.objects.get_or_create(
        wave=wave,
        defaults={
            "organization_id": wave.organization_id,
            "token": secrets.token_urlsafe(TOKEN_BYTES),
        },
    )
    return f"{settings.BASE_URL}{link.path}"


def path_to_results(wave: Wave) -> str | None:
    """Where this closed wave's results stand, without making a link; None while there is none."""
    link = ResultsLink.objects.filter(wave=wave, wave__status=Wave.Status.CLOSED).first()
    return None if link is None else link.path


def path_to_last_results(wave: Wave) -> str | None:
    """Where the results of the wave before this one stand; None if nothing came before."""
    links = ResultsLink.objects.for_organization(wave.organization).exclude(wave=wave)
    newest = links.filter(wave__status=Wave.Status.CLOSED).order_by("-wave__closed_at").first()
    return None if newest is None else newest.path


def _lock_in_open_wave(invitation: Invitation) -> Invitation:
    """Lock the invitation until the transaction ends; answers being sent go first."""
    locked: Invitation | None = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("wave")
        .filter(pk=invitation.pk)
        .first()
    )
    if locked is None or locked.wave.status != Wave.Status.OPEN:
        raise WaveNotOpen(_("This survey is closed; its links lead to no questions any more."))
    return locked
