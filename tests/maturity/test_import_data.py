"""The command import_data: what it prints, and how it ends."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from maturity.management.commands import import_data
from maturity.models import Holiday, ImportRun
from maturity.services import imports

GOOD = "day,name\n2026-12-25,Christmas\n2026-12-26,Boxing Day\n"
MIXED = "day,name,colour\n2026-12-25,Christmas,red\n25.12.2026,Christmas,red\n2026-12-26\n"
MIXED += "2026-12-27,x,red\n"
NOT_A_DATE = "is not a date, write it like 2026-03-31 (found '25.12.2026')"


@pytest.fixture
def holidays(tmp_path: Path) -> Path:
    return tmp_path / "holidays.csv"


def run(*arguments: object) -> tuple[int, str, str]:
    """Run the command; return exit code, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_data", *map(str, arguments), stdout=out, stderr=err)
    except CommandError as refused:
        return refused.returncode, out.getvalue(), err.getvalue() + str(refused)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_a_good_file_is_stored_and_the_command_ends_well(organization, holidays):
    holidays.write_text(GOOD)

    code, out, err = run("acme", "holidays", holidays)

    assert (code, out, err) == (0, "2 accepted, 0 updated, 0 unchanged, 0 quarantined\n", "")
    assert [holiday.name for holiday in Holiday.objects.all()] == ["Christmas", "Boxing Day"]
    assert ImportRun.objects.get().file_name == "holidays.csv"


def test_quarantined_rows_are_printed_with_line_column_and_reason(organization, holidays):
    holidays.write_text(MIXED)

    code, out, _ = run("acme", "holidays", holidays)

    assert code == 3
    assert out.splitlines() == [
        "2 accepted, 0 updated, 0 unchanged, 2 quarantined",
        "Ignored columns: 'colour'",
        f"line 3, day: {NOT_A_DATE}",
        "line 4, row: has 1 fields where the header has 3",
    ]
    assert Holiday.objects.count() == 2


def test_json_holds_the_counts_and_the_faults(organization, holidays):
    holidays.write_text(MIXED)

    code, out, _ = run("acme", "holidays", holidays, "--json")

    assert code == 3
    assert json.loads(out) == {
        "accepted": 2,
        "updated": 0,
        "unchanged": 0,
        "quarantined": 2,
        "errors": [
            {"line": 3, "column": "day", "reason": NOT_A_DATE},
            {"line": 4, "column": "", "reason": "has 1 fields where the header has 3"},
        ],
        "errors_not_listed": 0,
        "ignored_columns": ["colour"],
        "dry_run": False,
    }


def test_a_second_import_says_that_nothing_changed(organization, holidays):
    holidays.write_text(GOOD)
    run("acme", "holidays", holidays)
    holidays.write_text(GOOD.replace("Boxing", "Second"))

    code, out, _ = run("acme", "holidays", holidays)

    assert (code, out) == (0, "0 accepted, 1 updated, 1 unchanged, 0 quarantined\n")


def test_a_refused_file_ends_with_two_and_one_line(organization, holidays):
    holidays.write_text(GOOD + "2026-12")

    code, out, err = run("acme", "holidays", holidays)

    assert (code, out) == (2, "")
    assert err == "Refused, nothing stored: the last row, on line 4, is cut off."
    assert Holiday.objects.count() == 0


def test_a_refused_file_is_json_too(organization, holidays):
    holidays.write_bytes(GOOD.encode("utf-16"))

    code, out, _ = run("acme", "holidays", holidays, "--json")

    assert code == 2
    assert json.loads(out) == {
        "accepted": 0,
        "updated": 0,
        "unchanged": 0,
        "quarantined": 0,
        "errors": [],
        "errors_not_listed": 0,
        "ignored_columns": [],
        "dry_run": False,
        "refused": "the file is UTF-16; save it as UTF-8",
    }


def test_a_dry_run_says_so_and_stores_nothing(organization, holidays):
    holidays.write_text(GOOD)

    code, out, _ = run("acme", "holidays", holidays, "--dry-run")

    assert code == 0
    assert out.splitlines() == [
        "2 accepted, 0 updated, 0 unchanged, 0 quarantined",
        "Dry run: nothing was stored.",
    ]
    assert Holiday.objects.count() == 0


def test_faults_beyond_the_list_are_counted(organization, holidays, monkeypatch):
    monkeypatch.setattr(imports, "MAX_LISTED", 1)
    holidays.write_text("day,name\n" + "never,x\n" * 1_235)

    _, text, _ = run("acme", "holidays", holidays, "--dry-run")
    _, as_json, _ = run("acme", "holidays", holidays, "--dry-run", "--json")

    assert text.splitlines()[0] == "0 accepted, 0 updated, 0 unchanged, 1,235 quarantined"
    assert text.splitlines()[-1] == "… and 1,234 more quarantined rows"
    assert json.loads(as_json)["errors_not_listed"] == 1_234


def test_standard_input_is_a_file_called_dash(organization, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(GOOD.encode())))

    code, out, _ = run("acme", "holidays", "-")

    assert (code, out) == (0, "2 accepted, 0 updated, 0 unchanged, 0 quarantined\n")
    assert ImportRun.objects.get().file_name == "-"


def test_progress_goes_to_standard_error_alone(organization, holidays, monkeypatch):
    monkeypatch.setattr(import_data, "PROGRESS_SECONDS", 0)
    holidays.write_text(GOOD)

    _, out, err = run("acme", "holidays", holidays, "--json")

    assert json.loads(out)["accepted"] == 2
    assert err.splitlines()[0] == "Read 0 MB, 100%"
    assert err.splitlines()[-1] == "Comparing and storing 2 rows"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nobody", "holidays", "{file}"), "Unknown organisation nobody."),
        (
            ("acme", "weather", "{file}"),
            f"Unknown format weather; there are: {', '.join(imports.formats())}.",
        ),
        (
            ("acme", "holidays", "{file}.gone"),
            "Cannot read {file}.gone: No such file or directory.",
        ),
        (("acme", "holidays", "{folder}"), "Cannot read {folder}: Is a directory."),
    ],
)
def test_what_cannot_be_imported_is_said_in_one_line(organization, holidays, arguments, message):
    holidays.write_text(GOOD)
    names = {"file": holidays, "folder": holidays.parent}

    code, out, err = run(*(argument.format(**names) for argument in arguments))

    assert (code, out, err) == (2, "", message.format(**names))
    assert ImportRun.objects.count() == 0
