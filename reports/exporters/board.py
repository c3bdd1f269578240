"""The board report as PDF/UA, CSV and Excel, from its snapshot alone."""

import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

from maturity.exporters.files import dated, write_csv, write_xlsx
from reports.selectors.board_figures import columns_of, rows_of


class Unprintable(Exception):
    """What Typst refuses to typeset, in its words."""


_TEMPLATE = Path(__file__).with_name("board.typ")
# What a reader sees for a character that no font at hand can show.
_BOX = "□"
# A text that Typst cannot set, in its words: `"日"`, `"\\u{7}"`.
_NOT_SHOWN = re.compile(r'the (?:text|text contains the disallowed codepoint) `"(.*?)"`', re.DOTALL)
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")


def board_pdf(snapshot: Mapping[str, Any], *, colour: str, logo: bytes | None, mark: str) -> bytes:
    """Render a tagged PDF/UA-1; the same arguments give the same bytes, on any machine.

    `colour` is "#rrggbb", `logo` a PNG or JPEG, `mark` stands in the footer. System fonts are
    not looked at, and the file's date is the snapshot's. A character that no font of Typst's own
    can show is a box. Raises Unprintable.
    """
    # Typst reads no bytes from outside its own files: a logo goes in as a list of numbers.
    brand = {"colour": colour, "logo": None if logo is None else list(logo)}
    data = {**snapshot, "brand": brand, "footer": mark}
    at = int(datetime.fromisoformat(snapshot["known_at"]).timestamp())
    boxed: set[str] = set()
    while True:
        try:
            return _compiled(json.dumps(data), at)
        except typst.TypstError as error:
            found = _not_shown(str(error.diagnostic)) - boxed
            if not found:
                raise Unprintable(str(error)) from error
            boxed |= found
            data = _boxed(data, dict.fromkeys(map(ord, found), _BOX))


def _compiled(data: str, at: int) -> bytes:
    return typst.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"data": data},
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        timestamp=at,
    )


def _not_shown(diagnostic: str) -> set[str]:
    """The characters that Typst names; its own words name a base together with a mark upon it."""
    named = {
        character
        for text in _NOT_SHOWN.findall(diagnostic)
        for character in _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)
        if not (character.isascii() and character.isprintable())
    }
    marks = {character for character in named if unicodedata.combining(character)}
    return marks or named


def _boxed(value: Any, boxes: dict[int, str]) -> Any:
    """The same with a box for each of these characters, in every text of it."""
    if isinstance(value, str):
        return value.translate(boxes)
    if isinstance(value, Mapping):
        return {key: _boxed(each, boxes) for key, each in value.items()}
    return [_boxed(each, boxes) for each in value] if isinstance(value, list) else value


def board_csv(snapshot: Mapping[str, Any]) -> Iterator[bytes]:
    return write_csv(columns_of(snapshot), rows_of(snapshot))


def board_xlsx(snapshot: Mapping[str, Any]) -> bytes:
    """The same as a workbook; the same bytes whenever it is made."""
    stream = io.BytesIO()
    write_xlsx(stream, "figures", columns_of(snapshot), rows_of(snapshot))
    return dated(stream.getvalue(), datetime.fromisoformat(snapshot["known_at"]))
