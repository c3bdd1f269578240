"""Answering on a phone in a real browser: taps, keys, drafts, and no barrier axe can find."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from surveys.models import IntakeComment, IntakeResponse
from tests.surveys.conftest import RATINGS, tokens

CHROMIUM = shutil.which("chromium")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
REPORT = "document.addEventListener('securitypolicyviolation', e => console.error(e.blockedURI))"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium"),
]


def in_browser(visit: Callable[[Browser], None]) -> None:
    """Run a visit in a thread: Playwright's event loop would keep Django from the database."""

    def run() -> None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            try:
                visit(browser)
            finally:
                browser.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(run).result()


def open_page(browser: Browser, **options) -> tuple[Page, list[str]]:
    page = browser.new_context(**options).new_page()
    complaints: list[str] = []
    page.add_init_script(REPORT)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    return page, complaints


def asked(page: Page) -> str | None:
    return page.locator("[data-step=question]:visible").get_attribute("data-item")


def wait_for(page: Page, item: str) -> None:
    page.locator(f"#{item}").wait_for(state="visible")


@pytest.fixture
def links(live_server, opened) -> list[str]:
    return [f"{live_server.url}/s/{token}" for token in tokens(opened())]


def test_a_pulse_by_thumb_one_screen_a_question(links):
    heights: list[int] = []

    def visit(browser: Browser) -> None:
        page, complaints = open_page(browser, **PHONE)
        page.goto(links[0])
        page.get_by_role("button", name="Start").tap()
        page.locator("#REC0 label", has_text="9").tap()
        for number, item in enumerate(RATINGS):
            wait_for(page, item)
            heights.append(page.evaluate("document.querySelector('[data-moves]').offsetTop"))
            page.locator(f"#{item} label").nth(number % 6).tap()
        wait_for(page, "OPN1")
        page.locator("#OPN1 textarea").fill("Start earlier.")
        page.get_by_role("button", name="Next").tap()
        assert "12 of 12 questions answered." in page.locator("[data-summary]").inner_text()
        page.locator("[data-step=send] summary").tap()
        assert '"REC0": 9' in page.locator("[data-step=send] [data-response-row]").inner_text()
        assert "Start earlier." in page.locator("[data-step=send] [data-comment-row]").inner_text()
        page.get_by_role("button", name="Send my answers").tap()
        page.get_by_role("heading", name="Your answers are in").wait_for()
        page.wait_for_function("localStorage.length === 0")
        assert page.context.cookies() == []
        assert complaints == []

    in_browser(visit)

    stored = IntakeResponse.objects.get()
    chosen = {item: number % 6 + 1 for number, item in enumerate(RATINGS)}
    assert stored.answers == {i: v for i, v in chosen.items() if v < 6} | {"REC0": 9}
    assert stored.not_applicable == [item for item, value in chosen.items() if value == 6]
    assert IntakeComment.objects.get().text == "Start earlier."
    # Without scrolling: the moves stand inside the phone's 844 pixels.
    assert max(heights) < 800


def test_keys_1_to_5_choose_and_arrows_do_not_run_away(links):
    def visit(browser: Browser) -> None:
        page, complaints = open_page(browser)
        page.goto(links[0])
        page.get_by_role("button", name="Start").press("Enter")
        assert asked(page) == "REC0"
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(400)
        assert asked(page) == "REC0"
        page.keyboard.press("Enter")
        for item, key in zip(RATINGS, "1234501234", strict=True):
            wait_for(page, item)
            page.keyboard.press(key)
        wait_for(page, "OPN1")
        page.keyboard.type("12345 words")
        page.get_by_role("button", name="Next").press("Enter")
        page.get_by_role("button", name="Send my answers").press("Enter")
        page.get_by_role("heading", name="Your answers are in").wait_for()
        assert complaints == []

    in_browser(visit)

    stored = IntakeResponse.objects.get()
    values = [1, 2, 3, 4, 5, None, 1, 2, 3, 4]
    expected = {i: v for i, v in zip(RATINGS, values, strict=True) if v is not None}
    assert stored.answers == expected | {"REC0": 1}
    assert stored.not_applicable == [RATINGS[5]]
    assert IntakeComment.objects.get().text == "12345 words"


def test_a_hasty_press_on_next_skips_nothing(links):
    press = """async (pause) => {
        const options = document.querySelectorAll("#REC0 .sv-option");
        options[8].dispatchEvent(new MouseEvent("click", {detail: 1, bubbles: true}));
        await new Promise(resolve => setTimeout(resolve, pause));
        document.querySelector("[data-moves] [data-next]").click();
        return document.querySelector("[data-step=question]:not([hidden])").dataset.item;
    }"""

    def visit(browser: Browser) -> None:
        for pause, item in ((0, "LEV1"), (300, "LEV1"), (1_000, "ANA1")):
            page, _complaints = open_page(browser, **PHONE)
            page.goto(links[0])
            page.get_by_role("button", name="Start").tap()
            assert page.evaluate(press, pause) == item, pause
            page.context.close()

    in_browser(visit)


def test_a_draft_waits_in_the_browser_alone(links):
    def visit(browser: Browser) -> None:
        page, _complaints = open_page(browser, **PHONE)
        page.goto(links[0])
        page.get_by_role("button", name="Start").tap()
        page.locator("#REC0 label", has_text="7").tap()
        wait_for(page, "LEV1")
        page.goto("about:blank")
        page.goto(links[0])
        assert asked(page) == "LEV1"
        page.get_by_role("button", name="Back").tap()
        assert page.locator("#REC0 input[value='7']").is_checked()
        page.get_by_role("button", name="Clear answer").tap()
        assert page.locator("#REC0 input:checked").count() == 0
        page.goto(links[1])
        assert page.locator("input:checked").count() == 0
        assert "/s/" not in page.evaluate("JSON.stringify(localStorage)")

    in_browser(visit)

    assert not IntakeResponse.objects.exists()


def test_it_works_without_javascript(links):
    def visit(browser: Browser) -> None:
        page, _complaints = open_page(browser, java_script_enabled=False, **PHONE)
        page.goto(links[0])
        page.locator("#GAT1 label", has_text="Strongly agree").tap()
        page.locator("#OPN1 textarea").fill("No script.")
        page.get_by_role("button", name="Send my answers").tap()
        page.get_by_role("heading", name="Your answers are in").wait_for()

    in_browser(visit)

    assert IntakeResponse.objects.get().answers == {"GAT1": 5}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(links, scheme, live_server):
    found: dict[str, list[str]] = {}

    def check(page: Page, place: str) -> None:
        # A colour on its way to another is no colour to measure.
        page.wait_for_timeout(300)
        violations = Axe().run(page).response["violations"]
        found[place] = [f"{v['id']}: {n['html']}" for v in violations for n in v["nodes"]]

    def visit(browser: Browser) -> None:
        page, _complaints = open_page(browser, color_scheme=scheme, **PHONE)
        page.goto(links[0])
        for details in page.locator("[data-step=intro] summary").all():
            details.tap()
        check(page, "intro")
        page.get_by_role("button", name="Start").tap()
        check(page, "0 to 10")
        page.locator("#REC0 label", has_text="9").tap()
        wait_for(page, "LEV1")
        page.locator("#LEV1 input[value='4']").press("Space")
        check(page, "agreement")
        for _ in range(11):
            page.locator("[data-moves] [data-next]").tap()
        check(page, "send")
        page.get_by_role("button", name="Send my answers").tap()
        page.get_by_role("heading", name="Your answers are in").wait_for()
        check(page, "thanks")
        page.goto(f"{live_server.url}/s/unknown")
        check(page, "unknown")
        page, _complaints = open_page(browser, color_scheme=scheme, **PHONE)
        page.goto(links[1])
        page.evaluate("document.querySelector('[data-survey]').submit()")
        page.locator("[data-faults]").wait_for()
        check(page, "refused")

    in_browser(visit)

    assert [fault for faults in found.values() for fault in faults] == []
    assert len(found) == 7
