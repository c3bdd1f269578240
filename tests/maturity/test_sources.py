"""The import formats: what is taken, what is set aside, what is refused whole. No database."""

import contextlib
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maturity.sources import SOURCES, BadFileError, CsvReader, Fault, Source
from maturity.sources.base import Column
from maturity.sources.kinds import KEY, MOMENT, number
from maturity.sources.reader import MAX_LINE_BYTES, MAX_LINES_PER_ROW, MAX_RAW

HEADCOUNT = "as_of,function,team_key,headcount,fte\n"
REQUESTS = (
    "request_id,gate_key,requested_at,gate_owner_function,team_key,requester_key,"
    "first_response_at,decided_at,decision,decider_key,decider_function,blocking,regulatory\n"
)
USAGE = "tool_key,period_start,period,active_users,eligible_users\n"
TOOLS = (
    "tool_key,name,owner_function,launched_on,retired_on,cadence,"
    "mandatory,confirmed_on,cost_known\n"
)
GATES = "gate_key,name,owner_function,started_on,outcomes_recorded,compared_gate_key\n"
FACTS = (
    "as_of,products,business_units,markets,timezone_span_hours,public_company,"
    "experiments_finished_90d,teams_running_experiments,approved_pm_openings\n"
)


def read(name: str | Source, text: str | bytes) -> tuple[list[tuple[object, ...]], list[Fault]]:
    source = SOURCES[name] if isinstance(name, str) else name
    faults: list[Fault] = []
    data = text.encode() if isinstance(text, str) else text
    rows = list(CsvReader(source, io.BytesIO(data), on_fault=faults.append))
    return rows, faults


def request(**values: str) -> str:
    """One gate request as a line, in the order of the header."""
    row = {
        "request_id": "r1",
        "gate_key": "launch",
        "requested_at": "2026-03-02T09:00:00+01:00",
        "gate_owner_function": "product_ops",
        "blocking": "true",
        "regulatory": "false",
    } | values
    return ",".join(row.get(name, "") for name in SOURCES["gate_requests"].names) + "\n"


def the_fault(name: str, text: str) -> tuple[int, str, str]:
    """The one fault of a file without a good row."""
    rows, faults = read(name, text)
    assert rows == []
    [fault] = faults
    return fault.line, fault.column, fault.reason


# --- what is taken ---------------------------------------------------------------------------


def test_a_row_becomes_typed_values_in_the_order_of_the_format():
    rows, faults = read(
        "headcount", "fte,function,as_of,headcount,team_key\n2.5,pm,2026-01-31,3,growth\n"
    )

    assert rows == [(2, date(2026, 1, 31), "pm", "growth", 3, Decimal("2.5"))]
    assert faults == []


def test_an_empty_optional_value_is_none_and_a_bracketed_column_may_be_absent():
    with_column, _ = read("headcount", HEADCOUNT + "2026-01-31,pm,,3,3\n")
    without, _ = read("headcount", "as_of,function,headcount,fte\n2026-01-31,pm,3,3\n")

    assert with_column == without == [(2, date(2026, 1, 31), "pm", None, 3, Decimal(3))]


def test_a_timestamp_is_kept_as_the_instant_it_names():
    rows, _ = read("gate_requests", REQUESTS + request(requested_at="2026-03-29T03:30:00+02:00"))

    assert rows[0][3] == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert rows[0][3].tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-31T09:00:00Z",
        "2026-03-31 09:00Z",
        "2026-03-31T11:00:00+02:00",
        "2026-03-31T14:30:00.000+0530",
        "2026-03-30T23:00:00,000000-10",
    ],
)
def test_iso_timestamps_with_an_offset_are_understood(written):
    assert MOMENT.convert(written) == datetime(2026, 3, 31, 9, tzinfo=UTC)


def test_unknown_columns_are_ignored_and_listed():
    reader = CsvReader(
        SOURCES["holidays"],
        io.BytesIO(b"day,colour,name,mood,\n2026-12-25,red,Christmas,good,\n"),
        on_fault=lambda fault: pytest.fail(fault.reason),
    )

    assert list(reader) == [(2, date(2026, 12, 25), "Christmas")]
    assert reader.ignored_columns == ("colour", "mood")


@pytest.mark.parametrize(
    "encoded",
    [
        b"\xef\xbb\xbfday,name\n2026-12-25,No\xc3\xabl\n",
        b"day,name\r\n2026-12-25,No\xc3\xabl\r\n",
        b"day,name\r2026-12-25,No\xc3\xabl\r",
        b"\nday,name\n\n2026-12-25,No\xc3\xabl\n\n  \n",
        b'"day","name"\n"2026-12-25","No\xc3\xabl"\n',
        b" day , name \n 2026-12-25 ,\tNo\xc3\xabl \n",
        b"day,name\n2026-12-25,No\xc3\xabl",
    ],
    ids=["BOM", "CRLF", "CR", "blank lines", "quoted", "padded", "no newline at the end"],
)
def test_the_ways_programs_write_csv_are_all_read(encoded):
    rows, faults = read("holidays", encoded)

    assert [row[1:] for row in rows] == [(date(2026, 12, 25), "Noël")]
    assert faults == []


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+1", "-2+3", "@SUM(A1)", "O'Neil; DROP"])
def test_text_that_looks_like_a_formula_stays_as_it_is(text):
    quoted = '"' + text.replace('"', '""') + '"'

    rows, _ = read("holidays", f"day,name\n2026-12-25,{quoted}\n")

    assert rows == [(2, date(2026, 12, 25), text)]


@pytest.mark.parametrize("text", ["节日", "عيد", "👩‍💻 day", "a\u00a0b", "Ünïcödé", "tab?"])
def test_text_in_any_script_is_kept(text):
    rows, _ = read("holidays", f"day,name\n2026-12-25,{text}\n")

    assert rows == [(2, date(2026, 12, 25), text)]


def test_numbers_keep_four_places_half_to_even():
    assert number().convert("33.300000000000004") == Decimal("33.3")
    assert number().convert("0.00005") == 0
    assert number().convert("0.00015") == Decimal("0.0002")


def test_a_file_with_a_header_alone_holds_no_rows():
    assert read("holidays", "day,name\n") == ([], [])


def test_a_request_without_requested_at_is_kept_because_a_gate_counts_them():
    rows, faults = read("gate_requests", REQUESTS + request(requested_at=""))

    assert rows[0][3] is None
    assert faults == []


def test_a_request_may_be_decided_at_the_moment_it_was_made():
    at_once = request(decided_at="2026-03-02T08:00:00Z", decision="approved")

    rows, faults = read("gate_requests", REQUESTS + at_once)

    assert rows[0][3] == rows[0][8] == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert faults == []


@pytest.mark.parametrize(
    ("period", "start"),
    [
        ("day", "2026-07-01"),
        ("week", "2026-06-29"),
        ("month", "2026-07-01"),
        ("quarter", "2026-07-01"),
        ("quarter", "2026-02-01"),
    ],
)
def test_a_period_starts_at_its_start(period, start):
    rows, _ = read("tool_usage", USAGE + f"wiki,{start},{period},1,2\n")

    assert rows == [(2, "wiki", date.fromisoformat(start), period, 1, 2)]


# --- rows that are set aside -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "column", "reason"),
    [
        (
            "headcount",
            HEADCOUNT + "2026-01-31,engineering,,3,3\n",
            "function",
            (
                "is an unknown function; allowed: pm, product_ops, central, other"
                " (found 'engineering')"
            ),
        ),
        (
            "headcount",
            HEADCOUNT + "2026-01-31,PM,,3,3\n",
            "function",
            "is an unknown function; allowed: pm, product_ops, central, other (found 'PM')",
        ),
        ("headcount", HEADCOUNT + ",pm,,3,3\n", "as_of", "is empty"),
        ("headcount", HEADCOUNT + "2026-01-31,,,3,3\n", "function", "is empty"),
        ("headcount", HEADCOUNT + "2026-01-31,pm,,-3,3\n", "headcount", "is negative (found '-3')"),
        (
            "headcount",
            HEADCOUNT + "2026-01-31,pm,,3.5,3\n",
            "headcount",
            "is not a whole number (found '3.5')",
        ),
        (
            "headcount",
            HEADCOUNT + "2026-01-31,pm,,1_000,3\n",
            "headcount",
            "is not a whole number (found '1_000')",
        ),
        (
            "headcount",
            HEADCOUNT + "2026-01-31,pm,,٣,3\n",
            "headcount",
            "is not a whole number (found '٣')",
        ),
        (
            "headcount",
            HEADCOUNT + "2026-01-31,pm,,10000000000,3\n",
            "headcount",
            "is larger than 999999999 (found '10000000000')",
        ),
        ("headcount", HEADCOUNT + "2026-01-31,pm,,3,NaN\n", "fte", "is not a number (found 'NaN')"),
        ("headcount", HEADCOUNT + "2026-01-31,pm,,3,inf\n", "fte", "is not a number (found 'inf')"),
        ("headcount", HEADCOUNT + "2026-01-31,pm,,3,1e9\n", "fte", "is not a number (found '1e9')"),
        (
            "headcount",
            HEADCOUNT + '2026-01-31,pm,,3,"2,5"\n',
            "fte",
            "is not a number (found '2,5')",
        ),
        ("headcount", HEADCOUNT + "2026-01-31,pm,,3,-0.5\n", "fte", "is negative (found '-0.5')"),
        (
            "headcount",
            HEADCOUNT + "31.01.2026,pm,,3,3\n",
            "as_of",
            "is not a date, write it like 2026-03-31 (found '31.01.2026')",
        ),
        (
            "headcount",
            HEADCOUNT + "2026-02-30,pm,,3,3\n",
            "as_of",
            "is a date that does not exist (found '2026-02-30')",
        ),
        (
            "headcount",
            HEADCOUNT + "0202-01-31,pm,,3,3\n",
            "as_of",
            "is outside the years 1970 to 2100 (found '0202-01-31')",
        ),
        (
            "headcount",
            HEADCOUNT + "2101-01-01,pm,,3,3\n",
            "as_of",
            "is outside the years 1970 to 2100 (found '2101-01-01')",
        ),
        (
            "gate_requests",
            REQUESTS + request(requested_at="2026-03-02T09:00:00"),
            "requested_at",
            (
                "has no offset from UTC, so its moment is unknown; write it like"
                " 2026-03-31T09:00:00+02:00 (found '2026-03-02T09:00:00')"
            ),
        ),
        (
            "gate_requests",
            REQUESTS + request(requested_at="2026-03-02"),
            "requested_at",
            (
                "has no offset from UTC, so its moment is unknown; write it like"
                " 2026-03-31T09:00:00+02:00 (found '2026-03-02')"
            ),
        ),
        (
            "gate_requests",
            REQUESTS + request(requested_at="yesterday"),
            "requested_at",
            "is not a timestamp, write it like 2026-03-31T09:00:00+02:00 (found 'yesterday')",
        ),
        (
            "gate_requests",
            REQUESTS + request(requested_at="2026-03-02T25:00:00Z"),
            "requested_at",
            "is a moment that does not exist (found '2026-03-02T25:00:00Z')",
        ),
        (
            "gate_requests",
            REQUESTS + request(requested_at="0001-01-01T00:00:00+14:00"),
            "requested_at",
            "is outside the years 1970 to 2100 (found '0001-01-01T00:00:00+14:00')",
        ),
        (
            # Later on the clock, earlier in time.
            "gate_requests",
            REQUESTS + request(decided_at="2026-03-02T09:30:00+02:00", decision="approved"),
            "decided_at",
            "is before requested_at",
        ),
        (
            "gate_requests",
            REQUESTS + request(first_response_at="2026-03-01T09:00:00Z"),
            "first_response_at",
            "is before requested_at",
        ),
        (
            "gate_requests",
            REQUESTS + request(decision="rejected"),
            "decided_at",
            "is empty although there is a decision",
        ),
        (
            "gate_requests",
            REQUESTS + request(decided_at="2026-03-03T09:00:00Z"),
            "decided_at",
            "is given without a decision",
        ),
        (
            "gate_requests",
            REQUESTS + request(decided_at="2026-03-03T09:00:00Z", decision="maybe"),
            "decision",
            (
                "is an unknown decision; allowed: approved, rejected, changes_requested, withdrawn,"
                " expired (found 'maybe')"
            ),
        ),
        (
            "gate_requests",
            REQUESTS + request(decider_function="ceo"),
            "decider_function",
            "is an unknown function; allowed: pm, product_ops, central, other (found 'ceo')",
        ),
        (
            "gate_requests",
            REQUESTS + request(blocking="perhaps"),
            "blocking",
            "is neither true nor false (found 'perhaps')",
        ),
        ("gate_requests", REQUESTS + request(request_id="  "), "request_id", "is empty"),
        (
            "tools",
            TOOLS + "wiki,Wiki,product_ops,2026-02-01,2026-01-31,weekly,false,,true\n",
            "retired_on",
            "is before launched_on",
        ),
        (
            "tools",
            TOOLS + "wiki,Wiki,product_ops,,,yearly,false,,true\n",
            "cadence",
            "is an unknown cadence; allowed: daily, weekly, monthly, quarterly (found 'yearly')",
        ),
        (
            "tool_usage",
            USAGE + "wiki,2026-06-29,week,3,2\n",
            "active_users",
            "is larger than eligible_users",
        ),
        (
            "tool_usage",
            USAGE + "wiki,2026-06-30,week,1,2\n",
            "period_start",
            "is not the start of a week, which is a Monday",
        ),
        (
            "tool_usage",
            USAGE + "wiki,2026-06-02,month,1,2\n",
            "period_start",
            "is not the start of a month, which is the first of a month",
        ),
        (
            "tool_usage",
            USAGE + "wiki,2026-06-29,fortnight,1,2\n",
            "period",
            "is an unknown period; allowed: day, week, month, quarter (found 'fortnight')",
        ),
        (
            "gates",
            GATES + "launch,Launch,product_ops,,some,\n",
            "outcomes_recorded",
            "is an unknown value; allowed: all, approved_only (found 'some')",
        ),
        (
            "gates",
            GATES + "launch,Launch,product_ops,,all,launch\n",
            "compared_gate_key",
            "names the gate itself; compare it with other work",
        ),
        (
            "org_facts",
            FACTS + "2026-01-01,1,1,1,26.5,no,,,\n",
            "timezone_span_hours",
            "is larger than 26 (found '26.5')",
        ),
        (
            "org_facts",
            FACTS + "2026-01-01,1,1,1,5,soon,,,\n",
            "public_company",
            "is an unknown value; allowed: no, within_12m, yes (found 'soon')",
        ),
        (
            "holidays",
            "day,name\n2026-12-25,two\x07bells\n",
            "name",
            "holds control characters (found 'two\\x07bells')",
        ),
        (
            "holidays",
            'day,name\n2026-12-25,"two\nlines"\n',
            "name",
            "holds control characters (found 'two\\nlines')",
        ),
        (
            "holidays",
            "day,name\n2026-12-25,\u202eevil\n",
            "name",
            "holds control characters (found '\\u202eevil')",
        ),
        (
            "holidays",
            f"day,name\n2026-12-25,{'x' * 201}\n",
            "name",
            f"is longer than 200 characters (found '{'x' * 60}…')",
        ),
        ("holidays", "day,name\n2026-12-25,a,b\n", "", "has 3 fields where the header has 2"),
        (
            "holidays",
            'day,name\n2026-12-25,"a"b\n',
            "",
            "has a quote that is neither doubled nor at the end of its value",
        ),
        (
            "holidays",
            f"day,name\n2026-12-25,{'x' * 1_000_000}\n",
            "",
            "has a value of more than 131072 characters",
        ),
    ],
)
def test_a_row_fault_names_line_column_and_reason(name, text, column, reason):
    assert the_fault(name, text) == (2, column, reason)


def test_a_bad_row_leaves_its_neighbours_alone_and_is_kept_as_it_was_written():
    text = HEADCOUNT + "2026-01-31,pm,,3,3\n2026-02-28,pm\n2026-03-31,pm,,4,4\n"

    rows, faults = read("headcount", text)

    assert [row[0] for row in rows] == [2, 4]
    assert faults == [Fault(3, "", "has 2 fields where the header has 5", "2026-02-28,pm")]


def test_lines_are_physical_lines_even_after_blank_ones_and_rows_of_several_lines():
    text = 'day,name\n\n2026-01-01,"a\nb"\n\n2026-01-02,fine\n2026-13-01,bad\n'

    rows, faults = read("holidays", text)

    assert [row[0] for row in rows] == [6]
    assert [(fault.line, fault.column) for fault in faults] == [(3, "name"), (7, "day")]


def test_faults_come_in_the_order_of_their_lines():
    text = "day,name\n2026-01-01\nx,y\n2026-01-02\n2026-01-03,a,b\n2026-01-04,fine\n"

    _, faults = read("holidays", text)

    assert [fault.line for fault in faults] == [2, 3, 4, 5]


def test_a_short_row_before_a_broken_one_is_not_the_last():
    _, faults = read("holidays", 'day,name\n2026-12-25\n2026-12-26,"a"b\n')

    assert [fault.line for fault in faults] == [2, 3]


def test_only_the_beginning_of_an_overlong_row_is_kept():
    _, [fault] = read("holidays", f"day,name\n2026-12-25,{'x' * 5_000}\n")

    assert len(fault.raw) == MAX_RAW


def test_a_format_that_must_not_show_values_keeps_none_in_its_faults():
    secret = Source("survey", (Column("answer", number(maximum=5)),), shows_values=False)

    _, [fault] = read(secret, "answer\nI hate it here\n")

    assert fault == Fault(2, "answer", "is not a number", "")


def test_values_padded_beyond_reason_are_not_remembered():
    """The converters' memory is bounded in entries, so each entry must be small."""
    text = "day,name\n" + "".join(f"2026-01-01,{' ' * 100_000}n{i}\n" for i in range(20))

    rows, _ = read("holidays", text)

    assert [row[2] for row in rows] == [f"n{i}" for i in range(20)]


# --- files that are refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"\n \n\n", "the file is empty"),
        ("day,name\n2026-12-25,x\n".encode("utf-16"), "the file is UTF-16; save it as UTF-8"),
        (
            "day,name\n2026-12-25,x\n".encode("utf-16-be"),
            "byte 1 is NUL; the file is not UTF-8 text",
        ),
        (b"day,name\n2026-12-25,a\0b\n", "byte 22 is NUL; the file is not UTF-8 text"),
        (b"day,name\n2026-12-25,No\xebl\n", "line 2 is not UTF-8"),
        (b"name\nChristmas\n", "columns are missing: day"),
        (b"Day,name\n2026-12-25,x\n", "columns are missing: day"),
        (b"day;name\n2026-12-25;x\n", "columns are missing: day; separate columns by commas"),
        (b"2026-12-25,Christmas\n", "columns are missing: day"),
        (b"day,name,day\n2026-12-25,x,y\n", "columns stand twice in the header: day"),
        (b"day,name\n2026-12-25,x\n2026-12-26\n", "the last row, on line 3, is cut off"),
        (b"day,name\n2026-12-25,x\n2026-12", "the last row, on line 3, is cut off"),
        (b"day,name\n2026-12-25,x\n2026-12\n\n\n", "the last row, on line 3, is cut off"),
        (
            b'day,name\n2026-12-25,x\n2026-12-26,"Box',
            "a quote that opens on line 3 is not closed properly",
        ),
        (
            b'day,name\n2026-12-25,"x\n2026-12-26,y\n2026-12-27,"z"\n',
            "a quote that opens on line 2 is not closed properly",
        ),
        (
            b'day,name\n2026-12-25,"' + b"x\n" * MAX_LINES_PER_ROW + b'"\n',
            "a quote that opens on line 2 is not closed properly",
        ),
        (
            b'day,name\n2026-12-25,"' + b"x" * 200_000 + b'\n2026-12-26,smuggled\n"\n',
            "a quote that opens on line 2 is not closed properly",
        ),
        (
            b"x" * (MAX_LINE_BYTES + 300_000),
            f"a line is longer than {MAX_LINE_BYTES} bytes; the file is not CSV",
        ),
        (b"day,name\n2026-12-25,caf\xc3", "line 2 is not UTF-8"),
    ],
)
def test_a_file_fault_refuses_the_file_with_its_reason(data, reason):
    with pytest.raises(BadFileError) as refused:
        read("holidays", data)

    assert str(refused.value) == reason


def test_every_column_of_a_format_must_stand_in_the_header():
    header = REQUESTS.replace("first_response_at,", "").replace("regulatory", "other")

    with pytest.raises(BadFileError, match="columns are missing: first_response_at, regulatory"):
        read("gate_requests", header + "x\n")


@pytest.mark.parametrize("ending", ["f", "fals", "tru", ""])
def test_a_file_that_ends_within_a_word_is_cut_off(ending):
    whole = REQUESTS + request() + request(request_id="r2").removesuffix("false\n")

    with pytest.raises(BadFileError, match="the last row, on line 3, is cut off"):
        read("gate_requests", whole + ending)


def test_a_file_that_ends_before_its_last_value_is_cut_off():
    with pytest.raises(BadFileError, match="the last row, on line 2, is cut off"):
        read("headcount", HEADCOUNT + "2026-01-31,pm,,3,")


@pytest.mark.parametrize("ending", ["f\n", "no", "-"])
def test_a_bad_last_value_that_is_no_beginning_of_a_word_is_a_row_fault(ending):
    rows, faults = read(
        "gate_requests", REQUESTS + request() + request().removesuffix("false\n") + ending
    )

    assert [row[0] for row in rows] == [2]
    assert [(fault.line, fault.column) for fault in faults] == [(3, "regulatory")]


def test_a_late_encoding_fault_is_found_however_far_into_the_file():
    good = b"2026-12-25,x\n" * 50_000

    with pytest.raises(BadFileError, match="line 50002 is not UTF-8"):
        read("holidays", b"day,name\n" + good + b"2026-12-25,No\xebl\n")


# --- the reader itself -----------------------------------------------------------------------


@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_reader(data):
    with contextlib.suppress(BadFileError):
        read("headcount", HEADCOUNT.encode() + data)


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30), max_size=20
    )
)
def test_whatever_csv_can_write_comes_back_unchanged(names):
    lines = ["day,name"] + ['2026-12-25,"' + name.replace('"', '""') + '"' for name in names]

    rows, faults = read("holidays", "\r\n".join(lines))

    assert [row[2] for row in rows] == names
    assert faults == []


def test_reading_reports_bytes_and_the_digest_of_the_file():
    heard: list[int] = []
    data = b"day,name\n" + b"2026-12-25,x\n" * 50_000

    reader = CsvReader(
        SOURCES["holidays"], io.BytesIO(data), on_fault=pytest.fail, on_read=heard.append
    )
    rows = sum(1 for _ in reader)

    assert rows == 50_000
    assert heard == sorted(heard)
    assert heard[-1] == len(data)
    # sha256sum of the same bytes
    assert reader.sha256 == "7e6b29ac424de5e71743bed8de5005dde25bf06b1e68f2da75cb1420cf0de6fe"


def test_keys_and_values_partition_the_columns_of_every_format():
    assert {name: (source.keys, len(source.values)) for name, source in SOURCES.items()} == {
        "headcount": (("as_of", "function", "team_key"), 2),
        "gates": (("gate_key",), 5),
        "gate_requests": (("request_id", "gate_key"), 11),
        "decision_log": (("decision_id",), 7),
        "decision_rights": (("decision_type",), 2),
        "tools": (("tool_key",), 8),
        "tool_usage": (("tool_key", "period_start"), 3),
        "people_moves": (("person_key", "effective_on", "kind"), 4),
        "ladder": (("function", "grade"), 2),
        "pm_ramp": (("person_key", "milestone_key"), 4),
        "launches": (("launch_id",), 6),
        "insights": (("insight_id",), 4),
        "questions": (("question_id",), 3),
        "org_facts": (("as_of",), 8),
        "holidays": (("day",), 1),
    }


def test_keys_are_trimmed_and_bounded():
    source = Source("keys", (Column("key", KEY, key=True),))

    rows, [fault] = read(source, f"key\n  {'k' * 200}  \n{'k' * 201}\n")

    assert rows == [(2, "k" * 200)]
    assert fault.reason == f"is longer than 200 characters (found '{'k' * 60}…')"


@pytest.mark.parametrize(
    ("name", "rows"),
    [("headcount", 130), ("gates", 2), ("gate_requests", 2920), ("tools", 5), ("tool_usage", 1970)],
)
def test_the_kubernetes_sample_is_read_whole(shared, name, rows):
    with (shared / "data" / "kubernetes" / f"{name}.csv").open("rb") as stream:
        read_rows, faults = read(name, stream.read())

    assert (len(read_rows), faults) == (rows, [])
