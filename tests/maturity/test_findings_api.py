"""GET /api/v1/orgs/<slug>/findings: flat rows with the evidence behind each."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from maturity.api.base import UtcDateTimeField
from maturity.models import ApiKey
from tests.clients import client_with_key
from tests.factories import (
    EvaluationFactory,
    FindingFactory,
    FindingTransitionFactory,
    UserFactory,
    VerdictRecordFactory,
)

URL = "/api/v1/orgs/acme/findings"


@pytest.fixture
def client(organization):
    client = client_with_key(organization, scopes=["findings:read"])
    client.get(URL)
    return client


@pytest.fixture
def finding(organization):
    return FindingFactory(
        organization=organization,
        verdict=VerdictRecordFactory(
            evaluation=EvaluationFactory(
                organization=organization,
                period_end=date(2026, 8, 1),
                thresholds_version="1.2.0",
            ),
            message="Half of the requests wait more than 10 working days.",
            evidence={"w50": 10.4, "gates": {"Readiness": 26}},
            missing=["tool_usage"],
        ),
        opened_on=date(2026, 7, 1),
        opened_at=datetime(2026, 7, 3, 6, tzinfo=UTC),
    )


def _keys(client, **parameters) -> list[str]:
    response = client.get(URL, parameters)
    assert response.status_code == 200, response.content
    return [row["key"] for row in response.json()["results"]]


def test_a_finding_is_flat_and_complete(client, organization, finding):
    expected = {
        "id": finding.pk,
        "organization_id": organization.pk,
        "organization": "acme",
        "key": "gatekeeper",
        "unit": None,
        "severity": "medium",
        "state": "open",
        "snoozed_until": None,
        "owner_id": None,
        "version": 1,
        "evidence_text": "Half of the requests wait more than 10 working days.",
        "evidence": {"w50": 10.4, "gates": {"Readiness": 26}},
        "missing": ["tool_usage"],
        "confidence": 0.7,
        "opened_on": "2026-07-01",
        "opened_at": "2026-07-03T06:00:00.000000Z",
        "resolved_at": None,
        "thresholds_version": "1.2.0",
        "period_end": "2026-08-01",
    }

    listed = client.get(URL)
    single = client.get(f"{URL}/{finding.pk}")

    assert listed.json() == {"count": 1, "next": None, "previous": None, "results": [expected]}
    assert single.json() == expected
    assert single["Content-Type"] == "application/json"
    assert single["Cache-Control"] == "private, no-cache"


def test_a_resolved_finding_says_when(client, finding):
    finding.resolved_at = datetime(2026, 9, 1, 8, 30, 0, 5, tzinfo=UTC)
    finding.state = "resolved"
    finding.save()

    row = client.get(f"{URL}/{finding.pk}").json()

    assert (row["state"], row["resolved_at"]) == ("resolved", "2026-09-01T08:30:00.000005Z")


def test_a_timestamp_is_utc_whatever_zone_it_comes_in():
    moment = datetime(2026, 7, 1, 10, 30, tzinfo=ZoneInfo("Europe/Berlin"))

    assert UtcDateTimeField().to_representation(moment) == "2026-07-01T08:30:00.000000Z"


def test_filters(client, organization, finding):
    FindingFactory(
        organization=organization,
        verdict__key="too_early",
        verdict__severity="high",
        verdict__evaluation__organization=organization,
        resolved_at=datetime(2026, 9, 1, tzinfo=UTC),
    )

    assert _keys(client) == ["gatekeeper", "too_early"]
    assert _keys(client, state="open") == ["gatekeeper"]
    assert _keys(client, state="resolved") == ["too_early"]
    assert _keys(client, key="too_early") == ["too_early"]
    assert _keys(client, severity="high") == ["too_early"]
    assert _keys(client, severity="high", state="open") == []
    assert _keys(client, state="") == ["gatekeeper", "too_early"]


def test_the_newest_comes_first(client, organization):
    for day, key in ((1, "too_early"), (3, "gatekeeper"), (2, "unused_tools")):
        FindingFactory(
            organization=organization,
            verdict__key=key,
            verdict__evaluation__organization=organization,
            opened_at=datetime(2026, 7, day, tzinfo=UTC),
        )

    assert _keys(client) == ["gatekeeper", "unused_tools", "too_early"]


def test_pages_follow_each_other(client, organization):
    for key in ("a", "b", "c"):
        FindingFactory(
            organization=organization,
            verdict__key=key,
            verdict__evaluation__organization=organization,
        )

    first = client.get(URL, {"page_size": 2}).json()
    second = client.get(first["next"]).json()

    assert [row["key"] for row in first["results"]] == ["c", "b"]
    assert [row["key"] for row in second["results"]] == ["a"]
    assert (first["count"], second["next"]) == (3, None)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("state", "closed"),
        ("state", "\x00"),
        ("severity", "terrible"),
        ("key", "x" * 41),
        ("key", "\x00"),
        ("page", "0"),
        ("page", "x"),
        ("page", "9" * 5000),
        ("page_size", "-1"),
        ("page_size", "x"),
        ("stat", "open"),
        ("as_of", "2026-13-01"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(client, parameter, value):
    response = client.get(URL, {parameter: value})

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert [error["attr"] for error in response.json()["errors"]] == [parameter]


@pytest.mark.parametrize("pk", ["0", "99999999999999999999", "x", "-1", "1.0", "%00"])
def test_a_finding_that_is_not_there_is_404(client, pk):
    response = client.get(f"{URL}/{pk}")

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_a_page_that_is_not_there_is_404(client, finding):
    assert client.get(URL, {"page": 2}).status_code == 404


def test_a_parameter_of_one_finding_is_refused(client, finding):
    assert client.get(f"{URL}/{finding.pk}", {"state": "open"}).status_code == 400


def test_the_list_is_flat_in_queries(client, organization, django_assert_num_queries):
    for key in ("a", "b", "c", "d", "e"):
        FindingFactory(
            organization=organization,
            verdict__key=key,
            verdict__evaluation__organization=organization,
        )

    # 1 the key, 2 the organisation, 3 the count, 4 the page with its verdicts
    with django_assert_num_queries(4):
        assert len(_keys(client)) == 5


class TestDeciding:
    """POST …/findings/<id>/<decision>: what the admin does, for scripts."""

    @pytest.fixture
    def writer(self, organization):
        return client_with_key(organization, scopes=["findings:read", "findings:write"])

    def post(self, client, finding, what, body=None, **headers):
        url = f"{URL}/{finding.pk}/{what}"
        return client.post(url, body or {}, content_type="application/json", headers=headers)

    def test_each_decision_answers_with_the_finding_as_it_stands_then(self, writer, finding, ana):
        until = timezone.now() + timedelta(days=7)

        states = [
            self.post(writer, finding, what, body).json()
            for what, body in (
                ("acknowledge", {}),
                ("snooze", {"until": until.isoformat(), "reason": "After the release"}),
                ("reopen", {}),
                ("dismiss", {"reason": "Wanted: two people run it"}),
                ("assign", {"owner_id": ana.pk}),
            )
        ]

        assert [row["state"] for row in states] == [
            "acknowledged", "snoozed", "open", "dismissed", "dismissed",
        ]  # fmt: skip
        assert [row["version"] for row in states] == [2, 3, 4, 5, 6]
        assert states[1]["snoozed_until"] == UtcDateTimeField().to_representation(until)
        assert states[-1]["owner_id"] == ana.pk

    def test_the_history_names_the_key_that_decided(self, writer, finding):
        self.post(writer, finding, "dismiss", {"reason": "Wanted"})

        (step,) = writer.get(f"{URL}/{finding.pk}/history").json()["results"]

        key = ApiKey.objects.get(scopes__contains=["findings:write"])
        assert (step["kind"], step["before"], step["after"], step["reason"], step["author"]) == (
            "dismissed", "open", "dismissed", "Wanted", str(key),
        )  # fmt: skip

    def test_a_lead_takes_part_in_the_discussion(self, finding, ana, login):
        client = login(ana)

        written = self.post(client, finding, "notes", {"text": " We look into it. "})

        assert written.status_code == 201
        (note,) = client.get(f"{URL}/{finding.pk}/notes").json()["results"]
        assert (note["text"], note["author"]) == ("We look into it.", "Ana")

    def test_who_saw_another_version_is_412_and_changes_nothing(self, writer, finding):
        tag = writer.get(f"{URL}/{finding.pk}")["ETag"]
        done = self.post(writer, finding, "acknowledge", if_match=tag)

        late = self.post(writer, finding, "dismiss", {"reason": "x"}, if_match=tag)

        assert (tag, done.status_code, done["ETag"]) == ('"1"', 200, '"2"')
        assert (late.status_code, late.json()["code"]) == (412, "stale")
        finding.refresh_from_db()
        assert finding.state == "acknowledged"

    def test_what_is_resolved_is_409(self, writer, organization):
        over = FindingFactory(
            organization=organization, resolved_at=datetime(2026, 9, 1, tzinfo=UTC)
        )

        response = self.post(writer, over, "acknowledge")

        assert (response.status_code, response.json()["code"]) == (409, "finding_resolved")

    @pytest.mark.parametrize(
        ("what", "body", "field"),
        [
            ("snooze", {}, "until"),
            ("snooze", {"until": "2020-01-01T00:00:00Z"}, "until"),
            ("snooze", {"until": "9999-12-31T23:59:59-10:00"}, "until"),
            ("snooze", {"until": "2027-01-01T00:00:00"}, "until"),
            ("snooze", {"until": 7}, "until"),
            ("dismiss", {}, "reason"),
            ("dismiss", {"reason": "  "}, "reason"),
            ("dismiss", {"reason": "a\u0000b"}, "reason"),
            ("dismiss", {"reason": "x" * 10_001}, "reason"),
            ("assign", {}, "owner_id"),
            ("assign", {"owner_id": 0}, "owner_id"),
            ("assign", {"owner_id": 2**70}, "owner_id"),
            ("assign", {"owner_id": 987_654}, "owner_id"),
            ("notes", {"text": ""}, "text"),
            ("notes", {}, "text"),
        ],
    )
    def test_what_is_not_understood_names_its_field(self, writer, finding, what, body, field):
        response = self.post(writer, finding, what, body)

        assert response.status_code == 400
        assert [error["attr"] for error in response.json()["errors"]] == [field]
        assert not finding.transitions.exists()

    @pytest.mark.parametrize("body", ["[]", "null", "{", "7", '"x"'])
    def test_no_body_breaks_it(self, writer, finding, body):
        for what in ("snooze", "dismiss", "assign", "notes"):
            response = writer.post(
                f"{URL}/{finding.pk}/{what}", body, content_type="application/json"
            )
            assert response.status_code == 400

    def test_the_history_is_flat_in_queries(self, client, finding, django_assert_num_queries):
        FindingTransitionFactory.create_batch(5, finding=finding, user=UserFactory())

        # 1 the key, 2 the organisation, 3 the finding, 4 the count, 5 the page with its people
        with django_assert_num_queries(5):
            assert len(client.get(f"{URL}/{finding.pk}/history").json()["results"]) == 5
