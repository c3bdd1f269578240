"""One factory per model, each making the smallest valid row."""

from datetime import UTC, date, datetime

import factory
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange

from maturity import models


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.User

    email = factory.Sequence(lambda n: f"user{n}@example.com")
    name = factory.Sequence(lambda n: f"User {n}")


class OrganizationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Organization

    slug = factory.Sequence(lambda n: f"org-{n}")
    name = factory.Sequence(lambda n: f"Organisation {n}")


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Membership

    organization = factory.SubFactory(OrganizationFactory)
    user = factory.SubFactory(UserFactory)
    role = models.Membership.Role.OPS_LEAD


class UnitFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Unit

    organization = factory.SubFactory(OrganizationFactory)
    key = factory.Sequence(lambda n: f"unit-{n}")


class UnitVersionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.UnitVersion

    unit = factory.SubFactory(UnitFactory)
    organization = factory.SelfAttribute("unit.organization")
    name = factory.Sequence(lambda n: f"Unit {n}")
    valid = DateRange(date(2020, 1, 1), None)
    recorded = DateTimeTZRange(datetime(2020, 1, 1, tzinfo=UTC), None)


class PersonFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Person

    organization = factory.SubFactory(OrganizationFactory)
    email = factory.Sequence(lambda n: f"pm{n}@example.com")


class PlacementFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Placement

    person = factory.SubFactory(PersonFactory)
    organization = factory.SelfAttribute("person.organization")
    role = models.Placement.Role.PM
    valid = DateRange(date(2020, 1, 1), None)


class RubricVersionFactory(factory.django.DjangoModelFactory):
    """A small draft rubric version; publish_pack() makes the real one."""

    class Meta:
        model = models.RubricVersion

    key = "small-rubric"
    version = factory.Sequence(lambda n: f"1.0.{n}")
    language = "en"
    digest = "0" * 64


class AreaFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Area

    rubric = factory.SubFactory(RubricVersionFactory)
    key = factory.Sequence(lambda n: f"area_{n}")
    name = factory.Sequence(lambda n: f"Area {n}")
    purpose = "Makes something easier."
    position = factory.Sequence(lambda n: n % 30_000)


class CapabilityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Capability

    area = factory.SubFactory(AreaFactory)
    rubric = factory.SelfAttribute("area.rubric")
    key = factory.Sequence(lambda n: f"capability_{n}")
    name = factory.Sequence(lambda n: f"Capability {n}")
    description = "Does something useful."
    owner_role = "Owner"
    position = factory.Sequence(lambda n: n % 30_000)


class AssessmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Assessment

    organization = factory.SubFactory(OrganizationFactory)
    rubric = factory.SubFactory(RubricVersionFactory)
    valid_from = date(2026, 1, 1)
    status = models.Assessment.Status.SUBMITTED
    submitted_at = datetime(2026, 1, 1, 12, tzinfo=UTC)


class ScoreFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Score

    assessment = factory.SubFactory(AssessmentFactory)
    organization = factory.SelfAttribute("assessment.organization")
    capability = factory.SubFactory(
        CapabilityFactory,
        area=factory.SubFactory(AreaFactory, rubric=factory.SelfAttribute("...assessment.rubric")),
    )
    state = models.Score.State.ASSESSED
    level = 2
    effective_level = 2
    valid_from = factory.SelfAttribute("assessment.valid_from")
    recorded_at = factory.SelfAttribute("assessment.submitted_at")


class ErasureFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Erasure

    organization = factory.SubFactory(OrganizationFactory)
    kind = models.Erasure.Kind.PERSON
    subject_id = 4711
    reason = "They asked for it."
    # The trigger stamps both anew.
    erased_at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    transaction_id = 0


class EvidenceFileFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.EvidenceFile

    organization = factory.SubFactory(OrganizationFactory)
    name = "viewers.csv"
    media_type = "text/csv"
    size = 8
    sha256 = "0" * 64
    content = b"a,b\n1,2\n"


class EvidenceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Evidence

    organization = factory.SubFactory(OrganizationFactory)
    kind = models.Evidence.Kind.METRIC
    observed_on = date(2026, 1, 1)
    link = "https://wiki.example/evidence"
    recorded_at = datetime(2026, 1, 1, 12, tzinfo=UTC)


class ExemptionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Exemption

    organization = factory.SubFactory(OrganizationFactory)
    capability = factory.SubFactory(CapabilityFactory)
    reason = "No such work here."
    valid_from = date(2026, 1, 1)
    ends_on = date(2031, 1, 1)
    requested_by = factory.SubFactory(UserFactory)
    recorded_at = datetime(2026, 1, 1, 12, tzinfo=UTC)


class ExemptionDecisionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.ExemptionDecision

    exemption = factory.SubFactory(ExemptionFactory)
    organization = factory.SelfAttribute("exemption.organization")
    verdict = models.ExemptionDecision.Verdict.APPROVED
    decided_by = factory.SubFactory(UserFactory)
    recorded_at = factory.SelfAttribute("exemption.recorded_at")


class SurveyItemResultFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.SurveyItemResult

    organization = factory.SubFactory(OrganizationFactory)
    wave_key = "autumn"
    closed_at = datetime(2026, 11, 17, 23, 31, tzinfo=UTC)
    item_key = factory.Sequence(lambda n: f"ITEM{n}")
    n = 16
    favourable = 8
    eligible = 20
    response_rate = 0.8
    recorded_at = factory.SelfAttribute("closed_at")


class TargetFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Target

    organization = factory.SubFactory(OrganizationFactory)
    capability = factory.SubFactory(CapabilityFactory)
    level = 3
    due_on = date(2026, 12, 31)
    reason = "What we need."
    valid_from = date(2026, 1, 1)
    recorded_at = datetime(2026, 1, 1, 12, tzinfo=UTC)


class EvaluationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Evaluation

    organization = factory.SubFactory(OrganizationFactory)
    period_end = date(2026, 1, 1)
    thresholds_version = "1.0.0"
    facts_digest = factory.Sequence(lambda n: f"{n:064d}")
    computed_at = datetime(2026, 1, 5, tzinfo=UTC)


class VerdictRecordFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.VerdictRecord

    evaluation = factory.SubFactory(EvaluationFactory)
    organization = factory.SelfAttribute("evaluation.organization")
    kind = "pitfall"
    key = "gatekeeper"
    state = "raised"
    severity = "medium"
    confidence = 0.7
    message = "Half of requests wait more than 3 working days."


class FindingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Finding

    organization = factory.SubFactory(OrganizationFactory)
    verdict = factory.SubFactory(
        VerdictRecordFactory,
        evaluation=factory.SubFactory(
            EvaluationFactory, organization=factory.SelfAttribute("...organization")
        ),
    )
    key = factory.SelfAttribute("verdict.key")
    severity = factory.SelfAttribute("verdict.severity")
    opened_on = date(2026, 1, 1)
    opened_at = datetime(2026, 1, 5, tzinfo=UTC)
    resolved_at = None
    state = factory.LazyAttribute(lambda row: "resolved" if row.resolved_at else "open")


class FindingNoteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.FindingNote

    class Params:
        organization = factory.SubFactory(OrganizationFactory)

    finding = factory.SubFactory(
        FindingFactory, organization=factory.SelfAttribute("..organization")
    )
    organization_id = factory.SelfAttribute("finding.organization_id")
    text = "We are on it."
    user = factory.SubFactory(UserFactory)
    at = datetime(2026, 1, 6, tzinfo=UTC)


class FindingTransitionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.FindingTransition

    class Params:
        organization = factory.SubFactory(OrganizationFactory)

    finding = factory.SubFactory(
        FindingFactory, organization=factory.SelfAttribute("..organization")
    )
    organization_id = factory.SelfAttribute("finding.organization_id")
    verdict = factory.SelfAttribute("finding.verdict")
    kind = "raised"
    after = "open"
    at = datetime(2026, 1, 5, tzinfo=UTC)


class EndpointFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Endpoint

    organization = factory.SubFactory(OrganizationFactory)
    kind = "webhook"
    name = factory.Sequence(lambda n: f"Channel {n}")
    sealed_address = b"sealed"
    shown_as = "https://hooks.example.org/…"
    events = ["finding.raised"]
    created_at = datetime(2026, 1, 5, tzinfo=UTC)


class NotificationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Notification

    organization = factory.SubFactory(OrganizationFactory)
    event = "finding.raised"
    key = factory.Sequence(str)
    title = "Gatekeeper was raised"
    at = datetime(2026, 1, 5, tzinfo=UTC)


class DeliveryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Delivery

    organization = factory.SubFactory(OrganizationFactory)
    notification = factory.SubFactory(
        NotificationFactory, organization=factory.SelfAttribute("..organization")
    )
    user = factory.SubFactory(UserFactory)
    due_at = datetime(2026, 1, 5, tzinfo=UTC)


class ThresholdsVersionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.ThresholdsVersion

    organization = factory.SubFactory(OrganizationFactory)
    number = factory.Sequence(lambda n: n + 1)
    base = "1"
    reason = "Small teams are our model."
    user = factory.SubFactory(UserFactory)
    effective_at = datetime(2026, 1, 5, tzinfo=UTC)


class ThresholdsTrialFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.ThresholdsTrial

    organization = factory.SubFactory(OrganizationFactory)
    base = "1"
    before = "1"
    user = factory.SubFactory(UserFactory)
    created_at = datetime(2026, 1, 5, tzinfo=UTC)


class InitiativeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Initiative

    organization = factory.SubFactory(OrganizationFactory)
    title = "Approve by checklist"
    start_on = date(2026, 1, 1)
    due_on = date(2026, 12, 31)


class StartedInitiativeFactory(InitiativeFactory):
    state = "started"
    started_at = datetime(2026, 1, 1, tzinfo=UTC)
