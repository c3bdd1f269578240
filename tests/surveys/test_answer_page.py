"""Answering on a phone in a real browser: taps, keys, drafts, and no barrier axe can find."""

import json
import re
from pathlib import Path

import pytest
import yaml
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page

from surveys.banks import SHIPPED_TRANSLATIONS, load_translation
from surveys.models import IntakeComment, IntakeResponse, ResultsLink
from surveys.services.follow_ups import publish_follow_up, save_follow_up
from surveys.services.translations import publish_translation
from surveys.services.waves import close_wave, create_wave, open_wave
from tests.browser import axe_violations, chromium, needs_chromium
from tests.factories import UserFactory
from tests.surveys.conftest import RATINGS, answer, hire, ratings, tokens

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
REPORT = "document.addEventListener('securitypolicyviolation', e => console.error(e.blockedURI))"

pytestmark = [
    pytest.mark.e2e,
    needs_chromium,
]


def open_page(browser: Browser, **options) -> tuple[Page, list[str]]:
    page = browser.new_context(**options).new_page()
    complaints: list[str] = []
    page.add_init_script(REPORT)
    page.on("request", lambda request: complaints.extend(_elsewhere(request.url)))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    return page, complaints


def _elsewhere(url: str) -> list[str]:
    return [] if url.startswith(("http://localhost:", "about:", "data:")) else [url]


def asked(page: Page) -> str | None:
    return page.locator("[data-step=question]:visible").get_attribute("data-item")


def wait_for(page: Page, item: str) -> None:
    page.locator(f"#{item}").wait_for(state="visible")


@pytest.fixture
def links(live_server, opened) -> list[str]:
    return [f"{live_server.url}/s/{token}" for token in tokens(opened())]


@pytest.fixture
def results(organization, bank) -> str:
    """The results page of a wave that closed before."""
    hire(organization, 9)
    wave = open_wave(create_wave(organization, title="Before"))
    answer(wave, [ratings(value, GAT2=1) for value in (1, 2, 3, 4, 4, 5, 5)])
    close_wave(wave)
    publish_follow_up(save_follow_up(wave, heard="Waiting", doing="Less", by=UserFactory()))
    return ResultsLink.objects.get().path


def test_a_pulse_by_thumb_one_screen_a_question(links):
    heights: list[int] = []
    shown: dict[str, str] = {}

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
        for kind in ("response", "comment"):
            shown[kind] = page.locator(f"[data-step=send] [data-{kind}-row]").inner_text()
        page.get_by_role("button", name="Send my answers").tap()
        page.get_by_role("heading", name="Your answers are in").wait_for()
        page.wait_for_function("localStorage.length === 0")
        assert page.context.cookies() == []
        assert complaints == []

    chromium.run(visit)

    # What the page showed is what the tables hold, column by column, to the letter.
    for kind, table in (("response", IntakeResponse), ("comment", IntakeComment)):
        row = table.objects.values().get() | {"id": "random"}
        assert json.loads(shown[kind]) == row
        assert list(json.loads(shown[kind])) == [c.attname for c in table._meta.concrete_fields]
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

    chromium.run(visit)

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

    chromium.run(visit)


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

    chromium.run(visit)

    assert not IntakeResponse.objects.exists()


@pytest.mark.parametrize("by", ["thumb", "keys"])
def test_a_pulse_takes_14_presses_and_well_under_four_minutes(links, by):
    """Everything is read at 200 words a minute, each press takes a second, a text thirty."""
    words: list[int] = []
    presses: list[str] = []

    def visit(browser: Browser) -> None:
        page, _complaints = open_page(browser, **(PHONE if by == "thumb" else {}))

        def press(place: str, key: str) -> None:
            presses.append(key)
            target = page.locator(place)
            target.tap() if by == "thumb" else page.keyboard.press(key)

        page.goto(links[0])
        words.append(len(page.locator("[data-step=intro]").inner_text().split()))
        if by == "keys":
            page.get_by_role("button", name="Start").focus()
        press("[data-step=intro] [data-next]", "Enter")
        words.append(len(page.locator("#REC0").inner_text().split()))
        press("#REC0 label >> nth=9", "9")
        if by == "keys":
            press("", "Enter")
        for item in RATINGS:
            wait_for(page, item)
            # The labels are the same on every screen: read once.
            place = f"#{item}" if item == RATINGS[0] else f"#{item} legend"
            words.append(len(page.locator(place).inner_text().split()))
            press(f"#{item} label >> nth=3", "4")
        wait_for(page, "OPN1")
        words.append(len(page.locator("#OPN1").inner_text().split()))
        page.locator("[data-moves] [data-next]").focus()
        press("[data-moves] [data-next]", "Enter")
        words.append(len(page.locator("[data-step=send]").inner_text().split()))
        page.locator("[data-submit]").focus()
        press("[data-submit]", "Enter")
        page.get_by_role("heading", name="Your answers are in").wait_for()

    chromium.run(visit)

    assert IntakeResponse.objects.get().answers == dict.fromkeys(RATINGS, 4) | {"REC0": 9}
    assert len(presses) == (14 if by == "thumb" else 15)
    assert sum(words) / 200 * 60 + len(presses) + 30 < 210


def test_ten_is_typed_as_a_one_and_a_zero(links):
    def visit(browser: Browser) -> None:
        page, _complaints = open_page(browser)
        page.goto(links[0])
        page.get_by_role("button", name="Start").press("Enter")
        for keys, value in (("1", "1"), ("10", "10"), ("0", "0"), ("7", "7")):
            for key in keys:
                page.keyboard.press(key)
            assert page.locator("#REC0 input:checked").input_value() == value

    chromium.run(visit)


def test_it_works_without_javascript(links):
    def visit(browser: Browser) -> None:
        page, _complaints = open_page(browser, java_script_enabled=False, **PHONE)
        page.goto(links[0])
        page.locator("#GAT1 label", has_text="Strongly agree").tap()
        page.locator("#OPN1 textarea").fill("No script.")
        page.get_by_role("button", name="Send my answers").tap()
        page.get_by_role("heading", name="Your answers are in").wait_for()

    chromium.run(visit)

    assert IntakeResponse.objects.get().answers == {"GAT1": 5}


def test_without_javascript_one_sees_the_very_row_before_sending(links):
    shown: list[str] = []

    def visit(browser: Browser) -> None:
        page, _complaints = open_page(browser, java_script_enabled=False, **PHONE)
        page.goto(links[0])
        page.locator("#GAT1 label", has_text="Strongly agree").tap()
        page.locator("#TOO3 label", has_text="Does not apply").tap()
        page.get_by_role("button", name="Show what would be stored").tap()
        page.get_by_role("heading", name="This is what would be stored").wait_for()
        shown.append(page.locator("[data-step=send] [data-response-row]").inner_text())
        assert page.locator("#GAT1 input:checked").input_value() == "5"
        page.get_by_role("button", name="Send my answers").tap()
        page.get_by_role("heading", name="Your answers are in").wait_for()

    chromium.run(visit)

    row = IntakeResponse.objects.values().get() | {"id": "random"}
    assert [json.loads(text) for text in shown] == [row]


def test_enter_in_a_page_without_javascript_only_looks(client, links):
    path = "/s/" + links[0].rpartition("/")[2]
    first = re.search(r'<button[^>]*type="submit"[^>]*>', client.get(path).content.decode())

    looked = client.post(path, {"GAT1": "5", "preview": "1"})

    assert first is not None
    assert 'name="preview"' in first.group()
    assert looked.status_code == 200
    assert not IntakeResponse.objects.exists()


def test_a_shared_computer_keeps_nothing(links):
    def visit(browser: Browser) -> None:
        page, _complaints = open_page(browser, **PHONE)
        page.goto(links[0])
        page.get_by_label("This is a shared computer").check()
        page.get_by_role("button", name="Start").tap()
        page.locator("#REC0 label", has_text="7").tap()
        wait_for(page, "LEV1")
        assert page.evaluate("localStorage.length") == 0
        page.goto(links[0])
        assert page.locator("input[type=radio]:checked").count() == 0

    chromium.run(visit)


def test_answers_can_be_cleared_from_the_browser_and_old_drafts_go_by_themselves(links):
    def visit(browser: Browser) -> None:
        page, _complaints = open_page(browser, **PHONE)
        page.goto(links[0])
        page.evaluate(
            "localStorage.setItem('plumbline-draft-old', JSON.stringify({until: 1, values: {}}));"
            "localStorage.setItem('other', '1')"
        )
        page.get_by_role("button", name="Start").tap()
        page.locator("#REC0 label", has_text="7").tap()
        wait_for(page, "LEV1")
        page.goto(links[0])
        assert page.evaluate("Object.keys(localStorage).length") == 2
        page.get_by_role("button", name="Clear them").tap()
        assert page.evaluate("Object.keys(localStorage).length") == 2
        page.get_by_role("button", name="Press again").tap()
        assert page.evaluate("Object.keys(localStorage)") == ["other"]
        assert page.locator("input[type=radio]:checked").count() == 0
        assert page.get_by_role("button", name="Start").is_visible()

    chromium.run(visit)


def test_a_draft_survives_a_change_of_language(draft, live_server):
    publish_translation(load_translation(SHIPPED_TRANSLATIONS[0]))
    link = _in_languages(draft, "de")

    def visit(browser: Browser) -> None:
        page, complaints = open_page(browser, **PHONE)
        page.goto(f"{live_server.url}{link}")
        page.get_by_role("button", name="Start").tap()
        page.locator("#REC0 label", has_text="7").tap()
        wait_for(page, "LEV1")
        page.get_by_role("button", name="Back").tap()
        page.get_by_role("button", name="Back").tap()
        page.get_by_role("link", name="Deutsch").tap()
        page.get_by_role("button", name="Beginnen").tap()
        assert page.locator("#REC0 input:checked").input_value() == "7"
        assert complaints == []

    chromium.run(visit)


def test_a_language_from_right_to_left_mirrors_page_and_scale(draft, live_server, tmp_path):
    document = yaml.safe_load(SHIPPED_TRANSLATIONS[0].read_text()) | {"language": "he"}
    path = tmp_path / "he.yaml"
    path.write_text(yaml.safe_dump(document))
    publish_translation(load_translation(path))
    link = _in_languages(draft, "he")

    def visit(browser: Browser) -> None:
        page, _complaints = open_page(browser, viewport={"width": 1280, "height": 900})

        def left_of(place: str) -> float:
            box = page.locator(place).bounding_box()
            assert box is not None
            return box["x"]

        places = (
            "#REC0 label >> nth=0",
            "#REC0 label >> nth=10",
            "[data-back]",
            "[data-moves] [data-next]",
        )
        seen = {}
        for direction in ("ltr", "rtl"):
            page.goto(f"{live_server.url}{link}?lang={'he' if direction == 'rtl' else 'en'}")
            assert page.locator("html").get_attribute("dir") == direction
            page.locator("[data-step=intro] [data-next]").click()
            seen[direction] = [left_of(place) for place in places]
            page.evaluate("localStorage.clear()")
        zero, ten, back, on = seen["ltr"]
        assert (zero < ten, back < on) == (True, True)
        zero, ten, back, on = seen["rtl"]
        assert (zero > ten, back > on) == (True, True)
        page.keyboard.press("5")
        page.keyboard.press("Enter")
        wait_for(page, "LEV1")
        assert left_of("#LEV1 .sv-digit >> nth=0") > left_of("#LEV1 .sv-label >> nth=0")

    chromium.run(visit)


def test_the_stylesheet_knows_no_left_and_right():
    css = Path(finders.find("surveys/respond.css")).read_text()
    physical = (
        r"(margin|padding|border|inset)-(left|right)|(?<!-)\b(left|right):|text-align: (left|right)"
    )

    assert re.findall(physical, css) == []


def _in_languages(wave, *codes: str) -> str:
    hire(wave.organization, 5)
    wave.languages, wave.allow_draft_translations = list(codes), True
    wave.save()
    return f"/s/{tokens(open_wave(wave))[0]}"


def test_axe_finds_nothing_in_light_and_dark(results, links, live_server):
    found: dict[str, list[str]] = {}

    def check(page: Page, place: str) -> None:
        # A colour on its way to another is no colour to measure.
        page.wait_for_timeout(300)
        found[place] = axe_violations(page)

    def visit(browser: Browser) -> None:
        page, _complaints = open_page(browser, **PHONE)
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
        page.goto(f"{live_server.url}{results}")
        page.locator("[data-results]").wait_for()
        check(page, "results")
        page, _complaints = open_page(browser, **PHONE)
        page.goto(links[1])
        page.evaluate("document.querySelector('[data-survey]').submit()")
        page.locator("[data-faults]").wait_for()
        check(page, "refused")

    chromium.run(visit)

    assert [fault for faults in found.values() for fault in faults] == []
    assert len(found) == 8
