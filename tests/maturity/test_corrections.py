"""Corrections add to the record: known earlier, the answer stays what it was."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from maturity.errors import Conflict
from maturity.models import Assessment, Disagreement, Score
from maturity.selectors import effective_scores, known_now, work_list
from maturity.services.assessments import NewScore, Sheet, record_assessment, record_sheet
from maturity.services.corrections import correct_score, withdraw_score
from tests.factories import UserFactory

QUARTER_1, QUARTER_2, LATER = date(2026, 1, 1), date(2026, 4, 1), date(2026, 5, 1)
KEY = "event_taxonomy"


def scores_of(rubric, level=2, **named) -> list[NewScore]:
    return [NewScore(c, "assessed", named.get(c.key, level)) for c in rubric.capabilities.all()]


def record(organization, rubric, day=QUARTER_1, level=2, by=None) -> Assessment:
    return record_assessment(
        organization, rubric=rubric, valid_from=day, scores=scores_of(rubric, level), by=by
    )


def level_of(organization, as_of=LATER, **axes) -> int | None:
    scores = effective_scores(organization, as_of=as_of, **axes).values()
    return next((s.level for s in scores if s.capability.key == KEY), None)


def the_score(assessment) -> Score:
    return assessment.scores.get(capability__key=KEY, replaced_by=None)


class TestCorrectScore:
    def test_the_new_level_counts_and_the_old_one_is_still_known_then(
        self, organization, rubric, ana
    ):
        score = the_score(record(organization, rubric))
        before = known_now(organization)

        row = correct_score(
            score, NewScore(score.capability, "assessed", 1), reason="Misread.", by=ana
        )

        assert level_of(organization) == 1
        assert level_of(organization, known_at=before) == 2
        assert (row.replaces, row.reason, row.recorded_by) == (score, "Misread.", ana)

    def test_a_late_correction_of_the_first_quarter_does_not_overwrite_the_second(
        self, organization, rubric
    ):
        first = record(organization, rubric, QUARTER_1, level=2)
        record(organization, rubric, QUARTER_2, level=3)
        score = the_score(first)

        correct_score(score, NewScore(score.capability, "assessed", 1), reason="Late.", by=None)

        assert level_of(organization, as_of=LATER) == 3
        assert level_of(organization, as_of=date(2026, 2, 1)) == 1

    def test_withdrawn_what_came_before_counts_again(self, organization, rubric):
        record(organization, rubric, QUARTER_1, level=1)
        second = record(organization, rubric, QUARTER_2, level=2)

        withdraw_score(the_score(second), reason="Wrong unit.", by=None)

        assert level_of(organization) == 1

    def test_without_a_reason_nothing_happens(self, organization, rubric):
        score = the_score(record(organization, rubric))

        with pytest.raises(ValidationError) as refused:
            withdraw_score(score, reason=" ", by=None)

        assert list(refused.value.message_dict) == ["reason"]
        assert Score.objects.count() == 18

    def test_only_the_end_of_a_chain_is_corrected(self, organization, rubric):
        score = the_score(record(organization, rubric))
        withdraw_score(score, reason="Wrong.", by=None)

        with pytest.raises(Conflict):
            withdraw_score(score, reason="Wrong again.", by=None)

        assert Score.objects.count() == 19

    def test_a_future_date_is_refused(self, organization, rubric):
        score = the_score(record(organization, rubric))
        tomorrow = datetime.now(UTC).date() + timedelta(days=2)

        with pytest.raises(ValidationError) as refused:
            correct_score(
                score,
                NewScore(score.capability, "assessed", 1),
                reason="x",
                by=None,
                valid_from=tomorrow,
            )

        assert list(refused.value.message_dict) == ["valid_from"]

    def test_the_record_is_locked(self, organization, rubric, assert_locks):
        score = the_score(record(organization, rubric))

        with assert_locks("maturity_recordclock"):
            withdraw_score(score, reason="Wrong.", by=None)

    def test_the_database_refuses_to_replace_the_score_of_another_capability(
        self, organization, rubric
    ):
        assessment = record(organization, rubric)
        mine, other = assessment.scores.all()[:2]

        with (
            pytest.raises(IntegrityError, match="of its own assessment"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "INSERT INTO maturity_score (organization_id, assessment_id, capability_id,"
                " state, basis, checks, claim_reason, evidence_kind, evidence_ref,"
                " evidence_count, note, replaces_id, reason, valid_from, recorded_at)"
                " SELECT organization_id, assessment_id, %s, 'unknown', 'judgement', '{}', '',"
                " '', '', 0, '', id, 'x', valid_from, now() + interval '1 hour'"
                " FROM maturity_score WHERE id = %s",
                [other.capability_id, mine.pk],
            )


class TestChecks:
    def _record(self, organization, rubric, **fields) -> Score:
        scores = [
            NewScore(c, "assessed", 2) if c.key != KEY else NewScore(c, "assessed", **fields)
            for c in rubric.capabilities.all()
        ]
        made = record_assessment(
            organization, rubric=rubric, valid_from=QUARTER_1, scores=scores, by=None
        )
        return the_score(made)

    def test_a_level_set_alone_is_marked_so(self, organization, rubric):
        row = self._record(organization, rubric, level=2)

        assert (row.basis, row.checks, row.proposed_level) == ("judgement", {}, None)

    def test_ticked_checks_are_kept_with_what_they_propose(self, organization, rubric):
        checks = {"2": ["pass", "not_applicable"], "3": ["pass", "fail", "pass"]}

        row = self._record(organization, rubric, level=2, checks=checks)

        assert (row.basis, row.checks, row.proposed_level) == ("checks", checks, 2)

    def test_claiming_more_than_the_checks_needs_a_reason(self, organization, rubric):
        checks = {"2": ["pass", "unknown"]}

        with pytest.raises(ValidationError) as refused:
            self._record(organization, rubric, level=2, checks=checks)
        assert list(refused.value.message_dict) == [KEY]

        row = self._record(
            organization, rubric, level=2, checks=checks, claim_reason="Seen in the review."
        )
        assert (row.level, row.proposed_level) == (2, 1)

    @pytest.mark.parametrize(
        "checks", [{"6": ["pass"]}, {"2": ["maybe"]}, {"2": ["pass"] * 9}, {"2": "pass"}]
    )
    def test_checks_that_the_rubric_does_not_have_are_refused(self, organization, rubric, checks):
        with pytest.raises(ValidationError) as refused:
            self._record(organization, rubric, level=1, checks=checks)

        assert list(refused.value.message_dict) == [KEY]


class TestRounds:
    def _judge(self, organization, rubric, level, assessor, **named) -> Assessment:
        sheet = Sheet(
            rubric,
            QUARTER_1,
            scores_of(rubric, level, **named),
            round_key="2026Q1",
            assessor=assessor,
        )
        return record_sheet(organization, sheet, by=None)

    def test_the_lower_median_of_several_assessors_counts(self, organization, rubric):
        for assessor, level in (("Ada", 1), ("Bo", 2), ("Chen", 3), ("Dana", 3)):
            self._judge(organization, rubric, level, assessor)

        assert level_of(organization) == 2

    def test_one_assessor_alone_is_no_consensus(self, organization, rubric):
        self._judge(organization, rubric, 2, "Ada")

        assert [row.kind for row in Assessment.objects.all()] == ["judgement"]

    def test_two_levels_apart_open_a_task_until_they_agree(self, organization, rubric):
        self._judge(organization, rubric, 1, "Ada")
        apart = self._judge(organization, rubric, 1, "Bo", **{KEY: 3})

        (task,) = work_list(organization, as_of=LATER).disagreements
        assert (task.capability.key, task.lowest, task.highest) == (KEY, 1, 3)

        score = the_score(apart)
        correct_score(score, NewScore(score.capability, "assessed", 2), reason="Ok.", by=None)

        assert work_list(organization, as_of=LATER).disagreements == ()
        assert level_of(organization) == 1
        assert Disagreement.objects.exclude(settled_at=None).count() == 1

    def test_the_others_of_a_round_write_beside_and_not_over(self, organization, rubric):
        seen = known_now(organization)
        self._judge(organization, rubric, 1, "Ada")
        sheet = Sheet(rubric, QUARTER_1, scores_of(rubric, 2), round_key="2026Q1", assessor="Bo")

        record_sheet(organization, sheet, by=None, seen=seen)

        with pytest.raises(Conflict):
            record_sheet(organization, sheet, by=None, seen=seen)

    def test_who_judges_again_supersedes_himself_alone(self, organization, rubric):
        first = self._judge(organization, rubric, 1, "Ada")
        self._judge(organization, rubric, 2, "Bo")
        self._judge(organization, rubric, 3, "Ada")

        first.refresh_from_db()
        assert first.status == "superseded"
        assert level_of(organization) == 2
        standing = Assessment.objects.filter(superseded_at=None, kind="consensus")
        assert standing.count() == 1


def test_a_whole_assessment_takes_a_fixed_number_of_statements(
    organization, rubric, django_assert_max_num_queries
):
    record(organization, rubric, QUARTER_1)
    user = UserFactory()

    with django_assert_max_num_queries(20):
        record(organization, rubric, QUARTER_2, by=user)
