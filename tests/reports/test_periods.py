"""What moved: the last period in the radar, dates in the trend, what changed between two days."""

import json
import re
from datetime import UTC, date, datetime

import pytest

from maturity.services.assessments import NewScore, Sheet, record_sheet
from maturity.services.units import place_unit
from reports.selectors import dashboard_of
from reports.selectors.board import board_snapshot
from surveys.models import Release, ReleasedCell
from tests.factories import (
    FindingFactory,
    FindingTransitionFactory,
    InitiativeFactory,
    VerdictRecordFactory,
)
from tests.reports.scenes import FIRST_AREA, LATE, SHOWN, assess, block, evaluate, release, url

D = date(2026, 11, 24)
FIRST, SECOND = date(2026, 5, 1), date(2026, 8, 1)


def page(organization, **asked):
    return dashboard_of(organization, **{"as_of": D, "known_at": LATE, **asked})


def chart(html, name):
    data = re.search(r'id="chart-data"[^>]*>(.*?)</script>', html, re.DOTALL)
    return json.loads(data[1])[name]


@pytest.fixture
def two_rounds(organization, rubric):
    assess(organization, rubric, FIRST, {FIRST_AREA[0]: "unknown"}, others=2)
    assess(organization, rubric, SECOND, {}, others=3)


class TestRadar:
    def test_last_period_stands_beside_the_level_in_chart_and_table(self, two_rounds, fetch):
        html = fetch()

        first = chart(html, "radar")["areas"][0]
        assert (first["before"], first["level"], first["target"]) == (2, 3, 3)
        assert "Last period" in block(html, 'data-area="analytics_infrastructure"')

    def test_another_rubric_is_no_last_period(self, organization, rubric):
        assess(organization, rubric, SECOND, {}, others=3)

        assert {before for _area, before in page(organization).profile_rows} == {None}


class TestTrend:
    def test_dates_are_lines_in_the_chart_and_a_list_below_it(
        self, organization, two_rounds, fetch
    ):
        VerdictRecordFactory(
            evaluation=evaluate(organization), kind="benefit", key="pm_leverage", state="unknown",
            severity=None, evidence={"product_ops_started_on": "2026-06-01", "metrics": {}},
        )  # fmt: skip
        InitiativeFactory(
            organization=organization, title="Checklists", state="started",
            started_at=datetime(2026, 7, 1, 12, tzinfo=UTC),
        )  # fmt: skip
        InitiativeFactory(
            organization=organization, title="Too late", state="started",
            started_at=datetime(2026, 9, 1, 12, tzinfo=UTC),
        )  # fmt: skip

        html = fetch()

        markers = chart(html, "trend")["markers"]
        assert [(m["date"], m["number"]) for m in markers] == [("2026-06-01", 1), ("2026-07-01", 2)]
        assert "product ops started" in block(html, 'data-marker="product_ops"')
        assert "Checklists started" in block(html, 'data-marker="initiative_started"')

    @pytest.mark.parametrize(
        ("since", "until", "shown"),
        [
            (None, D, [FIRST, SECOND]),
            (SECOND, D, [SECOND]),
            (FIRST, date(2026, 7, 31), [FIRST]),
            (date(2026, 8, 2), D, []),
        ],
    )
    def test_from_and_to_are_inclusive(self, organization, two_rounds, since, until, shown):
        trend = page(organization, since=since, until=until).shown_trend

        assert [item.valid_from for item in trend.rounds] == shown


class TestWhatChanged:
    def test_levels_findings_initiatives_and_waves_of_the_period(self, organization, two_rounds):
        finding = FindingFactory(organization=organization)
        for day, kind in ((1, "raised"), (20, "acknowledged")):
            FindingTransitionFactory(
                organization=organization, finding=finding, kind=kind, after="open",
                at=datetime(2026, 8, day, tzinfo=UTC),
            )  # fmt: skip
        InitiativeFactory(
            organization=organization, title="Checklists", state="started",
            started_at=datetime(2026, 8, 19, 12, tzinfo=UTC),
        )  # fmt: skip
        release(organization, {"Q1": SHOWN})

        changes = page(organization, since=date(2026, 7, 1), until=date(2026, 8, 19)).changes

        first = changes.levels[0]
        assert len(changes.levels) == 18
        assert (first.key, first.before_state, first.before, first.after) == (
            FIRST_AREA[0], "unknown", None, 3,
        )  # fmt: skip
        assert [row.step for row in changes.findings] == ["Raised"]
        assert [(row.title, row.ended) for row in changes.initiatives] == [("Checklists", False)]
        assert changes.waves == ()
        (wave,) = page(organization, since=date(2026, 11, 1)).changes.waves
        assert (wave.title, wave.response_rate) == ("Autumn pulse", 80.0)

    def test_abandoned_is_no_plain_end_and_stays_listed_for_the_period(
        self, organization, two_rounds, ana, login
    ):
        ends = {"started_at": datetime(2026, 8, 1, 12, tzinfo=UTC),
                "ended_at": datetime(2026, 11, 20, 12, tzinfo=UTC)}  # fmt: skip
        InitiativeFactory(organization=organization, title="Given up", state="abandoned", **ends)
        InitiativeFactory(
            organization=organization, title="Carried out", state="done", outcome="unknown", **ends
        )

        html = login(ana).get(url(organization), {"as_of": "2026-11-24"}).content.decode()

        changes = block(html, 'id="changes"')
        assert "Given up, abandoned" in changes
        assert "Carried out, ended" in changes
        listed = block(html, 'id="initiatives"')
        assert "Abandoned" in listed
        assert "Given up" in listed
        assert "Carried out" not in listed
        # As of the day before it ran; a quarter later it is no news any more.
        (before,) = page(organization, as_of=date(2026, 11, 19)).initiatives[1:]
        assert (before.started, before.abandoned_on) == (True, None)
        assert page(organization, as_of=date(2027, 4, 1)).initiatives == ()
        sections = board_snapshot(organization, page(organization))["sections"]
        assert ["Given up", "Abandoned", "31 December 2026"] in [
            row for section in sections for row in section["rows"]
        ]

    def test_nothing_changed_is_said(self, organization, two_rounds, ana, login):
        query = {"from": "2026-09-01", "to": "2026-09-30"}
        html = login(ana).get(url(organization), query).content.decode()

        assert "Nothing changed on the record between these days." in html
        assert "data-changed" not in html

    def test_backwards_period_is_400(self, organization, ana, login):
        query = {"from": "2026-09-01", "to": "2026-08-30"}

        assert login(ana).get(url(organization), query).status_code == 400


class TestUnit:
    def test_profile_trend_and_levels_are_the_units(self, organization, rubric, ana, login):
        assess(organization, rubric, FIRST, {}, others=2)
        core = place_unit(organization, "core", name="Core", parent=None, valid_from=FIRST)
        parts = [NewScore(part, "assessed", 1) for part in rubric.capabilities.all()]
        record_sheet(organization, Sheet(rubric, SECOND, parts, unit=core), by=ana)

        found = page(organization, unit=core)
        html = login(ana).get(url(organization), {"unit": "core"}).content.decode()

        assert [area.level for area in found.profile.areas] == [1] * 6
        assert [item.valid_from for item in found.trend.rounds] == [SECOND]
        assert "those of the unit core" in block(html, 'data-unit-shown="core"')
        assert f'capabilities/{FIRST_AREA[0]}?unit=core"' in html

    def test_unit_that_is_not_there_is_400(self, organization, ana, login):
        assert login(ana).get(url(organization), {"unit": "core"}).status_code == 400


class TestUnitsHeatMap:
    def test_answers_of_too_few_are_hidden_never_blank_or_zero(
        self, organization, rubric, ana, login
    ):
        for key in ("core", "small", "merged"):
            place_unit(organization, key, name=key, parent=None, valid_from=FIRST)
        release(organization, {"Q1": SHOWN})
        turnout = {"organization": organization, "release": Release.objects.get(),
                   "kind": "turnout", "key": ""}  # fmt: skip
        ReleasedCell.objects.create(**turnout, group_key="core", state="shown", n=8, eligible=10)
        ReleasedCell.objects.create(**turnout, group_key="small", state="suppressed")

        html = login(ana).get(url(organization)).content.decode()

        rows = {key: block(html, f'data-unit="{key}"') for key in ("", "core", "small", "merged")}
        assert "16 of 20" in rows[""]
        assert "8 of 10" in rows["core"]
        for key in ("small", "merged"):
            assert "Not enough answers to show" in rows[key]
            assert " of " not in rows[key]

    def test_without_a_released_wave_there_is_no_such_column(
        self, organization, rubric, ana, login
    ):
        place_unit(organization, "core", name="core", parent=None, valid_from=FIRST)

        assert "data-answers" not in login(ana).get(url(organization)).content.decode()
