"""The score sheet: one Save records a whole assessment, and nothing typed is ever lost."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from playwright.sync_api import Page

from maturity.models import Assessment, Score
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.units import place_unit
from tests.browser import axe_violations, chromium, needs_chromium
from tests.factories import UnitVersionFactory, UserFactory

# 23:30 on the 31st in UTC is already the 1st in the organisation's zone, Europe/Berlin.
NOW = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
TODAY = date(2026, 4, 1)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def sheet(organization):
    """The address of the sheet."""
    return reverse("admin:maturity_organization_score_sheet", args=[organization.pk])


@pytest.fixture
def lead(login, ana):
    return login(ana)


def answers(rubric, **changed):
    """Everything at level 2, true from today, apart from what is changed."""
    rows = {f"{c.key}-choice": "2" for c in rubric.capabilities.all()}
    return {"valid_from": TODAY.isoformat(), "seen": "", "unit": "", "note": "", **rows, **changed}


def record(organization, rubric, level, *, by=None, unit=None, valid_from=date(2026, 1, 1)):
    scores = [NewScore(c, "assessed", level) for c in rubric.capabilities.all()]
    return record_assessment(
        organization, rubric=rubric, valid_from=valid_from, scores=scores, by=by, unit=unit
    )


def ticked(page):
    """How many of the sheet's radio buttons are on."""
    return len(re.findall(r'<input type="radio"[^>]*\schecked', page))


def score_of(assessment, key):
    return assessment.scores.get(capability__key=key)


def test_one_save_records_every_capability(lead, sheet, organization, rubric, ana):
    changed = {
        "event_taxonomy-choice": "unknown",
        "data_governance-choice": "not_assessed",
        "launch_checklists-choice": "not_applicable",
        "launch_checklists-note": "Nothing is launched here.",
        "standard_dashboards-choice": "4",
        "standard_dashboards-evidence_ref": "https://bi.acme.example/core",
        "standard_dashboards-evidence_kind": "metric",
        "standard_dashboards-evidence_date": "2026-03-01",
        "standard_dashboards-note": "Reviewed monthly.",
        "note": "First round.",
    }

    response = lead.post(sheet, answers(rubric, **changed))

    assessment = Assessment.objects.get()
    assert response.status_code == 302
    assert response.url == reverse("admin:maturity_assessment_change", args=[assessment.pk])
    assert assessment.organization == organization
    assert (assessment.valid_from, assessment.note) == (TODAY, "First round.")
    assert (assessment.status, assessment.created_by) == ("submitted", ana)
    assert assessment.scores.count() == 18
    assert assessment.scores.filter(level=2, state="assessed").count() == 14
    assert score_of(assessment, "event_taxonomy").state == "unknown"
    assert score_of(assessment, "data_governance").state == "not_assessed"
    assert score_of(assessment, "launch_checklists").note == "Nothing is launched here."
    dashboards = score_of(assessment, "standard_dashboards")
    assert (dashboards.level, dashboards.effective_level) == (4, 4)
    assert dashboards.evidence_ref == "https://bi.acme.example/core"
    assert (dashboards.evidence_kind, dashboards.evidence_date) == ("metric", date(2026, 3, 1))
    assert dashboards.recorded_by == ana


def test_the_sheet_shows_every_description_and_preselects_nothing(lead, sheet, rubric):
    page = lead.get(sheet).content.decode()

    assert page.count("data-capability=") == 18
    assert page.count("data-area=") == 6
    assert page.count('type="radio"') == 18 * 8
    assert ticked(page) == 0
    levels = [level for c in rubric.capabilities.all() for level in c.levels.all()]
    assert [level.looks_like for level in levels if not shown(level.looks_like, page)] == []
    checks = [check for level in levels for check in level.checks]
    assert [check for check in checks if not shown(check, page)] == []
    assert (len(levels), len(checks)) == (90, 175)


def shown(text, page):
    escaped = text.replace("&", "&amp;").replace(">", "&gt;").replace("<", "&lt;")
    return escaped.replace("'", "&#x27;").replace('"', "&quot;") in page


def test_today_is_the_organisations_day(lead, sheet, rubric):
    page = lead.get(sheet).content.decode()

    assert 'name="valid_from" value="2026-04-01"' in page


def test_a_day_in_the_future_is_refused(lead, sheet, rubric):
    response = lead.post(sheet, answers(rubric, valid_from="2026-04-02"))

    assert "This day lies in the future." in response.content.decode()
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    ("level", "kind", "observed", "counts"),
    [
        ("2", "", "", 2),
        ("3", "", "", 2),
        ("3", "document", "2025-04-01", 3),
        ("3", "document", "2025-03-31", 2),  # 366 days old
        ("4", "document", "2026-03-01", 2),  # a document proves no level 4
        ("4", "metric", "2025-10-03", 4),  # 180 days old
        ("5", "dataset", "2025-10-02", 2),  # 181 days old
    ],
)
def test_a_level_without_its_evidence_counts_as_two(
    lead, sheet, rubric, level, kind, observed, counts
):
    changed = {
        "event_taxonomy-choice": level,
        "event_taxonomy-evidence_ref": "https://wiki.acme.example/plan" if kind else "",
        "event_taxonomy-evidence_kind": kind,
        "event_taxonomy-evidence_date": observed,
    }

    response = lead.post(sheet, answers(rubric, **changed), follow=True)

    score = Score.objects.get(capability__key="event_taxonomy")
    page = response.content.decode()
    assert (score.level, score.effective_level) == (int(level), counts)
    assert (f"claimed {level}, unsubstantiated" in page) == (int(level) != counts)
    assert ("Unsubstantiated, so counted lower" in page) == (int(level) != counts)


def test_a_missing_choice_is_named_and_everything_typed_stays(lead, sheet, rubric):
    changed = {
        "data_governance-choice": "",
        "data_governance-note": "Nobody could say.",
        "event_taxonomy-choice": "5",
        "event_taxonomy-evidence_ref": "https://wiki.acme.example/plan",
        "note": "Second round.",
    }

    response = lead.post(sheet, answers(rubric, **changed))

    page = response.content.decode()
    assert response.status_code == 200
    assert not Assessment.objects.exists()
    assert "Data governance: choose a level, or the reason for none." in page
    assert "1 capability has no choice yet:" in page
    assert "Nobody could say." in page
    assert "Second round." in page
    assert 'value="https://wiki.acme.example/plan"' in page
    assert ticked(page) == 17
    # The first fault takes the focus, and the field says which text is about it.
    assert page.count("autofocus") == 1
    assert page.index('id="id_data_governance-choice"') < page.index("autofocus")
    assert 'id="id_data_governance-choice_error"' in page


def test_the_first_fault_takes_the_focus_wherever_it_is(lead, sheet, rubric):
    changed = {"event_taxonomy-evidence_ref": "nonsense", "data_governance-choice": ""}

    page = lead.post(sheet, answers(rubric, **changed)).content.decode()

    before = page[: page.index("autofocus")]
    assert page.count("autofocus") == 1
    assert before.rindex("event_taxonomy-evidence_ref") == before.rindex('name="') + len('name="')


def test_the_rest_is_marked_not_assessed_without_saving(lead, sheet, rubric):
    some = {"valid_from": "2026-03-01", "event_taxonomy-choice": "3", "mark_rest": "1"}

    page = lead.post(sheet, some).content.decode()

    assert not Assessment.objects.exists()
    assert page.count('value="not_assessed"') == 18
    assert ticked(page) == 18
    assert "data-faults" not in page
    assert 'value="2026-03-01"' in page


def test_not_applicable_needs_a_reason(lead, sheet, rubric):
    response = lead.post(sheet, answers(rubric, **{"event_taxonomy-choice": "not_applicable"}))

    assert "Say why this does not apply here." in response.content.decode()
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("event_taxonomy-choice", "7", "Event taxonomy: a level is 1 to 5."),
        ("event_taxonomy-choice", "0", "Event taxonomy: a level is 1 to 5."),
        ("event_taxonomy-choice", "abc", "Event taxonomy: a level is 1 to 5."),
        ("event_taxonomy-choice", "assessed", "Event taxonomy: a level is 1 to 5."),
        ("event_taxonomy-note", "x" * 2001, "Ensure this value has at most 2000 characters"),
        ("event_taxonomy-note", "a\x00b", "Null characters are not allowed."),
        ("event_taxonomy-evidence_ref", "javascript:alert(1)", "This is not a web address"),
        ("event_taxonomy-evidence_ref", "ftp://files.example/x", "This is not a web address"),
        ("event_taxonomy-evidence_ref", "https://x.example/\x00", "Null characters are not"),
        ("event_taxonomy-evidence_kind", "rumour", "Select a valid choice."),
        ("event_taxonomy-evidence_date", "yesterday", "Enter a valid date."),
        ("event_taxonomy-evidence_date", "2026-04-02", "This day lies in the future."),
        ("valid_from", "", "Say since when these levels are true."),
        ("valid_from", "2026-02-30", "Enter a valid date."),
        ("note", "a\x00b", "Null characters are not allowed."),
        ("seen", "\x00", "Null characters are not allowed."),
        ("unit", "1e9", "This unit does not exist on that day."),
        ("unit", "\x00", "This unit does not exist on that day."),
        ("unit", "9" * 400, "This unit does not exist on that day."),
    ],
)
def test_hostile_input_is_a_fault_beside_its_field(lead, sheet, rubric, name, value, message):
    response = lead.post(sheet, answers(rubric, **{name: value}))

    assert response.status_code == 200
    assert message in response.content.decode()
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    "seen", ["", "never", "2026-03-31", "2026-04-01T01:30:00", "9999-12-31T23:59:59-23:59"]
)
def test_an_unreadable_moment_seen_never_hides_a_conflict(lead, sheet, organization, rubric, seen):
    record(organization, rubric, 1)

    response = lead.post(sheet, answers(rubric, seen=seen))

    assert response.status_code == 409
    assert Assessment.objects.count() == 1


def test_two_leads_at_once_get_a_conflict_and_lose_nothing(lead, sheet, organization, rubric, carl):
    record(organization, rubric, 1)
    seen = lead.get(sheet).context["seen"]
    record(organization, rubric, 3, by=carl, valid_from=TODAY)
    typed = answers(rubric, seen=seen, note="Mine.", **{"event_taxonomy-choice": "4"})

    response = lead.post(sheet, typed)

    page = response.content.decode()
    assert response.status_code == 409
    assert Assessment.objects.count() == 2
    assert "Carl saved on 1 April 2026" in page
    assert "Mine." in page
    assert ticked(page) == 18
    # Level 3 without evidence is what Carl said; it was 1 before, so every row is marked new.
    assert page.count('class="ss-new"') == 18

    again = lead.post(sheet, {**typed, "seen": response.context["seen"]})

    assert again.status_code == 302
    assert Assessment.objects.count() == 3
    newest = Assessment.objects.latest("submitted_at")
    assert score_of(newest, "event_taxonomy").level == 4


def test_a_fault_keeps_what_was_seen_so_that_the_conflict_still_shows(
    lead, sheet, organization, rubric
):
    seen = lead.get(sheet).context["seen"]
    record(organization, rubric, 3)

    faulty = lead.post(sheet, answers(rubric, seen=seen, **{"event_taxonomy-choice": ""}))
    marked = lead.post(sheet, answers(rubric, seen=seen, mark_rest="1"))

    assert (faulty.context["seen"], marked.context["seen"]) == (seen, seen)
    assert lead.post(sheet, answers(rubric, seen=seen)).status_code == 409


def test_earlier_assessments_stay_as_they_were(lead, sheet, organization, rubric):
    first = record(organization, rubric, 1)
    before = list(first.scores.order_by("pk").values())

    lead.post(sheet, answers(rubric, seen=lead.get(sheet).context["seen"]))

    first.refresh_from_db()
    assert first.status == "submitted"
    assert list(first.scores.order_by("pk").values()) == before
    assert Assessment.objects.count() == 2


def test_the_last_level_stands_beside_and_on_its_row(lead, sheet, organization, rubric, carl):
    record(organization, rubric, 3, by=carl)

    page = lead.get(sheet).content.decode()

    assert page.count("ss-last-mark") == 18
    assert page.count('class="ss-capped">counts as 2<') == 18
    assert "true from 1 Jan 2026, by Carl" in page


class TestUnits:
    def test_a_unit_has_a_record_of_its_own(self, lead, sheet, organization, rubric):
        team = place_unit(
            organization, "team", name="Team", parent=None, valid_from=date(2025, 1, 1)
        )
        record(organization, rubric, 1)

        response = lead.post(sheet, answers(rubric, unit=str(team.pk)))

        assessment = Assessment.objects.latest("submitted_at")
        assert response.status_code == 302
        assert assessment.unit == team
        assert set(assessment.scores.values_list("unit", flat=True)) == {team.pk}

    def test_a_link_opens_the_sheet_of_a_unit(self, lead, sheet, organization, rubric):
        team = place_unit(
            organization, "team", name="Team", parent=None, valid_from=date(2025, 1, 1)
        )
        record(organization, rubric, 1)
        record(organization, rubric, 2, unit=team)

        page = lead.get(sheet, {"unit": team.pk}).content.decode()

        assert f'<option value="{team.pk}" selected>' in page
        assert page.count("<strong>Level 2</strong>") == 18

    def test_only_units_that_stand_on_the_day_are_offered(self, lead, sheet, organization, rubric):
        old = UnitVersionFactory(
            unit__organization=organization,
            name="Old team",
            valid=DateRange(date(2020, 1, 1), date(2021, 1, 1)),
        )

        now = lead.get(sheet).content.decode()
        then = lead.post(
            sheet, {"valid_from": "2020-06-01", "unit": old.unit_id, "show_scope": "1"}
        ).content.decode()
        refused = lead.post(sheet, answers(rubric, unit=str(old.unit_id)))

        assert "Old team" not in now
        assert f'<option value="{old.unit_id}" selected>Old team' in then
        assert "This unit does not exist on that day." in refused.content.decode()
        assert not Assessment.objects.exists()

    def test_showing_another_scope_keeps_what_was_typed(self, lead, sheet, organization, rubric):
        team = place_unit(
            organization, "team", name="Team", parent=None, valid_from=date(2026, 1, 1)
        )
        typed = {"unit": team.pk, "event_taxonomy-choice": "4", "event_taxonomy-note": "Half way."}

        kept = lead.post(sheet, {"valid_from": "2026-02-01", **typed, "show_scope": "1"})
        lost = lead.post(sheet, {"valid_from": "2025-02-01", **typed, "show_scope": "1"})

        for page in (kept.content.decode(), lost.content.decode()):
            assert "Half way." in page
            assert ticked(page) == 1
            assert "data-faults" not in page
        assert "data-lost-unit" not in kept.content.decode()
        assert "data-lost-unit" in lost.content.decode()

    def test_units_of_others_are_neither_offered_nor_taken(self, lead, sheet, rubric):
        foreign = UnitVersionFactory(name="Zenith team").unit

        page = lead.get(sheet).content.decode()
        response = lead.post(sheet, answers(rubric, unit=str(foreign.pk)))

        assert "Zenith" not in page
        assert "This unit does not exist on that day." in response.content.decode()
        assert not Assessment.objects.exists()


class TestWhoMay:
    def test_a_viewer_gets_403(self, login, vera, sheet, rubric):
        client = login(vera)

        assert client.get(sheet).status_code == 403
        assert client.post(sheet, answers(rubric)).status_code == 403
        assert not Assessment.objects.exists()

    def test_an_outsider_gets_404(self, login, carl, sheet, rubric):
        client = login(carl)

        assert client.get(sheet).status_code == 404
        assert client.post(sheet, answers(rubric)).status_code == 404
        assert not Assessment.objects.exists()

    def test_anonymous_is_sent_to_log_in(self, client, sheet, rubric):
        response = client.post(sheet, answers(rubric))

        assert response.status_code == 302
        assert response.url.startswith("/admin/login/?next=")
        assert not Assessment.objects.exists()

    def test_an_operator_may(self, login, sheet, rubric):
        client = login(UserFactory(is_staff=True, is_superuser=True))

        assert client.post(sheet, answers(rubric)).status_code == 302

    def test_other_methods_are_refused(self, lead, sheet, rubric):
        assert lead.put(sheet).status_code == 405
        assert lead.delete(sheet).status_code == 405


def test_without_a_rubric_the_sheet_says_so(lead, sheet):
    response = lead.get(sheet, follow=True)

    assert "No version of its rubric is in force" in response.content.decode()


def test_the_sheet_is_flat_in_queries(lead, sheet, organization, rubric, django_assert_num_queries):
    for month in range(1, 4):
        record(organization, rubric, month, valid_from=date(2026, month, 1))
    for number in range(5):
        UnitVersionFactory(unit__organization=organization, name=f"Team {number}")

    # 1 session, 2 user, 3 memberships, 4 organisation, 5 rubric, 6 areas, 7 capabilities,
    # 8 levels, 9 units, 10 what was recorded last, 11 to 14 where the scope stands, 15 what PMs
    # said, 16 evidence on file, 17 drafts of the scope
    with django_assert_num_queries(17):
        lead.get(sheet)


def test_saving_is_flat_in_queries(lead, sheet, organization, rubric):
    def queries():
        typed = answers(rubric, seen=lead.get(sheet).context["seen"])
        with CaptureQueriesContext(connection) as captured:
            assert lead.post(sheet, typed).status_code == 302
        return len(captured)

    queries()  # the first one brings the rubric's areas into the feed
    first = queries()
    for month in (1, 2, 3):
        record(organization, rubric, month, valid_from=date(2026, month, 1))

    assert queries() == first


@dataclass
class Visit:
    """What the browser saw and did."""

    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    said: dict[str, object] = field(default_factory=dict)


@pytest.mark.e2e
@needs_chromium
class TestInTheBrowser:
    @pytest.fixture
    def visit(self, live_server, lead, sheet):
        """Run steps on the sheet as Ana, and say what the browser complained about."""
        cookie = {
            "name": "sessionid",
            "value": lead.cookies["sessionid"].value,
            "url": live_server.url,
        }

        def _visit(steps, **options):
            address = f"{live_server.url}{sheet}"
            return chromium.run(lambda browser: run(browser, address, cookie, steps, options))

        return _visit

    def test_it_is_scored_from_the_keyboard_and_saved(self, visit, rubric, transactional_db):
        seen = visit(score_from_the_keyboard)

        assert seen.complaints == []
        assert seen.said["progress"] == "4 of 18 chosen"
        assert (
            seen.said["hint"]
            == "Counts as 2 for now: level 3 needs a link, its kind and the day it was observed."
        )
        assert seen.said["backed"] == "Level 3 is backed by evidence."
        assert seen.said["focus"] == "research_documentation-choice"
        assert "/admin/maturity/assessment/" in str(seen.said["url"])
        assert Score.objects.filter(state="assessed").count() == 3
        assert Score.objects.filter(state="unknown").count() == 1
        assert Score.objects.filter(state="not_assessed").count() == 14

    @pytest.mark.parametrize("width", [1280, 390])
    def test_it_is_accessible_and_asks_no_other_host(self, visit, live_server, rubric, width):
        seen = visit(make_a_fault, viewport={"width": width, "height": 844})

        assert seen.violations == []
        assert seen.complaints == []
        assert [u for u in seen.requested if not u.startswith((live_server.url, "data:"))] == []
        assert seen.said["focus"] == "standard_dashboards-evidence_ref"
        assert seen.said["overflow"] == 0

    def test_it_works_without_scripts(self, visit, rubric):
        seen = visit(score_without_scripts, java_script_enabled=False)

        assert seen.complaints == []
        assert "/admin/maturity/assessment/" in str(seen.said["url"])
        assert Score.objects.filter(level=3).count() == 1
        assert Score.objects.filter(state="not_assessed").count() == 17


def run(browser, url, cookie, steps, options):
    visit = Visit()
    context = browser.new_context(reduced_motion="reduce", **options)
    context.add_cookies([cookie])
    page = context.new_page()
    page.on("request", lambda request: visit.requested.append(request.url))
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            message.type in {"error", "warning"} and visit.complaints.append(message.text)
        ),
    )
    page.goto(url)
    steps(page, visit)
    return visit


def score_from_the_keyboard(page: Page, visit: Visit) -> None:
    page.wait_for_selector("[data-live]")
    page.focus("[name=standard_dashboards-choice][value='1']")
    for key in "3j2ju":
        page.keyboard.press(key)
    visit.said["hint"] = page.inner_text("#capability-standard_dashboards [data-hint]")
    page.fill("[name=standard_dashboards-evidence_ref]", "https://bi.acme.example/core")
    page.select_option("[name=standard_dashboards-evidence_kind]", "document")
    page.fill("[name=standard_dashboards-evidence_date]", TODAY.isoformat())
    visit.said["backed"] = page.inner_text("#capability-standard_dashboards [data-hint]")
    page.focus("[name=participant_panels-choice][value='1']")
    page.keyboard.press("1")
    page.click("[data-next]")
    visit.said["focus"] = page.evaluate("document.activeElement.name")
    visit.said["progress"] = page.inner_text("[data-progress]")
    page.click("[data-bar] [data-mark-rest]")
    page.click("[data-save]")
    page.wait_for_selector("[data-judged]")
    visit.said["url"] = page.url


def make_a_fault(page: Page, visit: Visit) -> None:
    page.wait_for_selector("[data-live]")
    visit.violations += axe_violations(page)
    page.check("[name=event_taxonomy-choice][value='4']", force=True)
    visit.violations += axe_violations(page)
    page.check("[name=standard_dashboards-choice][value='3']", force=True)
    page.fill("[name=standard_dashboards-evidence_ref]", "javascript:alert(1)")
    page.click("[data-save]")
    page.wait_for_selector("[data-faults]")
    page.wait_for_function("document.activeElement.name")
    visit.said["focus"] = page.evaluate("document.activeElement.name")
    visit.said["overflow"] = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    visit.violations += axe_violations(page)


def score_without_scripts(page: Page, visit: Visit) -> None:
    page.check("[name=event_taxonomy-choice][value='3']", force=True)
    page.click("[data-bar] [data-mark-rest]")
    page.click("[data-save]")
    page.wait_for_selector("[data-judged]")
    visit.said["url"] = page.url
