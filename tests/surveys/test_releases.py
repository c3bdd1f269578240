"""What closing publishes: exact figures through the gate, frozen, and no answer before."""

import pytest
from django.db import IntegrityError, connection, transaction

from maturity.models import SurveyItemResult
from maturity.selectors import facts_for
from surveys.models import Release, ReleasedCell, ReleasedComment, Wave
from surveys.models.releases import FIGURES
from surveys.selectors import latest_released_wave, released_wave, wave_in_field
from surveys.services.answers import Submission
from surveys.services.waves import close_wave, create_wave, open_wave
from tests.factories import OrganizationFactory
from tests.surveys.conftest import RATINGS, answer, hire, ratings
from tests.surveys.factories import ReleasedCellFactory, ReleaseFactory


def _cell(wave: Wave, key: str, kind: str = "item") -> ReleasedCell:
    return ReleasedCell.objects.get(release__wave=wave, kind=kind, key=key)


def _figures(cell: ReleasedCell) -> dict:
    return {name: getattr(cell, name) for name in FIGURES if getattr(cell, name) is not None}


def _ratings_of(wave: Wave) -> list[str]:
    asked = wave.items.filter(question__scale="agree5")
    return list(asked.values_list("question__key", flat=True))


class TestTurnout:
    def test_the_waves_figures_appear_at_closing(self, opened):
        wave = opened(12)
        answer(wave, [ratings(4), ratings(2), *[ratings(5, LEV1=3)] * 7])
        assert latest_released_wave(wave.organization) is None

        release = close_wave(wave)

        assert (release.eligible, release.responded, release.response_rate) == (12, 9, 0.75)
        assert release.band == Release.Band.GOOD
        assert release.straightlining is None

    @pytest.mark.parametrize(
        ("answers", "band"), [(14, "good"), (13, "usable"), (10, "usable"), (9, "directional")]
    )
    def test_bands_begin_at_70_and_50_percent(self, opened, answers, band):
        wave = opened(20)
        answer(wave, [ratings(4)] * answers)

        assert close_wave(wave).band == band

    def test_half_filled_sheets_count_less_than_half_filled_ones_do_not(self, opened):
        wave = opened(12)
        half, less = (Submission(dict.fromkeys(RATINGS[:n], n - 1)) for n in (5, 4))
        answer(wave, [*[half] * 6, *[less] * 3])

        release = close_wave(wave)

        assert release.responded == 6
        assert _cell(wave, "LEV1").n == 9

    def test_straight_lines_are_told_from_10_responses_on(self, opened):
        wave = opened(12)
        answer(wave, [*[ratings(4)] * 3, *[ratings(5, GAT2=1)] * 7])

        assert close_wave(wave).straightlining == pytest.approx(0.3)

    @pytest.mark.parametrize("answers", [0, 1, 4])
    def test_under_k_responses_the_organisation_sees_just_that(self, opened, answers):
        wave = opened(12)
        answer(wave, [ratings(4)] * answers)

        release = close_wave(wave)

        assert (release.responded, release.response_rate, release.band) == (None, None, None)
        cells = ReleasedCell.objects.filter(release=release)
        assert set(cells.values_list("state", flat=True)) == {"suppressed"}
        assert not any(_figures(cell) for cell in cells)
        assert not SurveyItemResult.objects.exists()

    def test_that_holds_for_items_too_that_more_people_answered(self, opened):
        wave = opened(12)
        answer(wave, [*[ratings(4)] * 4, *[Submission({"LEV1": 2})] * 4])

        close_wave(wave)

        assert _cell(wave, "LEV1").state == "suppressed"


class TestItems:
    def test_an_item_is_suppressed_at_4_answers_and_shown_at_5(self, opened):
        wave = opened(12)
        some = {"ANA1": 2, "EXP1": 2}
        sheets = [ratings(4) for _ in range(5)]
        for number, sheet in enumerate(sheets):
            sheet.answers.update(some if number < 2 else {})
        del sheets[4].answers["EXP1"]
        answer(wave, sheets)

        close_wave(wave)

        assert (_cell(wave, "ANA1").state, _cell(wave, "ANA1").n) == ("shown", 5)
        hidden = _cell(wave, "EXP1")
        assert (hidden.state, _figures(hidden)) == ("suppressed", {})
        assert (hidden.at_least, hidden.at_most) == (None, None)

    def test_figures_of_a_shown_item(self, opened):
        wave = opened(12)
        answer(wave, [ratings(3, ANA1=value) for value in (5, 4, 4, 2, 1, 3, 5, 4)])

        close_wave(wave)

        # n = 8 of 12, 5 favourable; checked against ../shared/reference/reference_stats.py.
        assert _figures(_cell(wave, "ANA1")) == {
            "n": 8,
            "eligible": 12,
            "not_applicable": 0,
            "favourable": 5,
            "low": pytest.approx(0.4188381),
            "high": pytest.approx(0.7939982),
            "exact_low": pytest.approx(5 / 12),
            "exact_high": pytest.approx(9 / 12),
            "worst": pytest.approx(5 / 12),
            "best": pytest.approx(9 / 12),
            "mean": 3.5,
            "mean_low": pytest.approx(2.8173918),
            "mean_high": pytest.approx(4.1826082),
        }

    def test_a_reverse_item_is_reversed_once(self, opened):
        wave = opened(12)
        answer(wave, [ratings(3, GAT2=value) for value in (1, 1, 2, 2, 5, 4, 3, 1, 2, 1)])

        close_wave(wave)

        cell = _cell(wave, "GAT2")
        assert (cell.n, cell.favourable) == (10, 7)
        assert cell.mean == pytest.approx(3.8)
        assert cell.distribution == [4, 3, 1, 1, 1]

    @pytest.mark.parametrize(
        ("value", "reverse_value", "at_least", "at_most"),
        [(4, 2, 80, None), (5, 1, 80, None), (3, 3, None, 20), (1, 5, None, 20)],
    )
    def test_all_on_one_side_under_10_gives_a_bound_only(
        self, opened, value, reverse_value, at_least, at_most
    ):
        wave = opened(12)
        answer(wave, [ratings(value, GAT2=reverse_value)] * 9)

        close_wave(wave)

        for key in ("ANA1", "GAT2"):
            cell = _cell(wave, key)
            assert (cell.state, cell.at_least, cell.at_most) == ("one_sided", at_least, at_most)
            assert _figures(cell) == {}
        assert not SurveyItemResult.objects.exists()

    def test_from_10_on_all_on_one_side_is_shown(self, opened):
        wave = opened(12)
        answer(wave, [ratings(4)] * 10)

        close_wave(wave)

        cell = _cell(wave, "ANA1")
        assert (cell.state, cell.favourable, cell.share) == ("shown", 10, 1.0)

    def test_distributions_and_the_score_need_10_answers(self, opened, bank):
        small, large = opened(12), create_wave(OrganizationFactory(), title="Large")
        hire(large.organization, 12)
        large = open_wave(large)
        scores = [10, 9, 9, 7, 6, 0, 8, 10, 3, 9]
        answer(small, [ratings(3, ANA1=4, REC0=score) for score in scores[:9]])
        answer(large, [ratings(3, ANA1=4, REC0=score) for score in scores])

        close_wave(small)
        close_wave(large)

        few, many = _cell(small, "REC0"), _cell(large, "REC0")
        assert (few.state, few.distribution, few.enps) == ("shown", None, None)
        assert many.distribution == [1, 0, 0, 1, 0, 0, 1, 1, 1, 3, 2]
        assert many.enps == pytest.approx(20.0)
        assert many.enps_low == pytest.approx(-4.1064541)
        assert many.enps_high == pytest.approx(34.8756849)
        assert (many.favourable, many.n) == (5, 10)

    def test_does_not_apply_is_counted_apart(self, opened):
        wave = opened(12)
        sheets = [ratings(4, TOO3=2) for _ in range(8)]
        applies = [Submission(s.answers) for s in sheets[:6]]
        without = {key: value for key, value in sheets[0].answers.items() if key != "TOO3"}
        answer(wave, [*applies, *[Submission(without, ("TOO3",))] * 2])

        close_wave(wave)

        assert _cell(wave, "TOO3").state == "one_sided"
        assert Release.objects.get().responded == 8

    def test_when_everyone_answered_there_is_no_interval(self, opened):
        wave = opened(6)
        answer(wave, [ratings(value) for value in (4, 2, 4, 2, 4, 2)])

        close_wave(wave)

        cell = _cell(wave, "ANA1")
        assert (cell.n, cell.favourable, cell.mean) == (6, 3, 3.0)
        assert (cell.low, cell.exact_low, cell.mean_low) == (None, None, None)
        released = released_wave(wave)
        assert [item.everyone for item in released.items if item.key == "ANA1"] == [True]

    def test_over_60_people_no_exact_interval_is_computed(self, opened):
        wave = opened(61)
        answer(wave, [ratings(value) for value in (4, 2, 4, 2, 4, 2)])

        close_wave(wave)

        cell = _cell(wave, "ANA1")
        assert cell.low is not None
        assert cell.exact_low is None


class TestFullSurvey:
    @pytest.fixture
    def full(self, organization, bank):
        hire(organization, 14)
        return open_wave(create_wave(organization, title="Full", instrument="full"))

    def test_hours_are_capped_in_the_mean_and_show_a_median(self, full):
        rated = dict.fromkeys(_ratings_of(full), 3)
        answer(full, [Submission(rated | {"LEV3": hours}) for hours in (2, 4, 6, 8, 60)])

        close_wave(full)

        cell = _cell(full, "LEV3")
        assert (cell.n, cell.mean, cell.median, cell.favourable) == (5, 12.0, 6.0, None)
        assert cell.mean_high <= 60

    def test_an_index_needs_two_shown_items_of_its_area(self, full):
        mixed = [dict.fromkeys(_ratings_of(full), value) for value in (4, 2, 4, 2, 5, 1)]
        for sheet in mixed[:2]:
            del sheet["ANA1"], sheet["RES1"], sheet["RES2"]
        answer(full, [Submission(sheet) for sheet in mixed])

        close_wave(full)

        analytics = _cell(full, "analytics_infrastructure", "index")
        shown = [_cell(full, key).mean for key in ("ANA2", "ANA3")]
        assert analytics.mean == pytest.approx(sum(shown) / 2)
        assert _cell(full, "research_operations", "index").state == "suppressed"
        assert _cell(full, "pm_tooling", "index").state == "shown"

    def test_the_pulse_has_no_index(self, opened):
        wave = opened(12)
        answer(wave, [ratings(4)] * 10)

        close_wave(wave)

        assert not ReleasedCell.objects.filter(kind="index").exists()


class TestComments:
    def test_nine_commenters_stay_hidden(self, opened):
        wave = opened(12)
        answer(wave, [Submission(ratings(4).answers, (), {"OPN1": "Words."})] * 9)

        close_wave(wave)

        cell = _cell(wave, "OPN1", "comments")
        assert (cell.state, _figures(cell)) == ("suppressed", {})
        assert not ReleasedComment.objects.exists()
        assert latest_released_wave(wave.organization).texts[0].comments == ()

    def test_ten_are_shown_word_for_word_in_another_order(self, opened):
        wave = opened(30)
        texts = [f"Text {n:02}" for n in range(30)]
        answer(wave, [Submission(ratings(4).answers, (), {"OPN1": text}) for text in texts])

        close_wave(wave)

        shown = latest_released_wave(wave.organization).texts[0]
        assert sorted(shown.comments) == texts
        assert list(shown.comments) != texts
        assert _cell(wave, "OPN1", "comments").n == 30


class TestFrozen:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE surveys_releasedcell SET n = 1",
            "DELETE FROM surveys_releasedcell",
            "UPDATE surveys_release SET responded = 1",
            "DELETE FROM surveys_release",
            "UPDATE maturity_surveyitemresult SET n = 1",
            "DELETE FROM maturity_surveyitemresult",
        ],
    )
    def test_a_release_never_changes(self, opened, statement):
        wave = opened(12)
        answer(wave, [ratings(value) for value in (4, 2, 4, 2, 4, 2)])
        close_wave(wave)

        with (
            pytest.raises(IntegrityError, match="never changes"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

    @pytest.mark.parametrize("state", ["suppressed", "one_sided"])
    @pytest.mark.parametrize("figure", FIGURES)
    def test_the_database_refuses_a_figure_in_a_hidden_cell(self, db, state, figure):
        release = ReleaseFactory()
        bound = {"at_least": 80} if state == "one_sided" else {}
        value = [1, 2] if figure == "distribution" else 4

        with pytest.raises(IntegrityError, match="hides_every_figure"), transaction.atomic():
            ReleasedCellFactory(release=release, state=state, **bound, **{figure: value})

    def test_a_hidden_cell_has_no_bound_and_a_one_sided_one_has_one(self, db):
        release = ReleaseFactory()

        for wrong in (
            {"state": "suppressed", "at_least": 80},
            {"state": "one_sided"},
            {"state": "one_sided", "at_least": 80, "at_most": 20},
        ):
            with pytest.raises(IntegrityError, match="bound_iff"), transaction.atomic():
                ReleasedCellFactory(release=release, **wrong)


class TestDetectors:
    def test_they_get_the_shown_items_and_nothing_else(self, opened):
        wave = opened(12)
        answer(wave, [ratings(4, ANA1=value, GAT2=value) for value in (4, 2, 4, 2, 4, 1)])

        close_wave(wave)

        rows = SurveyItemResult.objects.values_list(
            "wave_key", "item_key", "n", "favourable", "eligible", "response_rate"
        )
        # The other ratings are all favourable, so they are masked and stay out.
        assert sorted(rows) == [
            ("spring-pulse", "ANA1", 6, 3, 12, 0.5),
            ("spring-pulse", "GAT2", 6, 3, 12, 0.5),
        ]

    def test_they_read_them_as_facts_once_recorded(self, opened):
        wave = opened(12)
        before = wave.opens_at
        answer(wave, [ratings(4, ANA1=value) for value in (4, 2, 4, 2, 4, 1)])

        close_wave(wave)

        wave.refresh_from_db()
        facts = facts_for(wave.organization)
        assert [(i.item_key, i.n, i.closed_at) for i in facts.survey_items] == [
            ("ANA1", 6, wave.closed_at)
        ]
        assert facts_for(wave.organization, known_at=before).survey_items == ()


class TestSelectors:
    def test_the_newest_release_of_the_organisation(self, opened, django_assert_num_queries):
        wave = opened(12)
        answer(wave, [ratings(4, ANA1=value) for value in (4, 2, 4, 2, 4, 1)])
        close_wave(wave)

        with django_assert_num_queries(4):
            released = latest_released_wave(wave.organization)

        assert (released.key, released.title, released.k) == ("spring-pulse", "Spring pulse", 5)
        assert (released.eligible, released.responded, released.band) == (12, 6, "usable")
        assert [item.key for item in released.items][:2] == ["REC0", "LEV1"]
        ana = next(item for item in released.items if item.key == "ANA1")
        assert (ana.state, ana.n, ana.favourable, ana.share) == ("shown", 6, 3, 0.5)

    def test_as_it_was_known_before(self, opened):
        wave = opened(12)
        close_wave(wave)

        assert latest_released_wave(wave.organization, known_at=wave.opens_at) is None

    def test_other_organisations_see_nothing_of_it(self, opened):
        close_wave(opened(12))

        assert latest_released_wave(OrganizationFactory()) is None

    def test_an_open_wave_shows_its_response_count_alone(self, opened, django_assert_num_queries):
        wave = opened(12)
        answer(wave, [ratings(4)] * 3)

        with django_assert_num_queries(1):
            field = wave_in_field(wave.organization)

        assert (field.title, field.eligible, field.responses) == ("Spring pulse", 12, 3)
        assert latest_released_wave(wave.organization) is None
        assert not ReleasedCell.objects.exists()

    def test_no_wave_in_field(self, organization):
        assert wave_in_field(organization) is None
