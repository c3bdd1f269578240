"""Imports become versions: once each, all or nothing, never rewritten."""

import io
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Model

from maturity.models import (
    SIGNAL_TABLES,
    Gate,
    GateRequest,
    Headcount,
    Holiday,
    ImportRun,
    Organization,
    OrgFacts,
    QuarantinedRow,
    RecordClock,
    Tool,
    ToolUsage,
)
from maturity.services import imports
from maturity.services.imports import ImportRefused, ImportReport, UnknownFormat, import_file
from maturity.sources import SOURCES
from tests.factories import OrganizationFactory

HOLIDAYS = "day,name\n"
HEADCOUNT = "as_of,function,team_key,headcount,fte\n"
REQUESTS = ",".join(SOURCES["gate_requests"].names) + "\n"
PENDING = "r1,launch,2026-03-02T09:00:00+01:00,product_ops,,,,,,,,true,false\n"
APPROVED = (
    "r1,launch,2026-03-02T09:00:00+01:00,product_ops,,,,2026-03-05T09:00:00+01:00,approved,,"
    "product_ops,true,false\n"
)


def take(organization: Organization, name: str, text: str | bytes, **options: Any) -> ImportReport:
    data = text.encode() if isinstance(text, str) else text
    return import_file(organization, name, io.BytesIO(data), name=f"{name}.csv", **options)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.accepted, report.updated, report.unchanged, report.quarantined


def stored(organization: Organization) -> dict[str, int]:
    """How many rows each table holds of this organisation, empty ones left out."""
    tables: list[Any] = [*SIGNAL_TABLES.values(), ImportRun, QuarantinedRow, RecordClock]
    found = {
        table.__name__: table.objects.filter(organization=organization).count() for table in tables
    }
    return {name: count for name, count in found.items() if count}


# --- versions --------------------------------------------------------------------------------


def test_an_import_stores_each_row_with_its_values_and_moment(organization):
    report = take(organization, "headcount", HEADCOUNT + "2026-01-31,pm,growth,3,2.5\n")

    assert counts(report) == (1, 0, 0, 0)
    row = Headcount.objects.get()
    assert (row.organization, row.as_of, row.function, row.team_key, row.headcount, row.fte) == (
        organization,
        date(2026, 1, 31),
        "pm",
        "growth",
        3,
        Decimal("2.5"),
    )
    assert row.recorded_at == RecordClock.objects.get().recorded_at
    assert row.replaced_at is None


def test_a_second_import_of_the_same_file_changes_nothing(organization):
    text = HEADCOUNT + "2026-01-31,pm,,3,3\n2026-01-31,pm,growth,2,1.5\n2026-01-31,other,,0,0\n"
    take(organization, "headcount", text)
    before = list(Headcount.objects.order_by("id").values())

    report = take(organization, "headcount", text)

    assert counts(report) == (0, 0, 3, 0)
    assert list(Headcount.objects.order_by("id").values()) == before


def test_the_same_values_written_another_way_are_unchanged(organization):
    take(organization, "headcount", HEADCOUNT + "2026-01-31,pm,,3,3\n")
    take(organization, "gate_requests", REQUESTS + PENDING)

    fte = take(
        organization, "headcount", "fte,as_of,headcount,function\r\n3.00,2026-01-31,03, pm \r\n"
    )
    instant = take(
        organization, "gate_requests", REQUESTS + PENDING.replace("T09:00:00+01:00", " 08:00Z")
    )

    assert counts(fte) == counts(instant) == (0, 0, 1, 0)


def test_other_values_become_a_new_version_and_close_the_old_one(organization):
    take(organization, "gate_requests", REQUESTS + PENDING)

    report = take(organization, "gate_requests", REQUESTS + APPROVED)

    assert counts(report) == (0, 1, 0, 0)
    old, new = GateRequest.objects.order_by("recorded_at")
    assert (old.decision, old.decided_at) == (None, None)
    assert (new.decision, new.decided_at) == ("approved", datetime(2026, 3, 5, 8, tzinfo=UTC))
    assert old.replaced_at == new.recorded_at
    assert new.replaced_at is None


def test_a_value_that_is_no_longer_known_is_a_new_version_too(organization):
    take(organization, "gate_requests", REQUESTS + APPROVED)

    report = take(organization, "gate_requests", REQUESTS + PENDING)

    assert counts(report) == (0, 1, 0, 0)
    assert GateRequest.objects.current().get().decision is None


def test_a_row_may_return_to_what_it_was(organization):
    for text in (PENDING, APPROVED, PENDING):
        take(organization, "gate_requests", REQUESTS + text)

    assert list(GateRequest.objects.order_by("recorded_at").values_list("decision", flat=True)) == [
        None,
        "approved",
        None,
    ]


def test_only_the_newest_version_is_compared(organization):
    take(organization, "gate_requests", REQUESTS + PENDING)
    take(organization, "gate_requests", REQUESTS + APPROVED)

    again = take(organization, "gate_requests", REQUESTS + APPROVED)
    other = take(organization, "gate_requests", REQUESTS + APPROVED.replace("approved", "rejected"))

    assert counts(again) == (0, 0, 1, 0)
    assert counts(other) == (0, 1, 0, 0)
    assert GateRequest.objects.count() == 3


def test_rows_that_a_later_file_leaves_out_stay(organization):
    take(organization, "holidays", HOLIDAYS + "2026-12-25,Christmas\n")

    take(organization, "holidays", HOLIDAYS + "2026-12-26,Boxing Day\n")

    assert [holiday.name for holiday in Holiday.objects.current()] == ["Christmas", "Boxing Day"]


def test_the_total_and_a_team_of_it_are_two_identities(organization):
    take(organization, "headcount", HEADCOUNT + "2026-01-31,pm,,9,9\n2026-01-31,pm,growth,3,3\n")

    report = take(organization, "headcount", HEADCOUNT + "2026-01-31,pm,,10,10\n")

    assert counts(report) == (0, 1, 0, 0)
    assert set(Headcount.objects.current().values_list("team_key", "headcount")) == {
        (None, 10),
        ("growth", 3),
    }


def test_within_one_file_the_later_row_wins_and_a_second_import_changes_nothing(organization):
    text = HOLIDAYS + "2026-12-25,First\n2026-12-26,Other\n2026-12-25,Last\n"

    first = take(organization, "holidays", text)
    second = take(organization, "holidays", text)

    assert counts(first) == (2, 0, 1, 0)
    assert counts(second) == (0, 0, 3, 0)
    assert [holiday.name for holiday in Holiday.objects.order_by("day")] == ["Last", "Other"]


def test_a_quarantined_later_row_does_not_win(organization):
    text = REQUESTS + PENDING + APPROVED.replace("approved", "maybe")

    report = take(organization, "gate_requests", text)

    assert counts(report) == (1, 0, 0, 1)
    assert GateRequest.objects.get().decision is None


def test_the_same_key_belongs_to_each_organisation_apart(organization):
    other = OrganizationFactory()
    take(other, "holidays", HOLIDAYS + "2026-12-25,Theirs\n")

    report = take(organization, "holidays", HOLIDAYS + "2026-12-25,Ours\n")

    assert counts(report) == (1, 0, 0, 0)
    assert Holiday.objects.for_organization(other).get().name == "Theirs"
    assert Holiday.objects.for_organization(organization).get().name == "Ours"


def test_what_was_known_at_a_moment_stays_readable(organization):
    take(organization, "gate_requests", REQUESTS + PENDING)
    take(organization, "gate_requests", REQUESTS + APPROVED)
    old, new = GateRequest.objects.order_by("recorded_at")
    tick = timedelta(microseconds=1)

    def decisions(moment: datetime) -> list[str | None]:
        return [request.decision for request in GateRequest.objects.known_at(moment)]

    assert decisions(old.recorded_at - tick) == []
    assert decisions(old.recorded_at) == [None]
    assert decisions(new.recorded_at - tick) == [None]
    assert decisions(new.recorded_at) == ["approved"]


@pytest.mark.parametrize(
    "name",
    ["\\N", "\\.", "a\\tb", "%s %(x)s", "'; DROP TABLE x; --", '=cmd("x")', "节日 👩‍💻", "{}"],
)
def test_text_arrives_exactly_as_it_was_written(organization, name):
    quoted = '"' + name.replace('"', '""') + '"'

    take(organization, "holidays", HOLIDAYS + f"2026-12-25,{quoted}\n")

    assert Holiday.objects.get().name == name


def test_two_imports_may_share_a_transaction(organization):
    with transaction.atomic():
        take(organization, "holidays", HOLIDAYS + "2026-12-25,x\n")
        report = take(organization, "holidays", HOLIDAYS + "2026-12-25,y\n")

    assert counts(report) == (0, 1, 0, 0)
    assert Holiday.objects.current().get().name == "y"


USAGE = "tool_key,period_start,period,active_users,eligible_users\n"
WEEK, MONTH = "board,2026-06-01,week,5,20\n", "board,2026-06-01,month,9,20\n"


@pytest.mark.parametrize("at_once", [True, False])
def test_a_month_never_takes_the_place_of_the_week_that_starts_with_it(organization, at_once):
    if not at_once:
        take(organization, "tool_usage", USAGE + WEEK)

    report = take(organization, "tool_usage", USAGE + (WEEK if at_once else "") + MONTH)

    assert counts(report) == (1 if at_once else 0, 0, 0, 1)
    (fault,) = report.errors
    assert (fault.line, fault.column, fault.raw) == (
        3 if at_once else 2,
        "period",
        "board,2026-06-01,month,9,20",
    )
    assert fault.reason == (
        "is month, but the row with this tool_key and period_start is of a week"
    )
    kept = ToolUsage.objects.get()
    assert (kept.period, kept.active_users) == ("week", 5)


def test_another_start_another_tool_and_another_organisation_may_have_another_period(organization):
    take(OrganizationFactory(), "tool_usage", USAGE + MONTH)
    rows = WEEK + MONTH.replace("board", "wiki") + MONTH.replace("-06-", "-05-")

    assert counts(take(organization, "tool_usage", USAGE + rows)) == (3, 0, 0, 0)
    assert counts(take(organization, "tool_usage", USAGE + WEEK.replace("5,", "6,"))) == (
        0,
        1,
        0,
        0,
    )


# --- all or nothing, quarantine, dry run ------------------------------------------------------


def test_a_bad_row_is_quarantined_with_what_it_said_and_the_rest_is_stored(organization, ana):
    text = HOLIDAYS + "2026-12-25,Christmas\n25.12.2026,Christmas\n2026-12-26,a,b\n"

    report = take(organization, "holidays", text, by=ana)

    assert counts(report) == (1, 0, 0, 2)
    run = ImportRun.objects.get()
    assert (run.status, run.format, run.file_name, run.by) == (
        "stored",
        "holidays",
        "holidays.csv",
        ana,
    )
    assert (run.accepted, run.updated, run.unchanged, run.quarantined) == (1, 0, 0, 2)
    assert run.recorded_at == Holiday.objects.get().recorded_at
    # sha256sum of the text
    assert run.sha256 == "a927480489f37a5245755b79c17ee651e75c4babac9098d3a9d014376b13e509"
    assert list(run.quarantined_rows.values_list("line", "column", "reason", "raw")) == [
        (
            3,
            "day",
            "is not a date, write it like 2026-03-31 (found '25.12.2026')",
            "25.12.2026,Christmas",
        ),
        (4, "", "has 3 fields where the header has 2", "2026-12-26,a,b"),
    ]


def test_the_counts_stay_exact_when_the_list_of_faults_is_capped(organization, monkeypatch):
    monkeypatch.setattr(imports, "MAX_LISTED", 3)

    report = take(organization, "holidays", HOLIDAYS + "never,x\n" * 10 + "2026-12-25,x\n")

    assert counts(report) == (1, 0, 0, 10)
    assert [fault.line for fault in report.errors] == [2, 3, 4]
    assert ImportRun.objects.get().quarantined == 10
    assert QuarantinedRow.objects.count() == 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "the file is empty"),
        (b"name\nx\n", "columns are missing: day"),
        ("day,name\n2026-12-25,x\n".encode("utf-16"), "the file is UTF-16; save it as UTF-8"),
        (b"day,name\n2026-12-25,x\n2026-12", "the last row, on line 3, is cut off"),
        (
            b"day,name\n" + b"2026-12-25,x\n" * 20_000 + b"2026-12-26,\xff\n",
            "line 20002 is not UTF-8",
        ),
    ],
    ids=["empty", "missing column", "UTF-16", "cut off", "late fault"],
)
def test_a_refused_file_stores_nothing_and_only_the_refusal_is_logged(organization, text, reason):
    with pytest.raises(ImportRefused) as refused:
        take(organization, "holidays", text)

    assert str(refused.value) == reason
    assert stored(organization) == {"ImportRun": 1}
    run = ImportRun.objects.get()
    assert (run.status, run.refusal, run.recorded_at, run.sha256) == ("refused", reason, None, "")


def test_a_refused_file_leaves_earlier_imports_as_they_were(organization):
    take(organization, "holidays", HOLIDAYS + "2026-12-25,Christmas\n")

    with pytest.raises(ImportRefused):
        take(organization, "holidays", HOLIDAYS + "2026-12-25,Xmas\n2026-12-26")

    assert Holiday.objects.get().name == "Christmas"
    assert Holiday.objects.get().replaced_at is None


def test_a_dry_run_reports_the_same_and_stores_nothing(organization):
    take(organization, "holidays", HOLIDAYS + "2026-12-25,Christmas\n2026-12-26,Boxing Day\n")
    before = stored(organization)
    clock = RecordClock.objects.get().recorded_at
    text = HOLIDAYS + "2026-12-25,Christmas\n2026-12-26,Other\n2026-01-01,New\nx,y\n"

    dry = take(organization, "holidays", text, dry_run=True)

    assert counts(dry) == (1, 1, 1, 1)
    assert dry.dry_run
    assert stored(organization) == before
    assert RecordClock.objects.get().recorded_at == clock
    assert counts(take(organization, "holidays", text)) == counts(dry)


def test_a_refused_dry_run_is_not_logged_either(organization):
    with pytest.raises(ImportRefused):
        take(organization, "holidays", b"", dry_run=True)

    assert stored(organization) == {}


def test_unknown_columns_are_logged(organization):
    report = take(organization, "holidays", "day,name,colour\n2026-12-25,x,red\n")

    assert report.ignored_columns == ("colour",)
    assert ImportRun.objects.get().ignored_columns == ["colour"]


def test_an_unknown_format_names_the_known_ones(organization):
    with pytest.raises(
        UnknownFormat, match="Unknown format weather; there are: assessments, decision_log, dec"
    ):
        take(organization, "weather", b"")

    assert stored(organization) == {}


def test_progress_is_told_in_bytes_and_then_in_rows(organization):
    heard: list[tuple[str, int]] = []
    text = HOLIDAYS + "2026-12-25,x\nbad,x\n"

    take(organization, "holidays", text, on_progress=lambda *what: heard.append(what))

    assert heard[-1] == ("storing", 1)
    assert ("reading", len(text)) in heard


# --- two at once -----------------------------------------------------------------------------


def test_an_import_holds_the_record_lock(organization, assert_locks):
    with assert_locks("maturity_recordclock"):
        take(organization, "holidays", HOLIDAYS + "2026-12-25,x\n")


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_store_each_row_once():
    organization = OrganizationFactory()
    text = HOLIDAYS + "".join(f"2026-01-{day:02},n\n" for day in range(1, 32))
    # Both have read their file before either may store: so neither reads under the lock, and
    # without it both would find every row new.
    both_have_read = threading.Barrier(2, timeout=30)
    reports: list[ImportReport] = []

    def wait(stage: str, amount: int) -> None:
        if stage == "storing":
            both_have_read.wait()

    def run() -> None:
        try:
            reports.append(take(organization, "holidays", text, on_progress=wait))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(counts(report) for report in reports) == [(0, 0, 31, 0), (31, 0, 0, 0)]
    assert Holiday.objects.count() == 31
    assert ImportRun.objects.values("recorded_at").distinct().count() == 2


# --- the database's own word -----------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM maturity_holiday",
        "UPDATE maturity_holiday SET name = 'other'",
        "UPDATE maturity_holiday SET replaced_at = now() + interval '1 day', name = 'other'",
        "UPDATE maturity_holiday SET recorded_at = recorded_at - interval '1 day'",
        "UPDATE maturity_holiday SET replaced_at = NULL",
    ],
)
def test_the_database_refuses_to_rewrite_a_version(organization, statement):
    take(organization, "holidays", HOLIDAYS + "2026-12-25,x\n")

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert Holiday.objects.get().name == "x"


def test_a_version_is_closed_once_and_stays_closed(organization):
    take(organization, "holidays", HOLIDAYS + "2026-12-25,x\n")
    take(organization, "holidays", HOLIDAYS + "2026-12-25,y\n")
    closed = Holiday.objects.get(name="x")

    for replaced_at in (None, datetime(2099, 1, 1, tzinfo=UTC)):
        with pytest.raises(DatabaseError), transaction.atomic():
            Holiday.objects.filter(pk=closed.pk).update(replaced_at=replaced_at)

    assert Holiday.objects.get(pk=closed.pk).replaced_at == closed.replaced_at


@pytest.mark.parametrize("table", SIGNAL_TABLES.values(), ids=SIGNAL_TABLES.keys())
def test_every_table_is_guarded_by_a_trigger(table, db):
    before_each_row, on_delete, on_update = 1 | 2, 8, 16

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgtype FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [table._meta.db_table],
        )
        kinds = [kind for (kind,) in cursor.fetchall()]

    assert before_each_row | on_delete | on_update in kinds


MOMENT = datetime(2026, 3, 2, tzinfo=UTC)
A_GATE = {"gate_key": "g", "name": "G", "owner_function": "pm", "outcomes_recorded": "all"}
A_REQUEST = {"request_id": "r", "gate_key": "g", "blocking": True, "regulatory": False}
A_TOOL = {
    "tool_key": "t",
    "name": "T",
    "owner_function": "pm",
    "cadence": "weekly",
    "mandatory": False,
    "cost_known": False,
}
A_WEEK = {
    "tool_key": "t",
    "period": "week",
    "period_start": date(2026, 6, 29),
    "active_users": 1,
    "eligible_users": 2,
}
A_HEADCOUNT = {"as_of": date(2026, 1, 1), "function": "pm", "headcount": 1, "fte": Decimal(1)}


@pytest.mark.parametrize(
    ("table", "row", "constraint"),
    [
        (Headcount, A_HEADCOUNT | {"function": "sales"}, "headcount_function_known"),
        (Headcount, A_HEADCOUNT | {"headcount": -1}, "headcount_check"),
        (Headcount, A_HEADCOUNT | {"fte": Decimal(-1)}, "headcount_fte_not_negative"),
        (Headcount, A_HEADCOUNT | {"team_key": ""}, "headcount_team_key_not_empty"),
        (Gate, A_GATE | {"owner_function": "x"}, "gate_owner_function_known"),
        (Gate, A_GATE | {"outcomes_recorded": "x"}, "gate_outcomes_recorded_known"),
        (Gate, A_GATE | {"compared_gate_key": "g"}, "gate_not_its_own_comparison"),
        (GateRequest, A_REQUEST | {"decision": "x", "decided_at": MOMENT}, "decision_known"),
        (GateRequest, A_REQUEST | {"decision": "approved"}, "decided_iff_timestamped"),
        (GateRequest, A_REQUEST | {"decided_at": MOMENT}, "decided_iff_timestamped"),
        (
            GateRequest,
            A_REQUEST
            | {
                "decision": "approved",
                "decided_at": MOMENT,
                "requested_at": MOMENT + timedelta(seconds=1),
            },
            "decided_after_requested",
        ),
        (
            GateRequest,
            A_REQUEST
            | {"first_response_at": MOMENT, "requested_at": MOMENT + timedelta(seconds=1)},
            "answered_after_requested",
        ),
        (Tool, A_TOOL | {"cadence": "yearly"}, "tool_cadence_known"),
        (
            Tool,
            A_TOOL | {"launched_on": date(2026, 1, 2), "retired_on": date(2026, 1, 1)},
            "tool_retired_after_launched",
        ),
        (ToolUsage, A_WEEK | {"active_users": 3}, "active_within_eligible"),
        (ToolUsage, A_WEEK | {"period_start": date(2026, 6, 30)}, "tool_usage_period_start"),
        (ToolUsage, A_WEEK | {"period": "quarter"}, "tool_usage_period_start"),
        (OrgFacts, {"as_of": date(2026, 1, 1), "public_company": "x"}, "public_company_known"),
        (
            OrgFacts,
            {"as_of": date(2026, 1, 1), "timezone_span_hours": Decimal(27)},
            "org_facts_span_on_earth",
        ),
        (
            Holiday,
            {"day": date(2026, 1, 1), "recorded_at": MOMENT, "replaced_at": MOMENT},
            "holiday_replaced_after_recorded",
        ),
    ],
)
def test_the_database_refuses_what_cannot_be(organization, table, row, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        table.objects.create(organization=organization, **({"recorded_at": MOMENT} | row))

    assert table.objects.count() == 0


def test_an_identity_has_one_current_version_even_without_a_team(organization):
    for _ in range(2):
        Headcount.objects.create(
            organization=organization,
            recorded_at=MOMENT,
            replaced_at=MOMENT + timedelta(days=1),
            **A_HEADCOUNT,
        )
    Headcount.objects.create(organization=organization, recorded_at=MOMENT, **A_HEADCOUNT)

    with pytest.raises(IntegrityError, match="headcount_one_current"), transaction.atomic():
        Headcount.objects.create(organization=organization, recorded_at=MOMENT, **A_HEADCOUNT)


def test_every_format_has_a_table_with_exactly_its_columns():
    def shape(table: type[Model]) -> dict[str, bool]:
        own = {"id", "organization", "recorded_at", "replaced_at"}
        return {f.name: f.null for f in table._meta.concrete_fields if f.name not in own}

    assert {name: shape(table) for name, table in SIGNAL_TABLES.items()} == {
        name: {column.name: column.optional for column in source.columns}
        for name, source in SOURCES.items()
    }


# --- real input ------------------------------------------------------------------------------


def test_the_kubernetes_sample_is_accepted_and_a_second_import_changes_nothing(
    shared, organization
):
    expected = {"headcount": 130, "gates": 2, "gate_requests": 2920, "tools": 5, "tool_usage": 1970}
    files = {
        name: (shared / "data" / "kubernetes" / f"{name}.csv").read_bytes() for name in expected
    }

    first = {name: counts(take(organization, name, data)) for name, data in files.items()}
    second = {name: counts(take(organization, name, data)) for name, data in files.items()}

    assert first == {name: (rows, 0, 0, 0) for name, rows in expected.items()}
    assert second == {name: (0, 0, rows, 0) for name, rows in expected.items()}
    assert {name: SIGNAL_TABLES[name].objects.count() for name in expected} == expected
