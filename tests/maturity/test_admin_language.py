"""The admin in the reader's language: what it shows, and what it stores and sends in English."""

import re
from datetime import date
from zoneinfo import available_timezones

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from maturity.admin.evaluations import readable
from maturity.admin.initiative_forms import metric_choices
from maturity.admin.thresholds import NumbersForm
from maturity.insights import CHECKS, CURRENT_THRESHOLDS
from maturity.insights.threshold_changes import numbers_of
from maturity.models import (
    Event,
    ImportJob,
    Organization,
    Placement,
    QuarantinedRow,
    ThresholdsVersion,
    User,
    VerdictRecord,
)
from maturity.services.imports import formats
from maturity.services.units import place_unit
from reports.models import Embed
from reports.services.embeds import snippet_of
from tests.admin_pages import Walk, make_everything, names_of_pages, starts_of, starts_of_operator
from tests.catalogues import AUDIENCES, catalogue
from tests.factories import EndpointFactory, FindingFactory
from tests.pseudo import WORD, mark_translations, plain, stored_texts

# What is called the same in every language.
NAMES = {
    *("Plumbline", "CSV", "Excel", "https://"),
    *(str(translation.get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES),
    *available_timezones(),
    *(zone.replace("_", " ") for zone in available_timezones()),
    *formats(),
    # Where a threshold comes from is published with it, as a rubric is.
    *(number.source for number in numbers_of(CURRENT_THRESHOLDS).values()),
}
PARTS = re.compile(r"[(),:;|/→…]| [–·-] ")
# Buttons: they show no page of their own.
BUTTONS = {
    *("maturity_apikey_revoke", "maturity_delivery_replay", "maturity_endpoint_disable"),
    *("maturity_endpoint_enable", "maturity_endpoint_rotate", "maturity_endpoint_try"),
    *("maturity_finding_note", "maturity_importjob_confirm", "maturity_initiative_start"),
    *("reports_embed_revoke", "surveys_wave_resend"),
}
# No page, or none that is shown to who is logged in.
NO_PAGES = {"autocomplete", "jsi18n", "login", "logout", "maturity_evidence_file", "search"}
NO_PAGES |= {"view_on_site"}


def keys_of_choices() -> set[str]:
    """What a page names in words, such as the states of a finding; not what scripts name too."""
    fields = (field for model in apps.get_models() for field in model._meta.fields)
    keys = {str(key) for field in fields for key, _label in field.flatchoices or ()}
    keys -= {*Event.values, *Placement.Role.values}
    return keys - {*VerdictRecord.objects.values_list("key", flat=True)}


class Data:
    """Whether a text is a name, or what somebody wrote: the whole of what some row holds."""

    def __init__(self) -> None:
        composed = {snippet_of(each) for each in Embed.objects.all()}
        composed |= {row.version for row in ThresholdsVersion.objects.all()}
        known = {plain(text) for text in (stored_texts() - keys_of_choices()) | NAMES | composed}
        self.known = known | {text[:1].upper() + text[1:] for text in known}
        self.judged: dict[str, bool] = {}

    def __call__(self, text: str) -> bool:
        if text not in self.judged:
            self.judged[text] = self._judge(plain(text))
        return self.judged[text]

    def _judge(self, text: str) -> bool:
        words = " ".join(word for word in text.split() if WORD.search(word))
        if not words or text in self.known or plain(words) in self.known:
            return True
        cuts = ((text[: cut.start()], text[cut.end() :]) for cut in PARTS.finditer(text))
        return any(self(before) and self(after) for before, after in cuts)


@pytest.mark.django_db(transaction=True)
def test_every_text_of_every_page_is_marked_and_none_is_stored(login, monkeypatch):
    owner, operator = make_everything()
    mark_translations(monkeypatch)
    User.objects.update(language="de")
    northlight = Organization.objects.get(slug="northlight")
    walk, is_data = Walk(), Data()

    found = {
        piece: address
        for user, starts in ((owner, starts_of(northlight)), (operator, starts_of_operator()))
        for address, page in walk.pages(login(user), starts)
        for piece in page.unmarked(is_data)
    }

    # The walk itself stored some of it, such as that a survey was closed.
    is_data = Data()
    assert {piece: address for piece, address in found.items() if not is_data(piece)} == {}
    assert [text for text in stored_texts() if "⟦" in text] == []
    unseen = names_of_pages() - walk.names - BUTTONS - NO_PAGES
    assert {name for name in unseen if not name.endswith(("_add", "_delete", "_history"))} == set()


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_what_is_read_for_a_public_key_is_in_the_catalogues(language):
    keys = {check().key for check in CHECKS} | {"pitfall", "sign", "benefit", "raised", "watch"}
    keys |= {"clear", "present", "absent", "unknown", "not_applicable", "better", "worse"}
    keys |= {number.section for number in numbers_of(CURRENT_THRESHOLDS).values()}
    told = {
        entry.id if isinstance(entry.id, str) else entry.id[0]
        for audience in AUDIENCES
        for entry in catalogue(audience, language)
    }

    with translation.override("en"):
        words = {readable(key) for key in keys} | {str(name) for _, name in metric_choices()}

    assert words - told - {"–"} == set()


@pytest.fixture
def german(login, ana):
    """Ana's session; her account speaks German, whatever the browser asks for."""
    ana.language = "de"
    ana.save()
    return login(ana)


def told(text: str) -> str:
    """What a German reader is told; a text without a translation tells nothing here."""
    with translation.override("de"):
        translated = translation.gettext(text)
    assert translated != text
    return translated


class TestALeadReadsGerman:
    def test_on_every_page(self, german, organization):
        FindingFactory(organization=organization, severity="high")

        page = german.get("/admin/maturity/finding/", headers={"accept-language": "fr"})
        html = page.content.decode()

        assert page["Content-Language"] == "de"
        assert '<html lang="de"' in html
        # The sidebar, a column of ours, a state, and a text of Django's own.
        for text in ("People and units", "raised on", "Open", "Log out"):
            assert told(text).casefold() in html.casefold()
        assert "People and units" not in html

    def test_in_a_form_and_what_it_refuses(self, german, organization):
        place_unit(organization, "pay", name="Pay", parent=None, valid_from=date(2026, 1, 1))
        form = {"organization": organization.pk, "key": "pay", "name": "Zahlungen"}

        page = german.post("/admin/maturity/unit/add/", {**form, "valid_from": "1.2.2026"})
        html = page.content.decode()

        assert told("What was true before stays on the record.") in html
        assert told("There is already a unit with this key.") in html
        # Days are typed as German writes them, and shown as the browser's field takes them.
        assert 'name="valid_from" value="1.2.2026"' in html
        assert html.count("errorlist") <= 1

    def test_a_number_with_a_comma(self, german, organization):
        page = german.get(f"/admin/maturity/organization/{organization.pk}/thresholds/")
        shown = dict(re.findall(r'name="([\w.]+)" value="([^"]*)"', page.content.decode()))
        numbers = numbers_of(CURRENT_THRESHOLDS)

        with translation.override("de"):
            form = NumbersForm(shown, shipped=numbers, now=numbers)
            as_shown = form.is_valid() and form.changes()

        fractions = [key for key, number in numbers.items() if number.value % 1]
        assert all("," in shown[key] for key in fractions)
        assert as_shown == {}

    def test_until_another_language_is_chosen_there(self, german, ana, organization):
        page = german.get("/admin/").content.decode()
        assert 'action="/language"' in page

        german.post("/language", {"language": "es", "next": "/admin/"})

        assert german.get("/admin/")["Content-Language"] == "es"

    def test_who_chose_none_reads_what_the_browser_asks_for(self, login, vera):
        client = login(vera)

        assert client.get("/admin/", headers={"accept-language": "fr"})["Content-Language"] == "fr"
        assert client.get("/admin/")["Content-Language"] == "en"
        assert '<html lang="en"' in client.get("/admin/").content.decode()


class TestWhatALeadOfGermanStores:
    """Is English, and what others are told of it is in their language."""

    def test_a_file_is_refused_row_by_row(self, german, organization):
        lost = b"unit_key,valid_from,name,parent_key\nlost,2026-01-01,Lost,nowhere\n"
        lost += b"core,2026-01-01,Core,\n"
        form = {"organization": organization.pk, "format": "units"}

        german.post(
            "/admin/maturity/importjob/add/",
            {**form, "file": SimpleUploadedFile("units.csv", lost)},
        )
        job = ImportJob.objects.get()
        german.post(f"/admin/maturity/importjob/{job.pk}/confirm/")

        job.refresh_from_db()
        assert QuarantinedRow.objects.get().reason == "nowhere does not exist on 2026-01-01."
        assert job.report["errors"][0]["reason"] == "nowhere does not exist on 2026-01-01."

    def test_a_channel_is_switched_off(self, german, organization, monkeypatch):
        mark_translations(monkeypatch)
        endpoint = EndpointFactory(organization=organization)

        german.post(f"/admin/maturity/endpoint/{endpoint.pk}/disable/")

        endpoint.refresh_from_db()
        assert endpoint.disabled_because == "switched off by hand"

    def test_a_finding_is_acknowledged_and_assigned(self, german, organization, vera):
        finding = FindingFactory(organization=organization)

        german.post(f"/admin/maturity/finding/{finding.pk}/acknowledge/", {"reason": "Bekannt."})

        step = finding.transitions.latest("pk")
        assert (step.kind, step.before, step.after) == ("acknowledged", "open", "acknowledged")
        assert step.reason == "Bekannt."
        assert (
            told("Acknowledged")
            in german.get(f"/admin/maturity/finding/{finding.pk}/change/").content.decode()
        )
