"""Board reports: frozen when asked for, the same bytes for ever, hidden cells never figures."""

import base64
import csv
import html
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import ProgrammingError, transaction
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from maturity.selectors.words import Said
from reports.exporters.board import board_csv, board_pdf, board_xlsx
from reports.models import BoardReport, Brand
from reports.selectors import dashboard_of
from reports.selectors.benefits import BenefitRow, Benefits, MetricRow
from reports.selectors.board import answer, board_snapshot
from reports.selectors.survey import ItemResult, WaveResults
from reports.selectors.verdicts import Conclusions, PitfallRow
from reports.services.boards import (
    LEASE,
    pdf_of,
    render_board_report,
    reports_due,
    request_board_report,
    set_brand,
)
from tests.reports.scenes import FIRST_AREA, assess

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
LINK = re.compile(r'(?<=href=")/admin/reports/boardreport/add/[^"]*')
DAY = date(2026, 6, 1)


@pytest.fixture
def scored(organization, rubric):
    assess(organization, rubric, date(2026, 3, 1), dict.fromkeys(FIRST_AREA, 1))
    assess(organization, rubric, DAY, dict.fromkeys(FIRST_AREA, 2))
    return organization


def ready(organization, **asked):
    report = request_board_report(organization, by=None, **asked)
    assert render_board_report(report.pk)
    report.refresh_from_db()
    return report


def test_it_says_what_the_dashboard_says(scored):
    now = timezone.now()
    dashboard = dashboard_of(scored, as_of=DAY, known_at=now)

    area = board_snapshot(scored, dashboard)["areas"][0]

    assert dashboard.profile.areas[0].level == 2
    assert (area["step"], area["level"], area["before"]) == (2, "2 Emerging", "1")
    assert (area["target"], area["coverage"]) == (3, "3/3")


def test_an_empty_organisation_has_a_report_that_says_so(organization):
    report = ready(organization)

    assert report.state == "ready"
    assert report.snapshot["summary"] == [
        "No capability has been assessed yet.",
        "Pitfalls and benefits have not been judged yet.",
    ]
    empty = [section["empty"] for section in report.snapshot["sections"]]
    assert empty[-1] == "No survey was released yet."


def test_rendered_again_it_is_the_same_file_whatever_was_recorded_since(scored, rubric):
    report = ready(scored, as_of=DAY)

    assess(scored, rubric, DAY + timedelta(days=1), dict.fromkeys(FIRST_AREA, 5))
    set_brand(scored, colour="#ff0000", logo=PNG)

    assert pdf_of(BoardReport.objects.get()) == bytes(report.pdf)
    assert bytes(report.pdf).startswith(b"%PDF-")
    assert b"pdfuaid:part" in bytes(report.pdf)


def test_the_look_of_that_day_is_kept_and_shows(scored):
    plain = ready(scored, as_of=DAY)
    set_brand(scored, colour="#ff0000", logo=PNG)
    branded = ready(scored, as_of=DAY)

    assert (plain.colour, branded.colour) == ("#0b5c6b", "#ff0000")
    assert plain.digest != branded.digest
    assert bytes(branded.logo) == PNG


def test_the_database_refuses_to_change_what_was_frozen(organization):
    report = request_board_report(organization, by=None)

    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        BoardReport.objects.filter(pk=report.pk).update(snapshot={})

    assert BoardReport.objects.get().snapshot != {}


def test_texts_are_typeset_as_they_are_never_run(scored):
    report = request_board_report(scored, by=None)
    snapshot = report.snapshot | {
        "title": '#panic("x") *a* $x$ ` \\ <b> @c',
        "organization": "#panic()",
        "summary": ['#read("/etc/passwd")'],
    }

    assert board_pdf(snapshot, colour="#000000", logo=None, mark="#panic()").startswith(b"%PDF")


def test_a_hidden_cell_is_words_and_no_figure():
    assert answer(ItemResult("GAT1", "x", "hidden")) == "not enough answers to show"
    assert answer(ItemResult("GAT1", "x", "one_sided", at_least=80)) == "at least 80 %"


def test_a_report_whose_worker_died_is_made_once_by_the_next(organization):
    report = request_board_report(organization, by=None)
    now = timezone.now()
    assert BoardReport.objects.claim(report.pk, at=now, until=now + LEASE)

    meanwhile, later = reports_due(at=now), reports_due(at=now + LEASE)
    taken = BoardReport.objects.claim(report.pk, at=now, until=now + LEASE)

    assert (meanwhile, later, taken) == ([], [report.pk], False)


@pytest.mark.parametrize(
    ("colour", "logo", "field"),
    [
        ("red", None, "colour"),
        ("#12345", None, "colour"),
        ("#000000", b"<svg/>", "logo"),
        ("#000000", PNG[:40], "logo"),
        ("#000000", PNG + b"\0" * 200_000, "logo"),
    ],
)
def test_a_look_that_cannot_be_printed_names_its_field(organization, colour, logo, field):
    with pytest.raises(ValidationError) as refused:
        set_brand(organization, colour=colour, logo=logo)

    assert list(refused.value.message_dict) == [field]
    assert not Brand.objects.exists()


@pytest.mark.parametrize(
    "asked",
    [{"as_of": date(2999, 1, 1)}, {"known_at": datetime(2999, 1, 1, tzinfo=UTC)}],
)
def test_what_lies_ahead_is_not_reported(organization, asked):
    with pytest.raises(ValidationError) as refused:
        request_board_report(organization, by=None, **asked)

    assert list(refused.value.message_dict) == list(asked)
    assert not BoardReport.objects.exists()


FAR_OFF = [
    ("as_of", "0001-01-01"),
    ("as_of", "1969-12-31"),
    ("known_at", "0001-01-01 00:00"),
    ("known_at", "9999-12-31 23:59"),
]


@pytest.mark.parametrize(("name", "asked"), FAR_OFF)
def test_a_day_at_the_end_of_the_calendar_is_refused_beside_its_field(
    login, ana, organization, name, asked
):
    form = {"organization": organization.pk, name: asked}

    page = login(ana).post(reverse("admin:reports_boardreport_add"), form)

    errors = page.context["form"].errors
    assert errors == {name: ["Give a day in the years 1970 to 2100."]}
    assert not BoardReport.objects.exists()


@pytest.mark.parametrize(("name", "asked"), FAR_OFF)
def test_a_script_is_refused_a_day_at_the_end_of_the_calendar(
    login, ana, organization, name, asked
):
    value = asked if name == "as_of" else f"{asked.replace(' ', 'T')}:00Z"

    answer = login(ana).post(
        f"/api/v1/orgs/{organization.slug}/board-reports",
        {name: value},
        content_type="application/json",
    )

    assert answer.status_code == 400
    assert [error["attr"] for error in answer.json()["errors"]] == [name]
    assert not BoardReport.objects.exists()


def test_a_lead_asks_for_one_waits_and_takes_the_files(login, ana, scored):
    client = login(ana)

    asked = client.post(
        reverse("admin:reports_boardreport_add"), {"organization": scored.pk, "as_of": "2026-06-01"}
    )
    waiting = client.get(asked.url)
    (due,) = reports_due(at=timezone.now())
    render_board_report(due)
    done = client.get(asked.url)
    files = {
        suffix: client.get(reverse("admin:reports_boardreport_file", args=[due, suffix]))
        for suffix in ("pdf", "csv", "xlsx")
    }

    assert "Refresh" in waiting.headers
    assert "file.pdf" not in waiting.content.decode()
    assert "Refresh" not in done.headers
    assert "file.pdf" in done.content.decode()
    assert files["pdf"].headers["Content-Type"] == "application/pdf"
    assert 'filename="acme-board-2026-06-01.pdf"' in files["pdf"].headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(b"".join(files["csv"].streaming_content).decode())))
    sheet = load_workbook(io.BytesIO(files["xlsx"].content)).active
    assert [
        ["" if cell is None else str(cell) for cell in row]
        for row in sheet.iter_rows(values_only=True)
    ] == rows
    assert rows[1][1:3] == ["Analytics infrastructure", "2 Emerging"]


def test_a_lead_chooses_the_language_and_is_offered_their_own(login, ana, organization):
    ana.language = "de"
    ana.save()
    client, page = login(ana), reverse("admin:reports_boardreport_add")
    offered = client.get(page).context["form"]["language"]

    for chosen in ({"language": "fr"}, {}, {"language": "tlh"}):
        client.post(page, {"organization": organization.pk, **chosen})

    assert offered.value() == "de"
    assert [code for code, _name in offered.field.choices] == ["en", "de", "es", "fr"]
    made = BoardReport.objects.order_by("pk").values_list("snapshot__language", flat=True)
    assert list(made) == ["fr", "de"]


def test_a_moment_is_told_alike_on_the_page_and_in_the_report_and_by_which_clock(
    login, ana, organization
):
    with time_machine.travel(datetime(2026, 7, 1, 13, 40, tzinfo=UTC), tick=False):
        report = request_board_report(organization, by=None)
    client = login(ana)

    pages = [
        client.get(reverse(f"admin:reports_boardreport_{view}", args=args)).content.decode()
        for view, args in (("changelist", []), ("change", [report.pk]))
    ]

    assert [page.count("1 July 2026, 15:40 CEST") for page in pages] == [1, 2]
    assert "as known at 1 July 2026, 15:40 CEST" in report.snapshot["stand"]


def test_the_dashboard_leads_to_a_report_of_what_it_shows(login, ana, vera, scored, rubric):
    page = reverse("reports:organization", args=[scored.slug])
    then = {"as_of": "2026-06-30", "known_at": "2026-05-31T12:00:00+02:00"}
    client = login(ana)
    link = LINK.search(client.get(page, then).content.decode())

    form = client.get(html.unescape(link[0])).content.decode()
    asked = {name: re.search(rf'name="{name}"\s[^>]*value="([^"]*)', form)[1] for name in then}
    client.post(reverse("admin:reports_boardreport_add"), {"organization": scored.pk, **asked})

    report = BoardReport.objects.get()
    assert report.snapshot["areas"][0]["level"] == "1 Ad hoc"
    assert report.as_of == date(2026, 6, 30)
    assert report.known_at <= datetime(2026, 5, 31, 10, tzinfo=UTC)
    assert "known_at" not in LINK.search(client.get(page).content.decode())[0]
    assert LINK.search(login(vera).get(page).content.decode()) is None


def test_the_spreadsheet_has_levels_and_targets_as_figures(scored):
    report = request_board_report(scored, by=None, as_of=DAY)

    head, *rows = load_workbook(io.BytesIO(board_xlsx(report.snapshot))).active.values
    figures = [dict(zip(head, row, strict=True)) for row in rows]

    first, total = figures[0], figures[-1]
    assert (first["figure"], first["target"], first["before"], first["n"]) == (2, 3, 1, 3)
    assert (first["unit"], first["state"], first["organization"]) == ("level", "level", "Acme")
    assert (total["name"], total["figure"], total["unit"]) == ("Areas at target", 0, "areas")
    assert len(figures) == len(report.snapshot["figures"]) + len(report.snapshot["totals"])


def test_a_workbook_is_the_same_file_whenever_it_is_fetched(scored):
    report = request_board_report(scored, by=None, as_of=DAY)

    with time_machine.travel(datetime(2027, 1, 1, tzinfo=UTC)):
        first = board_xlsx(report.snapshot)
    with time_machine.travel(datetime(2028, 2, 2, 12, tzinfo=UTC)):
        again = board_xlsx(report.snapshot)

    assert first == again


def test_a_formula_in_a_name_is_text_in_the_spreadsheet(scored):
    report = request_board_report(scored, by=None)
    snapshot = json.loads(json.dumps(report.snapshot))
    snapshot["areas"][0]["name"] = "=cmd()"

    text = b"".join(board_csv(snapshot)).decode()

    assert ",=cmd()" not in text
    assert "=cmd()" in text


@pytest.mark.parametrize(
    ("band", "range_says"),
    [
        ("good", "the range that holds all asked PMs in 95 of 100 cases."),
        ("directional", "the range says what the silent could still make of it"),
    ],
)
def test_the_report_says_what_a_range_is_and_which_answers_are_turned_round(
    organization, band, range_says
):
    share = {"favourable": 33.3, "low": 13, "high": 28, "n": 9}
    wave = WaveResults(
        title="Pulse",
        language="en",
        closed_at=timezone.now(),
        eligible=20,
        responded=9,
        response_rate=45.0,
        band=band,
        k=5,
        k_comment=5,
        items=(
            ItemResult("GAT1", "I wait.", "share", reverse=True, **share),
            ItemResult("LEV1", "It helps.", "share", **share),
        ),
        texts=(),
        turnout={},
    )
    dashboard = replace(dashboard_of(organization, as_of=DAY, known_at=timezone.now()), wave=wave)

    said = board_snapshot(organization, dashboard)["sections"][-1]

    snapshot = json.loads(json.dumps(board_snapshot(organization, dashboard)))
    workbook = load_workbook(io.BytesIO(board_xlsx(snapshot))).active
    head, *rows = workbook.iter_rows(values_only=True)
    figures = [dict(zip(head, row, strict=True)) for row in rows]
    asked, _other, response = figures[-3:]
    assert (asked["figure"], asked["low"], asked["high"], asked["n"]) == (33.3, 13, 28, 9)
    assert (asked["unit"], asked["state"], asked["as_of"]) == ("%", "share", "2026-06-01")
    assert (response["name"], response["figure"], response["n"]) == ("Response", 45, 20)
    assert said["rows"] == [["I wait. *", "33 % (13–28)"], ["It helps.", "33 % (13–28)"]]
    assert range_says in said["note"]
    assert "* Agreeing is bad news here: counted are those who disagree." in said["note"]


def test_a_verdict_is_told_with_its_confidence_and_a_benefit_without_a_cause(organization):
    said = Said("PMs wait four days.")
    raised = PitfallRow("gatekeeper", "raised", "high", 0.5, said, (), None)
    unjudged = PitfallRow("too_early", "unknown", None, None, said, (), None)
    conclusions = Conclusions(
        evaluation_id=1,
        period_end=DAY,
        thresholds="v1",
        readiness=None,
        pitfalls=(raised, unjudged),
        benefits=Benefits((BenefitRow("faster_ramp", "better", said, (), ()),), None),
    )
    blank = dashboard_of(organization, as_of=DAY, known_at=timezone.now())

    snapshot = board_snapshot(organization, replace(blank, conclusions=conclusions))

    pitfalls, _signs, benefits, *_rest = snapshot["sections"]
    assert pitfalls["head"][-1] == "Confidence"
    assert [row[-1] for row in pitfalls["rows"]] == ["medium", "–"]
    assert benefits["note"] == (
        "These figures show what changed. They cannot show whether product ops is the reason."
    )


def test_what_nothing_is_known_of_is_said_once_with_what_comes_next(organization, rubric):
    said = Said("No data.")
    unknown = PitfallRow("gatekeeper", "unknown", None, None, said, (), None)
    absent = BenefitRow("faster_ramp", "worse", said, (), ())
    conclusions = Conclusions(
        evaluation_id=1,
        period_end=DAY,
        thresholds="v1",
        readiness=None,
        pitfalls=(unknown, replace(unknown, key="too_early")),
        benefits=Benefits((absent,), None),
    )
    blank = dashboard_of(organization, as_of=DAY, known_at=timezone.now())

    snapshot = board_snapshot(organization, replace(blank, conclusions=conclusions))

    shown = [section["title"] for section in snapshot["sections"] if section["shown"]]
    assert shown == ["Benefits"]
    assert snapshot["profile_empty"].startswith("Nothing has been assessed yet. Next: score")
    assert snapshot["left_out"] == (
        "Pitfalls – No data yet to judge by. "
        "Does this organisation need product operations? – Not judged yet. "
        "What is done about it – No initiative runs. "
        "What PMs say – No survey was released yet. "
        "Next: import what the verdicts go by and hold a survey wave."
    )
    assert len(snapshot["sections"][0]["rows"]) == 2


def test_a_report_leaves_out_the_tables_of_nothing(organization, rubric, scored):
    snapshot = request_board_report(scored, by=None, as_of=DAY).snapshot
    pages = [
        board_pdf(each, colour="#000000", logo=None, mark="")
        for each in (
            snapshot,
            snapshot | {"sections": []},
            snapshot | {"profile_empty": "Nothing."},
            snapshot | {"areas": [], "profile_empty": "Nothing."},
        )
    ]

    assert snapshot["profile_empty"] == ""
    assert pages[0] == pages[1] != pages[2]
    assert pages[2] == pages[3]


@pytest.mark.parametrize("measured", [True, False])
def test_benefits_that_are_unknown_are_shown_where_something_was_measured(organization, measured):
    metric = MetricRow("reach", "Reach", "unknown", True, "40 %", "", "", "", None)
    found = BenefitRow("reach", "unknown", Said(""), (metric,) if measured else (), ())
    conclusions = Conclusions(1, DAY, "v1", None, (), Benefits((found,), None))
    blank = dashboard_of(organization, as_of=DAY, known_at=timezone.now())

    snapshot = board_snapshot(organization, replace(blank, conclusions=conclusions))

    assert snapshot["sections"][2]["shown"] is measured
