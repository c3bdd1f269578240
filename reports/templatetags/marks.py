"""What tables repeat in every cell: written here, as an include for each would be half the page."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from reports.selectors import ItemResult

register = template.Library()

ICONS = "maturity/icons.svg"
_INTERVAL = (
    '<svg class="pl-interval" viewBox="-3 0 106 14" preserveAspectRatio="none"'
    ' aria-hidden="true" focusable="false">'
    '<line class="pl-interval-base" x1="0" x2="100" y1="7" y2="7"></line>'
    '<line class="pl-interval-half" x1="50" x2="50" y1="0" y2="14"></line>{}{}</svg>'
)
_OPEN = '<line class="pl-interval-range pl-interval-open" x1="{}" x2="{}" y1="7" y2="7"></line>'
_RANGE = '<line class="pl-interval-range" x1="{}" x2="{}" y1="7" y2="7"></line>'
_POINT = '<line class="pl-interval-point" x1="{0}" x2="{0}" y1="7" y2="7"></line>'


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


@register.simple_tag
def interval(item: ItemResult) -> SafeString:
    """A point with its interval on 0 to 100; the cells beside it say the same in figures."""
    empty = mark_safe("")
    if item.kind == "one_sided":
        ends = (item.at_least, 100) if item.at_least is not None else (0, item.at_most)
        return format_html(_INTERVAL, format_html(_OPEN, *ends), empty)
    reach = empty if item.low is None else format_html(_RANGE, item.low, item.high)
    return format_html(_INTERVAL, reach, format_html(_POINT, item.favourable))


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
