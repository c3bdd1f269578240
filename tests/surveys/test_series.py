"""Series: validated, planned ahead as rows, each day once, whatever runs twice."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from surveys.models import Series, Wave
from surveys.services.series import change_series, create_series, occurrences, plan_series
from surveys.tasks import plan_waves
from tests.factories import PersonFactory
from tests.surveys.factories import ReleaseFactory, WaveFactory

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
MONTHLY = {"title": "Pulse", "rule": "FREQ=MONTHLY;BYDAY=1TU", "starts_on": date(2026, 1, 1)}
TUESDAYS = ["2026-02-03", "2026-03-03", "2026-04-07", "2026-05-05", "2026-06-02", "2026-07-07"]


@pytest.fixture(autouse=True)
def _january():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def series(organization, bank) -> Series:
    return create_series(organization, **MONTHLY)


def planned(series: Series) -> list[str]:
    days = series.waves.planned().order_by("opens_on").values_list("opens_on", flat=True)
    return [day.isoformat() for day in days]


class TestSettingUp:
    def test_its_waves_are_rows_at_once(self, series):
        assert planned(series) == TUESDAYS
        first = series.waves.get(opens_on=date(2026, 2, 3))
        assert (first.key, first.title, first.status) == (
            "pulse-2026-02-03",
            "Pulse 2026-02-03",
            "draft",
        )
        # Ten in the morning in Berlin, where everybody is.
        assert first.due_at == datetime(2026, 2, 3, 9, tzinfo=UTC)

    def test_the_first_clock_of_the_roster_opens_the_wave(self, organization, bank):
        PersonFactory(organization=organization, timezone="Pacific/Auckland")
        PersonFactory(organization=organization, timezone="America/New_York")

        series = create_series(organization, **MONTHLY)

        first = series.waves.get(opens_on=date(2026, 2, 3))
        assert first.due_at == datetime(2026, 2, 2, 21, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"rule": "FREQ=NEVER"}, "rule"),
            ({"rule": ""}, "__all__"),
            ({"title": ""}, "title"),
            ({"instrument": "custom"}, "__all__"),
            ({"instrument": "custom", "item_keys": ["LEV1", "NOPE"]}, "item_keys"),
            ({"item_keys": ["LEV1"]}, "__all__"),
            ({"instrument": "onboarding"}, "__all__"),
            ({"roles": []}, "roles"),
            ({"roles": ["ceo"]}, "__all__"),
            ({"reminder_offsets": [1, 2, 3, 4]}, "__all__"),
            ({"local_hour": 8}, "local_hour"),
            ({"local_hour": 17}, "local_hour"),
            ({"tenure_months": 0}, "tenure_months"),
            ({"budget_minutes": 0}, "budget_minutes"),
        ],
    )
    def test_what_makes_no_sense_is_refused_by_field(self, organization, bank, wrong, field):
        with pytest.raises(ValidationError) as refusal:
            create_series(organization, **{**MONTHLY, **wrong})

        assert field in refusal.value.message_dict
        assert not Series.objects.exists()

    def test_a_title_may_be_used_again(self, series, organization):
        assert create_series(organization, **MONTHLY).key == "pulse-2"


class TestPlanning:
    def test_planning_twice_is_planning_once(self, series):
        keys = set(series.waves.values_list("pk", "due_at"))

        plan_waves()
        plan_waves()

        assert set(series.waves.values_list("pk", "due_at")) == keys

    def test_what_was_called_off_is_not_planned_again(self, series):
        series.waves.filter(opens_on=date(2026, 2, 3)).update(status="cancelled", reason="Holiday.")

        plan_series(series.pk)

        assert planned(series) == TUESDAYS[1:]

    def test_a_changed_rule_moves_what_is_planned(self, series):
        change_series(series, rule="FREQ=MONTHLY;BYDAY=2TU")

        assert planned(series)[:2] == ["2026-02-10", "2026-03-10"]
        assert series.waves.count() == 6

    def test_a_changed_series_changes_what_is_planned(self, series):
        kept = series.waves.get(opens_on=date(2026, 2, 3))

        change_series(series, instrument="full")

        kept.refresh_from_db()
        assert kept.instrument == "full"

    def test_a_paused_series_plans_nothing_more(self, series):
        change_series(series, paused=True)

        with time_machine.travel(NOW + timedelta(days=400), tick=False):
            plan_waves()

        assert planned(series) == TUESDAYS

    def test_days_that_have_passed_are_not_made_up_for(self, series):
        with time_machine.travel(datetime(2026, 4, 1, tzinfo=UTC), tick=False):
            plan_series(series.pk)

        assert "2026-09-01" in planned(series)

    def test_the_price_of_planning_does_not_grow_with_what_is_planned(
        self, series, django_assert_num_queries
    ):
        # 2 savepoint, 1 series, 1 bank, 1 releases, 1 zones, 1 planned, 1 known
        with django_assert_num_queries(8):
            plan_series(series.pk)


class TestFatigue:
    def test_two_tired_pulses_halve_the_pace_and_say_so(self, series):
        for days, rate in ((40, 0.5), (10, 0.4)):
            closed = NOW - timedelta(days=days)
            wave = WaveFactory(closed=True, organization=series.organization, series=series)
            ReleaseFactory(wave=wave, released_at=closed, response_rate=rate, responded=5)

        plan_series(series.pk)

        series.refresh_from_db()
        assert series.every_second
        assert "55 %" in series.note
        # The first Tuesday of January was the first one of the rule.
        assert planned(series) == ["2026-03-03", "2026-05-05", "2026-07-07"]

    def test_a_full_survey_keeps_its_pace(self, series):
        change_series(series, instrument="full")
        for days in (40, 10):
            wave = WaveFactory(closed=True, organization=series.organization, series=series)
            ReleaseFactory(
                wave=wave, released_at=NOW - timedelta(days=days), response_rate=0.2, responded=2
            )

        plan_series(series.pk)

        assert planned(series) == TUESDAYS

    def test_a_new_rule_starts_afresh(self, series):
        Series.objects.update(every_second=True, note="Slowed.")

        changed = change_series(series, rule="FREQ=MONTHLY;INTERVAL=2;BYDAY=1TU")

        assert (changed.every_second, changed.note) == (False, "")


def test_a_preview_shows_the_same_days_as_planning(series):
    days = occurrences(series, after=date(2026, 1, 15))

    assert [day.isoformat() for day in days] == TUESDAYS
    assert Wave.objects.count() == 6
