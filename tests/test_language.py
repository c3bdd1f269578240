"""Pages in the reader's language; programs and respondents' pages are left alone."""

import re
from datetime import date

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation

from maturity.insights.benefits.message import METRIC_NAMES
from maturity.models import Event
from maturity.services.deliveries import send_due_deliveries
from maturity.services.notifications import notify
from maturity.services.titles import title_to_store
from reports.selectors.benefits import METRICS
from reports.selectors.figures import amount, in_words
from surveys.banks import SHIPPED, SHIPPED_TRANSLATIONS, load_bank, load_translation
from surveys.models import BankTranslation
from surveys.services.banks import publish_bank
from surveys.services.translations import publish_translation
from surveys.services.waves import close_wave, create_wave, open_wave
from tests.factories import VerdictRecordFactory
from tests.reports.scenes import FIRST_AREA, assess, evaluate, url
from tests.surveys.conftest import answer, hire, ratings

GERMAN = {"accept-language": "de-AT,en;q=0.5"}


def _said(response) -> str:
    return re.search(r'<html lang="(\w+)"', response.content.decode()).group(1)


def test_a_dashboard_in_german_has_german_words_numbers_and_days(organization, rubric, ana, login):
    assess(organization, rubric, date(2026, 1, 31), dict.fromkeys(FIRST_AREA, 2))
    assess(
        organization, rubric, date(2026, 3, 31), dict.fromkeys(FIRST_AREA, 3) | {FIRST_AREA[0]: 4}
    )
    VerdictRecordFactory(evaluation=evaluate(organization), severity="high", confidence=0.71)

    response = login(ana).get(url(organization), headers=GERMAN)
    html = response.content.decode()

    assert _said(response) == response["Content-Language"] == "de"
    assert {"Accept-Language", "Cookie"} <= set(response["Vary"].split(", "))
    assert '<h2 id="findings-title">Fallstricke</h2>' in html
    assert "Festgestellt · hoch" in html
    assert "(0,71)" in html
    assert re.search(r"25,0 → <b>\d\d,\d</b>", html)
    assert "31.03.2026" in html
    # What programs read of the page is no text.
    assert 'data-level="4"' in html
    assert '"index": 25.0' in html
    assert '<p class="pl-evidence" lang="en">Half of requests wait' in html


def test_questions_are_read_in_german_where_they_are_translated(organization, ana, login):
    """Also where nobody was asked in German: a reader is no respondent."""
    bank, _is_new = publish_bank(load_bank(SHIPPED[0]))
    hire(organization, 12)
    wave = open_wave(create_wave(organization, title="Spring pulse"))
    answer(wave, [ratings(4)] * 9)
    close_wave(wave)
    asked = bank.questions.get(key="LEV1").text
    client = login(ana)

    english = client.get(url(organization), headers=GERMAN).content.decode()
    for path in SHIPPED_TRANSLATIONS:
        publish_translation(load_translation(path))
    german = client.get(url(organization), headers=GERMAN).content.decode()

    translated = BankTranslation.objects.get(bank=bank, language="de").texts().items["LEV1"]
    assert f'<span lang="en">{asked}' in english
    assert f'<span lang="de">{translated}' in german
    assert asked not in german
    assert asked in client.get(url(organization)).content.decode()


def test_programs_are_answered_in_english(organization, ana, login):
    ana.language = "de"
    ana.save()
    client = login(ana)

    response = client.get("/api/v1/orgs/acme/scores?page_size=x", headers=GERMAN)

    assert response.status_code == 400
    assert response["Content-Language"] == "en"
    assert "Accept-Language" not in response.get("Vary", "")
    assert response.json()["detail"] == "page_size: Give a whole number."
    stranger = Client().get("/api/v1/orgs/acme/scores", headers=GERMAN).json()
    assert stranger["detail"] == "Authentication credentials were not provided."
    missing = client.get("/api/nothing", headers=GERMAN).json()
    assert missing["detail"] == "Not found."


def test_respondents_pages_choose_by_themselves(client, db):
    client.cookies["django_language"] = "fr"

    page = client.get("/s/unknown", headers=GERMAN)

    assert _said(page) == page["Content-Language"] == "de"
    assert 'action="/language"' not in page.content.decode()
    assert not page.cookies


class TestChoosing:
    def test_without_an_account_a_cookie_keeps_it(self, client, db):
        page = client.get("/login").content.decode()
        assert re.findall(r'name="language" value="(\w+)" lang="\1"', page) == [
            "en",
            "de",
            "es",
            "fr",
        ]
        assert re.search(r'value="en" lang="en" aria-current="true">English<', page)

        back = client.post("/language", {"language": "es", "next": "/login?next=/connect"})

        assert (back.status_code, back["Location"]) == (302, "/login?next=/connect")
        page = client.get("/login", headers=GERMAN)
        assert _said(page) == "es"
        assert "Iniciar sesión" in page.content.decode()

    @pytest.mark.parametrize("outside", ["https://evil.example/", "//evil.example", "javascript:1"])
    def test_it_leads_nowhere_else(self, client, db, outside):
        back = client.post("/language", {"language": "de", "next": outside})

        assert back["Location"] == "/"

    def test_it_takes_a_form_of_ours_and_a_language_of_ours(self, ana, login):
        strict = Client(enforce_csrf_checks=True)
        assert strict.post("/language", {"language": "de"}).status_code == 403
        assert login(ana).get("/language").status_code == 405

        login(ana).post("/language", {"language": "tlh", "next": "/"})

        ana.refresh_from_db()
        assert ana.language == ""

    def test_an_account_keeps_it_wherever_it_logs_in(self, organization, ana, login):
        login(ana).post("/language", {"language": "fr", "next": "/"})

        elsewhere = login(ana).get("/orgs/acme/notifications", headers=GERMAN)

        assert _said(elsewhere) == elsewhere["Content-Language"] == "fr"
        assert "Ce dont vous voulez être informé" in elsewhere.content.decode()

    def test_nothing_is_left_to_who_comes_next(self, client, db):
        client.get("/login", headers=GERMAN)

        assert translation.get_language() == "en"


def test_mails_are_in_the_language_of_the_account(organization, ana, vera, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    ana.language = "de"
    ana.save()
    data = {"pitfall": "too_early", "severity": "high", "finding_id": 1}
    with translation.override("fr"):
        told = notify(
            organization,
            Event.FINDING_RAISED,
            key="1",
            title=title_to_store(Event.FINDING_RAISED, data),
            path="/orgs/acme",
            data=data,
        )

    send_due_deliveries()

    assert told.title == "Too early was raised (high)"
    (sent,) = mail.outbox
    assert sent.subject == "Acme: Zu früh wurde festgestellt (hoch)"
    assert "Sie bekommen dies als Mitglied von Acme" in sent.body


def test_error_pages_speak_too(client, db):
    page = client.get("/no-such-page", headers=GERMAN)

    assert (page.status_code, _said(page)) == (404, "de")
    assert "Seite nicht gefunden" in page.content.decode()


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ["+12.5 h", "1,234 days", "0.5 to …", "yes", ">2.5"]),
        ("de", ["+12,5 Std.", "1.234 Tage", "0,5 bis …", "ja", ">2,5"]),
        ("fr", ["+12,5 h", "1\xa0234 jours", "de 0,5 à …", "oui", ">2,5"]),
    ],
)
def test_figures_are_written_as_the_language_writes_them(language, shown):
    with translation.override(language):
        assert [
            amount("hours", 12.5, signed=True),
            amount("days", 1234),
            in_words([0.5, None]),
            in_words(True),
            in_words(">2.5"),
        ] == shown


def test_every_figure_of_a_benefit_has_a_name_here():
    with translation.override("en"):
        assert {key: str(name) for key, name in METRICS.items()} == METRIC_NAMES
