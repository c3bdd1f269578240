"""A badge as an SVG picture: no script, no style sheet, no font but the reader's own."""

import re
from xml.sax.saxutils import escape, quoteattr

# White on each of these reaches 5.5:1; a dashed edge marks what is unknown, for whom colour fails.
_GROUND = {"good": "#1d6a3a", "raised": "#a3231b", "plain": "#0b5563", "none": "#4a5764"}
_NAME_GROUND = "#17222c"
_PADDING = 8
_NARROW, _WIDE = frozenset("iljtfrI.,:;'|!()[] /"), frozenset("mwMW%@")
# What XML 1.0 cannot hold, escaped or not.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def badge_svg(name: str, value: str, *, look: str, language: str, title: str, note: str) -> bytes:
    """The name on the left, the value on the right; title and note for who cannot see it."""
    name, value, title, note = (_NOT_XML.sub("", text) for text in (name, value, title, note))
    left, right = (_width(text) + 2 * _PADDING for text in (name, value))
    width = left + right
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="22" viewBox="0 0 {width} 22" \
role="img" aria-labelledby="title" aria-describedby="note" lang={quoteattr(language)}>
<title id="title">{escape(title)}</title>
<desc id="note">{escape(note)}</desc>
<rect width="{width}" height="22" rx="4" fill="{_GROUND[look]}"/>
<path d="M4 0h{left - 4}v22H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z" fill="{_NAME_GROUND}"/>
{_edge(left, right) if look == "none" else ""}
<g fill="#fff" font-family="system-ui,Segoe UI,Helvetica,Arial,sans-serif" font-size="12">
{_text(name, x=_PADDING)}
{_text(value, x=left + _PADDING, weight=' font-weight="700"')}
</g>
</svg>
""".encode()


def _edge(left: int, width: int) -> str:
    return (
        f'<rect x="{left + 2}" y="2" width="{width - 4}" height="18" rx="3" fill="none" '
        'stroke="#fff" stroke-dasharray="3 2"/>'
    )


def _text(text: str, *, x: int, weight: str = "") -> str:
    """Held to the width that was reckoned with, whatever font the reader has."""
    return (
        f'<text x="{x}" y="15" textLength="{_width(text)}" lengthAdjust="spacingAndGlyphs"{weight}>'
        f"{escape(text)}</text>"
    )


def _width(text: str) -> int:
    return max(1, round(sum(map(_letter, text))))


def _letter(letter: str) -> float:
    if letter in _NARROW:
        return 3.8
    if letter in _WIDE or ord(letter) > 0x2E80:
        return 11.0
    return 8.0 if letter.isupper() else 6.9
