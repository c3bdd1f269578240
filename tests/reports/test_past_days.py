"""A page with `as_of` shows what was true at the end of that day, and says which day it is."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from maturity.models import Organization
from reports.selectors import days_of, heat_map_of
from reports.selectors.initiatives import InitiativeThen, running
from reports.services.boards import request_board_report
from surveys.models import Wave
from tests.factories import InitiativeFactory, MembershipFactory, OrganizationFactory
from tests.reports.scenes import LATE, SHOWN, at, block, evaluate, release, url

# The wave of release() closed at 23:31 UTC, which is the next day in Berlin and Auckland.
CLOSED_ON = date(2026, 11, 18)
DAY = timedelta(days=1)


@pytest.fixture
def read(organization, ana, login):
    """Read an address that stands on a day, in full."""
    client = login(ana)

    def _read(day, address=None):
        answer = client.get(address or url(organization), {"as_of": day.isoformat()})
        assert answer.status_code == 200
        return answer.content.decode()

    return _read


class TestSurvey:
    @pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Auckland"])
    def test_wave_is_told_from_the_day_it_closed_where_the_organisation_is(
        self, organization, zone
    ):
        Organization.objects.update(timezone=zone)
        organization.refresh_from_db()
        release(organization, {"Q1": SHOWN})

        told = [at(organization, day).wave for day in (CLOSED_ON - DAY, CLOSED_ON)]

        assert [wave and wave.title for wave in told] == [None, "Autumn pulse"]

    def test_portfolio_says_no_more_than_the_page(self, organization):
        release(organization, {"Q1": SHOWN})

        def rates(day):
            days = days_of(Organization.objects.all(), known_at=LATE, as_of=day)
            (row,) = heat_map_of(days, known_at=LATE).rows
            return row.released_at is not None, row.response_rate, row.band

        assert rates(CLOSED_ON - DAY) == (False, None, None)
        assert rates(CLOSED_ON) == (True, 80, "good")

    def test_board_reads_the_survey_of_its_day(self, organization):
        release(organization, {"Q1": SHOWN})

        report = request_board_report(organization, by=None, as_of=date(2026, 6, 1))

        assert "About Q1." not in str(report.snapshot)

    @pytest.mark.parametrize(("days", "told"), [(0, True), (1, False), (-1, False)])
    def test_open_wave_is_told_of_today_alone(self, organization, read, days, told):
        release(organization, {"Q1": SHOWN})
        now = timezone.now()
        Wave.objects.bulk_create(
            [
                Wave(
                    organization=organization, bank=Wave.objects.get().bank, key="open",
                    title="Open pulse", status="open", opens_at=now, closes_at=now + DAY,
                    accepts_until=now + DAY, eligible=20,
                )
            ]
        )  # fmt: skip
        today = now.astimezone(organization.zone).date()

        assert ("Open pulse" in read(today - days * DAY)) is told


class TestInitiatives:
    STARTED, ENDED = date(2026, 3, 2), date(2026, 6, 2)

    @pytest.mark.parametrize(
        ("day", "rows"),
        [
            (STARTED - DAY, []),
            (STARTED, [True]),
            (ENDED - DAY, [True]),
            (ENDED, []),
        ],
    )
    def test_it_is_told_from_its_start_to_its_end(self, organization, day, rows):
        InitiativeFactory(
            organization=organization, state="done", outcome="unknown",
            started_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
            ended_at=datetime(2026, 6, 2, 12, tzinfo=UTC),
        )  # fmt: skip

        assert [row.started for row in at(organization, day).initiatives] == rows

    def test_a_plan_is_told_from_the_day_it_was_recorded_and_is_no_start(self):
        plan = InitiativeThen(
            initiative_id=1, title="Checklists", owner="", state="started",
            due_on=date(2026, 9, 1), recorded_on=date(2026, 2, 1), started_on=self.STARTED,
            ended_on=None,
        )  # fmt: skip

        days = date(2026, 1, 31), date(2026, 2, 1), self.STARTED
        told = [[row.started for row in running([plan], as_of=day)] for day in days]

        assert told == [[], [False], [True]]

    def test_page_of_an_earlier_day_does_not_list_todays_plan(self, organization, read):
        InitiativeFactory(organization=organization, title="Fewer gates")
        today = timezone.now().astimezone(organization.zone).date()

        assert "Fewer gates" in read(today)
        assert "Fewer gates" not in read(today - DAY)


class TestItSaysWhichDayItShows:
    def test_header_names_another_day_and_not_today(self, organization, read):
        today = timezone.now().astimezone(organization.zone).date()

        assert "Standing on 1 March 2026." in block(read(date(2026, 3, 1)), "data-known-as-of")
        assert "Standing on" not in block(read(today), "data-known-as-of")

    def test_survey_says_that_none_had_closed_by_then(self, organization, read):
        release(organization, {"Q1": SHOWN})

        html = read(CLOSED_ON - DAY)

        assert "No survey wave had closed by this day." in block(html, 'id="survey"')
        assert "no wave closed by this day" in block(html, 'data-tile="survey"')
        assert "released yet" not in html


class TestNothingEvaluatedUpToADay:
    BEFORE = date(2026, 10, 31)

    @pytest.fixture
    def evaluated(self, organization):
        evaluate(organization, period_end=date(2026, 11, 1))
        evaluate(organization, period_end=date(2026, 11, 15))

    def test_page_leads_to_the_first_day_that_was_evaluated(self, organization, evaluated, read):
        html = read(self.BEFORE)

        for part in ("findings", "readiness"):
            told = block(html, f'id="{part}"')
            assert "Nothing was evaluated up to this day." in told
            assert 'href="?as_of=2026-11-01"' in told
            assert "ead-count" not in told
        assert html.count("not evaluated up to this day") == 2
        assert "no evaluation yet" not in html
        assert "data-evaluated-later" not in read(date(2026, 11, 1))

    def test_portfolio_does_not_ask_for_an_import(self, organization, evaluated, read, ana):
        MembershipFactory(user=ana, organization=OrganizationFactory(slug="zero", name="Zero"))

        html = read(self.BEFORE, "/")

        row = block(html, 'data-org="acme"')
        assert "Not evaluated up to this day" in row
        assert "import the head-count" not in row
        assert "No wave closed by this day" in row
        nothing = block(html, 'data-org="zero"')
        assert "Not evaluated yet" in nothing
        assert "import the head-count" in nothing

    def test_board_is_told_the_same(self, organization, evaluated):
        before, after = (
            request_board_report(organization, by=None, as_of=day).snapshot
            for day in (self.BEFORE, date(2026, 11, 1))
        )

        assert "Pitfalls and benefits were not judged up to this day." in str(before)
        empty = [section["empty"] for section in before["sections"]]
        assert empty.count("Not judged up to this day.") == 3
        # Sections without anything to show are one line together.
        assert before["left_out"].count("Not judged up to this day.") == 3
        assert "up to this day" not in str(after)

    def test_without_any_evaluation_an_import_is_what_is_missing(self, organization, read):
        html = read(self.BEFORE)

        assert "Nothing has been evaluated yet" in html
        assert "no evaluation yet" in html
