"""Drafts in the score sheet: nothing typed is lost, two leads at once see both texts."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maturity.models import Assessment, AssessmentDraft, Membership
from maturity.selectors import work_list
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.drafts import save_draft, start_draft
from maturity.services.units import place_unit
from tests.factories import (
    FindingFactory,
    FindingTransitionFactory,
    InitiativeFactory,
    MembershipFactory,
    UserFactory,
)

JSON = {"accept": "application/json"}
FIRST = date(2026, 1, 1)


@pytest.fixture
def sheet(organization):
    return reverse("admin:maturity_organization_score_sheet", args=[organization.pk])


@pytest.fixture
def lead(login, ana):
    return login(ana)


@pytest.fixture
def recorded(organization, rubric, ana):
    scores = [NewScore(c, "assessed", 2) for c in rubric.capabilities.all()]
    return record_assessment(organization, rubric=rubric, valid_from=FIRST, scores=scores, by=ana)


def typed(**changed):
    return {"valid_from": "2026-04-01", "unit": "", "note": "", **changed}


def test_a_draft_is_kept_by_a_button_and_found_again(lead, sheet, rubric, ana):
    response = lead.post(sheet, typed(save_draft="1", **{"event_taxonomy-choice": "3"}))

    draft = AssessmentDraft.objects.get()
    page = lead.get(response.url).content.decode()
    assert response.url == f"{sheet}?draft={draft.pk}"
    assert (draft.author, draft.valid_from, draft.version) == (ana, date(2026, 4, 1), 2)
    assert draft.values["event_taxonomy"]["level"] == 3
    assert 'value="3"' in page
    assert f'name="version" value="{draft.version}"' in page
    assert not Assessment.objects.exists()


def test_a_script_keeps_it_and_learns_the_version(lead, sheet, rubric):
    first = lead.post(sheet, typed(save_draft="1"), headers=JSON).json()
    second = lead.post(
        sheet,
        typed(
            save_draft="1",
            draft=first["draft"],
            version=first["version"],
            **{"event_taxonomy-choice": "4"},
        ),
        headers=JSON,
    ).json()

    assert second["version"] == first["version"] + 1
    assert second["marks"]["event_taxonomy"] == "new"
    assert second["marks"]["data_governance"] == "open"
    assert AssessmentDraft.objects.count() == 1


def test_carried_values_are_unconfirmed_until_somebody_says_so(lead, sheet, recorded):
    url = lead.post(sheet, typed(carry="1")).url
    page = lead.get(url)
    draft = AssessmentDraft.objects.get()
    everything = {f"{key}-choice": "2" for key in draft.values}
    given = {"draft": draft.pk, "version": draft.version, "seen": page.context["seen"]}

    refused = lead.post(sheet, typed(**everything, **given))

    assert page.content.decode().count('data-mark="unreviewed"') == 18
    assert "Carried forward and not confirmed yet" in refused.content.decode()
    assert Assessment.objects.count() == 1
    confirmed = {f"{key}-confirmed": "on" for key in draft.values}
    draft.refresh_from_db()
    given["version"] = draft.version
    assert lead.post(sheet, typed(**everything, **confirmed, **given)).status_code == 302
    assert Assessment.objects.count() == 2
    assert not AssessmentDraft.objects.exists()


def test_two_leads_at_once_see_both_texts_and_lose_none(lead, sheet, organization, rubric, ana):
    other = UserFactory(name="Bea")
    MembershipFactory(organization=organization, user=other, role=Membership.Role.OPS_LEAD)
    draft = start_draft(organization, rubric=rubric, by=ana, valid_from=date(2026, 4, 1))
    theirs = {"state": "assessed", "level": 4, "note": "Theirs."}
    save_draft(draft, version=1, values={"event_taxonomy": theirs}, by=other)
    mine = {"event_taxonomy-choice": "2", "event_taxonomy-note": "Mine."}
    given = typed(draft=draft.pk, version=1, save_draft="1", **mine)

    by_script = lead.post(sheet, given, headers=JSON)
    page = lead.post(sheet, given)

    assert by_script.status_code == page.status_code == 409
    text = page.content.decode()
    assert "Bea saved the draft on" in text
    assert "Theirs." in text
    assert "Mine." in text
    draft.refresh_from_db()
    assert draft.values["event_taxonomy"]["note"] == "Theirs."
    again = lead.post(sheet, {**given, "version": draft.version})
    draft.refresh_from_db()
    assert again.status_code == 302
    assert draft.values["event_taxonomy"]["note"] == "Mine."


def test_checks_propose_the_level(lead, sheet, rubric):
    level_2 = rubric.capabilities.get(key="event_taxonomy").levels.get(level=2)
    ticked = {f"event_taxonomy-check-2-{n}": "pass" for n in range(len(level_2.checks))}

    url = lead.post(sheet, typed(save_draft="1", **ticked)).url

    assert "The checks propose level 2." in lead.get(url).content.decode()


@pytest.mark.parametrize("draft", ["abc", "9" * 30, "0", "\0"])
def test_a_draft_that_is_not_there_is_404(lead, sheet, rubric, draft):
    assert lead.get(sheet, {"draft": draft}).status_code in {400, 404}
    assert lead.post(sheet, typed(draft=draft)).status_code == 404


def test_drafts_of_others_do_not_exist(lead, sheet, rubric, carl):
    other = carl.memberships.get().organization
    draft = start_draft(other, rubric=rubric, by=carl, valid_from=FIRST)

    assert lead.get(sheet, {"draft": draft.pk}).status_code == 404
    assert lead.post(sheet, typed(draft=draft.pk, save_draft="1")).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [("note", "a\0b"), ("event_taxonomy-note", "x" * 5000), ("valid_from", "nonsense"),
     ("version", "-1"), ("event_taxonomy-shared-99999999999", "on"),
     ("event_taxonomy-check-2-0", "maybe"), ("event_taxonomy-choice", "7")],
)  # fmt: skip
def test_hostile_input_is_kept_or_refused_and_never_fails(lead, sheet, rubric, name, value):
    response = lead.post(sheet, typed(**{"save_draft": "1", name: value}))

    assert response.status_code in {200, 302}


def test_an_open_draft_costs_the_same_at_ten_times_the_data(lead, sheet, recorded, organization):
    url = lead.post(sheet, typed(carry="1")).url

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert lead.get(url).status_code == 200
        return len(captured)

    queries()
    few = queries()
    rubric = recorded.rubric
    for month in range(2, 12):
        scores = [NewScore(c, "assessed", 2) for c in rubric.capabilities.all()]
        day = date(2026, 1, month)
        record_assessment(organization, rubric=rubric, valid_from=day, scores=scores, by=None)

    assert queries() == few


class TestTheRecordPage:
    @pytest.fixture
    def page(self, organization):
        return reverse("admin:maturity_organization_record", args=[organization.pk])

    def test_it_shows_the_same_after_a_correction_of_the_past(
        self, lead, page, recorded, organization
    ):
        shown = lead.get(page, follow=True)
        address = shown.request["PATH_INFO"] + "?" + shown.request["QUERY_STRING"]
        score = recorded.scores.get(capability__key="event_taxonomy")
        url = reverse("admin:maturity_assessment_correct", args=[recorded.pk, score.pk])

        corrected = lead.post(
            url, {"choice": "1", "valid_from": "2026-01-01", "reason": "Miscounted."}
        )

        assert corrected.status_code == 302
        assert record_of(lead.get(address)) == record_of(shown)
        now = lead.get(page, follow=True).content.decode()
        assert "corrected: Miscounted." in now

    def test_without_dates_it_goes_to_the_address_of_now(self, lead, page, recorded):
        response = lead.get(page)

        assert response.status_code == 302
        assert "known_at=" in response.url
        assert lead.get(response.url).status_code == 200

    @pytest.mark.parametrize(
        "query", ["as_of=x&known_at=y", "as_of=2026-13-01", "known_at=2026-01-01", "unit=",
                  "as_of=0001-01-01&known_at=0001-01-01T00:00:00%2B00:00"]
    )  # fmt: skip
    def test_no_address_breaks_it(self, lead, page, recorded, query):
        assert lead.get(f"{page}?{query}", follow=True).status_code == 200

    def test_a_viewer_reads_it_and_corrects_nothing(self, login, vera, page, recorded):
        client = login(vera)
        text = client.get(page, follow=True).content.decode()
        score = recorded.scores.first()
        url = reverse("admin:maturity_assessment_correct", args=[recorded.pk, score.pk])

        assert "data-correct" not in text
        assert client.get(url).status_code == 403

    def test_it_costs_the_same_at_ten_times_the_data(self, lead, page, recorded, organization):
        def queries():
            with CaptureQueriesContext(connection) as captured:
                assert lead.get(lead.get(page).url).status_code == 200
            return len(captured)

        queries()
        few = queries()
        for day in range(2, 12):
            scores = [NewScore(c, "assessed", 2) for c in recorded.rubric.capabilities.all()]
            record_assessment(
                organization, rubric=recorded.rubric, valid_from=date(2026, 1, day),
                scores=scores, by=None,
            )  # fmt: skip

        assert queries() == few


def test_the_work_list_costs_the_same_and_names_what_waits(lead, organization, rubric, ana):
    url = reverse("admin:maturity_organization_work", args=[organization.pk])

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert lead.get(url).status_code == 200
        return len(captured)

    def more(number):
        unit = place_unit(
            organization, f"u{number}", name=f"Unit {number}", parent=None, valid_from=FIRST
        )
        scores = [NewScore(c, "assessed", 4) for c in rubric.capabilities.all()]
        record_assessment(
            organization, rubric=rubric, valid_from=FIRST, scores=scores, by=ana, unit=unit
        )
        start_draft(organization, rubric=rubric, by=ana, valid_from=FIRST, unit=unit)
        late = date(2026, 1, 1 + number)
        InitiativeFactory(organization=organization, owner=ana, due_on=late)
        for kind in ("raised", "snooze_ended"):
            finding = FindingFactory(organization=organization, verdict__key=f"{kind}{number}")
            FindingTransitionFactory(finding=finding, kind=kind)

    more(0)
    start_draft(organization, rubric=rubric, by=ana, valid_from=FIRST)
    queries()
    few = queries()
    for number in range(1, 10):
        more(number)

    assert queries() == few
    page = lead.get(url).content.decode()
    assert page.count("?draft=") == 11
    assert page.count("/validate/") == 10
    assert page.count('<span class="wp-scope">Unit 7</span>') == 2
    assert page.count('<span class="wp-scope">The whole organisation</span>') == 1
    assert section(page, "initiatives").count("<li>") == 10
    assert section(page, "returned").count("<li>") == 10
    assert section(page, "unowned").count("<li>") == 10


def test_the_work_list_leaves_out_what_nobody_has_to_look_at(lead, organization, ana):
    InitiativeFactory(organization=organization, due_on=date(2099, 1, 1))
    InitiativeFactory(due_on=date(2026, 1, 1))
    for finding in (
        FindingFactory(organization=organization, verdict__key="a", owner=ana),
        FindingFactory(verdict__key="b"),
    ):
        FindingTransitionFactory(finding=finding, kind="raised")
    back = FindingFactory(organization=organization, verdict__key="c", owner=ana)
    for kind in ("snooze_ended", "acknowledged"):
        FindingTransitionFactory(finding=back, kind=kind)

    assert not work_list(organization, as_of=date(2026, 6, 1))


def section(page, kind):
    return page[page.index(f'data-kind="{kind}"') :].partition("</section>")[0]


def test_an_upload_is_sent_as_an_attachment_and_never_shown(lead, organization):
    url = reverse("admin:maturity_evidence_add")
    form = {"organization": organization.pk, "title": "Notes", "kind": "document",
            "observed_on": "2026-03-01"}  # fmt: skip
    kept = lead.post(url, {**form, "upload": SimpleUploadedFile("notes.txt", b"We measured it.")})
    refused = lead.post(url, {**form, "upload": SimpleUploadedFile("x.txt", b"<html><script>")})

    assert kept.status_code == 302
    assert refused.status_code == 200
    evidence = organization.evidence.get()
    file = lead.get(reverse("admin:maturity_evidence_file", args=[evidence.pk]))
    assert file.headers["Content-Disposition"] == 'attachment; filename="notes.txt"'
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.content == b"We measured it."


def record_of(response):
    text = response.content.decode()
    start = text.index("<section data-record")
    return text[start : text.index("</section>", start)]
