"""An organisation's own thresholds: tried on its history, switched on as a version, replayable."""

import threading
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from maturity.errors import Conflict, Stale
from maturity.insights import CURRENT_THRESHOLDS
from maturity.insights.threshold_changes import Sourced
from maturity.models import Evaluation, Finding, ThresholdsTrial, ThresholdsVersion
from maturity.selectors.thresholds import thresholds_named, thresholds_of
from maturity.services import thresholds as service
from maturity.services.findings import judge, organizations_due, refresh_findings
from maturity.services.thresholds import run_due_trials, switch_on, try_thresholds
from maturity.tasks import run_due_trials as run_task
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from tests.maturity.test_findings import JUNE, _early

# Eight PMs are too early by the shipped numbers and not by these.
LATER = {
    "too_early.e1_pms_enter": Sourced(4, "[C] set by this organisation"),
    "too_early.e1_pms_exit": Sourced(5, "[C] set by this organisation"),
    "too_early.e2_pms_enter": Sourced(5, "[C] set by this organisation"),
    "too_early.e2_pms_exit": Sourced(6, "[C] set by this organisation"),
    "too_early.e3_ratio_enter": Sourced(3, "[C] set by this organisation"),
    "too_early.e3_ratio_exit": Sourced(4, "[C] set by this organisation"),
}


@pytest.fixture(autouse=True)
def _june():
    with time_machine.travel(JUNE, tick=False):
        yield


class TestTrying:
    def test_the_history_is_compared_month_by_month(self, organization, ana):
        _early(organization)
        trial = try_thresholds(organization, LATER, by=ana)

        assert run_due_trials() == 1

        trial.refresh_from_db()
        months = trial.result["months"]
        states = {m["T"]: m["states"]["pitfall.too_early"] for m in months}
        assert (trial.state, trial.months_done, trial.months_total) == ("done", 5, 5)
        assert states == {
            "2026-02-01": ["unknown", "unknown"],
            "2026-03-01": ["watch", "clear"],
            "2026-04-01": ["raised(medium)", "clear"],
            "2026-05-01": ["raised(medium)", "clear"],
            "2026-06-01": ["raised(medium)", "clear"],
        }

    def test_the_side_before_is_what_the_live_engine_concluded(self, organization, ana):
        _early(organization)
        trial = try_thresholds(organization, LATER, by=ana)
        run_due_trials()

        trial.refresh_from_db()
        for month in trial.result["months"]:
            day = datetime.fromisoformat(month["T"]).date()
            for verdict in judge(organization, as_of=day):
                state = month["states"][f"{verdict.kind}.{verdict.key}"][0]
                assert state.partition("(")[0] == verdict.state

    def test_nothing_is_judged_by_a_try(self, organization, ana):
        _early(organization)
        try_thresholds(organization, LATER, by=ana)
        run_due_trials()

        assert refresh_findings(organization).thresholds_version == CURRENT_THRESHOLDS.version
        assert Finding.objects.count() == 1

    def test_without_any_data_it_says_so(self, organization, ana):
        trial = try_thresholds(organization, LATER, by=ana)
        run_due_trials()

        trial.refresh_from_db()
        assert [m["states"]["pitfall.gatekeeper"] for m in trial.result["months"]] == [
            ["unknown", "unknown"]
        ]

    def test_what_cannot_be_used_is_refused_by_name(self, organization, ana):
        with pytest.raises(ValidationError) as refused:
            try_thresholds(organization, {"survey.n_min": Sourced(1, "x")}, by=ana)

        assert list(refused.value.message_dict) == ["survey.n_min"]
        assert not ThresholdsTrial.objects.exists()

    def test_the_task_computes_each_once(self, organization, ana):
        try_thresholds(organization, LATER, by=ana)

        run_task()
        run_task()

        assert list(ThresholdsTrial.objects.values_list("state", "attempts")) == [("done", 1)]

    def test_a_dead_workers_try_is_taken_over_and_given_up_at_last(
        self, organization, ana, monkeypatch
    ):
        trial = try_thresholds(organization, LATER, by=ana)

        def die(*args):
            raise KeyboardInterrupt

        monkeypatch.setattr(service, "_run", die)
        for attempt in range(3):
            later = JUNE + timedelta(minutes=3 * attempt)
            with time_machine.travel(later, tick=False), pytest.raises(KeyboardInterrupt):
                run_due_trials()
        monkeypatch.undo()
        with time_machine.travel(JUNE + timedelta(minutes=10), tick=False):
            run_due_trials()

        trial.refresh_from_db()
        assert (trial.state, trial.attempts) == ("failed", 3)


class TestSwitchingOn:
    def test_the_next_evaluation_judges_by_them_and_is_due_at_once(self, organization, ana):
        _early(organization)
        refresh_findings(organization)
        assert organizations_due() == []

        row = switch_on(organization, LATER, reason="Small teams are our model", by=ana)

        assert organizations_due() == [organization.pk]
        evaluation = refresh_findings(organization)
        assert (row.version, evaluation.thresholds_version) == ("1-own-1", "1-own-1")
        assert evaluation.verdicts.get(key="too_early").state == "clear"
        assert Finding.objects.get().state == "resolved"

    def test_an_old_verdict_is_replayed_with_its_own_version(self, organization, ana):
        _early(organization)
        old = refresh_findings(organization)
        switch_on(organization, LATER, reason="x", by=ana)
        new = refresh_findings(organization)

        states = [
            next(
                verdict.state
                for verdict in judge(
                    organization,
                    as_of=evaluation.period_end,
                    thresholds=thresholds_named(organization, evaluation.thresholds_version),
                )
                if verdict.key == "too_early"
            )
            for evaluation in (old, new)
        ]

        assert states == ["raised", "clear"]

    def test_no_changes_are_a_return_to_the_shipped_numbers(self, organization, ana):
        first = switch_on(organization, LATER, reason="x", by=ana)

        second = switch_on(organization, {}, reason="y", by=ana)

        assert (second.number, second.parent) == (2, first)
        mine = thresholds_of(organization)
        assert mine.version == "1-own-2"
        assert mine.too_early == CURRENT_THRESHOLDS.too_early

    def test_the_same_numbers_twice_are_refused(self, organization, ana):
        switch_on(organization, LATER, reason="x", by=ana)

        with pytest.raises(Conflict):
            switch_on(organization, LATER, reason="x", by=ana)

    def test_a_change_upon_another_version_is_refused(self, organization, ana):
        switch_on(organization, LATER, reason="x", by=ana, seen=0)

        with pytest.raises(Stale):
            switch_on(organization, {}, reason="x", by=ana, seen=0)

    def test_it_needs_a_reason(self, organization, ana):
        with pytest.raises(ValidationError) as refused:
            switch_on(organization, LATER, reason=" ", by=ana)

        assert list(refused.value.message_dict) == ["reason"]

    def test_another_organisation_keeps_the_shipped_numbers(self, organization, ana):
        switch_on(organization, LATER, reason="x", by=ana)

        assert thresholds_of(OrganizationFactory()) == CURRENT_THRESHOLDS

    @pytest.mark.parametrize("version", ["", "2", "1-own-7", "1-own-x", "1-own-", "9-own-1"])
    def test_a_version_that_never_was_has_no_numbers(self, organization, ana, version):
        switch_on(organization, LATER, reason="x", by=ana)

        assert thresholds_named(organization, version) is None

    def test_a_version_never_changes(self, organization, ana):
        switch_on(organization, LATER, reason="x", by=ana)

        for statement in ("UPDATE {} SET changes = '{{}}'", "DELETE FROM {}"):
            with (
                pytest.raises(IntegrityError, match="never changes"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement.format(ThresholdsVersion._meta.db_table))

    def test_it_locks_the_record_clock(self, organization, ana, assert_locks):
        with assert_locks("maturity_recordclock"):
            switch_on(organization, LATER, reason="x", by=ana)


class TestPages:
    def url(self, organization):
        return reverse("admin:maturity_organization_thresholds", args=[organization.pk])

    def form(self, client, organization, **changes):
        page = client.get(self.url(organization))
        fields = {name: f.initial for name, f in page.context["form"].fields.items()}
        return fields | {name.replace("__", "."): value for name, value in changes.items()}

    def test_every_number_stands_with_its_source(self, login, vera, organization):
        page = login(vera).get(self.url(organization)).content.decode()

        assert "LinearB: code reviews need improvement from 29 h" in page
        assert "Try on the history" not in page

    def test_a_lead_changes_tries_and_switches_on(self, login, ana, organization):
        _early(organization)
        client = login(ana)
        changes = {name.replace(".", "__"): each.value for name, each in LATER.items()}

        tried = client.post(self.url(organization), self.form(client, organization, **changes))
        waiting = client.get(tried.url).content.decode()
        run_due_trials()
        done = client.get(tried.url).content.decode()
        trial = ThresholdsTrial.objects.get()
        switch = reverse("admin:maturity_thresholdstrial_switch_on", args=[trial.pk])
        kept = client.post(switch, {"reason": "Small teams", "seen": "0"}, follow=True)

        assert "Being computed: 0 of" in waiting
        assert "raised(medium)" in done
        assert "1-own-1 is in force." in kept.content.decode()
        row = ThresholdsVersion.objects.get()
        assert (row.user, row.reason, set(row.changes)) == (ana, "Small teams", set(LATER))

    @pytest.mark.parametrize("value", ["", "x", "-1", "1e400", "nan", "\x00", "1" * 400])
    def test_no_value_breaks_the_form(self, login, ana, organization, value):
        client = login(ana)
        form = self.form(client, organization, gatekeeper__t1_half_enter=value)

        page = client.post(self.url(organization), form)

        assert page.status_code == 200
        assert "Nothing was tried" in page.content.decode()
        assert not ThresholdsTrial.objects.exists()

    def test_a_refusal_stands_beside_its_number(self, login, ana, organization):
        client = login(ana)
        form = self.form(client, organization, gatekeeper__t1_half_exit=1.9)

        page = client.post(self.url(organization), form).content.decode()

        assert "exit must be at most 1.6, 20% from enter 2" in page

    def test_viewers_and_outsiders_change_nothing(self, login, vera, carl, organization):
        url = self.url(organization)

        assert login(vera).post(url, {}).status_code == 403
        assert login(carl).get(url).status_code == 404
        assert not ThresholdsTrial.objects.exists()

    def test_it_is_flat_in_queries(self, login, ana, organization, django_assert_num_queries):
        client = login(ana)
        # 1 session, 2 user, 3 memberships, 4 the organisation, 5 and 6 its newest version
        with django_assert_num_queries(6):
            client.get(self.url(organization))


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def run(self, *calls):
        raised = []

        def each(call):
            try:
                call()
            except (Conflict, Stale) as error:
                raised.append(type(error))
            finally:
                connection.close()

        threads = [threading.Thread(target=each, args=(call,)) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return raised

    def test_two_who_switch_on_the_same_make_one_version(self):
        organization, lead = OrganizationFactory(), UserFactory()
        MembershipFactory(organization=organization, user=lead)

        raised = self.run(*[lambda: switch_on(organization, LATER, reason="x", by=lead)] * 3)

        assert raised == [Conflict, Conflict]
        assert ThresholdsVersion.objects.count() == 1

    def test_a_try_is_computed_by_one_worker(self):
        organization = OrganizationFactory()
        try_thresholds(organization, LATER, by=UserFactory())

        self.run(*[run_due_trials] * 3)

        assert ThresholdsTrial.objects.get().attempts == 1

    def test_switching_on_waits_for_a_running_evaluation(self):
        organization, lead = OrganizationFactory(), UserFactory()

        self.run(
            lambda: refresh_findings(organization),
            lambda: switch_on(organization, LATER, reason="x", by=lead),
        )
        refresh_findings(organization)

        newest = Evaluation.objects.latest("pk")
        assert newest.thresholds_version == "1-own-1"
