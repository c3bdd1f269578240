"""/api/docs/ in a real browser: it works under the strict policy and asks no other host."""

import re

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page

from tests.browser import DESKTOP, Watch, needs_chromium, opened, visit


def test_the_page_has_no_inline_script_or_style():
    response = Client().get("/api/docs/")

    page = response.content.decode()
    policy = response["Content-Security-Policy"]
    assert "<style" not in page
    assert re.findall(r"<script[^>]*>[^<]+", page) == []
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy


def test_the_page_is_read_and_nothing_else():
    assert Client().post("/api/docs/").status_code == 405


@pytest.mark.e2e
@needs_chromium
def test_the_page_works_and_asks_no_other_host(live_server):
    (title, operations), watch = visit(live_server.url, _read)

    assert watch.complaints == []
    contract = Client().get("/api/v1/openapi.json").json()
    described = sum(len(item) for part in ("paths", "webhooks") for item in contract[part].values())
    assert (title, operations) == ("Plumbline API", described)
    assert f"{live_server.url}/api/v1/openapi.json" in watch.requested
    assert watch.elsewhere == []


def _read(browser: Browser, watch: Watch) -> tuple[str, int]:
    """Open an operation, its try-out and the dialogue for keys, as a reader would."""
    with opened(browser, watch, DESKTOP) as page:
        page.goto(f"{watch.origin}/api/docs/")
        page.wait_for_selector(".opblock")
        operations = _operations(page)
        page.locator(".opblock-summary-control").first.click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Authorize").first.click()
        page.wait_for_selector(".modal-ux")
        return page.title(), operations


def _operations(page: Page) -> int:
    """How many operations there are; the page draws those that are in sight alone."""
    seen: set[str] = set()
    at_end = False
    while not at_end:
        seen |= set(page.eval_on_selector_all(".opblock", "all => all.map(one => one.id)"))
        at_end = page.evaluate(_ONE_SCREEN_ON)
        page.wait_for_timeout(50)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_selector(".opblock-summary-control")
    return len(seen)


_ONE_SCREEN_ON = "() => { const at = scrollY; scrollBy(0, innerHeight / 2); return at === scrollY }"
