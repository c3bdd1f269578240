"""Evaluations and findings: opened when raised, resolved when clear, never by the unknown."""

import io
import json
import threading
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from maturity.models import (
    Evaluation,
    Finding,
    Notification,
    Organization,
    RecordClock,
    ReplayCheckpoint,
    VerdictRecord,
)
from maturity.selectors import digest_of, facts_for
from maturity.services.findings import evaluate_past, judge, organizations_due, refresh_findings
from maturity.services.imports import import_file
from maturity.tasks import evaluate_organization
from tests.factories import OrganizationFactory

HEADER = "as_of,function,headcount,fte"
JUNE = datetime(2026, 6, 15, 12, tzinfo=UTC)
SEPTEMBER = datetime(2026, 9, 15, 12, tzinfo=UTC)


def _import(organization: Organization, *rows: str, format_name: str = "headcount") -> None:
    text = "\n".join([HEADER, *rows]) + "\n"
    import_file(organization, format_name, io.BytesIO(text.encode()), name="test.csv")


def _months(pms: int, ops: float, months: range, year: int = 2026) -> list[str]:
    return [
        f"{year}-{month:02}-01,{function},{count},{fte}"
        for month in months
        for function, count, fte in (("pm", pms, pms), ("product_ops", 1 if ops else 0, ops))
    ]


def _early(organization: Organization) -> None:
    """8 PMs with a product-ops hire since January: too early, and not a close call."""
    _import(organization, *_months(8, 1, range(1, 6)))


@time_machine.travel(JUNE, tick=False)
def test_what_is_raised_opens_one_finding_with_its_evidence(organization):
    _early(organization)

    refresh_findings(organization)

    finding = Finding.objects.get()
    # Head-count alone is one input of three: low confidence caps the severity.
    assert (finding.key, finding.severity) == ("too_early", "medium")
    assert finding.resolved_at is None
    assert finding.opened_at == JUNE
    assert finding.verdict.evidence["P"] == 8
    assert "8 PMs" in finding.verdict.message


def test_an_evaluation_takes_the_same_queries_for_ten_times_the_rows(db):
    cold, onwards = [], []
    for size in (30, 300):
        each = OrganizationFactory()
        rows = [f"2026-0{n % 5 + 1}-01,pm,9,{300 // size},t{n}" for n in range(size)]
        rows += [f"2026-0{n}-01,product_ops,1,1,ops" for n in range(1, 9)]
        text = "\n".join([f"{HEADER},team_key", *rows]) + "\n"
        import_file(each, "headcount", io.BytesIO(text.encode()), name="teams.csv")
        for month, counts in ((JUNE, cold), (SEPTEMBER, onwards)):
            with time_machine.travel(month, tick=False), CaptureQueriesContext(connection) as q:
                refresh_findings(each)
            counts.append(len(q))

    assert cold[0] == cold[1]
    assert onwards[0] == onwards[1]


def test_what_was_kept_of_a_replay_may_be_dropped_at_any_time(organization):
    _import(organization, *_months(8, 1, range(1, 10)))
    shown = []
    for drop in (False, True):
        with transaction.atomic():
            for month in (JUNE, SEPTEMBER):
                with time_machine.travel(month, tick=False):
                    evaluation = refresh_findings(organization)
                if drop:
                    ReplayCheckpoint.objects.for_organization(organization).delete()
            kept = ReplayCheckpoint.objects.for_organization(organization).count()
            shown.append([record.as_dict() for record in evaluation.verdicts.all()])
            transaction.set_rollback(True)

        assert kept == (0 if drop else 8)
    assert shown[0] == shown[1]


@time_machine.travel(JUNE, tick=False)
def test_evaluating_the_same_inputs_again_changes_nothing(organization):
    _early(organization)
    first = refresh_findings(organization)

    second = refresh_findings(organization)

    assert second == first
    assert Evaluation.objects.count() == Finding.objects.count() == 1


def test_a_finding_resolves_when_the_pitfall_clears(organization):
    with time_machine.travel(JUNE, tick=False):
        _early(organization)
        refresh_findings(organization)
    _import(organization, *_months(30, 1, range(6, 10)))

    with time_machine.travel(SEPTEMBER, tick=False):
        refresh_findings(organization)

    assert Finding.objects.get().resolved_at == SEPTEMBER


def test_the_unknown_resolves_nothing(organization):
    with time_machine.travel(JUNE, tick=False):
        _early(organization)
        refresh_findings(organization)

    with time_machine.travel(datetime(2027, 6, 15, tzinfo=UTC), tick=False):
        evaluation = refresh_findings(organization)

    assert evaluation.verdicts.get(key="too_early").state == "unknown"
    assert Finding.objects.get().resolved_at is None


def test_what_was_raised_before_the_data_stopped_still_opens_a_finding(organization):
    _early(organization)

    with time_machine.travel(datetime(2027, 6, 15, tzinfo=UTC), tick=False):
        refresh_findings(organization)

    finding = Finding.objects.get()
    assert finding.verdict.state == "unknown"
    assert (finding.severity, finding.opened_on.year) == ("medium", 2026)


@time_machine.travel(JUNE, tick=False)
def test_without_any_data_everything_is_unknown_and_nothing_is_found(organization):
    evaluation = refresh_findings(organization)

    assert set(evaluation.verdicts.values_list("state", flat=True)) == {"unknown"}
    assert not Finding.objects.exists()


@time_machine.travel(JUNE, tick=False)
def test_an_evaluation_can_be_replayed_from_what_was_known(organization):
    _early(organization)
    evaluation = refresh_findings(organization)
    _import(organization, *_months(40, 2, range(1, 6)))

    then = facts_for(organization, known_at=evaluation.known_at)

    assert digest_of(then) == evaluation.facts_digest
    assert digest_of(facts_for(organization)) != evaluation.facts_digest


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE maturity_verdictrecord SET state = 'clear'",
        "DELETE FROM maturity_verdictrecord",
        "UPDATE maturity_evaluation SET facts_digest = ''",
    ],
)
@time_machine.travel(JUNE, tick=False)
def test_the_database_refuses_to_change_a_verdict(organization, statement):
    refresh_findings(organization)

    with (
        pytest.raises(IntegrityError, match="never changes"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


class TestDue:
    def test_an_organisation_is_due_once_per_period_and_change(self, organization):
        with time_machine.travel(JUNE, tick=False):
            RecordClock.objects.create(organization=organization)
            assert organizations_due() == [organization.pk]

            refresh_findings(organization)
            assert organizations_due() == []

            _early(organization)
            assert organizations_due() == [organization.pk]

            refresh_findings(organization)
            assert organizations_due() == []

        with time_machine.travel(datetime(2026, 7, 2, 12, tzinfo=UTC), tick=False):
            assert organizations_due() == [organization.pk]

    @time_machine.travel(JUNE, tick=False)
    def test_asking_takes_two_queries_whatever_their_number(self, db, django_assert_num_queries):
        for _ in range(5):
            RecordClock.objects.create(organization=OrganizationFactory())

        with django_assert_num_queries(2):
            assert len(organizations_due()) == 5

    def test_an_organisation_that_is_gone_is_passed_over(self, db):
        evaluate_organization(10**9)

        assert not Evaluation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_evaluations_at_once_open_one_finding():
    organization = OrganizationFactory()
    _early(organization)
    failures: list[Exception] = []

    def evaluate() -> None:
        try:
            refresh_findings(organization)
        except IntegrityError as error:
            failures.append(error)
        finally:
            connection.close()

    with time_machine.travel(JUNE, tick=False):
        threads = [threading.Thread(target=evaluate) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert failures == []
    assert Finding.objects.count() == Evaluation.objects.count() == 1


class TestCommand:
    def _run(self, capsys, *arguments: str) -> list[dict]:
        call_command("evaluate", *arguments, "--json")
        return json.loads(capsys.readouterr().out)

    def test_as_of_answers_and_stores_nothing(self, organization, capsys):
        _early(organization)

        rows = self._run(capsys, "acme", "--as-of", "2026-06-30")

        verdict = next(row for row in rows if row["key"] == "too_early")
        assert (verdict["kind"], verdict["state"], verdict["severity"]) == (
            "pitfall",
            "raised",
            "medium",
        )
        assert set(verdict) >= {"confidence", "evidence", "missing"}
        assert not VerdictRecord.objects.exists()

    def test_as_of_answers_with_the_last_period_that_ended_by_then(self, organization, capsys):
        _early(organization)

        rows = self._run(capsys, "acme", "--as-of", "2026-01-31")

        assert rows[0]["evidence"]["T"] == "2026-01-01"
        assert {row["state"] for row in rows} == {"unknown"}

    @time_machine.travel(JUNE, tick=False)
    def test_without_as_of_the_verdicts_are_stored(self, organization, capsys):
        _early(organization)

        rows = self._run(capsys, "acme")

        stored = {record.key: record.state for record in VerdictRecord.objects.all()}
        assert {row["key"]: row["state"] for row in rows} == stored
        assert Finding.objects.count() == 1

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nobody"], "no organisation nobody"),
            (["acme", "--as-of", "soon"], "soon is not a date"),
        ],
    )
    def test_bad_arguments_are_named(self, organization, arguments, message):
        with pytest.raises(CommandError, match=message):
            call_command("evaluate", *arguments)


def test_evaluate_explains_each_verdict(organization):
    _early(organization)
    out = io.StringIO()

    call_command("evaluate", "acme", "--as-of", "2026-06-01", "--explain", "--json", stdout=out)

    by_key = {row["key"]: row["explanation"] for row in json.loads(out.getvalue())}
    e1 = by_key["too_early"]["tests"][0]
    assert (e1["enter"], e1["exit"], e1["latched"]) == ("P < 10", "P >= 12", True)
    assert e1["thresholds"][1]["source"].startswith("FAQ of PM Product Ops")
    assert by_key["too_early"]["clears_when"]
    assert by_key["gatekeeper"]["inputs"][0]["usable"] is False


def test_evaluate_explains_in_words(organization):
    _early(organization)
    out = io.StringIO()

    call_command("evaluate", "acme", "--as-of", "2026-06-01", "--explain", stdout=out)

    assert "E1 [breached, latched]: P: median PM FTE" in out.getvalue()
    assert "clears when E1: P >= 12, in 2 months in a row" in out.getvalue()


def test_facts_take_one_query_per_table(organization, django_assert_num_queries):
    _early(organization)

    with django_assert_num_queries(17):
        facts = facts_for(organization)

    assert len(facts.headcounts) == 10


def test_a_reading_of_the_past_does_not_see_other_organisations(organization):
    _early(OrganizationFactory())

    assert facts_for(organization).headcounts == ()
    assert {v.state for v in judge(organization, as_of=date(2026, 6, 1))} == {"unknown"}


@time_machine.travel(SEPTEMBER, tick=False)
def test_a_record_that_was_brought_in_whole_gets_its_past_evaluated_once(organization):
    """Too early from January to May, not any more from June on: raised and resolved back then."""
    _import(organization, *_months(8, 1, range(1, 6)), *_months(30, 1, range(6, 10)))

    for _ in range(2):
        evaluate_past(organization, first=date(2026, 2, 1))
    newest = refresh_findings(organization)

    ends = Evaluation.objects.values_list("period_end", flat=True)
    assert list(ends) == [date(2026, month, 1) for month in range(9, 1, -1)]
    assert newest == Evaluation.objects.first()
    assert set(Evaluation.objects.values_list("computed_at", flat=True)) == {SEPTEMBER}
    finding = Finding.objects.get()
    zone = organization.zone
    steps = [(step.kind, step.at.astimezone(zone).date()) for step in finding.transitions.all()]
    assert steps[0] == ("raised", finding.opened_on)
    assert steps[-1] == ("resolved", finding.resolved_at.astimezone(zone).date())
    assert finding.opened_on < date(2026, 6, 1) < steps[-1][1] < date(2026, 9, 15)
    # What is long past is no news.
    assert not Notification.objects.exists()
    for evaluation in Evaluation.objects.all():
        judged = judge(organization, as_of=evaluation.period_end)
        assert [v.as_dict() for v in judged] == [v.as_dict() for v in evaluation.verdicts.all()]


@time_machine.travel(SEPTEMBER, tick=False)
def test_months_before_the_first_day_are_replayed_but_not_evaluated(organization):
    _early(organization)

    evaluate_past(organization, first=date(2026, 8, 1))

    ends = Evaluation.objects.values_list("period_end", flat=True)
    assert list(ends) == [date(2026, 9, 1), date(2026, 8, 1)]
    assert Finding.objects.get().opened_on < date(2026, 8, 1)
