"""The record: whole assessments, append-only scores, effective scores on both time axes."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from maturity.errors import Conflict, Incomplete
from maturity.models import Assessment, RecordClock, Score
from maturity.rubrics import SHIPPED, load_pack
from maturity.selectors import effective_scores, last_recorded
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.record import record_lock
from maturity.services.rubrics import publish_pack
from tests.factories import OrganizationFactory, ScoreFactory, UnitFactory

LINK = {
    "evidence_kind": "metric",
    "evidence_ref": "https://wiki.example/evidence",
}


def _scores(rubric, level=2, **fields) -> list[NewScore]:
    return [
        NewScore(capability=capability, state="assessed", level=level, **fields)
        for capability in rubric.capabilities.all()
    ]


def _record(organization, rubric, **overrides) -> Assessment:
    arguments = {"valid_from": date(2026, 1, 1), "scores": _scores(rubric), "by": None}
    return record_assessment(organization, rubric=rubric, **(arguments | overrides))


def test_one_save_records_a_whole_assessment(organization, rubric, ana):
    assessment = _record(organization, rubric, by=ana, note="First round")

    assert assessment.status == Assessment.Status.SUBMITTED
    assert assessment.scores.count() == 18
    row = assessment.scores.first()
    assert (row.recorded_by, row.recorded_at) == (ana, assessment.submitted_at)


def test_earlier_assessments_stay_as_they_were(organization, rubric):
    first = _record(organization, rubric)
    before = list(first.scores.order_by("pk").values())

    _record(organization, rubric, valid_from=date(2026, 2, 1), scores=_scores(rubric, level=1))

    assert list(first.scores.order_by("pk").values()) == before


def test_a_capability_without_a_judgement_is_named(organization, rubric):
    with pytest.raises(Incomplete, match="Event taxonomy"):
        _record(
            organization,
            rubric,
            scores=[new for new in _scores(rubric) if new.capability.key != "event_taxonomy"],
        )

    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    ("state", "level", "note"),
    [
        ("assessed", None, ""),
        ("assessed", 0, ""),
        ("assessed", 6, ""),
        ("unknown", 3, ""),
        ("made_up", None, ""),
        ("not_applicable", None, ""),
    ],
)
def test_impossible_judgements_name_the_capability(organization, rubric, state, level, note):
    scores = _scores(rubric)
    scores[0] = NewScore(capability=scores[0].capability, state=state, level=level, note=note)

    with pytest.raises(ValidationError) as refused:
        _record(organization, rubric, scores=scores)

    assert list(refused.value.message_dict) == [scores[0].capability.key]
    assert not Assessment.objects.exists()


def test_a_claim_without_evidence_counts_as_2_and_keeps_the_claim(organization, rubric):
    row = _record(organization, rubric, scores=_scores(rubric, level=4)).scores.first()

    assert (row.level, row.effective_level) == (4, 2)


def test_a_claim_with_fresh_measured_evidence_counts(organization, rubric):
    today = datetime.now(UTC).date()
    scores = _scores(rubric, level=5, evidence_date=today - timedelta(days=1), **LINK)

    row = _record(organization, rubric, scores=scores).scores.first()

    assert (row.level, row.effective_level) == (5, 5)


def test_a_future_date_is_refused(organization, rubric):
    tomorrow = datetime.now(organization.zone).date() + timedelta(days=1)

    with pytest.raises(ValidationError) as refused:
        _record(organization, rubric, valid_from=tomorrow)

    assert list(refused.value.message_dict) == ["valid_from"]


def test_a_unit_of_another_organisation_is_refused(organization, rubric):
    with pytest.raises(ValidationError) as refused:
        _record(organization, rubric, unit=UnitFactory())

    assert list(refused.value.message_dict) == ["unit"]


def test_a_lost_update_is_refused(organization, rubric):
    _record(organization, rubric)
    seen = last_recorded(organization)
    _record(organization, rubric, valid_from=date(2026, 2, 1))

    with pytest.raises(Conflict):
        _record(organization, rubric, valid_from=date(2026, 2, 2), seen=seen)

    assert Assessment.objects.count() == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE maturity_score SET level = 3, effective_level = 3",
        "UPDATE maturity_score SET note = 'x'",
        "DELETE FROM maturity_score",
        "UPDATE maturity_assessment SET valid_from = '2020-01-01'",
        "UPDATE maturity_assessment SET status = 'draft', submitted_at = NULL",
        "DELETE FROM maturity_assessment",
    ],
)
def test_the_database_refuses_to_change_the_record(organization, rubric, statement):
    _record(organization, rubric)

    with (
        pytest.raises(IntegrityError, match="never changes"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("state", "level", "effective"),
    [("assessed", 0, 0), ("assessed", 6, 6), ("assessed", None, None), ("unknown", 2, 2)],
)
def test_the_database_refuses_a_level_that_is_none(db, state, level, effective):
    with (
        pytest.raises(IntegrityError, match=r"score_level_or_state|score_effective_level"),
        transaction.atomic(),
    ):
        ScoreFactory(state=state, level=level, effective_level=effective)


class TestEffectiveScores:
    def _levels(self, organization, **axes) -> set[int]:
        return {score.level for score in effective_scores(organization, **axes).values()}

    def test_a_late_correction_of_an_earlier_date_does_not_overwrite_the_later_one(
        self, organization, rubric
    ):
        _record(organization, rubric, valid_from=date(2026, 4, 1), scores=_scores(rubric, level=2))

        _record(organization, rubric, valid_from=date(2026, 1, 1), scores=_scores(rubric, level=1))

        assert self._levels(organization, as_of=date(2026, 5, 1)) == {2}
        assert self._levels(organization, as_of=date(2026, 2, 1)) == {1}

    def test_what_was_recorded_later_is_not_known_earlier(self, organization, rubric):
        _record(organization, rubric, scores=_scores(rubric, level=1))
        known_at = last_recorded(organization)
        _record(organization, rubric, scores=_scores(rubric, level=2))

        as_of = date(2026, 5, 1)
        assert self._levels(organization, as_of=as_of, known_at=known_at) == {1}
        assert self._levels(organization, as_of=as_of) == {2}

    def test_one_query(self, organization, rubric, django_assert_num_queries):
        for month in (1, 2, 3):
            _record(organization, rubric, valid_from=date(2026, month, 1))

        with django_assert_num_queries(1):
            scores = effective_scores(organization, as_of=date(2026, 5, 1))
            names = {score.capability.area.name for score in scores.values()}

        assert (len(scores), len(names)) == (18, 6)


class TestRecordClock:
    def test_stamps_increase_where_the_wall_clock_stands_still(self, organization):
        ahead = datetime(2099, 1, 1, tzinfo=UTC)
        RecordClock.objects.create(organization=organization, recorded_at=ahead)

        with transaction.atomic():
            stamps = [record_lock(organization) for _ in range(3)]

        assert stamps == [ahead + timedelta(microseconds=n) for n in (1, 2, 3)]

    def test_the_row_is_locked(self, organization, assert_locks):
        with assert_locks("maturity_recordclock"), transaction.atomic():
            record_lock(organization)


@pytest.mark.django_db(transaction=True)
def test_writers_commit_in_the_order_of_their_stamps():
    organization = OrganizationFactory()
    rubric = publish_pack(load_pack(SHIPPED[0]))
    scores = _scores(rubric)
    commits: list[datetime] = []

    def write() -> None:
        try:
            with transaction.atomic():
                made = _record(organization, rubric, scores=scores)
            commits.append(made.submitted_at)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    stamps = list(Assessment.objects.order_by("pk").values_list("submitted_at", flat=True))
    assert stamps == sorted(set(stamps))
    assert len(commits) == 6
    assert Score.objects.count() == 6 * 18
