"""Embeds: made for one chart, found by a signed address, ended at once."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _

from maturity.models import Organization, Unit, User
from reports.models import Embed
from reports.models.embeds import ORIGIN, OWN_SITE

MOST_ORIGINS = 10
# The key's 32 hexadecimal digits, and the HMAC-SHA256 over them.
_TOKEN = re.compile(r"([0-9a-f]{32})([A-Za-z0-9_-]{43})")


def create_embed(
    organization: Organization,
    *,
    shows: str,
    name: str,
    by: User | None,
    unit: Unit | None = None,
    language: str = "en",
    origins: Sequence[str] = (),
) -> Embed:
    """Make a badge or a chart that whoever knows its address may read.

    A chart names the sites that may frame it; a badge is a picture, which any page may hold.
    Raises ValidationError naming the field.
    """
    if language not in dict(settings.LANGUAGES):
        raise ValidationError({"language": _("Pages do not speak this language.")})
    if unit is not None and unit.organization_id != organization.pk:
        raise ValidationError({"unit": _("This unit belongs to another organisation.")})
    if unit is not None and shows not in Embed.OF_UNITS:
        raise ValidationError({"unit": _("This is told of the whole organisation alone.")})
    embed = Embed(
        organization=organization,
        shows=shows,
        name=name,
        unit=unit,
        language=language,
        origins=[] if shows in Embed.BADGES else _checked(origins),
        created_by=by,
    )
    embed.full_clean()
    embed.save()
    return embed


def revoke_embed(embed: Embed, *, by: User | None, at: datetime) -> bool:
    """End an address at once and for good. False where it was revoked already."""
    rows = Embed.objects.in_force().filter(pk=embed.pk)
    return rows.update(revoked_at=at, revoked_by=by) == 1


def path_of(embed: Embed) -> str:
    """Its address on this site. It is worked out and stored nowhere: rows alone give none away."""
    token = embed.key.hex + _signer().signature(embed.key.hex)
    return f"/embed/{token}.svg" if embed.is_badge else f"/embed/{token}"


def address_of(embed: Embed) -> str:
    """What other sites write in their pages."""
    return f"{settings.BASE_URL}{path_of(embed)}"


def snippet_of(embed: Embed) -> str:
    """The HTML that shows it in a page."""
    form = (
        '<img src="{}" alt="{}" height="22">'
        if embed.is_badge
        else '<iframe src="{}" title="{}" width="100%" height="640" loading="lazy"></iframe>'
    )
    with translation.override(embed.language):
        return format_html(form, address_of(embed), embed.get_shows_display())


def find_embed(token: str) -> Embed | None:
    """The embed in force with this token; one query, and none for what was not signed here."""
    form = _TOKEN.fullmatch(token)
    if form is None:
        return None
    try:
        _signer().unsign(f"{form[1]}:{form[2]}")
    except signing.BadSignature:
        return None
    rows = Embed.objects.in_force().select_related("organization", "unit")
    found: Embed | None = rows.filter(key=form[1]).first()
    return found


def note_use(embed: Embed, *, on: date) -> None:
    """Keep the day on which somebody read it last; at most one write a day."""
    if embed.last_used_on is not None and embed.last_used_on >= on:
        return
    stale = Q(last_used_on=None) | Q(last_used_on__lt=on)
    Embed.objects.filter(stale, pk=embed.pk).update(last_used_on=on)


def _signer() -> signing.Signer:
    return signing.Signer(salt="plumbline.embed")


def _checked(origins: Sequence[str]) -> list[str]:
    """As a content security policy spells them."""
    spelled = [_spelled(origin) for origin in origins]
    known = list(dict.fromkeys(origin for origin in spelled if origin))
    if not 1 <= len(known) <= MOST_ORIGINS:
        message = _("Name the sites that may frame it, up to %(most)s.") % {"most": MOST_ORIGINS}
        raise ValidationError({"origins": message})
    for origin in known:
        if not ORIGIN.match(origin):
            message = _("%(origin)s is no site: write it like https://wiki.example.org, or self.")
            raise ValidationError({"origins": message % {"origin": origin}})
    return known


def _spelled(origin: str) -> str:
    text = origin.strip().lower().removesuffix("/")
    return OWN_SITE if text == "self" else text
