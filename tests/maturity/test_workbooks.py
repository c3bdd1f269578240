"""Excel workbooks go through the same reader as CSV: one set of rules, whatever the file."""

import io
import zipfile
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from maturity.sources import SHEETS, SOURCES, BadFileError, Fault, open_reader
from maturity.sources.cells import neutralised, restored, text_of
from tests.sheets import workbook

HEADER = ("day", "name")
# A cell knows of no time zone.
NAIVE = datetime(2026, 3, 1, tzinfo=UTC).replace(tzinfo=None)


def _read(content: bytes, name: str = "holidays") -> tuple[list[tuple], list[Fault]]:
    found: list[Fault] = []
    source = (SOURCES | SHEETS)[name]
    return list(open_reader(source, io.BytesIO(content), on_fault=found.append)), found


def _refusal(content: bytes) -> str:
    with pytest.raises(BadFileError) as refused:
        _read(content)
    return str(refused.value)


def test_days_numbers_and_flags_are_read_as_they_are_written_in_csv():
    content = workbook(
        ["as_of", "function", "headcount", "fte"],
        [NAIVE, "pm", 12.0, 11.5],
        [date(2026, 4, 1), "product_ops", 1, 0.8],
    )

    rows, found = _read(content, "headcount")

    assert [(row[0], str(row[1]), row[4], float(row[5])) for row in rows] == [
        (2, "2026-03-01", 12, 11.5),
        (3, "2026-04-01", 1, 0.8),
    ]
    assert found == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "true"), (False, "false"), (3.0, "3"), (3.5, "3.5"), (7, "7"),
        (1e16, "10000000000000000"), (0.1, "0.1"), (1e-7, "0.0000001"), ("x", "x"),
        (date(2026, 3, 1), "2026-03-01"), (NAIVE, "2026-03-01"),
        (NAIVE.replace(hour=9, minute=30), "2026-03-01T09:30:00"), (time(9), "09:00:00"),
        (datetime(2026, 3, 1, tzinfo=UTC), "2026-03-01"),
    ],
)  # fmt: skip
def test_a_cell_is_the_text_it_would_be_in_csv(value, text):
    assert text_of(value) == text


def test_faults_name_the_row_of_the_sheet_and_the_column():
    content = workbook(HEADER, ["2026-01-01", "New year"], [], ["soon", "May Day"], [3, "x"])

    rows, found = _read(content)

    assert [row[0] for row in rows] == [2]
    assert [(fault.line, fault.column) for fault in found] == [(4, "day"), (5, "day")]
    assert found[0].raw == "soon,May Day"


def test_a_row_with_more_cells_than_the_header_is_set_aside():
    _rows, found = _read(workbook(HEADER, ["2026-01-01", "x", "stray"]))

    assert [fault.reason for fault in found] == ["has 3 fields where the header has 2"]


def test_a_failed_formula_sets_its_row_aside():
    def fail(book: Workbook) -> None:
        book.active["B2"].value, book.active["B2"].data_type = "#N/A", "e"

    rows, found = _read(workbook(HEADER, ["2026-01-01", "x"], ["2026-01-02", "y"], edit=fail))

    assert [row[0] for row in rows] == [3]
    assert [(f.line, f.column, f.reason) for f in found] == [
        (2, "name", "holds the spreadsheet error #N/A")
    ]


class TestWhichSheet:
    def test_hidden_sheets_are_not_read(self):
        def hide(book: Workbook) -> None:
            book.create_sheet("notes", 0).append(["nothing", "of interest"])
            book.worksheets[0].sheet_state = "hidden"

        rows, _found = _read(workbook(HEADER, ["2026-01-01", "x"], edit=hide))

        assert len(rows) == 1

    def test_of_several_the_one_called_like_the_format_is_meant(self):
        def more(book: Workbook) -> None:
            book.create_sheet("Notes", 0).append(["nothing"])

        rows, _found = _read(workbook(HEADER, ["2026-01-01", "x"], title="Holidays", edit=more))

        assert len(rows) == 1

    def test_several_without_such_a_name_are_refused(self):
        told = _refusal(workbook(HEADER, edit=lambda book: book.create_sheet("More")))

        assert "Name one 'holidays'" in told
        assert "'Sheet', 'More'" in told

    def test_only_hidden_ones_are_refused(self):
        def hide(book: Workbook) -> None:
            book.create_sheet("shown").sheet_state = "veryHidden"
            book.worksheets[0].sheet_state = "hidden"
            # openpyxl refuses to save a book that shows nothing, so one stays and has no rows.
            book.create_sheet("empty")

        assert _refusal(workbook(HEADER, ["2026-01-01", "x"], edit=hide)) == "the file is empty"


class TestRefusedWhole:
    def test_an_empty_sheet(self):
        assert _refusal(workbook()) == "the file is empty"

    def test_a_merged_title_above_the_header(self):
        def merge(book: Workbook) -> None:
            book.active.merge_cells("A1:B1")

        told = _refusal(workbook(["Holidays of 2026"], HEADER, ["2026-01-01", "x"], edit=merge))

        assert told.startswith("columns are missing: day; row 1 must hold the names")

    @pytest.mark.parametrize(
        "content",
        [
            b"PK\x03\x04",
            b"PK\x03\x04" + b"\x00" * 200,
            workbook(HEADER)[:-300],
            workbook(HEADER)[:900],
        ],
    )
    def test_a_broken_workbook(self, content):
        assert _refusal(content) == "the file is no Excel workbook that can be read"

    def test_a_zip_that_is_no_workbook(self):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("readme.txt", "hello")

        assert _refusal(file.getvalue()) == "the file is no Excel workbook that can be read"

    def test_a_zip_bomb_is_not_unpacked(self, monkeypatch):
        monkeypatch.setattr("maturity.sources.workbook.MAX_UNPACKED_BYTES", 1_000)

        assert _refusal(workbook(HEADER)) == "the workbook unpacks to more than 1000 bytes"

    def test_texts_that_would_fill_the_memory(self, monkeypatch):
        monkeypatch.setattr("maturity.sources.workbook.MAX_SHARED_BYTES", 10)
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("xl/sharedStrings.xml", "x" * 11)

        assert _refusal(file.getvalue()) == "the workbook's texts take more than 10 bytes"

    def test_xml_that_declares_entities(self):
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]>'
        content = _edited(
            "xl/workbook.xml", lambda xml: xml.replace("<workbook", bomb + "<workbook", 1)
        )

        assert _refusal(content) == "the file is no Excel workbook that can be read"

    def test_entities_in_the_sheet_itself(self):
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]>'
        content = _edited(
            "xl/worksheets/sheet1.xml",
            lambda xml: xml.replace("<worksheet", bomb + "<worksheet", 1),
        )

        assert _refusal(content) == "the file is no Excel workbook that can be read"

    def test_a_row_that_claims_a_number_beyond_the_format(self, monkeypatch):
        monkeypatch.setattr("maturity.sources.workbook.MAX_ROWS", 50)
        content = _edited(
            "xl/worksheets/sheet1.xml",
            lambda xml: xml.replace('<row r="2"', '<row r="99999999999"'),
        )

        assert _refusal(content) == "the sheet has more than 50 rows"

    def test_a_sheet_as_wide_as_a_spreadsheet_can_be(self):
        told = _refusal(workbook(HEADER, edit=lambda book: book.active.cell(2, 16_000, "x")))

        assert told == "row 2 has more than 500 columns"


def _edited(part: str, edit) -> bytes:
    source = zipfile.ZipFile(io.BytesIO(workbook(HEADER, ["2026-01-01", "x"])))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == part:
                content = edit(content.decode()).encode()
            target.writestr(item, content)
    return file.getvalue()


class TestFormulas:
    @pytest.mark.parametrize(
        "text",
        [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "＝1",
            "'=1",
            "''=1",
            "=cmd|x!A",
        ],
    )
    def test_what_a_spreadsheet_would_run_is_made_text(self, text):
        assert neutralised(text) == f"'{text}"
        assert restored(neutralised(text)) == text

    @pytest.mark.parametrize("text", ["", "a=1", "'quoted'", "1", "2026-01-01", "a@b.example"])
    def test_all_else_stays_as_it_is(self, text):
        assert neutralised(text) == text
        assert restored(text) == text

    @given(st.text(alphabet="'=+-@＝ \t\r\nab", max_size=6))
    def test_every_text_comes_back(self, text):
        assert restored(neutralised(text)) == text
