"""What tables repeat in every cell: written here, as an include for each would be half the page."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

ICONS = "maturity/icons.svg"


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture beside a word that says the same."""
    return _icon(static(ICONS), name)


@register.simple_tag
def mark(level: int | None, state: str) -> SafeString:
    """A capability's level as number and colour, or the word for why there is none."""
    if level:
        return _level(level)
    if state == "not_applicable":
        word = _("Not applicable")
    elif state == "unknown":
        word = _("Unknown")
    else:
        word = _("Not assessed")
    return format_html('<span class="pl-open">{}</span>', word)


@register.simple_tag
def area_mark(level: int | None, state: str) -> SafeString:
    """An area's level, or the sign for why there is none with the word for those who listen."""
    if state == "level" and level is not None:
        return _level(level)
    sign, word = ("?", _("Incomplete")) if state == "incomplete" else ("–", _("Not applicable"))
    return _without_level(sign, word)


@lru_cache(maxsize=64)
def _icon(address: str, name: str) -> SafeString:
    return format_html(
        '<svg class="pl-icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        address,
        name,
    )


@lru_cache(maxsize=16)
def _level(level: int) -> SafeString:
    return format_html('<span class="pl-mark" data-level="{0}">{0}</span>', level)


@lru_cache(maxsize=64)
def _without_level(sign: str, word: str) -> SafeString:
    return format_html(
        '<span class="pl-mark pl-mark-none"><span aria-hidden="true">{}</span>'
        '<span class="pl-hide">{}</span></span>',
        sign,
        word,
    )
