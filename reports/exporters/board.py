"""The board report as PDF/UA, CSV and Excel, from its snapshot alone."""

import io
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

from maturity.exporters.files import write_csv, write_xlsx
from reports.selectors.board import FIGURE_COLUMNS, figures_of


class Unprintable(Exception):
    """What Typst refuses to typeset, in its words."""


_TEMPLATE = Path(__file__).with_name("board.typ")


def board_pdf(snapshot: Mapping[str, Any], *, colour: str, logo: bytes | None, mark: str) -> bytes:
    """Render a tagged PDF/UA-1; the same arguments give the same bytes, on any machine.

    `colour` is "#rrggbb", `logo` a PNG or JPEG, `mark` stands in the footer. System fonts are
    not looked at, and the file's date is the snapshot's. Raises Unprintable.
    """
    # Typst reads no bytes from outside its own files: a logo goes in as a list of numbers.
    brand = {"colour": colour, "logo": None if logo is None else list(logo)}
    data = {**snapshot, "brand": brand, "footer": mark}
    try:
        return typst.compile(
            _TEMPLATE.read_bytes(),
            format="pdf",
            sys_inputs={"data": json.dumps(data)},
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=int(datetime.fromisoformat(snapshot["known_at"]).timestamp()),
        )
    except typst.TypstError as error:
        raise Unprintable(str(error)) from error


def board_csv(snapshot: Mapping[str, Any]) -> Iterator[bytes]:
    return write_csv(FIGURE_COLUMNS, figures_of(dict(snapshot)))


def board_xlsx(snapshot: Mapping[str, Any]) -> bytes:
    stream = io.BytesIO()
    write_xlsx(stream, "figures", FIGURE_COLUMNS, figures_of(dict(snapshot)))
    return stream.getvalue()
