"""Exemptions, targets and confidence: what counts where, on both time axes."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from maturity.errors import NotIndependent
from maturity.models import Exemption, RecordClock, ScoreConfidence, Target
from maturity.rubrics.confidence import ConfidenceInputs, confidence_of, is_stale
from maturity.rubrics.conventions import conventions
from maturity.rubrics.targets import Gap, gap
from maturity.selectors import effective_scores, known_now, standing_of, standings, work_list
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.confidence import organizations_aging, write_confidence
from maturity.services.exemptions import decide_exemption, request_exemption
from maturity.services.targets import NewTarget, set_target
from tests.factories import EvidenceFactory, UnitFactory, UserFactory

DAY, LATER = date(2026, 1, 1), date(2026, 6, 1)
KEY = "event_taxonomy"
AGES = {3: 365, 4: 180, 5: 180}


def record(organization, rubric, *, unit=None, evidence=(), level=2, **states):
    scores = [
        NewScore(c, states[c.key], note="No such work.")
        if c.key in states
        else NewScore(c, "assessed", level, evidence=evidence)
        for c in rubric.capabilities.all()
    ]
    return record_assessment(
        organization, rubric=rubric, valid_from=DAY, scores=scores, by=None, unit=unit
    )


@pytest.fixture
def capability(rubric):
    return rubric.capabilities.get(key=KEY)


class TestExemptions:
    def test_not_applicable_counts_out_only_once_another_person_approved(
        self, organization, rubric, capability, ana, vera
    ):
        record(organization, rubric, **{KEY: "not_applicable"})
        asked = Exemption.objects.get()
        assert (asked.capability, asked.reason) == (capability, "No such work.")
        assert asked.ends_on == DAY + timedelta(days=365)
        before = known_now(organization)
        assert standing_of(organization, as_of=LATER).judged(capability.pk)[0] == "not_assessed"

        decide_exemption(asked, approve=True, by=vera)

        assert standing_of(organization, as_of=LATER).judged(capability.pk)[0] == "not_applicable"
        then = standing_of(organization, as_of=LATER, known_at=before)
        assert then.judged(capability.pk)[0] == "not_assessed"

    def test_who_asked_does_not_approve(self, organization, capability, ana):
        asked = request_exemption(
            organization, capability=capability, reason="x", ends_on=date(2099, 1, 1), by=ana
        )

        with pytest.raises(NotIndependent):
            decide_exemption(asked, approve=True, by=ana)

        assert not asked.decisions.exists()

    def test_past_its_end_it_counts_no_more_and_stands_in_the_work_list(
        self, organization, capability, ana, vera
    ):
        asked = request_exemption(
            organization,
            capability=capability,
            reason="x",
            valid_from=DAY,
            ends_on=date(2026, 3, 1),
            by=ana,
        )
        decide_exemption(asked, approve=True, by=vera)

        state = standing_of(organization, as_of=date(2026, 2, 28)).judged(capability.pk)[0]
        assert state == "not_applicable"
        state = standing_of(organization, as_of=date(2026, 3, 1)).judged(capability.pk)[0]
        assert state == "not_assessed"
        assert work_list(organization, as_of=date(2026, 3, 1)).expired_exemptions == (asked,)

    def test_an_approval_can_be_taken_back(self, organization, capability, ana, vera):
        asked = request_exemption(
            organization, capability=capability, reason="x", ends_on=date(2099, 1, 1), by=ana
        )
        decide_exemption(asked, approve=True, by=vera)

        decide_exemption(asked, approve=False, by=vera, reason="We do now.")

        today = datetime.now(UTC).date()
        assert standing_of(organization, as_of=today).exemptions == {}

    @pytest.mark.parametrize(
        ("fields", "named"),
        [({"reason": " "}, "reason"), ({"ends_on": date(2020, 1, 1)}, "ends_on")],
    )
    def test_impossible_ones_name_the_field(self, organization, capability, ana, fields, named):
        given = {"reason": "x", "ends_on": date(2099, 1, 1)} | fields

        with pytest.raises(ValidationError) as refused:
            request_exemption(organization, capability=capability, by=ana, **given)

        assert list(refused.value.message_dict) == [named]


class TestTargets:
    def _set(self, organization, capability, level, **fields) -> Target:
        due = date(2026, 12, 31) if level else None
        new = NewTarget(capability, level, due, reason="Plan.", valid_from=DAY, **fields)
        return set_target(organization, new, by=None)

    def test_the_default_counts_until_one_is_set_and_again_once_it_is_taken_back(
        self, organization, capability
    ):
        def level() -> int:
            return standing_of(organization, as_of=LATER).target_level(capability.pk)

        assert level() == 3
        self._set(organization, capability, 4)
        assert level() == 4
        self._set(organization, capability, None)
        assert level() == 3
        assert Target.objects.count() == 2

    def test_a_unit_has_its_organisations_until_it_has_its_own(self, organization, capability):
        unit, other = UnitFactory(organization=organization), UnitFactory(organization=organization)
        self._set(organization, capability, 4)
        self._set(organization, capability, 2, unit=unit)

        every = standings(organization, as_of=LATER)

        assert every[unit.pk].target_level(capability.pk) == 2
        whole = standing_of(organization, as_of=LATER, unit=other)
        assert whole.target_level(capability.pk) == 4

    def test_known_earlier_it_is_what_it_was(self, organization, capability):
        self._set(organization, capability, 4)
        before = known_now(organization)
        self._set(organization, capability, 5)

        then = standing_of(organization, as_of=LATER, known_at=before)

        assert then.target_level(capability.pk) == 4

    def test_gap_and_pace(self):
        day = date(2026, 1, 1)

        assert gap(2, 4, due_on=date(2026, 7, 2), day=day) == Gap(2, 1.0, overdue=False)
        assert gap(4, 3, due_on=None, day=day) == Gap(0, 0.0, overdue=False)
        assert gap(2, 4, due_on=day, day=day) == Gap(2, None, overdue=True)
        assert gap(None, 4, due_on=None, day=day) is None

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"level": 6}, "level"),
            ({"due_on": None}, "due_on"),
            ({"due_on": DAY - timedelta(days=1)}, "due_on"),
            ({"reason": ""}, "reason"),
            ({"valid_from": date(2999, 1, 1), "due_on": date(2999, 1, 1)}, "valid_from"),
        ],
    )
    def test_impossible_targets_name_the_field(self, organization, capability, fields, named):
        given = {"level": 3, "due_on": LATER, "reason": "Plan.", "valid_from": DAY} | fields

        with pytest.raises(ValidationError) as refused:
            set_target(organization, NewTarget(capability, **given), by=None)

        assert list(refused.value.message_dict) == [named]


class TestConfidence:
    @pytest.mark.parametrize(
        ("age", "answers", "independent", "expected"),
        [
            (0, 12, True, "1.00"),
            (90, 12, True, "1.00"),
            (135, 12, True, "0.75"),
            (180, 12, True, "0.50"),
            (360, 12, True, "0.25"),
            (999, 12, True, "0.25"),
            (0, 3, True, "0.90"),
            (0, None, True, "0.80"),
            (0, 12, False, "0.80"),
            (180, None, False, "0.32"),
        ],
    )
    def test_the_formula(self, age, answers, independent, expected):
        inputs = ConfidenceInputs(LATER - timedelta(days=age), None, answers, "w", independent)

        value = confidence_of(
            inputs, conventions().confidence, level=4, max_age_days=AGES, day=LATER
        )

        assert value == Decimal(expected)

    @pytest.mark.parametrize(("age", "stale"), [(180, False), (181, True)])
    def test_stale_past_the_levels_age(self, age, stale):
        inputs = ConfidenceInputs(LATER - timedelta(days=age), None, None, "", False)

        assert is_stale(inputs, level=4, max_age_days=AGES, day=LATER) is stale

    def test_it_falls_day_by_day_is_flagged_and_the_level_stays(self, organization, rubric):
        today = datetime.now(organization.zone).date()
        evidence = EvidenceFactory(organization=organization, kind="metric", observed_on=today)
        assessment = record(organization, rubric, evidence=[evidence], level=4)
        score = assessment.scores.first()
        at = datetime.now(UTC)
        for days in (0, 100, 181):
            write_confidence(organization, at=at + timedelta(days=days))

        rows = list(score.confidence.order_by("day", "recorded_at"))

        assert [(str(row.value), row.stale) for row in rows] == [
            ("0.64", False),
            ("0.60", False),
            ("0.32", True),
        ]
        effective = effective_scores(organization, as_of=today + timedelta(days=200))
        assert effective[score.capability_id].effective_level == 4
        later = work_list(organization, as_of=today + timedelta(days=181))
        assert len(later.stale) == 18
        assert work_list(organization, as_of=today).stale == ()

    def test_it_never_rises_without_a_new_input(self, organization, rubric):
        today = datetime.now(organization.zone).date()
        evidence = EvidenceFactory(organization=organization, kind="metric", observed_on=today)
        score = record(organization, rubric, evidence=[evidence], level=4).scores.first()
        at = datetime.now(UTC)
        write_confidence(organization, at=at + timedelta(days=150))

        write_confidence(organization, at=at)

        assert min(row.value for row in score.confidence.all()) == score.confidence.last().value

    def test_run_twice_the_second_finds_nothing(self, organization, rubric):
        record(organization, rubric)
        write_confidence(organization)
        rows = ScoreConfidence.objects.count()

        assert write_confidence(organization) == 0
        assert ScoreConfidence.objects.count() == rows

    def test_it_is_due_once_the_organisations_day_has_begun(self, organization):
        midnight = datetime(2026, 6, 1, tzinfo=organization.zone)
        RecordClock.objects.create(organization=organization, aged_to=date(2026, 5, 31))

        assert organizations_aging(at=midnight - timedelta(seconds=1)) == []
        assert organizations_aging(at=midnight) == [organization.pk]

    def test_it_makes_no_evaluation_due(self, organization, rubric):
        record(organization, rubric)
        clock = RecordClock.objects.get(organization=organization)
        RecordClock.objects.update(evaluated_to=clock.recorded_at, evaluated_period=DAY)

        write_confidence(organization)

        clock = RecordClock.objects.get(organization=organization)
        assert not clock.evaluation_is_due(DAY)


@pytest.mark.parametrize("scopes", [1, 10])
def test_standings_and_work_cost_the_same_at_ten_times_the_data(
    organization, rubric, scopes, django_assert_num_queries
):
    for _ in range(scopes):
        record(organization, rubric, unit=UnitFactory(organization=organization))
    UserFactory()

    with django_assert_num_queries(4):
        every = standings(organization, as_of=LATER)
        [standing.judged(pk) for standing in every.values() for pk in standing.scores]
    with django_assert_num_queries(8):
        work_list(organization, as_of=LATER)

    assert len(every) == scopes + 1
