"""Drafts live outside the record: carried forward, saved in turns, submitted once."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from maturity.errors import Conflict, Incomplete
from maturity.models import Assessment, AssessmentDraft, Score
from maturity.selectors import draft_diff
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.drafts import discard_draft, save_draft, start_draft, submit_draft
from tests.factories import UnitFactory

DAY, LATER = date(2026, 1, 1), date(2026, 4, 1)
KEY = "event_taxonomy"


@pytest.fixture
def last(organization, rubric, ana) -> Assessment:
    scores = [NewScore(c, "assessed", 2) for c in rubric.capabilities.all()]
    return record_assessment(organization, rubric=rubric, valid_from=DAY, scores=scores, by=ana)


@pytest.fixture
def draft(organization, rubric, ana, last) -> AssessmentDraft:
    return start_draft(organization, rubric=rubric, by=ana, valid_from=LATER)


def confirmed(draft, **changed) -> dict:
    return {
        key: {**value, "confirmed": True, **changed.get(key, {})}
        for key, value in draft.values.items()
    }


def test_it_starts_with_last_times_values_and_none_is_confirmed(draft):
    assert draft.values[KEY]["level"] == 2
    assert set(draft_diff(draft).values()) == {"unreviewed"}
    assert Score.objects.count() == 18


def test_the_diff_tells_what_was_done(organization, rubric, ana, draft):
    values = {
        KEY: {**draft.values[KEY], "level": 1},
        "standard_dashboards": {**draft.values["standard_dashboards"], "confirmed": True},
    }
    draft = save_draft(draft, version=1, values=values, by=ana)

    diff = draft_diff(draft)

    assert (diff[KEY], diff["standard_dashboards"]) == ("changed", "confirmed")
    assert diff["data_governance"] == "unreviewed"


def test_without_a_last_time_everything_is_open_then_new(organization, rubric, ana):
    draft = start_draft(organization, rubric=rubric, by=ana, valid_from=DAY)
    assert set(draft_diff(draft).values()) == {"open"}

    draft = save_draft(draft, version=1, values={KEY: {"state": "unknown"}}, by=ana)

    assert draft_diff(draft)[KEY] == "new"


def test_submitted_it_is_on_the_record_and_gone(organization, ana, draft):
    draft = save_draft(draft, version=1, values=confirmed(draft, **{KEY: {"level": 1}}), by=ana)

    assessment = submit_draft(draft, version=2, by=ana)

    assert assessment.scores.get(capability__key=KEY).level == 1
    assert assessment.valid_from == LATER
    assert not AssessmentDraft.objects.exists()


def test_what_nobody_looked_at_is_named(draft, ana):
    with pytest.raises(Incomplete, match="Event taxonomy"):
        submit_draft(draft, version=1, by=ana)

    assert AssessmentDraft.objects.exists()
    assert Assessment.objects.count() == 1


def test_who_saves_on_top_of_anothers_version_is_told(draft, ana, vera):
    save_draft(draft, version=1, values={KEY: {"state": "unknown"}}, by=vera)

    with pytest.raises(Conflict):
        save_draft(draft, version=1, values={KEY: {"state": "assessed", "level": 3}}, by=ana)

    assert AssessmentDraft.objects.get().values[KEY] == {"state": "unknown"}


@pytest.mark.parametrize("act", [submit_draft, discard_draft])
def test_a_draft_that_is_gone_is_a_conflict(draft, ana, act):
    by = {"by": ana} if act is submit_draft else {}
    discard_draft(draft, version=1)

    with pytest.raises(Conflict):
        act(draft, version=1, **by)


def test_a_draft_that_somebody_recorded_past_is_a_conflict(organization, rubric, ana, draft, last):
    draft = save_draft(draft, version=1, values=confirmed(draft), by=ana)
    scores = [NewScore(c, "assessed", 1) for c in rubric.capabilities.all()]
    record_assessment(organization, rubric=rubric, valid_from=LATER, scores=scores, by=None)

    with pytest.raises(Conflict):
        submit_draft(draft, version=2, by=ana)

    assert AssessmentDraft.objects.exists()


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"made_up": {"state": "unknown"}}, "made_up"),
        ({KEY: {"colour": "red"}}, KEY),
        ({KEY: {"note": "x" * 2001}}, KEY),
    ],
)
def test_malformed_values_name_the_capability(draft, ana, values, key):
    with pytest.raises(ValidationError) as refused:
        save_draft(draft, version=1, values=values, by=ana)

    assert list(refused.value.message_dict) == [key]
    assert AssessmentDraft.objects.get().version == 1


@pytest.mark.parametrize(
    "value",
    [
        {"state": "assessed", "level": "many"},
        {"state": "assessed", "level": 3, "evidence": [999]},
        {"state": "assessed", "level": 3, "evidence": "x"},
        {"state": "assessed", "level": 2, "evidence_date": "yesterday"},
        {"state": "assessed", "level": 2, "checks": ["pass"]},
        {"state": "made up"},
    ],
)
def test_values_that_cannot_be_read_name_the_capability_when_submitted(draft, ana, value):
    values = confirmed(draft) | {KEY: value}
    draft = save_draft(draft, version=1, values=values, by=ana)

    with pytest.raises(ValidationError) as refused:
        submit_draft(draft, version=2, by=ana)

    assert list(refused.value.message_dict) == [KEY]
    assert Assessment.objects.count() == 1


def test_a_unit_of_another_organisation_is_refused(organization, rubric, ana):
    with pytest.raises(ValidationError) as refused:
        start_draft(organization, rubric=rubric, by=ana, valid_from=DAY, unit=UnitFactory())

    assert list(refused.value.message_dict) == ["unit"]


def test_the_draft_is_locked(draft, ana, assert_locks):
    with assert_locks("maturity_assessmentdraft"):
        save_draft(draft, version=1, values={}, by=ana)
