"""What a page of results repeats beside every question."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_EMPTY = mark_safe("")
_BAR = (
    '<svg class="sv-share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"'
    ' focusable="false"><rect class="sv-share-base" x="0" y="0" width="100" height="8"></rect>'
    "{}{}</svg>"
)
_RANGE = '<line class="sv-share-range" x1="{}" x2="{}" y1="4" y2="4"></line>'
_VALUE = '<rect class="sv-share-value" x="0" y="0" width="{}" height="8"></rect>'


@register.simple_tag
def share_bar(row: Any) -> SafeString:
    """A share with its range on 0 to 100; the text beside it says the same in figures."""
    if row.kind == "one_sided":
        if row.at_least is not None:
            return format_html(_BAR, _EMPTY, format_html(_RANGE, row.at_least, 100))
        return format_html(_BAR, _EMPTY, format_html(_RANGE, 0, row.at_most))
    reach = _EMPTY if row.low is None else format_html(_RANGE, row.low, row.high)
    return format_html(_BAR, format_html(_VALUE, row.share), reach)
