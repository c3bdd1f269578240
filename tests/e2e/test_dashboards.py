"""Portfolio, dashboard and capability in a browser: axe, phone, keyboard and paper."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from maturity.models import User
from maturity.services.tenancy import create_organization
from maturity.services.units import place_unit
from reports.services.boards import request_board_report
from reports.services.demo import LOGIN, create_demo
from reports.services.embeds import create_embed, path_of
from reports.services.schedules import create_schedule
from surveys.models import Wave
from surveys.services.links import results_link
from tests.browser import (
    DESKTOP,
    PHONE,
    TAKES_PICTURES,
    axe_violations,
    needs_chromium,
    opened,
    picture,
    visit,
)
from tests.factories import (
    FindingFactory,
    MembershipFactory,
    OrganizationFactory,
    StartedInitiativeFactory,
    VerdictRecordFactory,
)
from tests.reports.scenes import FIRST_AREA, SHOWN, assess, evaluate, release

# Where a phone shows other parts than a desk.
ON_PHONE = ("portfolio", "dashboard", "capability")
SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"
# Tables wider than their cards; the portfolio's may scroll, and does not need to.
SPILLS = """[...document.querySelectorAll('.pl-card table')]
  .filter((table) => !table.closest('.pl-scroll') || table.matches('.pl-map'))
  .filter((table) => table.getBoundingClientRect().right
    > table.closest('.pl-card').getBoundingClientRect().right)
  .map((table) => table.className)"""
# Names that stick out of their cell or their chart, and tables one must scroll on a desk.
CUT_NAMES = """[
  ...[...document.querySelectorAll('.pl-map .pl-mark-cell')]
    .filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.dataset.label),
  ...[...document.querySelectorAll('[data-chart="radar"] svg text')].filter((text) => {
    const [name, chart] = [text, text.closest('.pl-chart')].map((e) => e.getBoundingClientRect());
    return name.left < chart.left || name.right > chart.right
      || name.top < chart.top || name.bottom > chart.bottom;
  }).map((text) => text.textContent)]"""
SCROLLED = """[...document.querySelectorAll('.pl-scroll')]
  .filter((part) => part.scrollWidth > part.clientWidth)
  .map((part) => part.getAttribute('aria-label'))"""
UNSIGNED = """[...document.querySelectorAll('.pl-scroll')]
  .filter((part) => (part.scrollWidth > part.clientWidth)
    !== (getComputedStyle(part).boxShadow !== 'none'))
  .map((part) => part.getAttribute('aria-label'))"""
# A4 between its margins, and what is too wide for it.
PAPER = {"width": 703, "height": 1000}
OFF_PAPER = """[...document.querySelectorAll('.pl-card table, .pl-chart svg')]
  .filter((part) => part.getBoundingClientRect().right
    > part.closest('.pl-card').getBoundingClientRect().right)
  .map((part) => part.getAttribute('class') ?? part.nodeName)"""
# Not wait_for_function: it evaluates text in the page, which the policy refuses.
LIBRARY_THERE = """async () => {
  while (!window.echarts) await new Promise((resolve) => setTimeout(resolve, 20));
}"""
NOTE_PAPER = """addEventListener('beforeprint', () => {
  window.onPaper = [...document.querySelectorAll('.pl-chart')]
    .map((chart) => chart.querySelector('svg')?.getAttribute('width'));
})"""

# Drawn for a window that was wider; before the browser tells the chart so.
STALE = """document.querySelector('.pl-chart > div').style.width = '900px',
  document.documentElement.scrollWidth"""


@pytest.fixture
def pages(organization, ana, rubric):
    """A lead's session and her pages: one organisation with a history, one on its first day."""
    now = datetime.now(UTC)
    today = now.date()
    MembershipFactory(user=ana, organization=OrganizationFactory(slug="zero", name="Zero"))
    place_unit(organization, "core", name="Core", parent=None, valid_from=today)
    for age, level in ((200, 1), (100, 2), (20, 4)):
        some = {FIRST_AREA[0]: "unknown", FIRST_AREA[1]: "not_applicable"} if age == 20 else {}
        assess(organization, rubric, today - timedelta(days=age), some, others=level)
    StartedInitiativeFactory(organization=organization, started_at=now - timedelta(days=60))
    FindingFactory(
        verdict=VerdictRecordFactory(evaluation=evaluate(organization, period_end=today)),
        organization=organization,
    )
    release(organization, {"Q1": SHOWN, "Q2": {"state": "suppressed"}})
    report = request_board_report(organization, by=ana)
    embed = create_embed(organization, shows="profile", name="Wiki", by=ana, origins=["self"])
    schedule = create_schedule(
        organization, recipients=[ana], by=ana, name="Board", rule="FREQ=MONTHLY", starts_on=today
    )
    client = Client()
    client.force_login(ana)
    addresses = {
        "portfolio": "/",
        "no match": "/?q=nobody",
        "dashboard": f"/orgs/acme?from={today - timedelta(days=210)}",
        "first day": "/orgs/zero",
        "unit, then": f"/orgs/acme?unit=core&known_at={now.isoformat().replace('+00:00', 'Z')}",
        "capability": f"/orgs/acme/capabilities/{FIRST_AREA[0]}",
        "capability, first day": f"/orgs/zero/capabilities/{FIRST_AREA[0]}",
        "chart elsewhere": path_of(embed),
    }
    admin = "/admin/reports"
    of_admin = {
        "reports": f"{admin}/boardreport/",
        "report": f"{admin}/boardreport/{report.pk}/change/",
        "embeds": f"{admin}/embed/",
        "embed": f"{admin}/embed/{embed.pk}/change/",
        "new embed": f"{admin}/embed/add/",
        "schedule": f"{admin}/reportschedule/{schedule.pk}/change/",
        "change of a schedule": f"{admin}/reportschedule/{schedule.pk}/edit/",
    }
    return client.cookies["sessionid"].value, addresses, of_admin


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
@needs_chromium
def test_pages_are_accessible_on_desk_phone_keyboard_and_paper(pages, live_server):
    session, addresses, of_admin = pages

    def journey(browser, watch):
        faults = []
        with opened(browser, watch, DESKTOP) as page:
            cookie = {"name": "sessionid", "value": session, "url": live_server.url}
            page.context.add_cookies([cookie])
            for name, address in addresses.items():
                answer = page.goto(live_server.url + address)
                assert answer is not None
                assert answer.status == 200, address
                for details in page.locator("details").all():
                    details.evaluate("node => { node.open = true }")
                faults += axe_violations(page)
                for width in (DESKTOP, PHONE):
                    page.set_viewport_size(width)
                    faults += [f"{name} scrolls sideways"] if page.evaluate(SIDEWAYS) else []
                    faults += [f"{name}: {table} is too wide" for table in page.evaluate(SPILLS)]
                faults += axe_violations(page) if name in ON_PHONE else []
                page.set_viewport_size(DESKTOP)
            for address in of_admin.values():
                answer = page.goto(live_server.url + address)
                assert answer is not None
                assert answer.status == 200, address
                faults += axe_violations(page)
            faults += _charts_and_keyboard(page, live_server.url + addresses["dashboard"])
        return faults

    faults, watch = visit(live_server.url, journey)

    assert faults == []
    assert watch.complaints == []
    assert watch.elsewhere == []


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
@needs_chromium
@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_pages_fit_in_every_language(pages, live_server, language):
    """Areas are named at the head of every table, and some names are longer than in English."""
    session, addresses, _admin = pages

    def journey(browser, watch):
        faults = []
        with opened(browser, watch, DESKTOP) as page:
            page.set_extra_http_headers({"accept-language": language})
            cookie = {"name": "sessionid", "value": session, "url": live_server.url}
            page.context.add_cookies([cookie])
            for name in ON_PHONE:
                page.goto(live_server.url + addresses[name])
                assert page.locator(f'html[lang="{language}"]').count() == 1
                faults += _on_paper(page) if name == "dashboard" else []
                for details in page.locator("details").all():
                    details.evaluate("node => { node.open = true }")
                faults += axe_violations(page)
                for width in (DESKTOP, PHONE):
                    page.set_viewport_size(width)
                    faults += [f"{name} scrolls sideways"] if page.evaluate(SIDEWAYS) else []
                    faults += [f"{name}: {table} is too wide" for table in page.evaluate(SPILLS)]
                    faults += [f"{name}: {cut} is cut" for cut in page.evaluate(CUT_NAMES)]
                faults += [f"{name}: no sign on {part}" for part in page.evaluate(UNSIGNED)]
                page.set_viewport_size(DESKTOP)
                faults += [f"{name}: {table} is scrolled" for table in page.evaluate(SCROLLED)]
        return faults

    faults, _watch = visit(live_server.url, journey)

    assert faults == [], "\n".join(faults)


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
@needs_chromium
def test_a_chart_that_is_not_drawn_anew_yet_widens_no_page(pages, live_server):
    _session, addresses, _admin = pages

    def journey(browser, watch):
        with opened(browser, watch, PHONE) as page:
            page.goto(live_server.url + addresses["chart elsewhere"])
            page.wait_for_selector('[data-chart="radar"] svg')
            return page.evaluate(STALE)

    width, _watch = visit(live_server.url, journey)

    assert width == PHONE["width"]


def _on_paper(page):
    """Charts nobody scrolled to are printed too, as wide as the paper, and no table is cut."""
    page.evaluate(NOTE_PAPER)
    page.keyboard.press("Shift")
    page.evaluate(LIBRARY_THERE)
    page.pdf()
    drawn = page.evaluate("window.onPaper")
    faults = [] if drawn == ["600", "600"] else [f"charts on paper: {drawn}"]
    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)
    faults += [f"{part} is wider than paper" for part in page.evaluate(OFF_PAPER)]
    page.emulate_media(media="screen")
    page.set_viewport_size(DESKTOP)
    return faults


def _charts_and_keyboard(page, address):
    """Charts have their dates; the cause is three keys away; paper has neither forms nor links."""
    page.goto(address)
    faults = []
    page.locator('[data-chart="trend"]').scroll_into_view_if_needed()
    page.wait_for_selector('[data-chart="trend"] svg')
    drawn = page.locator('[data-chart="trend"] svg path[stroke-dasharray]').count()
    faults += [] if drawn else ["the initiative's date is not drawn"]
    page.locator(".pl-more summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/capabilities/*")
    page.emulate_media(media="print")
    for part in (".pl-nav", ".pl-copy"):
        faults += [f"{part} on paper"] if page.locator(part).first.is_visible() else []
    return faults


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not TAKES_PICTURES, reason="only `make screenshots` takes pictures")
@needs_chromium
def test_demo_is_pictured_for_the_guides(live_server, settings):
    settings.BASE_URL = live_server.url
    create_demo()
    lead = User.objects.get(email=LOGIN)
    create_organization("harbour", name="Harbour", owner=lead)
    client = Client()
    client.force_login(lead)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    closed = Wave.objects.filter(organization__slug="northlight", status="closed")
    told = results_link(closed.latest("closed_at"))
    desk = {
        "portfolio": "/",
        "dashboard": "/orgs/northlight",
        "verdict": "/orgs/northlight/verdicts/gatekeeper",
        "first-steps": "/orgs/harbour",
        "connect": "/connect",
    }

    def journey(browser, watch):
        for size, pages in ((DESKTOP, desk), (PHONE, {"dashboard-phone": desk["dashboard"]})):
            with opened(browser, watch, size) as page:
                page.context.add_cookies([{**cookie, "url": live_server.url}])
                for name, address in pages.items():
                    page.goto(live_server.url + address)
                    picture(page, name)
        with opened(browser, watch, PHONE) as page:
            page.goto(told)
            picture(page, "results")

    _seen, watch = visit(live_server.url, journey)

    assert watch.complaints == []
