"""The page that explains a verdict: what its sender saw, and that it can be judged again."""

import io
import json
import re
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.management import CommandError, call_command

from maturity.insights.threshold_changes import Sourced
from maturity.models import Evaluation
from maturity.services.findings import refresh_findings
from maturity.services.imports import import_file
from maturity.services.replays import replay_evaluation
from maturity.services.thresholds import switch_on
from maturity.services.units import place_unit
from reports.selectors.figures import in_words
from tests.factories import EvaluationFactory, OrganizationFactory, VerdictRecordFactory
from tests.maturity.test_findings import JUNE, _early, _import, _months
from tests.reports.scenes import block

URL = "/orgs/acme/verdicts/too_early"
KEYS = [
    "too_early", "gatekeeper", "centralised_decisions", "unused_tools", "separate_career_path",
    "pm_count", "readiness", "pm_leverage",
]  # fmt: skip


@pytest.fixture
def evaluation(organization):
    with time_machine.travel(JUNE, tick=False):
        _early(organization)
        return refresh_findings(organization)


def shown(client, **query):
    response = client.get(URL, query, follow=True)
    assert response.status_code == 200
    return response.content.decode()


class TestThePage:
    @pytest.mark.parametrize("key", KEYS)
    def test_every_check_is_explained(self, login, vera, evaluation, key):
        page = login(vera).get(f"/orgs/acme/verdicts/{key}", follow=True)

        assert page.status_code == 200
        assert "Month by month" in page.content.decode()

    def test_it_shows_inputs_figures_thresholds_and_what_would_clear_it(
        self, login, vera, evaluation
    ):
        page = shown(login(vera))

        for part in (
            "8 PMs", "E1", "FAQ of PM Product Ops", "import a file of the format", "missing",
            "data-clears", "<strong>still in force</strong>",
        ):  # fmt: skip
            assert part in page, part

    def test_its_address_shows_the_same_after_the_next_evaluation(
        self, login, vera, organization, evaluation
    ):
        client = login(vera)
        first = client.get(URL)
        _import(organization, *_months(30, 1, range(6, 10)))
        with time_machine.travel(datetime(2026, 9, 15, 12, tzinfo=UTC), tick=False):
            newer = refresh_findings(organization)

        again, newest = client.get(first.url), client.get(URL)

        assert first.url == f"{URL}?evaluation={evaluation.pk}"
        assert 'data-state="raised"' in again.content.decode()
        assert newest.url == f"{URL}?evaluation={newer.pk}"
        assert 'data-state="clear"' in shown(client)

    def test_what_the_address_asks_for_goes_along_and_bounds_the_months(
        self, login, vera, organization, evaluation
    ):
        client = login(vera)
        for month in (5, 6):
            row = EvaluationFactory(organization=organization, period_end=date(2026, month, 1))
            VerdictRecordFactory(evaluation=row, key="too_early", state="clear", severity=None)
        place_unit(organization, "core", name="Core", parent=None, valid_from=date(2026, 1, 1))
        row.refresh_from_db()

        asked = {"evaluation": row.pk, "from": "2026-05-01", "to": "2026-05-31", "unit": "core"}
        page = client.get(URL, asked).content.decode()

        months = block(page, "data-history")
        assert "31 May 2026" in months
        assert "30 April 2026" not in months
        assert 'data-unit-shown="core"' in page
        keep = "from=2026-05-01&amp;to=2026-05-31&amp;unit=core"
        assert f'href="/orgs/acme?{keep}"' in page
        assert f"{URL}?evaluation={row.pk}&amp;{keep}" in months
        link = re.search(r'href="([^"]+)" data-copy', page)[1].replace("&amp;", "&")
        assert "known_at=" in link
        assert block(client.get(link).content.decode(), "data-history").count("<tr>") == 1
        dashboard = client.get("/orgs/acme", {"unit": "core"}).content.decode()
        assert "/verdicts/too_early?evaluation=" in dashboard
        assert dashboard.count("?evaluation=") == dashboard.count("&amp;unit=core")

    def test_a_link_may_name_a_day_or_a_moment(self, login, vera, organization, evaluation):
        client = login(vera)
        later = EvaluationFactory(
            organization=organization,
            period_end=date(2026, 8, 1),
            computed_at=datetime(2026, 8, 4, tzinfo=UTC),
        )
        VerdictRecordFactory(evaluation=later, key="too_early", state="clear", severity=None)

        by_day = client.get(URL, {"as_of": "2026-07-31"})
        by_moment = client.get(URL, {"known_at": "2026-07-01T00:00:00Z"})

        named = f"{URL}?evaluation={evaluation.pk}"
        assert by_day.url == f"{named}&as_of=2026-07-31"
        assert by_moment.url == f"{named}&known_at=2026-07-01T00%3A00%3A00Z"

    @pytest.mark.parametrize(
        "query",
        ["evaluation=x", "evaluation=" + "9" * 30, "evaluation=-1", "evaluation=%00",
         "from=soon", "from=2026-05-02&to=2026-05-01", "unit=nobody",
         "as_of=soon", "as_of=2026-02-30", "known_at=2026-07-01T00:00:00", "known_at=x",
         "known_at=0001-01-01T00:00:00%2B14:00"],
    )  # fmt: skip
    def test_no_query_breaks_it(self, login, vera, evaluation, query):
        assert login(vera).get(f"{URL}?{query}").status_code in {400, 404}

    def test_what_was_never_judged_is_not_there(self, login, vera, organization, evaluation):
        client = login(vera)
        foreign = EvaluationFactory(organization=OrganizationFactory())

        assert client.get("/orgs/acme/verdicts/nothing", follow=True).status_code == 404
        assert client.get(URL, {"evaluation": foreign.pk}).status_code == 404
        assert client.get(URL, {"evaluation": 987654}).status_code == 404

    @pytest.mark.parametrize("key", KEYS)
    def test_evidence_of_any_shape_is_readable(self, login, vera, organization, key):
        odd = [1, "x", None, [], ["E1"], {"E1": 1}]
        names = ("gates", "tools", "survey", "metrics", "latched", "bands", "last_known", "W50",
                 "since", "D", "P", "n", "rejected", "active", "growth", "approval")  # fmt: skip
        client = login(vera)
        evidences = [{}, [], "x", *(dict.fromkeys(names, value) for value in odd)]
        evidences += [{name: {"one": value} for name in names} for value in odd]
        for number, evidence in enumerate(evidences):
            row = EvaluationFactory(
                organization=organization, thresholds_version="1", facts_digest=f"{number:064}"
            )
            VerdictRecordFactory(evaluation=row, key=key, evidence=evidence)

            page = client.get(f"/orgs/acme/verdicts/{key}?evaluation={row.pk}")

            assert page.status_code == 200, evidence
        assert client.get("/orgs/acme").status_code == 200

    @pytest.mark.parametrize("state", ["unknown", "not_applicable"])
    def test_what_cannot_be_judged_says_what_it_needs(self, login, vera, organization, state):
        row = EvaluationFactory(organization=organization, thresholds_version="1")
        VerdictRecordFactory(
            evaluation=row, key="too_early", state=state, severity=None, confidence=None,
            evidence={}, missing=["headcount"], message="Cannot be judged.",
        )  # fmt: skip

        page = shown(login(vera))

        assert f'data-state="{state}"' in page
        assert "head-count has to be known again: import a file of the format headcount" in page

    def test_a_decision_log_without_dates_says_what_is_missing(self, login, vera, organization):
        rows = "".join(f"d{n},,scope,t{n},,pm,false,false\n" for n in range(30))
        header = (
            "decision_id,decided_on,decision_type,team_key,decider_key,decider_function,escalated,"
            "reversed\n"
        )
        import_file(
            organization, "decision_log", io.BytesIO((header + rows).encode()), name="log.csv"
        )
        with time_machine.travel(JUNE, tick=False):
            refresh_findings(organization)

        page = login(vera).get("/orgs/acme/verdicts/centralised_decisions", follow=True)

        text = page.content.decode()
        assert 'data-state="unknown"' in text
        assert "none of 30 decisions has a date" in text
        assert "decision log has to be known again" in text

    def test_on_the_first_day_everything_is_unknown_and_explained(self, login, vera, organization):
        with time_machine.travel(JUNE, tick=False):
            refresh_findings(organization)
        client = login(vera)

        for key in KEYS:
            page = client.get(f"/orgs/acme/verdicts/{key}", follow=True)
            assert page.status_code == 200, key
            assert 'data-state="unknown"' in page.content.decode(), key

    @pytest.mark.parametrize("kind", ["pitfall", "sign", "benefit", "readiness"])
    def test_a_check_that_was_given_up_stays_readable(self, login, vera, organization, kind):
        row = EvaluationFactory(organization=organization, thresholds_version="1")
        VerdictRecordFactory(
            evaluation=row, kind=kind, key="old_check", state="ripe", message="It was so.",
            severity=None, evidence={"bands": {"X": "breached"}, "latched": ["X"]},
        )  # fmt: skip
        client, address = login(vera), f"/orgs/acme/verdicts/old_check?evaluation={row.pk}"

        page, again = client.get(address), client.post(address)

        assert (page.status_code, again.status_code) == (200, 200)
        assert "This check is not made any more." in page.content.decode()
        assert "It was so." in page.content.decode()
        assert client.get("/orgs/acme").status_code == 200

    def test_outsiders_and_nobody_see_nothing(self, login, carl, client, evaluation):
        assert login(carl).get(URL).status_code == 404
        assert client.get(URL).url.startswith("/login")

    def test_it_names_who_set_the_thresholds(self, login, vera, ana, organization, evaluation):
        changes = {"too_early.growth_goal": Sourced(20, "[C] set by this organisation")}
        switch_on(organization, changes, reason="We grow late", by=ana)
        with time_machine.travel(JUNE, tick=False):
            refresh_findings(organization)

        page = shown(login(vera))

        assert "1-own-1" in page
        assert "We grow late" in page

    def test_it_is_flat_in_queries(
        self, login, vera, organization, evaluation, django_assert_num_queries
    ):
        client = login(vera)
        for before in (1, 10):
            for month in range(1, before + 1):
                row = EvaluationFactory(organization=organization, period_end=date(2025, month, 1))
                VerdictRecordFactory(evaluation=row, key="too_early")

            # 1 session, 2 user, 3 the organisation, 4 the evaluation, 5 the verdict, 6 its history
            with django_assert_num_queries(6):
                client.get(URL, {"evaluation": evaluation.pk})

    def test_the_dashboard_leads_there(self, login, vera, evaluation):
        page = login(vera).get("/orgs/acme").content.decode()

        assert f"{URL}?evaluation={evaluation.pk}" in page


class TestReplaying:
    def test_a_stored_verdict_comes_out_the_same_whatever_was_learnt_since(
        self, login, vera, organization, evaluation
    ):
        _import(organization, *_months(40, 2, range(1, 6)))

        page = login(vera).post(f"{URL}?evaluation={evaluation.pk}").content.decode()

        assert 'data-replay="equal"' in page
        assert replay_evaluation(evaluation).equal

    def test_what_was_judged_by_other_numbers_is_replayed_with_them(
        self, organization, ana, evaluation
    ):
        changes = {"too_early.growth_goal": Sourced(20, "[C] set by this organisation")}
        switch_on(organization, changes, reason="x", by=ana)
        with time_machine.travel(JUNE, tick=False):
            newer = refresh_findings(organization)

        assert newer.thresholds_version == "1-own-1"
        assert replay_evaluation(newer).equal
        assert replay_evaluation(evaluation).equal

    def test_an_evaluation_of_nothing_is_replayed_too(self, organization):
        with time_machine.travel(JUNE, tick=False):
            evaluation = refresh_findings(organization)
        _early(organization)

        assert replay_evaluation(evaluation).equal

    def test_a_difference_is_said(self, login, vera, organization):
        row = EvaluationFactory(organization=organization, thresholds_version="1")
        VerdictRecordFactory(evaluation=row, key="too_early")

        page = login(vera).post(f"{URL}?evaluation={row.pk}").content.decode()

        assert 'data-replay="different"' in page
        assert replay_evaluation(row).differing == ("too_early",)

    def test_the_command_prints_it(self, organization, evaluation):
        out = io.StringIO()

        call_command("replay_verdict", "acme", "--json", stdout=out)

        answer = json.loads(out.getvalue())
        assert (answer["same_inputs"], answer["differing"]) == (True, [])
        assert answer["stored_digest"] == answer["replayed_digest"]

    def test_the_command_says_what_it_cannot(self, organization):
        with pytest.raises(CommandError, match="no such evaluation"):
            call_command("replay_verdict", "acme")
        EvaluationFactory(organization=organization, thresholds_version="99")
        with pytest.raises(CommandError, match="not known"):
            call_command("replay_verdict", "acme")
        assert Evaluation.objects.count() == 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""), ([], ""), (True, "yes"), (0.123456, "0.1235"), (3, "3"), ("<5", "<5"),
        ([1.5, 2.5], "1.5 to 2.5"), ([1.5, None], "1.5 to …"), (["a", "b"], "a, b"),
        ({"n": 3, "x": None}, "n 3"), ([1, 2, 3], "1, 2, 3"),
        ({"W50.text": "3.0", "survey.GAT1.favourable": 0.5}, "W50 3.0; GAT1 favourable 0.5"),
        ({"now.value": 3, "P": 8, "D": {"low": 0, "high": 4}}, "now 3; P 8; D 0 to 4"),
    ],
)  # fmt: skip
def test_figures_of_every_shape_are_read_in_words(value, words):
    assert in_words(value) == words
