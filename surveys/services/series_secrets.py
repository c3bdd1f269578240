"""Confidential mode: the link that one person's answers carry through the waves of a series."""

import hashlib
import hmac
import secrets
from collections.abc import Collection

from surveys.models import IntakeResponse, Invitation, Response, Series, SeriesSecret, Wave

SECRET_BYTES = 32


def make_series_secret(wave: Wave) -> None:
    """Make the secret of a confidential wave's series, once, when a wave of it opens."""
    if wave.series_id is None or wave.mode != Wave.Mode.CONFIDENTIAL:
        return
    SeriesSecret.objects.get_or_create(
        series_id=wave.series_id,
        defaults={
            "organization": wave.organization,
            "secret": secrets.token_bytes(SECRET_BYTES),
        },
    )


def series_secret_exists(wave: Wave) -> bool:
    return SeriesSecret.objects.filter(series=wave.series_id).exists()


def link_of(invitation: Invitation) -> bytes | None:
    """What a person's response carries in every wave of the series; None in anonymous mode.

    No query in anonymous mode, one in confidential mode.
    """
    wave = invitation.wave
    if wave.mode != Wave.Mode.CONFIDENTIAL:
        return None
    kept = SeriesSecret.objects.filter(series=wave.series_id).first()
    return None if kept is None else link_for(bytes(kept.secret), invitation.person_id)


def link_for(secret: bytes, person_id: int) -> bytes:
    return hmac.new(secret, str(person_id).encode(), hashlib.sha256).digest()


def forget_secret(series: Series) -> None:
    """Delete what makes links, and the links, from the database's files too.

    The links served to compare waves, which is over. Left in place they would still string one
    person's groups together, and who changed teams when is on the roster.
    """
    SeriesSecret.objects.filter(series=series).delete()
    waves = series.waves.filter(mode=Wave.Mode.CONFIDENTIAL)
    unlink(list(waves.values_list("pk", flat=True)))
    waves.filter(status=Wave.Status.CLOSED).update(traces_removed_at=None)


def make_anonymous(series: Series) -> None:
    """Make a confidential series' waves anonymous, those of the past too."""
    forget_secret(series)
    series.waves.filter(mode=Wave.Mode.CONFIDENTIAL).update(mode=Wave.Mode.ANONYMOUS)


def forget_who_answered(wave: Wave) -> None:
    """Blank who answered a confidential wave, at its closing.

    Over several waves who answered when is a pattern, and the links show the same one: without
    any secret it would lead from a link to a person.
    """
    if wave.mode == Wave.Mode.CONFIDENTIAL:
        Invitation.objects.filter(wave=wave, responded=True).update(responded=False)


def recall_who_answered(wave: Wave) -> None:
    """Work out again, by the secret, who answered a confidential wave that opens once more."""
    kept = SeriesSecret.objects.filter(series=wave.series_id).first()
    if wave.mode != Wave.Mode.CONFIDENTIAL or kept is None:
        return
    links = Response.objects.filter(wave=wave, link__isnull=False).values_list("link", flat=True)
    stored, secret = {bytes(link) for link in links}, bytes(kept.secret)
    people = Invitation.objects.filter(wave=wave).values_list("person_id", flat=True)
    answered = [person for person in people if link_for(secret, person) in stored]
    Invitation.objects.filter(wave=wave, person__in=answered).update(responded=True)


def unlink(waves: Collection[int]) -> None:
    """Blank the links in the answers of some waves."""
    for table in (IntakeResponse, Response):
        table.objects.filter(wave__in=waves, link__isnull=False).update(link=None)
