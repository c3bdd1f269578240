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

ADMIN = "/admin/maturity"
CHANGES = {"too_early.growth_goal": Sourced(20, "[C] set by this organisation")}


@pytest.fixture
def acme(transactional_db):
    return OrganizationFactory(slug="acme", name="Acme")


@pytest.fixture
def ana(acme):
    user = User.objects.create_user("ana@acme.example", "plumb-and-level-7", name="Ana")
    MembershipFactory(organization=acme, user=user)
    return user


@pytest.fixture
def evaluation(acme):
    """Of months that raise one finding."""
    today = datetime.now(UTC).date()
    months = range(1, today.month) if today.month > 5 else range(1, 13)
    _import(acme, *_months(8, 1, months, today.year - (today.month <= 5)))
    return refresh_findings(acme)


@pytest.fixture
def pages(acme, ana, evaluation):
    """The sessions of a lead and of an operator, and the addresses of the lead's pages."""
    addresses = {
        **_of_a_finding(acme, ana),
        **_of_thresholds(acme, ana),
        **_of_a_channel(acme),
        "explanation": f"/orgs/acme/verdicts/too_early?evaluation={evaluation.pk}",
        "plan": f"{ADMIN}/initiative/add/",
        "notifications": "/orgs/acme/notifications",
        "dashboard": "/orgs/acme",
        "connect": "/connect",
    }
    operator = User.objects.create_superuser("root@acme.example", "plumb-and-level-7")
    return [_session(ana), _session(operator)], addresses


def _session(user):
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def _of_a_finding(acme, ana):
    """It is discussed, and something is done about it."""
    finding = Finding.objects.get()
    acknowledge_finding(finding, by=ana, reason="We look into it")
    add_note(finding, text="Two of the eight leave in spring.", by=ana)
    plan = Plan(
        title="Hire later",
        start_on=date(2025, 1, 1),
        due_on=date(2025, 6, 30),
        owner=ana,
        findings=(finding,),
    )
    initiative = plan_initiative(acme, plan)
    return {
        "finding": f"{ADMIN}/finding/{finding.pk}/change/",
        "findings": f"{ADMIN}/finding/",
        "dismiss": f"{ADMIN}/finding/{finding.pk}/dismiss/",
        "initiative": f"{ADMIN}/initiative/{initiative.pk}/change/",
    }


def _of_thresholds(acme, ana):
    """They were tried out, then switched on."""
    trial = try_thresholds(acme, CHANGES, by=ana)
    run_due_trials()
    row = switch_on(acme, CHANGES, reason="We grow late", by=ana)
    return {
        "thresholds": f"{ADMIN}/organization/{acme.pk}/thresholds/",
        "trial": f"{ADMIN}/thresholdstrial/{trial.pk}/change/",
        "version": f"{ADMIN}/thresholdsversion/{row.pk}/change/",
    }


def _of_a_channel(acme):
    endpoint, _secret = create_endpoint(
        acme,
        kind="webhook",
        name="Warehouse",
        address="https://example.org/hook",
        events=["finding.raised"],
    )
    delivery = try_endpoint(endpoint)
    return {
        "endpoint": f"{ADMIN}/endpoint/{endpoint.pk}/change/",
        "delivery": f"{ADMIN}/delivery/{delivery.pk}/change/",
    }


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
            page.locator("#id_name").fill("Zoë & Söhne Größe")
            proposed = page.locator("#id_slug").input_value()
            violations += [] if proposed == "zoe-soehne-groesse" else [f"proposes {proposed}"]
            violations += axe_violations(page)
        return violations

    violations, watch = visit(live_server.url, journey)

    assert violations == []
    assert watch.complaints == []
    assert watch.elsewhere == []
