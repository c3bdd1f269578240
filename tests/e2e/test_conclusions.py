"""Findings, their explanation, thresholds, initiatives and channels in a browser, with axe."""

import os
from datetime import UTC, date, datetime

import pytest
from django.test import Client

from maturity.insights.threshold_changes import Sourced
from maturity.models import Finding, User
from maturity.services.endpoints import create_endpoint, try_endpoint
from maturity.services.findings import refresh_findings
from maturity.services.initiatives import Plan, plan_initiative
from maturity.services.lifecycle import acknowledge_finding, add_note
from maturity.services.thresholds import run_due_trials, switch_on, try_thresholds
from tests.browser import DESKTOP, PHONE, axe_violations, needs_chromium, opened, visit
from tests.factories import MembershipFactory, OrganizationFactory
from tests.maturity.test_findings import _import, _months

CHANGES = {"too_early.growth_goal": Sourced(20, "[C] set by this organisation")}


@pytest.fixture
def pages(transactional_db):
    """A lead's session and the addresses of her pages."""
    organization = OrganizationFactory(slug="acme", name="Acme")
    ana = User.objects.create_user("ana@acme.example", "plumb-and-level-7", name="Ana")
    MembershipFactory(organization=organization, user=ana)
    today = datetime.now(UTC).date()
    months = range(1, today.month) if today.month > 5 else range(1, 13)
    _import(organization, *_months(8, 1, months, today.year - (today.month <= 5)))
    evaluation = refresh_findings(organization)
    finding = Finding.objects.get()
    acknowledge_finding(finding, by=ana, reason="We look into it")
    add_note(finding, text="Two of the eight leave in spring.", by=ana)
    trial = try_thresholds(organization, CHANGES, by=ana)
    run_due_trials()
    row = switch_on(organization, CHANGES, reason="We grow late", by=ana)
    endpoint, _secret = create_endpoint(
        organization,
        kind="webhook",
        name="Warehouse",
        address="https://example.org/hook",
        events=["finding.raised"],
    )
    delivery = try_endpoint(endpoint)
    initiative = plan_initiative(
        organization,
        Plan(
            title="Hire later",
            start_on=date(2025, 1, 1),
            due_on=date(2025, 6, 30),
            owner=ana,
            findings=(finding,),
        ),
    )
    client = Client()
    client.force_login(ana)
    addresses = {
        "finding": f"/admin/maturity/finding/{finding.pk}/change/",
        "findings": "/admin/maturity/finding/",
        "dismiss": f"/admin/maturity/finding/{finding.pk}/dismiss/",
        "explanation": f"/orgs/acme/verdicts/too_early?evaluation={evaluation.pk}",
        "thresholds": f"/admin/maturity/organization/{organization.pk}/thresholds/",
        "trial": f"/admin/maturity/thresholdstrial/{trial.pk}/change/",
        "version": f"/admin/maturity/thresholdsversion/{row.pk}/change/",
        "endpoint": f"/admin/maturity/endpoint/{endpoint.pk}/change/",
        "delivery": f"/admin/maturity/delivery/{delivery.pk}/change/",
        "initiative": f"/admin/maturity/initiative/{initiative.pk}/change/",
        "plan": "/admin/maturity/initiative/add/",
        "notifications": "/orgs/acme/notifications",
        "dashboard": "/orgs/acme",
        "connect": "/connect",
    }
    operator = Client()
    operator.force_login(User.objects.create_superuser("root@acme.example", "plumb-and-level-7"))
    sessions = [each.cookies["sessionid"].value for each in (client, operator)]
    return sessions, addresses


@pytest.mark.e2e
@needs_chromium
def test_every_page_is_accessible_in_light_and_dark_and_asks_nobody_else(pages, live_server):
    (session, operators), addresses = pages
    pictures = os.environ.get("PICTURES")

    def journey(browser, watch):
        violations = []
        with opened(browser, watch, DESKTOP) as page:
            cookie = {"name": "sessionid", "value": session, "url": live_server.url}
            page.context.add_cookies([cookie])
            for name, address in addresses.items():
                answer = page.goto(live_server.url + address)
                assert answer is not None
                assert answer.status == 200, address
                if pictures:
                    page.screenshot(path=f"{pictures}/{name}.png", full_page=True)
                violations += axe_violations(page)
            page.set_viewport_size(PHONE)
            for name in ("finding", "explanation", "thresholds", "notifications", "connect"):
                page.goto(live_server.url + addresses[name])
                wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
                if pictures:
                    page.screenshot(path=f"{pictures}/{name}-phone.png", full_page=True)
                violations += [f"{name} scrolls sideways"] if wide else []
            page.context.add_cookies([cookie | {"value": operators}])
            page.goto(f"{live_server.url}/operation")
            violations += axe_violations(page)
            page.goto(f"{live_server.url}/orgs/")
            page.locator("#id_name").fill("Zoë & Söhne")
            proposed = page.locator("#id_slug").input_value()
            violations += [] if proposed == "zoe-sohne" else [f"proposes {proposed}"]
            violations += axe_violations(page)
        return violations

    violations, watch = visit(live_server.url, journey)

    assert violations == []
    assert watch.complaints == []
    assert watch.elsewhere == []
