"""Who may say that a 4 is a 4, and what happens to what is sent back."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from maturity.errors import AlreadyDecided, NotIndependent
from maturity.models import Assessment, AssessmentDraft, Membership
from maturity.selectors import effective_scores, work_list
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.corrections import correct_score
from maturity.services.people import place_person
from maturity.services.validation import refuse_assessment, validate_assessment
from tests.factories import MembershipFactory, UserFactory

DAY, LATER = date(2026, 1, 1), date(2026, 6, 1)


@pytest.fixture
def olga(organization):
    """Owner of the organisation: outside product ops."""
    user = UserFactory(email="olga@acme.example", name="Olga")
    MembershipFactory(organization=organization, user=user, role=Membership.Role.OWNER)
    return user


def submit(organization, rubric, by, level=4) -> Assessment:
    scores = [
        NewScore(
            capability,
            "assessed",
            level,
            evidence_kind="metric",
            evidence_ref="https://wiki.example/e",
            evidence_date=datetime.now(UTC).date(),
        )
        for capability in rubric.capabilities.all()
    ]
    return record_assessment(organization, rubric=rubric, valid_from=DAY, scores=scores, by=by)


def test_an_owner_outside_product_ops_validates_a_4(organization, rubric, ana, olga):
    assessment = submit(organization, rubric, ana)
    assert work_list(organization, as_of=LATER).awaiting_validation == (assessment,)

    validate_assessment(assessment, by=olga)

    assessment.refresh_from_db()
    assert (assessment.status, assessment.validations.get().validated_by) == ("validated", olga)
    assert work_list(organization, as_of=LATER).awaiting_validation == ()


def test_the_author_does_not_validate_his_own_4(organization, rubric, olga):
    assessment = submit(organization, rubric, olga)

    with pytest.raises(NotIndependent):
        validate_assessment(assessment, by=olga)

    assessment.refresh_from_db()
    assert assessment.status == "submitted"


def test_who_is_placed_in_product_ops_on_that_day_does_not(organization, rubric, ana, olga):
    assessment = submit(organization, rubric, ana)
    place_person(organization, "OLGA@acme.example", role="product_ops", valid_from=DAY)

    with pytest.raises(NotIndependent):
        validate_assessment(assessment, by=olga)


def test_an_ops_lead_without_a_place_counts_as_product_ops(organization, rubric, ana):
    assessment = submit(organization, rubric, UserFactory())

    with pytest.raises(NotIndependent):
        validate_assessment(assessment, by=ana)


def test_an_ops_lead_who_works_elsewhere_that_day_validates_a_4(organization, rubric, ana):
    assessment = submit(organization, rubric, UserFactory())
    place_person(organization, "ANA@acme.example", role="partner", valid_from=DAY)

    validate_assessment(assessment, by=ana)

    assert assessment.validations.get().validated_by == ana


def test_a_3_needs_no_outsider(organization, rubric, ana):
    assessment = submit(organization, rubric, ana, level=3)

    validate_assessment(assessment, by=ana)

    assert Assessment.objects.get().status == "validated"


def test_twice_is_refused_until_something_was_corrected(organization, rubric, ana, olga):
    assessment = submit(organization, rubric, ana)
    validate_assessment(assessment, by=olga)
    with pytest.raises(AlreadyDecided):
        validate_assessment(assessment, by=olga)
    score = assessment.scores.first()
    correct_score(score, NewScore(score.capability, "assessed", 2), reason="Oops.", by=ana)

    validate_assessment(assessment, by=olga)

    assert assessment.validations.count() == 2


def test_a_refused_submission_becomes_a_new_draft(organization, rubric, ana, olga):
    assessment = submit(organization, rubric, ana)

    draft = refuse_assessment(assessment, by=olga, reason="Evidence is of another team.")

    assessment.refresh_from_db()
    assert assessment.status == "superseded"
    assert effective_scores(organization, as_of=LATER) == {}
    assert (draft.author, draft.refused) == (ana, assessment)
    assert draft.values["event_taxonomy"]["level"] == 4
    assert len(draft.values["event_taxonomy"]["evidence"]) == 1


def test_without_a_reason_nothing_is_refused(organization, rubric, ana, olga):
    assessment = submit(organization, rubric, ana)

    with pytest.raises(ValidationError) as refused:
        refuse_assessment(assessment, by=olga, reason=" ")

    assert list(refused.value.message_dict) == ["reason"]
    assert not AssessmentDraft.objects.exists()


def test_what_is_validated_is_not_refused(organization, rubric, ana, olga):
    assessment = submit(organization, rubric, ana)
    validate_assessment(assessment, by=olga)

    with pytest.raises(AlreadyDecided):
        refuse_assessment(assessment, by=olga, reason="Too late.")


@pytest.mark.parametrize("act", [validate_assessment, refuse_assessment])
def test_the_assessment_is_locked(organization, rubric, ana, olga, act, assert_locks):
    assessment = submit(organization, rubric, ana, level=2)
    more = {"reason": "x"} if act is refuse_assessment else {}

    with assert_locks("maturity_assessment"):
        act(assessment, by=olga, **more)
