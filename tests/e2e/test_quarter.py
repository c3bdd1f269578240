"""A quarter of a lead in a real browser, from carrying forward to reading the past as it was."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from maturity.admin.import_jobs import XLSX
from maturity.models import (
    Assessment,
    Membership,
    Organization,
    RubricVersion,
    Score,
    Target,
    User,
)
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.tenancy import grant_membership
from maturity.services.units import place_unit
from tests.browser import DESKTOP, PHONE, Watch, axe_violations, needs_chromium, opened, visit
from tests.e2e.people import PASSWORD, log_in
from tests.sheets import workbook

COLUMNS = (
    "round_key", "scope_key", "capability_key", "assessor_key", "level", "state",
    "evidence_kind", "evidence_ref", "evidence_date", "note",
)  # fmt: skip


@dataclass
class Seen:
    violations: list[str] = field(default_factory=list)
    shown: str = ""
    shown_again: str = ""
    now: str = ""
    diff: list[str] = field(default_factory=list)
    checked: dict[str | None, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    overflow: list[int] = field(default_factory=list)


@pytest.fixture
def team(acme: Organization, last_quarter: date) -> Organization:
    """Three units, two of them with all their levels at 2 a quarter ago; Olaf owns it all."""
    olaf = User.objects.create_user("olaf@acme.example", PASSWORD, name="Olaf")
    grant_membership(acme, olaf, role=Membership.Role.OWNER)
    ana = User.objects.get(name="Ana")
    rubric = RubricVersion.objects.get()
    scores = [NewScore(capability, "assessed", 2) for capability in rubric.capabilities.all()]
    for key in ("core", "growth", "labs"):
        unit = place_unit(acme, key, name=key.title(), parent=None, valid_from=date(2020, 1, 1))
        if key != "labs":
            record_assessment(
                acme, rubric=rubric, valid_from=last_quarter, scores=scores, by=ana, unit=unit
            )
    return acme


def spreadsheet(rubric: RubricVersion) -> bytes:
    """Eleven quarters of Labs in 200 rows; lines 2, 200 and 201 are bad."""
    rounds = [f"{year}-Q{quarter}" for year in (2020, 2021, 2022) for quarter in range(1, 5)][:11]
    keys = list(rubric.capabilities.values_list("key", flat=True))
    rows = [[name, "labs", key, "ana", "3", "assessed"] for name in rounds for key in keys]
    rows[0][4] = "7"
    rows.append(["2022-Q4", "labs", "telepathy", "ana", "3", "assessed"])
    rows.append(["2022-Q4", "lobs", keys[0], "ana", "3", "assessed"])
    return workbook(COLUMNS, *(row + [""] * (len(COLUMNS) - len(row)) for row in rows))


@pytest.mark.e2e
@needs_chromium
def test_a_lead_runs_a_quarter(team, live_server, settings):
    settings.BASE_URL = live_server.url

    seen, watch = visit(live_server.url, Quarter(live_server.url, team))

    core = team.units.get(key="core")
    assert seen.violations == []
    assert watch.complaints == []
    assert watch.elsewhere == []
    assert seen.overflow == [0, 0, 0, 0]
    assert seen.diff == ["18", "17"]
    assert Assessment.objects.filter(status="validated", unit=core).count() == 1
    assert Assessment.objects.filter(unit__key__in=["core", "growth"]).count() == 4
    assert seen.checked == {"accepted": "197", "updated": "0", "unchanged": "0", "quarantined": "3"}
    assert [fault.split("\t")[:2] for fault in seen.faults] == [
        ["2", "level"],
        ["200", "capability_key"],
        ["201", "scope_key"],
    ]
    assert Score.objects.filter(unit__key="labs", level=3).count() == 197
    four = Score.objects.get(level=4)
    assert (four.effective_level, four.evidence_kind, four.unit) == (4, "metric", core)
    assert Target.objects.get().level == 5
    assert "corrected: Counted the wrong team." in seen.now
    assert seen.shown
    assert seen.shown_again == seen.shown


class Quarter:
    def __init__(self, origin: str, organization: Organization) -> None:
        self.origin = origin
        self.admin = f"{origin}/admin"
        self.home = f"{self.admin}/maturity/organization/{organization.pk}"
        self.units = {unit.key: unit.pk for unit in organization.units.all()}
        self.spreadsheet = spreadsheet(RubricVersion.objects.get())
        self.seen = Seen()

    def __call__(self, browser: Browser, watch: Watch) -> Seen:
        with opened(browser, watch, DESKTOP) as desk:
            log_in(desk, self.origin)
            self.keep_last_quarter(desk)
            self.attach_evidence(desk)
            self.score(desk, "core", level=4)
            self.score(desk, "growth", level=2)
            self.set_target(desk)
            self.import_rows(desk)
            self.correct_last_quarter(desk)
            self.read_it_as_it_was(desk)
        with opened(browser, watch, PHONE) as phone:
            log_in(phone, self.origin, "olaf")
            self.validate(phone)
        return self.seen

    def look(self, page: Page) -> None:
        self.seen.violations += axe_violations(page)

    def keep_last_quarter(self, page: Page) -> None:
        page.goto(f"{self.home}/record/?unit={self.units['core']}")
        self.look(page)
        self.last_quarter = page.url
        self.seen.shown = page.locator("[data-record]").inner_text()

    def attach_evidence(self, page: Page) -> None:
        page.goto(f"{self.admin}/maturity/evidence/add/")
        page.locator("[name=title]").fill("Weekly active dashboards")
        page.locator("select[name=kind]").select_option("metric")
        page.locator("[name=upload]").set_input_files(
            {"name": "weekly.csv", "mimeType": "text/csv", "buffer": b"week,users\n1,40\n"}
        )
        page.get_by_role("button", name="Save").last.click()
        page.wait_for_url("**/evidence/*/change/")

    def score(self, page: Page, unit: str, *, level: int) -> None:
        page.goto(f"{self.home}/score-sheet/?unit={self.units[unit]}")
        page.locator("[data-carry]").click()
        page.wait_for_url("**draft=*")
        page.wait_for_selector("[data-live]")
        if level > 2:
            self.seen.diff.append(page.locator("[data-count=unreviewed]").inner_text())
            page.focus("[name=standard_dashboards-choice][value='2']")
            page.keyboard.press(str(level))
            row = page.locator("#capability-standard_dashboards")
            row.locator("[data-shared] summary").click()
            row.locator("[data-shared] input").first.check()
            expect(page.locator("[data-count=changed]")).to_have_text("1")
            self.seen.diff.append(page.locator("[data-count=unreviewed]").inner_text())
            self.look(page)
        rows = page.locator("[data-capability]")
        rows.first.locator("[data-levels] input:checked").focus()
        for _row in range(rows.count()):
            page.keyboard.press("c")
        page.locator("[data-save]").click()
        page.wait_for_url("**/assessment/*/change/")

    def set_target(self, page: Page) -> None:
        page.goto(f"{self.admin}/maturity/target/add/")
        page.locator("select[name=unit]").select_option(str(self.units["core"]))
        page.locator("select[name=capability]").select_option(index=1)
        page.locator("select[name=level]").select_option("5")
        page.locator("[name=due_on]").fill((timezone.localdate() + timedelta(days=180)).isoformat())
        page.locator("[name=reason]").fill("Every team decides on these numbers.")
        page.get_by_role("button", name="Save").last.click()
        page.wait_for_url("**/target/*/change/")

    def import_rows(self, page: Page) -> None:
        page.goto(f"{self.admin}/maturity/importjob/add/")
        page.locator("select[name=format]").select_option("assessments")
        page.locator("[name=file]").set_input_files(
            {"name": "labs.xlsx", "mimeType": XLSX, "buffer": self.spreadsheet}
        )
        page.get_by_role("button", name="Save").last.click()
        counts = page.locator("[data-state=checked] [data-count]")
        counts.first.wait_for()
        self.seen.checked = {
            count.get_attribute("data-count"): count.inner_text() for count in counts.all()
        }
        self.seen.faults = page.locator("[data-state=checked] tbody tr").all_inner_texts()
        self.look(page)
        page.get_by_role("button", name="Import").click()
        page.locator("[data-state=stored]").wait_for()

    def correct_last_quarter(self, page: Page) -> None:
        page.goto(self.last_quarter)
        page.locator("[data-line=event_taxonomy] [data-correct]").click()
        page.locator("select[name=choice]").select_option("1")
        page.locator("[name=reason]").fill("Counted the wrong team.")
        self.look(page)
        page.get_by_role("button", name="Save").last.click()
        page.wait_for_url("**/record/?*")

    def read_it_as_it_was(self, page: Page) -> None:
        page.goto(self.last_quarter)
        self.seen.shown_again = page.locator("[data-record]").inner_text()
        day = self.last_quarter.partition("as_of=")[2][:10]
        yesterday = date.fromisoformat(day) - timedelta(days=1)
        unit = self.units["core"]
        page.goto(f"{self.home}/record/?unit={unit}&as_of={yesterday}")
        self.seen.now = page.locator("[data-record]").inner_text()

    def validate(self, page: Page) -> None:
        page.goto(f"{self.home}/work/")
        self.measure(page)
        self.look(page)
        page.locator("[data-kind=validation] a").click()
        page.locator("[data-validate]").wait_for()
        self.measure(page)
        self.look(page)
        page.locator("[data-validate]").click()
        page.wait_for_url("**/assessment/*/change/")
        page.goto(self.last_quarter)
        self.measure(page)
        self.look(page)
        page.goto(f"{self.home}/score-sheet/?unit={self.units['growth']}")
        self.measure(page)

    def measure(self, page: Page) -> None:
        """How far the page is wider than the phone."""
        script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        self.seen.overflow.append(page.evaluate(script))
