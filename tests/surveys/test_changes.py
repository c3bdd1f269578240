"""From wave to wave: what counts as a change, and what cannot be compared at all."""

import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from maturity.services.imports import import_file
from maturity.stats import Estimate, Interval
from surveys.changes import are_different, compare_rows, mean_of, verdict_of
from surveys.models import ReleasedChange
from surveys.selectors import outside_trends, wave_trends
from surveys.services.waves import close_wave, create_wave
from tests.surveys.conftest import answer, hire, open_anyway, ratings
from tests.surveys.factories import (
    ReleasedCellFactory,
    ReleaseFactory,
    SeriesFactory,
    WaveFactory,
    WaveItemFactory,
)

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "low", "high", "verdict"),
    [
        (0.10, 0.01, 0.2, "better"),
        (0.099, 0.01, 0.2, "unclear"),
        (0.3, -0.01, 0.6, "unclear"),
        (0.3, 0.0, 0.6, "unclear"),
        (-0.2, -0.3, -0.1, "worse"),
    ],
)
def test_a_change_is_called_by_its_size_and_its_interval(value, low, high, verdict):
    change = Estimate(value, Interval(low, high))

    assert verdict_of(change, least=0.10) == verdict


def test_where_less_is_better_a_fall_is_better():
    assert verdict_of(Estimate(-2.0, Interval(-3, -1)), least=0.3, down_is_better=True) == "better"


def test_ten_pairs_are_compared_with_themselves():
    pairs = [(2.0, 3.0 + n % 2) for n in range(10)]
    before, after = zip(*pairs, strict=True)

    paired, unpaired = compare_rows(before, after, pairs), compare_rows(before, after, pairs[:9])

    assert (paired.is_paired, paired.p) == (True, 2 / 2**10)
    assert (unpaired.is_paired, unpaired.cliffs_delta) == (False, 1.0)


def test_large_groups_are_not_permuted():
    assert compare_rows([1.0] * 201, [2.0] * 5).p is None


def test_an_index_changes_as_its_items_do_on_average():
    changes = [Estimate(0.2, Interval(0, 0.4)), Estimate(0.4, Interval(0.2, 0.6))]

    mean = mean_of(changes)

    assert (mean.value, mean.interval.low) == pytest.approx((0.3, 0.1))


def test_more_than_a_fifth_are_different_people():
    ten = frozenset(range(10))

    assert are_different(ten, frozenset(range(2, 12))) is False
    assert are_different(ten, frozenset(range(3, 13))) is True
    assert are_different(frozenset(), frozenset()) is False


@pytest.fixture
def wave_of(organization, bank):
    """Open, answer and close a wave in some month."""
    months = iter(range(12))

    def _wave(*sheets, joining=0):
        start = MONDAY + timedelta(days=30 * next(months))
        with time_machine.travel(start, tick=False):
            hire(organization, joining)
            wave = open_anyway(create_wave(organization, title=f"From {start:%d %B}"))
            answer(wave, sheets)
        with time_machine.travel(start + timedelta(days=14), tick=False):
            close_wave(wave)
        return wave

    return _wave


LOW = [ratings(4, ANA1=value) for value in (2, 1, 3, 2, 4, 2, 1, 3, 2, 2, 1, 4)]
HIGH = [ratings(4, ANA1=value) for value in (4, 5, 4, 4, 5, 3, 4, 5, 4, 4, 5, 4)]


class TestOwnWaves:
    def test_a_clear_rise_is_better(self, wave_of):
        wave_of(*LOW, joining=12)
        wave_of(*HIGH)

        change = ReleasedChange.objects.get(key="ANA1")

        assert (change.group_key, change.measure, change.verdict) == (
            "organization",
            "favourable",
            "better",
        )
        assert change.difference == pytest.approx(11 / 12 - 2 / 12)
        assert change.low == pytest.approx(0.43137, abs=1e-4)
        assert change.cliffs_delta == pytest.approx(0.8611, abs=1e-4)
        assert change.p < 0.01
        assert (change.is_paired, change.different_people) == (False, False)

    def test_what_stays_is_no_clear_change(self, wave_of):
        wave_of(*LOW, joining=12)
        wave_of(*LOW)

        assert ReleasedChange.objects.get(key="ANA1").verdict == "unclear"

    def test_other_people_are_said_to_be_others(self, wave_of):
        wave_of(*LOW, joining=12)
        wave_of(*HIGH, joining=4)

        assert ReleasedChange.objects.get(key="ANA1").different_people is True

    def test_the_wave_that_asked_it_before_counts(self, wave_of):
        first = wave_of(*LOW, joining=12)
        wave_of(*[ratings(4)] * 3)
        wave_of(*HIGH)

        # The second wave asked it too, and showed nothing: there is nothing to compare with.
        assert not ReleasedChange.objects.filter(key="ANA1", since__wave=first).exists()

    def test_newcomers_waves_are_no_wave_before(self, wave_of, organization, bank):
        first = wave_of(*LOW, joining=12)
        cohort = WaveFactory(
            organization=organization,
            bank=bank,
            series=SeriesFactory(organization=organization, instrument="onboarding", rule=""),
            instrument="onboarding",
            cohort="2025H2",
            cohort_day=30,
            closed=True,
            closed_at=MONDAY + timedelta(days=20),
        )
        WaveItemFactory(wave=cohort, question=bank.questions.get(key="ANA1"))
        ReleasedCellFactory(release=ReleaseFactory(wave=cohort), key="ANA1")

        newest = wave_of(*HIGH)

        assert ReleasedChange.objects.get(key="ANA1").since.wave == first
        (line,) = (trend for trend in wave_trends(newest) if trend.key == "ANA1")
        assert [point.wave_key for point in line.points] == [first.key, newest.key]
        (own,) = wave_trends(cohort)
        assert [point.wave_key for point in own.points] == [cohort.key]

    def test_another_wording_breaks_the_line(self, wave_of, bank):
        wave_of(*LOW, joining=12)
        _reworded(bank)
        newest = wave_of(*HIGH)

        assert not ReleasedChange.objects.filter(key="ANA1").exists()
        assert ReleasedChange.objects.filter(key="GAT1").exists()
        trend = next(t for t in wave_trends(newest) if t.key == "ANA1")
        assert [bool(point.break_reason) for point in trend.points] == [False, True]

    def test_hidden_cells_are_not_compared(self, wave_of):
        wave_of(*LOW[:4], joining=12)
        wave_of(*HIGH)

        assert not ReleasedChange.objects.exists()

    def test_a_change_never_changes(self, wave_of):
        wave_of(*LOW, joining=12)
        wave_of(*HIGH)

        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            ReleasedChange.objects.update(verdict="worse")

    def test_the_trend_is_flat_in_queries(self, wave_of, django_assert_num_queries):
        wave_of(*LOW, joining=12)
        newest = wave_of(*HIGH)

        with django_assert_num_queries(5):
            trends = wave_trends(newest)

        ana = next(trend for trend in trends if trend.key == "ANA1")
        assert [(point.n, point.verdict) for point in ana.points] == [(12, ""), (12, "better")]


def _reworded(bank):
    """Publish the next version of the bank, one item in other words."""
    questions = list(bank.questions.all())
    bank.pk, bank.version, published = None, "1.1.0", bank.published_at
    bank.published_at = None
    bank.save()
    for question in questions:
        question.pk, question.bank = None, bank
        if question.key == "ANA1":
            question.text = "I find the numbers I need myself."
        question.save()
    bank.published_at = published + timedelta(days=1)
    bank.save()


class TestOutside:
    def _bring(self, organization, wave, values, scale):
        header = "round_key,respondent_key,item_key,value,is_na,group_keys,scale_min,scale_max\n"
        rows = "".join(f"{wave},p{n},fit,{v},false,,1,{scale}\n" for n, v in enumerate(values))
        stream = io.BytesIO((header + rows).encode())
        import_file(organization, "survey_responses", stream, name=wave)

    def test_another_scale_is_no_doubling_but_a_break(self, organization):
        self._bring(organization, "2019_h1", [4, 4, 5, 3, 4, 4, 5, 3], 5)
        self._bring(organization, "2019_h2", [8, 8, 9, 7, 8, 8, 9, 7], 10)
        self._bring(organization, "2020_h1", [9, 10, 9, 9, 8, 10, 9, 2], 10)

        (trend,) = outside_trends(organization)

        assert [point.mean for point in trend.points] == [4.0, 8.0, 8.25]
        assert [bool(point.break_reason) for point in trend.points] == [False, True, False]
        change = ReleasedChange.objects.get()
        assert (change.since.outside.key, change.different_people) == ("2019_h2", None)

    def test_means_between_the_steps_are_compared_by_welch(self, organization):
        self._bring(organization, "a", [2.5, 3, 3.25, 2, 2.75, 3.5], 5)
        self._bring(organization, "b", [4.5, 4, 4.25, 5, 4.75, 4], 5)

        change = ReleasedChange.objects.get()

        assert (change.measure, change.verdict) == ("mean", "better")
        assert change.difference == pytest.approx(26.5 / 6 - 17 / 6)

    def test_cncf_breaks_where_the_scale_changes(self, organization, shared):
        file = shared / "data" / "cncf" / "survey_responses.csv"
        with file.open("rb") as stream:
            import_file(
                organization, "survey_responses", stream, name="cncf", options={"groups": "tags"}
            )

        trend = next(t for t in outside_trends(organization) if t.key == "overall_satisfaction")

        breaks = [point.wave for point in trend.points if point.break_reason]
        assert breaks == ["2019_h2", "2020_h1", "2020_h2"]
