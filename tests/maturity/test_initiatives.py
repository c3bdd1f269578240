"""Initiatives: a frozen prediction, an outcome measured beside it, and nobody forgets the end."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from maturity.errors import Conflict, Stale
from maturity.models import Initiative, Notification
from maturity.models.history import events_of
from maturity.selectors.initiatives import ENOUGH_UNITS, metric_value, metrics_of
from maturity.services.initiatives import (
    Plan,
    abandon_initiative,
    finish_initiative,
    outcome_of,
    plan_initiative,
    replan_initiative,
    start_initiative,
    tell_overdue,
)
from maturity.tasks import tell_overdue_initiatives
from tests.clients import client_with_key
from tests.factories import (
    AssessmentFactory,
    CapabilityFactory,
    EvaluationFactory,
    FindingFactory,
    MembershipFactory,
    OrganizationFactory,
    ScoreFactory,
    UnitFactory,
    VerdictRecordFactory,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
METRIC = "pm_leverage.leverage_index"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def plan(**values):
    defaults = {
        "title": "Approve by checklist",
        "start_on": date(2026, 3, 1),
        "due_on": date(2026, 6, 30),
        "metric": METRIC,
        "predicted_change": 0.1,
    }
    return Plan(**{**defaults, **values})


def measured(organization, value, *, on=date(2026, 3, 1)):
    """The newest evaluation measured the metric so."""
    now = None if value is None else {"value": value, "n": 12}
    VerdictRecordFactory(
        evaluation=EvaluationFactory(organization=organization, period_end=on),
        kind="benefit",
        key="pm_leverage",
        state="unknown",
        severity=None,
        evidence={"metrics": {"leverage_index": {"now": now}}},
    )


@pytest.fixture
def started(organization):
    measured(organization, 0.4)
    return start_initiative(plan_initiative(organization, plan()))


class TestPlanning:
    def test_it_is_linked_to_findings_capabilities_and_a_metric(self, organization, ana):
        finding = FindingFactory(organization=organization)
        capability = CapabilityFactory()

        made = plan_initiative(
            organization, plan(findings=(finding,), capabilities=[capability.key], owner=ana)
        )

        assert [link.finding for link in made.links.all()] == [finding]
        assert (made.capabilities, made.owner, made.state) == ([capability.key], ana, "planned")

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"title": ""}, "title"),
            ({"due_on": date(2026, 2, 1)}, "__all__"),
            ({"metric": "x.y"}, "metric"),
            ({"predicted_change": None}, "__all__"),
            ({"metric": ""}, "__all__"),
            ({"capabilities": ["nothing"]}, "capabilities"),
        ],
    )
    def test_what_is_wrong_names_its_field(self, organization, values, field):
        with pytest.raises(ValidationError) as refused:
            plan_initiative(organization, plan(**values))

        assert list(refused.value.message_dict) == [field]
        assert not Initiative.objects.exists()

    def test_nothing_of_another_organisation_gets_in(self, organization, carl):
        for values, field in (
            ({"owner": carl}, "owner"),
            ({"unit": UnitFactory()}, "unit"),
            ({"findings": (FindingFactory(),)}, "findings"),
        ):
            with pytest.raises(ValidationError) as refused:
                plan_initiative(organization, plan(**values))
            assert list(refused.value.message_dict) == [field]

    def test_a_plan_changes_until_it_starts(self, organization):
        made = plan_initiative(organization, plan())
        replan_initiative(made, {"title": "Otherwise", "predicted_change": 0.2})
        start_initiative(made)

        with pytest.raises(Conflict):
            replan_initiative(made, {"title": "Again", "predicted_change": 0.1})

        made.refresh_from_db()
        assert (made.title, made.predicted_change) == ("Otherwise", 0.2)

    def test_title_owner_and_findings_change_while_it_runs(self, organization, started, ana):
        finding = FindingFactory(organization=organization)

        replan_initiative(started, {"title": "New", "owner": ana, "findings": (finding,)})

        started.refresh_from_db()
        assert (started.title, started.owner, started.version) == ("New", ana, 3)
        assert [link.finding for link in started.links.all()] == [finding]

    @pytest.mark.parametrize(
        ("name", "value"),
        [("start_on", date(2026, 2, 1)), ("metric", "faster_ramp.x"),
         ("predicted_change", 0.01), ("capabilities", ["x"])],
    )  # fmt: skip
    def test_what_was_promised_is_named_when_somebody_moves_it(self, started, name, value):
        with pytest.raises(Conflict, match=name):
            replan_initiative(started, {name: value})

    def test_its_last_day_moves_for_a_reason_that_the_history_keeps(self, started):
        before = started.due_on

        with pytest.raises(ValidationError) as refused:
            replan_initiative(started, {"due_on": date(2027, 1, 1)}, due_reason=" ")
        replan_initiative(started, {"due_on": date(2027, 1, 1)}, due_reason="The tool came late")

        assert list(refused.value.message_dict) == ["due_reason"]
        started.refresh_from_db()
        assert (started.due_on, started.predicted_change) == (date(2027, 1, 1), 0.1)
        kept = events_of(Initiative).filter(pgh_obj=started.pk).order_by("pgh_id")
        assert list(kept.values_list("due_on", "due_reason"))[-2:] == [
            (before, ""),
            (date(2027, 1, 1), "The tool came late"),
        ]

    def test_what_is_over_does_not_change(self, started):
        finish_initiative(started)

        with pytest.raises(Conflict):
            replan_initiative(started, {"title": "New"})


class TestThePrediction:
    def test_the_value_at_the_start_is_kept(self, started):
        assert (started.baseline, started.started_at) == (0.4, NOW)

    @pytest.mark.parametrize(
        "change",
        [
            {"predicted_change": 0.01},
            {"baseline": 0.1},
            {"metric": "faster_ramp.x"},
            {"start_on": date(2026, 2, 1)},
            {"started_at": None, "state": "planned"},
        ],
    )
    def test_the_database_refuses_to_move_it_after_the_start(self, started, change):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            Initiative.objects.filter(pk=started.pk).update(**change)

    def test_what_nobody_could_measure_stays_open(self, organization):
        measured(organization, None)

        assert start_initiative(plan_initiative(organization, plan())).baseline is None
        assert metric_value(OrganizationFactory(), METRIC) is None

    def test_every_metric_of_the_benefits_can_be_chosen(self):
        assert METRIC in metrics_of()
        assert len(set(metrics_of())) == len(metrics_of()) >= 10


class TestTheOutcome:
    @pytest.mark.parametrize(
        ("predicted", "measured_change", "outcome"),
        [
            (0.1, 0.1, "as_predicted"),
            (0.1, 0.2, "as_predicted"),
            (0.1, 0.05, "partly"),
            (0.1, -0.05, "not"),
            (0.1, 0, "not"),
            (-5, -6, "as_predicted"),
            (-5, -1, "partly"),
            (-5, 1, "not"),
            (None, 1, "unknown"),
            (1, None, "unknown"),
            (0, 1, "unknown"),
        ],
    )
    def test_it_is_what_was_measured_beside_what_was_predicted(
        self, predicted, measured_change, outcome
    ):
        assert outcome_of(predicted, measured_change) == outcome

    def test_finishing_measures(self, started, organization):
        measured(organization, 0.47, on=date(2026, 6, 1))

        done = finish_initiative(started, note="Half of what we hoped")

        assert (done.measured_change, done.outcome, done.ended_at) == (0.07, "partly", NOW)
        assert done.outcome_note == "Half of what we hoped"

    def test_abandoning_needs_a_reason(self, started):
        with pytest.raises(ValidationError) as refused:
            abandon_initiative(started, note=" ")

        assert list(refused.value.message_dict) == ["note"]
        assert abandon_initiative(started, note="No time").state == "abandoned"

    def test_what_is_over_stays_over(self, started):
        finish_initiative(started)

        for act in (start_initiative, finish_initiative):
            with pytest.raises(Conflict):
                act(started)

    def test_who_saw_another_version_is_refused(self, started):
        with pytest.raises(Stale):
            finish_initiative(started, seen=1)


class TestOtherUnits:
    """Compared only where at least k units had no initiative on the capability."""

    def scene(self, organization, others):
        capability = CapabilityFactory()
        units = [UnitFactory(organization=organization) for _ in range(others + 1)]
        for unit, gain in zip(units, [2, *range(others)], strict=True):
            for day, level in ((date(2026, 1, 1), 1), (date(2026, 3, 5), 1 + gain % 3)):
                ScoreFactory(
                    assessment=AssessmentFactory(
                        organization=organization, unit=unit, valid_from=day
                    ),
                    capability=capability,
                    unit=unit,
                    level=level,
                    effective_level=level,
                )
        values = {"unit": units[0], "capabilities": [capability.key]}
        made = start_initiative(plan_initiative(organization, plan(**values)))
        return capability.key, finish_initiative(made)

    def test_enough_of_them(self, organization):
        key, done = self.scene(organization, ENOUGH_UNITS)

        assert done.comparison == {
            "enough": 5,
            "capabilities": {key: {"own": 2, "units": 5, "others_median": 1}},
        }

    def test_one_too_few(self, organization):
        key, done = self.scene(organization, ENOUGH_UNITS - 1)

        assert done.comparison["capabilities"][key] == {
            "own": 2,
            "units": 4,
            "others_median": None,
        }

    def test_about_no_unit_there_is_nothing_to_compare(self, started):
        assert finish_initiative(started).comparison is None


class TestOverdue:
    def test_it_is_told_once_when_its_last_day_is_over_where_they_are(self, organization, ana):
        plan_initiative(organization, plan(due_on=date(2026, 6, 30)))

        # 23:30 in Berlin, and half an hour later.
        for moment, told in (("2026-06-30T21:30", 0), ("2026-06-30T22:30", 1)):
            with time_machine.travel(datetime.fromisoformat(moment).replace(tzinfo=UTC)):
                tell_overdue_initiatives()
                tell_overdue_initiatives()
            assert Notification.objects.filter(event="initiative.overdue").count() == told

    def test_what_is_over_is_not_late(self, organization, started):
        finish_initiative(started)

        with time_machine.travel(datetime(2027, 1, 1, tzinfo=UTC)):
            assert tell_overdue() == 0


class TestPages:
    def test_a_lead_plans_starts_and_finishes(self, login, ana, organization):
        client, finding = login(ana), FindingFactory(organization=organization)
        form = {
            "organization": organization.pk,
            "title": "Approve by checklist",
            "start_on": "2026-03-01",
            "due_on": "2026-03-05",
            "findings": [finding.pk],
            "metric": METRIC,
            "predicted_change": "0.1",
        }

        made = client.post(reverse("admin:maturity_initiative_add"), form, follow=True)
        row = Initiative.objects.get()
        assert "Overdue since 5 March 2026." in made.content.decode()
        for name in ("start", "finish"):
            url = reverse(f"admin:maturity_initiative_{name}", args=[row.pk])
            row.refresh_from_db()
            page = client.post(url, {"note": "", "seen": row.version}, follow=True)

        assert "Cannot be told" in page.content.decode()
        assert Initiative.objects.get().state == "done"

    def test_a_lead_changes_a_plan_and_later_what_is_not_frozen(self, login, ana, organization):
        unit, finding = (
            UnitFactory(organization=organization),
            FindingFactory(organization=organization),
        )
        made = plan_initiative(organization, plan(findings=(finding,)))
        client, url = login(ana), reverse("admin:maturity_initiative_edit", args=[made.pk])
        form = {
            "title": "Otherwise", "owner": ana.pk, "unit": unit.pk, "start_on": "2026-03-01",
            "due_on": "2026-07-31", "findings": [finding.pk], "metric": METRIC,
            "predicted_change": "0.2", "seen": made.version,
        }  # fmt: skip

        assert client.post(url, form).status_code == 302
        made.refresh_from_db()
        assert (made.title, made.owner, made.unit) == ("Otherwise", ana, unit)
        assert (made.due_on, made.predicted_change) == (date(2026, 7, 31), 0.2)
        assert "Somebody changed this" in client.post(url, form).content.decode()

        start_initiative(made)
        page = client.get(url).content.decode()
        assert 'name="start_on"' not in page
        assert "are frozen" in page
        later = {"title": "Third", "findings": [finding.pk], "due_on": "2027-01-01"}
        refused = client.post(url, later).content.decode()
        assert "Say why its last day moves." in refused
        client.post(url, {**later, "due_reason": "The tool came late"})
        made.refresh_from_db()
        assert (made.title, made.owner, made.due_on) == ("Third", None, date(2027, 1, 1))
        assert (
            "The tool came late" in client.get(url.replace("/edit/", "/change/")).content.decode()
        )

    def test_viewers_and_outsiders_change_no_plan(self, login, vera, carl, organization):
        url = reverse("admin:maturity_initiative_edit", args=[
            plan_initiative(organization, plan()).pk
        ])  # fmt: skip

        assert login(vera).post(url, {"title": "x"}).status_code == 403
        assert login(carl).post(url, {"title": "x"}).status_code == 404

    def test_what_is_wrong_stands_beside_its_field(self, login, ana, organization):
        form = {"organization": organization.pk, "title": "x", "predicted_change": "nan"}

        page = login(ana).post(reverse("admin:maturity_initiative_add"), form)

        assert page.status_code == 200
        assert not Initiative.objects.exists()

    def test_viewers_act_on_nothing(self, login, vera, started):
        url = reverse("admin:maturity_initiative_finish", args=[started.pk])

        assert login(vera).post(url, {}).status_code == 403


class TestApi:
    URL = "/api/v1/orgs/acme/initiatives"

    @pytest.fixture
    def client(self, organization):
        return client_with_key(organization, scopes=["findings:read", "findings:write"])

    def test_one_is_planned_started_and_finished(self, client, organization):
        finding = FindingFactory(organization=organization)
        body = {
            "title": "Approve by checklist",
            "start_on": "2026-03-01",
            "due_on": "2026-06-30",
            "finding_ids": [finding.pk],
            "metric": METRIC,
            "predicted_change": 0.1,
        }

        made = client.post(self.URL, body, content_type="application/json")
        url = f"{self.URL}/{made.json()['id']}"
        states = [
            client.post(f"{url}/{name}", {}, content_type="application/json").json()["state"]
            for name in ("start", "finish")
        ]

        assert made.status_code == 201, made.content
        assert (made.json()["finding_ids"], made["ETag"]) == ([finding.pk], '"1"')
        assert states == ["started", "done"]
        assert [row["state"] for row in client.get(self.URL).json()["results"]] == ["done"]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"title": ""}, "title"),
            ({"start_on": "soon"}, "start_on"),
            ({"metric": "x"}, "metric"),
            ({"predicted_change": "much"}, "predicted_change"),
            ({"finding_ids": [99]}, "finding_ids"),
            ({"finding_ids": ["x"]}, "finding_ids.0"),
            ({"capabilities": ["x"]}, "capabilities"),
            ({"unit": "x"}, "unit"),
            ({"unit": 7.5}, "unit"),
            ({"unit": {"key": "x"}}, "unit"),
            ({"owner_id": 99}, "owner_id"),
            ({"owner_id": -1}, "owner_id"),
        ],
    )
    def test_what_is_not_understood_names_its_field(self, client, change, field):
        body = {
            "title": "x", "start_on": "2026-03-01", "due_on": "2026-06-30", "metric": METRIC,
            "predicted_change": 0.1, **change,
        }  # fmt: skip

        response = client.post(self.URL, body, content_type="application/json")

        assert response.status_code == 400, response.content
        assert [error["attr"] for error in response.json()["errors"]] == [field]

    def test_unit_and_owner_are_given_by_key_and_id_and_changed_again(
        self, client, organization, ana
    ):
        unit = UnitFactory(organization=organization)
        body = {
            "title": "x", "start_on": "2026-03-01", "due_on": "2026-06-30",
            "unit": unit.key, "owner_id": ana.pk,
        }  # fmt: skip
        made = client.post(self.URL, body, content_type="application/json")
        url = f"{self.URL}/{made.json()['id']}"

        changed = client.patch(
            url, {"unit": None, "due_on": "2026-07-31"}, content_type="application/json"
        )

        assert (made.json()["unit"], made.json()["owner_id"]) == (unit.key, ana.pk)
        assert changed.status_code == 200, changed.content
        assert (changed.json()["unit"], changed.json()["owner_id"]) == (None, ana.pk)
        assert (changed.json()["due_on"], changed["ETag"]) == ("2026-07-31", '"2"')

    def test_a_change_of_what_is_frozen_or_was_changed_meanwhile_is_refused(self, client, started):
        url = f"{self.URL}/{started.pk}"

        frozen = client.patch(url, {"start_on": "2026-02-01"}, content_type="application/json")
        stale = client.patch(
            url, {"title": "x"}, content_type="application/json", headers={"If-Match": '"1"'}
        )
        outcome = client.post(f"{url}/finish", {"note": "Half"}, content_type="application/json")

        assert (frozen.status_code, stale.status_code) == (409, 412)
        assert "start_on" in frozen.content.decode()
        assert outcome.json()["outcome_note"] == "Half"

    def test_its_last_day_moves_with_a_reason(self, client, started):
        url, day = f"{self.URL}/{started.pk}", "2027-01-01"

        bare = client.patch(url, {"due_on": day}, content_type="application/json")
        told = client.patch(
            url, {"due_on": day, "due_reason": "Late tool"}, content_type="application/json"
        )

        assert (bare.status_code, bare.json()["errors"][0]["attr"]) == (400, "due_reason")
        assert (told.json()["due_on"], told.json()["due_reason"]) == (day, "Late tool")

    def test_overdue_ones_say_so_and_are_found(self, client, organization):
        late = plan_initiative(organization, plan(due_on=date(2026, 3, 9)))
        due_today = plan_initiative(organization, plan(due_on=date(2026, 3, 10)))
        over = plan_initiative(organization, plan(due_on=date(2026, 3, 9)))
        abandon_initiative(over, note="No time")

        rows = {row["id"]: row["overdue"] for row in client.get(self.URL).json()["results"]}
        found = [
            [row["id"] for row in client.get(self.URL, {"overdue": value}).json()["results"]]
            for value in ("true", "false")
        ]

        assert rows == {late.pk: True, due_today.pk: False, over.pk: False}
        assert (found[0], set(found[1])) == ([late.pk], {due_today.pk, over.pk})

    def test_the_list_is_flat_in_queries(self, client, organization, django_assert_num_queries):
        client.get(self.URL)
        for _ in range(5):
            plan_initiative(organization, plan(findings=(FindingFactory(
                organization=organization, verdict__key=f"k{Initiative.objects.count()}"
            ),)))  # fmt: skip

        # 1 the key, 2 the organisation, 3 the count, 4 the page, 5 its links
        with django_assert_num_queries(5):
            client.get(self.URL)


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

    def test_it_starts_once(self):
        made = plan_initiative(OrganizationFactory(), plan())

        assert self.run(*[lambda: start_initiative(made)] * 3) == [Conflict, Conflict]

    def test_it_is_told_once(self):
        organization = MembershipFactory().organization
        plan_initiative(organization, plan(due_on=date(2026, 3, 2)))

        self.run(*[tell_overdue] * 3)

        assert Notification.objects.count() == 1


def test_work_that_is_written_down_afterwards_has_the_dates_of_then(organization):
    begun, ended = NOW - timedelta(days=90), NOW - timedelta(days=10)

    work = start_initiative(plan_initiative(organization, plan()), at=begun)
    work = finish_initiative(work, note="Waits are gone.", at=ended)

    assert (work.started_at, work.ended_at, work.state) == (begun, ended, "done")
