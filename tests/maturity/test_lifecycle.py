"""A finding's life: the engine opens and resolves, people decide, and neither undoes the other."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from maturity.errors import FindingOver, Stale
from maturity.insights.novelty import breaches_in, new_evidence
from maturity.models import Finding, FindingNote, FindingTransition
from maturity.services.lifecycle import (
    acknowledge_finding,
    add_note,
    apply_verdicts,
    assign_finding,
    dismiss_finding,
    end_snoozes,
    reopen_finding,
    snooze_finding,
)
from maturity.tasks import end_snoozes as end_snoozes_task
from tests.factories import (
    EvaluationFactory,
    FindingFactory,
    MembershipFactory,
    UnitFactory,
    UserFactory,
    VerdictRecordFactory,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=7)
GATES = {"gates": {"review": {"breached": ["T1"], "latched": ["T1"]}}}


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def finding(organization):
    return FindingFactory(
        organization=organization, verdict__evidence=GATES, verdict__severity="medium"
    )


def judge(finding, *, state="raised", severity="medium", evidence=GATES, on=date(2026, 4, 1)):
    """The next evaluation says this about the finding's pitfall."""
    record = VerdictRecordFactory(
        evaluation=EvaluationFactory(organization=finding.organization, period_end=on),
        key=finding.key,
        state=state,
        severity=severity if state == "raised" else None,
        evidence={"since": "2026-01-01", **evidence},
    )
    with transaction.atomic():
        apply_verdicts(finding.organization, [record], at=NOW)
    finding.refresh_from_db()
    return record


def steps(finding):
    return list(finding.transitions.order_by("pk").values_list("kind", "before", "after"))


class TestDeciding:
    def test_every_decision_is_a_step_with_actor_reason_and_states(self, finding, ana):
        acknowledge_finding(finding, by=ana, reason="On it")
        snooze_finding(finding, until=LATER, by=ana)
        dismiss_finding(finding, reason="  Wanted  ", by=ana)
        reopen_finding(finding, by=ana)

        assert steps(finding) == [
            ("acknowledged", "open", "acknowledged"),
            ("snoozed", "acknowledged", "snoozed"),
            ("dismissed", "snoozed", "dismissed"),
            ("reopened", "dismissed", "open"),
        ]
        first, _second, third, _last = finding.transitions.order_by("pk")
        assert (first.user, first.reason, first.at) == (ana, "On it", NOW)
        assert third.reason == "Wanted"

    def test_doing_again_what_is_done_leaves_one_step(self, finding, ana):
        for _ in range(2):
            acknowledge_finding(finding, by=ana)
        for _ in range(2):
            snooze_finding(finding, until=LATER, by=ana)
        for _ in range(2):
            dismiss_finding(finding, reason="Wanted", by=ana)

        assert [kind for kind, *_ in steps(finding)] == ["acknowledged", "snoozed", "dismissed"]

    @pytest.mark.parametrize(
        "until", [NOW, NOW - timedelta(seconds=1), NOW + timedelta(days=366, seconds=1)]
    )
    def test_a_snooze_needs_an_end_within_a_year(self, finding, ana, until):
        with pytest.raises(ValidationError) as refused:
            snooze_finding(finding, until=until, by=ana)

        assert list(refused.value.message_dict) == ["until"]
        assert steps(finding) == []

    @pytest.mark.parametrize("reason", ["", " \n "])
    def test_a_dismissal_needs_a_reason(self, finding, ana, reason):
        with pytest.raises(ValidationError) as refused:
            dismiss_finding(finding, reason=reason, by=ana)

        assert list(refused.value.message_dict) == ["reason"]

    def test_what_is_resolved_is_decided_no_more(self, finding, ana):
        judge(finding, state="clear")

        for decide in (
            lambda: acknowledge_finding(finding, by=ana),
            lambda: snooze_finding(finding, until=LATER, by=ana),
            lambda: dismiss_finding(finding, reason="x", by=ana),
            lambda: reopen_finding(finding, by=ana),
            lambda: assign_finding(finding, owner=ana, by=ana),
        ):
            with pytest.raises(FindingOver):
                decide()
        assert [kind for kind, *_ in steps(finding)] == ["resolved"]

    def test_a_decision_upon_another_version_is_refused(self, finding, ana):
        acknowledge_finding(finding, by=ana, seen=1)

        with pytest.raises(Stale):
            dismiss_finding(finding, reason="x", by=ana, seen=1)

        finding.refresh_from_db()
        assert (finding.state, finding.version) == ("acknowledged", 2)

    def test_only_a_member_can_own_it(self, finding, ana, carl):
        assign_finding(finding, owner=ana, by=ana)

        with pytest.raises(ValidationError) as refused:
            assign_finding(finding, owner=carl, by=ana)

        finding.refresh_from_db()
        assert list(refused.value.message_dict) == ["owner"]
        assert finding.owner == ana
        assert [step.reason for step in finding.transitions.all()] == ["Ana"]

    def test_it_locks_the_finding_before_it_looks(self, finding, ana, assert_locks):
        with assert_locks("maturity_finding"):
            acknowledge_finding(finding, by=ana)


class TestSnoozing:
    @pytest.mark.parametrize("day", ["9999-12-31", "2020-01-01", "x", "", "2027-03-12"])
    def test_no_day_breaks_the_form(self, login, ana, finding, day):
        page = login(ana).post(f"/admin/maturity/finding/{finding.pk}/snooze/", {"last_day": day})

        assert page.status_code == 200
        assert steps(finding) == []

    def test_it_comes_back_by_itself(self, finding, ana):
        snooze_finding(finding, until=LATER, by=ana)

        assert end_snoozes(at=LATER - timedelta(seconds=1)) == 0
        assert end_snoozes(at=LATER) == 1
        assert end_snoozes(at=LATER) == 0

        finding.refresh_from_db()
        assert (finding.state, finding.snoozed_until) == ("open", None)
        assert steps(finding)[-1] == ("snooze_ended", "snoozed", "open")

    def test_the_task_does_it(self, finding, ana):
        snooze_finding(finding, until=LATER, by=ana)

        with time_machine.travel(LATER, tick=False):
            end_snoozes_task()
            end_snoozes_task()

        assert [kind for kind, *_ in steps(finding)] == ["snoozed", "snooze_ended"]

    def test_it_resolves_meanwhile_when_the_pitfall_clears(self, finding, ana):
        snooze_finding(finding, until=LATER, by=ana)

        judge(finding, state="clear")

        assert (finding.state, finding.snoozed_until) == ("resolved", None)
        assert end_snoozes(at=LATER) == 0


class TestNewEvidence:
    """A dismissal holds until a higher severity or a test that was breached nowhere before."""

    def again(self, finding, ana, **verdict):
        dismiss_finding(finding, reason="Wanted", by=ana)
        judge(finding, **verdict)
        return finding.state

    def test_another_month_of_the_same_is_none(self, finding, ana):
        assert self.again(finding, ana) == "dismissed"

    def test_worse_figures_of_the_same_tests_are_none(self, finding, ana):
        worse = {"gates": {"review": {"breached": ["T1"], "latched": ["T1"], "w50": 40}}}

        assert self.again(finding, ana, evidence=worse) == "dismissed"

    def test_a_higher_severity_is(self, finding, ana):
        assert self.again(finding, ana, severity="high") == "open"
        last = finding.transitions.latest("pk")
        assert (last.kind, last.user) == ("reopened", None)
        assert last.reason == "New evidence: severity medium → high."

    def test_a_lower_severity_is_none(self, finding, ana):
        assert self.again(finding, ana, severity="low") == "dismissed"

    def test_another_test_is(self, finding, ana):
        more = {"gates": {"review": {"breached": ["T1", "T5"], "latched": ["T1"]}}}

        assert self.again(finding, ana, evidence=more) == "open"
        assert finding.transitions.latest("pk").reason == "New evidence: gates review: T5."

    def test_the_same_test_at_another_gate_is(self, finding, ana):
        more = {"gates": {**GATES["gates"], "legal": {"breached": ["T1"], "latched": []}}}

        assert self.again(finding, ana, evidence=more) == "open"

    @pytest.mark.parametrize("state", ["unknown", "watch"])
    def test_what_is_not_raised_is_none(self, finding, ana, state):
        more = {"gates": {"review": {"breached": ["T1", "T5"], "latched": ["T1"]}}}

        assert self.again(finding, ana, state=state, evidence=more) == "dismissed"

    def test_after_a_quiet_month_it_is_compared_with_what_was_dismissed(self, finding, ana):
        self.again(finding, ana, evidence={"gates": {}})

        judge(finding, on=date(2026, 5, 1))

        assert finding.state == "dismissed"

    def test_a_dismissed_one_resolves_and_a_new_one_opens(self, finding, ana):
        self.again(finding, ana, state="clear")

        judge(finding, on=date(2026, 6, 1))

        states = finding.organization.findings.order_by("pk").values_list("state", flat=True)
        assert list(states) == ["resolved", "open"]

    def test_what_the_worst_gate_repeats_is_no_test_of_its_own(self):
        evidence = {"breached": ["T1"], "latched": ["T1"], **GATES}

        assert breaches_in(evidence) == {"gates review: T1"}

    def test_a_red_tool_and_a_test_without_gates_count(self):
        tools = {"tools": {"board": {"state": "red"}, "wiki": {"state": "amber"}}}

        assert breaches_in(tools) == {"tools board: red"}
        assert breaches_in({"breached": ["E1"], "latched": None}) == {": E1"}
        assert new_evidence(
            before={}, severity_before=None, after={"breached": ["E1"]}, severity_after="low"
        ) == ["severity none → low", "E1"]


class TestTheEngine:
    def test_a_changed_severity_is_a_step_and_what_people_decided_stays(self, finding, ana):
        acknowledge_finding(finding, by=ana)

        judge(finding, severity="high")

        assert (finding.state, finding.severity) == ("acknowledged", "high")
        assert steps(finding)[-1] == ("severity", "medium", "high")

    def test_unknown_keeps_state_and_severity(self, finding):
        record = judge(finding, state="unknown")

        assert (finding.state, finding.severity, finding.verdict) == ("open", "medium", record)
        assert steps(finding) == []

    def test_it_leaves_a_units_finding_alone(self, organization, finding):
        unit = UnitFactory(organization=organization)
        units = FindingFactory(organization=organization, unit=unit, verdict__key=finding.key)

        judge(finding, state="clear")

        units.refresh_from_db()
        assert (finding.state, units.state) == ("resolved", "open")

    def test_it_locks_what_stands(self, finding, assert_locks):
        with assert_locks("maturity_finding"):
            judge(finding)


class TestTheDatabase:
    def test_one_stands_per_pitfall_and_unit(self, organization, finding):
        unit = UnitFactory(organization=organization)
        FindingFactory(organization=organization, unit=unit, verdict__key=finding.key)

        for where in (None, unit):
            with pytest.raises(IntegrityError, match="one_open"), transaction.atomic():
                FindingFactory(organization=organization, unit=where, verdict__key=finding.key)

    @pytest.mark.parametrize(
        "row",
        [
            {"state": "snoozed"},
            {"state": "dismissed"},
            {"state": "resolved"},
            {"state": "open", "snoozed_until": LATER},
            {"state": "gone"},
        ],
    )
    def test_state_and_what_belongs_to_it_tell_one_story(self, finding, row):
        with pytest.raises(IntegrityError, match="one_story"), transaction.atomic():
            Finding.objects.filter(pk=finding.pk).update(**row)

    @pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}"])
    @pytest.mark.parametrize("model", [FindingTransition, FindingNote])
    def test_what_was_done_and_said_stays(self, finding, ana, model, statement):
        acknowledge_finding(finding, by=ana)
        add_note(finding, text="Seen", by=ana)

        with (
            pytest.raises(IntegrityError, match="never changes"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement.format(model._meta.db_table))

    def test_an_empty_note_says_nothing(self, finding, ana):
        with pytest.raises(ValidationError):
            add_note(finding, text="  ", by=ana)

        assert not finding.notes.exists()


def at_once(*calls):
    """Run them all in threads of their own; return what they raised."""
    raised: list[Exception] = []

    def run(call):
        try:
            call()
        except (FindingOver, Stale) as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture
    def finding(self):
        return FindingFactory(verdict__evidence=GATES)

    @pytest.fixture
    def lead(self, finding):
        user = UserFactory()
        MembershipFactory(organization=finding.organization, user=user)
        return user

    def test_the_same_decision_is_one_step(self, finding, lead):
        raised = at_once(*[lambda: acknowledge_finding(finding, by=lead)] * 4)

        assert raised == []
        assert steps(finding) == [("acknowledged", "open", "acknowledged")]

    def test_two_who_saw_the_same_version_are_one_decision(self, finding, lead):
        raised = at_once(
            lambda: acknowledge_finding(finding, by=lead, seen=1),
            lambda: dismiss_finding(finding, reason="Wanted", by=lead, seen=1),
        )

        assert [type(error) for error in raised] == [Stale]
        assert len(steps(finding)) == 1

    def test_the_engine_and_a_lead_leave_one_story(self, finding, lead):
        raised = at_once(
            lambda: judge(Finding.objects.get(pk=finding.pk), state="clear"),
            lambda: snooze_finding(finding, until=LATER, by=lead),
        )

        finding.refresh_from_db()
        kinds = [kind for kind, *_ in steps(finding)]
        assert finding.state == "resolved"
        assert kinds == (["resolved"] if raised else ["snoozed", "resolved"])

    def test_a_snooze_ends_once(self, finding, lead):
        snooze_finding(finding, until=LATER, by=lead)

        at_once(*[lambda: end_snoozes(at=LATER)] * 4)

        assert [kind for kind, *_ in steps(finding)] == ["snoozed", "snooze_ended"]


def test_what_was_decided_before_is_written_down_with_the_date_of_then(finding, ana):
    earlier = NOW - timedelta(days=14)

    acknowledge_finding(finding, by=ana, at=earlier)

    assert finding.transitions.get(kind="acknowledged").at == earlier
