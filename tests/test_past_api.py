"""What the change history keeps is read as it stood: `as_of` and `known_at` on each resource."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from maturity.models import Finding, Membership, RubricVersion
from maturity.services.endpoints import disable_endpoint
from maturity.services.erasures import erase_person
from maturity.services.initiatives import (
    Plan,
    plan_initiative,
    replan_initiative,
    start_initiative,
)
from maturity.services.keys import create_key, revoke_key
from maturity.services.lifecycle import assign_finding, dismiss_finding, snooze_finding
from maturity.services.people import change_person, place_person
from maturity.services.tenancy import change_organization, change_role, remove_member
from maturity.services.thresholds import switch_on
from surveys.services.privacy_settings import set_privacy
from surveys.services.series import change_series
from surveys.services.waves import close_wave, open_wave
from tests.clients import client_with_key
from tests.factories import (
    EndpointFactory,
    EvidenceFactory,
    FindingFactory,
    FindingTransitionFactory,
    MembershipFactory,
    OrganizationFactory,
)
from tests.maturity.test_thresholds_versions import LATER
from tests.operations.rows import running_series, wave_to_open

URL = "/api/v1/orgs/acme"
SCOPES = [
    "assessments:read",
    "findings:read",
    "keys:read",
    "members:read",
    "people:read",
    "settings:read",
    "surveys:read",
    "webhooks:read",
]


@pytest.fixture
def read(organization):
    """Read an address as it was known at a moment (None: now)."""
    api = client_with_key(organization, scopes=SCOPES)

    def _read(path, at=None, expect=200, **query):
        if at is not None:
            query["known_at"] = at.isoformat()
        response = api.get(f"{URL}/{path}", query)
        assert response.status_code == expect, response.content
        body = response.json()
        return body.get("results", body)

    return _read


def test_who_belongs_here_and_by_which_settings(organization, ana, read):
    olga = MembershipFactory(organization=organization, role="owner")
    other = OrganizationFactory()
    [lead] = Membership.objects.filter(user=ana)
    key, _secret = create_key([organization], scopes=["feed:read"], name="Warehouse", by=olga.user)
    hook = EndpointFactory(organization=organization, name="Bot")
    first = timezone.now()
    change_organization(organization, name="Acme Corp", timezone="Asia/Tokyo")
    change_organization(other, name="Elsewhere")
    change_role(lead, role="viewer")
    revoke_key(key, at=timezone.now())
    key.organizations.add(other)
    disable_endpoint(hook, because="too loud")
    second = timezone.now()
    change_organization(organization, name="Acme Group")
    remove_member(lead)
    EndpointFactory(organization=organization)
    key.organizations.remove(organization)
    third = timezone.now()

    names = [read("settings", at)["name"] for at in (first, second, None)]
    zones = [read("settings", at)["timezone"] for at in (first, second)]
    roles = [{row["email"]: row["role"] for row in read("members", at)} for at in (first, second)]
    keys = [
        [(row["opens"], row["revoked_at"]) for row in read("keys", at) if row["id"] == key.pk]
        for at in (first, second)
    ]
    hooks = [[row["disabled_because"] for row in read("webhooks", at)] for at in (first, second)]

    assert names == ["Acme", "Acme Corp", "Acme Group"]
    assert zones == ["Europe/Berlin", "Asia/Tokyo"]
    assert [each[ana.email] for each in roles] == ["ops_lead", "viewer"]
    assert ana.email not in {row["email"] for at in (third, None) for row in read("members", at)}
    assert read(f"members/{lead.pk}", second)["role"] == "viewer"
    assert [row["id"] for row in read("members", first, role="ops_lead")] == [lead.pk]
    read(f"members/{lead.pk}", expect=404)
    assert [[opens for opens, _revoked in each] for each in keys] == [[1], [2]]
    assert [each[0][1] is None for each in keys] == [True, False]
    assert key.pk not in {row["id"] for row in read("keys")}
    assert hooks == [[""], ["too loud"]]
    assert (read(f"webhooks/{hook.pk}", first)["failures"], len(read("webhooks"))) == (None, 2)
    read("settings", expect=404, as_of="2020-01-01")
    assert read("settings", as_of="2199-01-01")["name"] == "Acme Group"


def test_the_roster_as_it_was_known(organization, read, django_assert_num_queries):
    def place(role, day):
        email = "pm@acme.example"
        return place_person(organization, email, role=role, valid_from=day, name="Pat")

    person = place("pm", date(2026, 1, 1))
    gone = place_person(
        organization, "gone@acme.example", role="pm", valid_from=date(2026, 1, 1), name="Gone"
    )
    first = timezone.now()
    change_person(person, name="Patricia")
    place("product_ops", date(2026, 3, 1))
    erase_person(gone, reason="Asked for it")

    def said(at):
        [row] = read("people", at, as_of="2026-04-01")
        return row["name"], row["role"], len(row["placements"])

    assert [said(first), said(None)] == [("Pat", "pm", 1), ("Patricia", "product_ops", 2)]
    [earlier] = read("people", as_of="2026-02-01")
    assert earlier["role"] == "pm"
    assert read(f"people/{person.pk}", first)["name"] == "Pat"
    read(f"people/{gone.pk}", first, expect=404)
    for number in range(5):
        place_person(organization, f"{number}@acme.example", role="pm", valid_from=date(2026, 1, 1))
    # 1 the key, 2 the organisation, 3 the count, 4 the page, 5 their placements
    with django_assert_num_queries(5):
        assert len(read("people", timezone.now())) == 6
    assert read("people", first, role="product_ops", as_of="2026-04-01") == []


def test_findings_and_what_is_done_about_them(organization, ana, read):
    begun = timezone.now()
    finding = FindingFactory(organization=organization, opened_at=begun, severity="medium")
    later = FindingFactory(organization=organization, key="too_early", opened_at=begun)
    plan = Plan("Checklists", date(2026, 1, 1), date(2026, 6, 30), findings=[finding])
    initiative = plan_initiative(organization, plan)
    first = timezone.now()
    until = first + timedelta(days=30)
    assign_finding(finding, owner=ana, by=ana)
    snooze_finding(finding, until=until, by=ana)
    replan_initiative(initiative, {"title": "Fewer gates", "findings": (finding, later)})
    second = timezone.now()
    dismiss_finding(finding, reason="Wanted", by=ana)
    rated = {"kind": "severity", "before": "medium", "after": "high", "at": timezone.now()}
    FindingTransitionFactory(finding=finding, **rated)
    Finding.objects.filter(pk=finding.pk).update(severity="high")
    assign_finding(finding, owner=None, by=ana)
    start_initiative(initiative)
    path, plan_path = f"findings/{finding.pk}", f"initiatives/{initiative.pk}"

    rows = [read(path, at) for at in (first, second, None)]
    plans = [read(plan_path, at) for at in (first, second, None)]

    assert [row["state"] for row in rows] == ["open", "snoozed", "dismissed"]
    assert [row["owner_id"] for row in rows] == [None, ana.pk, None]
    assert rows[1]["snoozed_until"] == until.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert [row["severity"] for row in rows] == ["medium", "medium", "high"]
    assert read(path, timezone.now())["state"] == "dismissed"
    assert [row["id"] for row in read("findings", second, severity="high")] == []
    assert [row["id"] for row in read("findings", second, state="snoozed")] == [finding.pk]
    assert read("findings", begun - timedelta(seconds=1)) == []
    assert [row["title"] for row in plans] == ["Checklists", "Fewer gates", "Fewer gates"]
    assert [row["finding_ids"] for row in plans] == [
        [finding.pk],
        [finding.pk, later.pk],
        [finding.pk, later.pk],
    ]
    assert [row["state"] for row in plans] == ["planned", "planned", "started"]
    assert [row["overdue"] for row in plans] == [True] * 3
    assert [row["id"] for row in read("initiatives", first, state="planned", overdue="true")] == [
        initiative.pk
    ]
    finding.refresh_from_db()
    assert (finding.state, finding.owner_id) == ("dismissed", None)


def test_what_is_judged_by_and_rested_on(organization, ana, read, rubric):
    begun = timezone.now()
    switch_on(organization, LATER, reason="Small teams", by=ana)
    first = timezone.now()
    switch_on(organization, {}, reason="Back again", by=ana)
    seen = EvidenceFactory(organization=organization, observed_on=date(2026, 3, 1))
    EvidenceFactory(organization=organization, observed_on=date(2026, 5, 1))

    rubric.refresh_from_db()
    before = rubric.published_at - timedelta(seconds=1)
    RubricVersion.objects.filter(pk=rubric.pk).update(retired_at=timezone.now())

    assert read("rubrics", before) == []
    assert [row["retired_at"] for row in read("rubrics", first, in_force="true")] == [None]
    assert read("rubrics", in_force="true") == []
    numbers = [[row["number"] for row in read("thresholds", at)] for at in (begun, first, None)]

    assert numbers == [[], [1], [2, 1]]
    assert [row["id"] for row in read("evidence", as_of="2026-04-01")] == [seen.pk]
    assert read("evidence", seen.recorded_at - timedelta(days=1)) == []


def test_surveys_as_they_stood(organization, read):
    series = running_series(organization)
    wave = wave_to_open(organization)
    first = timezone.now()
    set_privacy(organization, k=7, k_comment=12, retention_days=90)
    set_privacy(organization, k=5, k_comment=10, retention_days=90)
    change_series(series, title="Other", paused=True)
    open_wave(wave)
    second = timezone.now()
    close_wave(wave)
    path = f"waves/{wave.pk}"

    waves = [read(path, at) for at in (first, second, None)]

    assert [row["status"] for row in waves] == ["draft", "open", "closed"]
    assert [row["eligible"] for row in waves] == [None, 5, 5]
    assert [row["audiences"] for row in waves] == [None, ["pm"], ["pm"]]
    assert [row["closed_at"] is None for row in waves] == [True, True, False]
    assert (waves[1]["responded"], waves[1]["band"]) == (None, None)
    assert wave.pk in {row["id"] for row in read("waves", second, status="open")}
    assert [read("privacy", at)["retention_days"] for at in (first, None)] == [400, 90]
    assert [read(f"series/{series.pk}", at)["paused"] for at in (first, None)] == [False, True]
    assert read("series", first, paused="false")[0]["title"] == series.title
