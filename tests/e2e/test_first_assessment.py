"""The whole path in a real browser: score sheet, survey from mail to result, dashboard."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from maturity.models import Assessment, Organization
from maturity.services.people import place_person
from surveys.banks import SHIPPED as BANKS
from surveys.banks import load_bank
from surveys.models import IntakeResponse, Response
from surveys.services.banks import publish_bank
from tests.browser import (
    DESKTOP,
    PHONE,
    Watch,
    axe_violations,
    needs_chromium,
    opened,
    picture,
    visit,
)
from tests.e2e.people import log_in
from tests.surveys.smtp_sink import SmtpSink
from tests.worker import running_worker

PMS = 6


@dataclass
class Seen:
    """What the journey read off the pages."""

    violations: list[str] = field(default_factory=list)
    recorded: str = ""
    before_closing: str = ""
    dashboard: str = ""
    links: list[str] = field(default_factory=list)


@pytest.fixture
def pms(acme: Organization) -> Organization:
    """Six people whom a pulse asks."""
    publish_bank(load_bank(BANKS[0]))
    hired = datetime.now(UTC).date() - timedelta(days=100)
    for number in range(PMS):
        place_person(acme, f"pm{number}@acme.example", role="pm", valid_from=hired)
    return acme


@pytest.mark.e2e
@pytest.mark.processes
@needs_chromium
def test_a_lead_scores_and_asks_and_reads_the_result(pms, live_server, settings, tmp_path: Path):
    settings.BASE_URL = live_server.url

    with (
        SmtpSink() as sink,
        running_worker(
            tmp_path / "worker.log",
            beat=True,
            BASE_URL=live_server.url,
            EMAIL_URL=f"smtp://127.0.0.1:{sink.port}",
        ),
    ):
        journey = Journey(live_server.url, sink, pms.pk)
        seen, watch = visit(live_server.url, journey)

    assert seen.violations == []
    assert watch.complaints == []
    assert watch.elsewhere == []
    assert Assessment.objects.get().scores.filter(level=2).count() == 3
    assert "3 levels, 15 without" in seen.recorded
    assert len(seen.links) == len(set(seen.links)) == PMS
    assert f"{PMS - 1} of {PMS}" in seen.before_closing
    assert Response.objects.count() == PMS - 1
    assert not IntakeResponse.objects.exists()
    assert "83" in seen.dashboard  # 5 of 6 answered


class Journey:
    """Ana's quarter hour, and the few minutes of five PMs."""

    def __init__(self, origin: str, sink: SmtpSink, organization_id: int) -> None:
        self.origin = origin
        self.sink = sink
        self.sheet = f"{origin}/admin/maturity/organization/{organization_id}/score-sheet/"
        self.seen = Seen()

    def __call__(self, browser: Browser, watch: Watch) -> Seen:
        with opened(browser, watch, DESKTOP) as desk:
            log_in(desk, self.origin)
            self.score(desk)
            wave = self.open_wave(desk)
            *on_phones, at_a_desk, _silent = self.links(desk)
            for link in on_phones:
                with opened(browser, watch, PHONE) as phone:
                    self.answer(phone, link)
            self.answer(desk, at_a_desk)
        # On the way home she looks what came of it.
        with opened(browser, watch, PHONE) as phone:
            log_in(phone, self.origin)
            self.close_wave(phone, wave)
            self.read_dashboard(phone)
        return self.seen

    def check(self, page: Page) -> None:
        self.seen.violations += axe_violations(page)

    def score(self, page: Page) -> None:
        page.goto(self.sheet)
        for capability in ("standard_dashboards", "event_taxonomy", "data_governance"):
            page.locator(f"[name={capability}-choice][value='2']").check(force=True)
        page.locator("#capability-standard_dashboards").scroll_into_view_if_needed()
        picture(page, "score-sheet", height=560)
        page.get_by_role("button", name="Mark the rest not assessed").click()
        page.wait_for_load_state()
        self.check(page)
        page.get_by_role("button", name="Save assessment").click()
        page.wait_for_url("**/assessment/*/change/")
        self.seen.recorded = page.locator("body").inner_text()

    def open_wave(self, page: Page) -> str:
        page.goto(f"{self.origin}/admin/surveys/wave/add/")
        page.get_by_label("Title").fill("Spring pulse")
        page.locator("select[name=organization]").select_option(label="Acme")
        page.locator("select[name=instrument]").select_option("pulse")
        page.locator("form [type=submit]").last.click()
        page.locator("[data-open]").click()
        expect(page.locator("[data-audience]")).to_have_text(str(PMS))
        self.check(page)
        page.locator("[data-confirm-open] [type=submit]").click()
        expect(page.locator("[data-wave-status=open]")).to_be_visible()
        return page.url

    def links(self, page: Page) -> list[str]:
        """Wait for the worker's mails and take the links out of them."""
        for _ in range(150):
            if len(self.sink.mails) >= PMS:
                break
            page.wait_for_timeout(200)
        self.seen.links = [_link(mail) for mail in self.sink.mails]
        return self.seen.links

    def answer(self, page: Page, link: str) -> None:
        page.goto(link)
        if link in (self.seen.links[0], self.seen.links[-2]):
            self.check(page)
            picture(page, "survey", wanted=link == self.seen.links[0])
        page.get_by_role("button", name="Start").click()
        for question in page.locator("[data-step=question]").all():
            expect(question).to_be_visible()
            scale = question.get_attribute("data-scale")
            if scale == "agree5":
                picture(page, "question", wanted=link == self.seen.links[0])
                page.keyboard.press("4")
            elif scale == "recommend11":
                question.locator("input[value='8']").check(force=True)
            else:
                # Just after it moved on by itself the page takes Next for the last question's.
                page.wait_for_timeout(600)
                page.locator("[data-moves] [data-next]").click()
            expect(question).to_be_hidden()
        page.get_by_role("button", name="Send my answers").click()
        page.wait_for_load_state()
        expect(page.locator("[data-submit]")).to_have_count(0)

    def close_wave(self, page: Page, wave: str) -> None:
        page.goto(wave)
        self.seen.before_closing = page.locator("[data-responses]").inner_text()
        page.locator("[data-close]").click()
        page.locator("[data-confirm]").click()
        expect(page.locator("[data-wave-status=closed]")).to_be_visible()

    def read_dashboard(self, page: Page) -> None:
        page.goto(f"{self.origin}/orgs/acme")
        page.wait_for_load_state("networkidle")
        self.check(page)
        self.seen.dashboard = page.locator("main").inner_text()


def _link(mail: EmailMessage) -> str:
    lines = mail.get_content().splitlines()
    return next(line.strip() for line in lines if "/s/" in line)
