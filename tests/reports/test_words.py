"""What the checks concluded is read in the language of who reads it, and stored in English."""

import re
from datetime import date

import pytest
import time_machine
from django.core import mail
from django.utils import translation

from maturity.models import Delivery, Finding, Notification, VerdictRecord
from maturity.services.deliveries import send_due_deliveries
from maturity.services.finding_news import texts_to_read
from maturity.services.findings import refresh_findings
from maturity.services.payloads import payload_of
from maturity.services.replays import replay_evaluation
from reports.selectors.board import board_snapshot
from tests.factories import EvaluationFactory, NotificationFactory, VerdictRecordFactory
from tests.maturity.test_findings import JUNE, _early
from tests.reports.scenes import at, block, evaluate, url

VERDICT = "/orgs/acme/verdicts/{}"
SENTENCES = {
    "en": "1 product-ops FTE for 8 PMs (1:8.0) since 2026-01-01; 0 to 4 of 4 other",
    "de": "1 VZÄ in Product Ops für 8 PMs (1:8,0) seit dem 1. Januar 2026; 0 bis 4 von 4 anderen",
    "es": "1 ETC de Product Ops para 8 PM (1:8,0) desde el 1 de enero de 2026; otras señales",
    "fr": "1 ETP de Product Ops pour 8 PM (1:8,0) depuis le 1 janvier 2026\xa0; autres signes",
}
EACH = pytest.mark.parametrize("language", SENTENCES)


@pytest.fixture
def evaluation(organization):
    with time_machine.travel(JUNE, tick=False):
        _early(organization)
        return refresh_findings(organization)


def read(client, path, language):
    page = client.get(path, headers={"accept-language": language}, follow=True)
    assert page.status_code == 200
    return page.content.decode()


@EACH
def test_a_dashboard_says_it_in_the_readers_language(
    login, vera, organization, evaluation, language
):
    html = read(login(vera), url(organization), language)

    pitfall = block(html, 'data-pitfall="too_early"')
    assert f'<p class="pl-evidence">{SENTENCES[language]}' in pitfall
    assert "lang=" not in pitfall + block(html, 'id="readiness"')


def test_the_pages_in_german_have_no_english_conclusion(login, vera, organization, evaluation):
    html = read(login(vera), url(organization), "de")

    ready = block(html, "data-readiness")
    assert "8 PMs, 0 bis 4 von 4 anderen Anzeichen vorhanden." in ready
    assert "Börsennotiert: unbekannt." in block(html, 'data-sign="public_company"')
    assert "keine Freigabeanfragen" in block(html, 'data-pitfall="gatekeeper"')
    assert "kein Halbjahr mit 5 Neuzugängen" in block(html, 'data-benefit="faster_ramp"')
    for english in ("Cannot be judged", "Public company:", "PM FTE", "no released wave"):
        assert english not in html


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "de",
            ["R &gt;= 8,5", "R = P / O: PMs je VZÄ", "beide unter 50\xa0% positiv", "überschritten",
             "E1: P &gt;= 12, in 2 beurteilbaren Monaten in Folge", "<strong>gilt weiter</strong>",
             "eine Datei im Format org_facts importieren"],
        ),
        (
            "fr",
            ["R &gt;= 8,5", "R = P / O\xa0: PM par ETP", "les deux sous 50\xa0%", "franchi",
             "E1\xa0: P &gt;= 12, pendant 2 mois de suite", "<strong>reste en vigueur</strong>",
             "importez un fichier au format org_facts"],
        ),
    ],
)  # fmt: skip
def test_an_explanation_says_it_in_the_readers_language(login, vera, evaluation, language, said):
    html = read(login(vera), VERDICT.format("too_early"), language)

    for part in (SENTENCES[language], *said):
        assert part in html, part
    # What a threshold is taken from is quoted as it was published.
    content = html.partition("<main")[2].partition("</main>")[0]
    assert re.findall(r'<(\w+)[^>]* lang="en"', content) == ["dl"]


def test_figures_have_names_in_the_readers_language(login, vera, organization):
    row = EvaluationFactory(organization=organization, thresholds_version="1")
    for key, evidence in {
        "gatekeeper": {"gates": {"legal": {"W50": {"text": "3.5"}, "W85": {"text": "> 12.0"}}}},
        "multi_product": {"products": 2, "business_units": 1},
        "public_company": {"public_company": "within_12m"},
        "pm_leverage": {"metrics": {"chore_hours": {"now": {"value": 2.5}, "change": -1.5}}},
    }.items():
        kind = "pitfall" if key == "gatekeeper" else "sign"
        VerdictRecordFactory(
            evaluation=row, kind=kind, key=key, state="unknown", severity=None, evidence=evidence
        )

    for key, figure in {
        "gatekeeper": "W50 3,5; W85 &gt; 12,0",
        "multi_product": "Produkte 2; Geschäftsbereiche 1",
        "public_company": "binnen 12 Monaten",
        "pm_leverage": "jetzt 2,5; Veränderung -1,5",
    }.items():
        html = read(login(vera), VERDICT.format(key), "de")
        assert f'<td class="pl-num">{figure}' in html, key
    assert "Prüfungen: Stunden Routinearbeit pro Woche (Median)" in html


@pytest.mark.parametrize("words", [[], [{"written": "by a later version"}]])
@pytest.mark.parametrize(
    ("kind", "key", "state"),
    [
        ("pitfall", "gatekeeper", "raised"),
        ("readiness", "readiness", "ready"),
        ("benefit", "faster_ramp", "unknown"),
    ],
)
def test_what_has_no_words_for_others_is_marked_as_english(
    organization, login, vera, kind, key, state, words
):
    VerdictRecordFactory(
        evaluation=evaluate(organization), kind=kind, key=key, state=state, severity=None,
        message="Said long ago.", words=words,
    )  # fmt: skip

    for path in (url(organization), VERDICT.format(key)):
        assert re.search(r' lang="en">Said long ago\.<', read(login(vera), path, "de")), path
        assert re.search(
            r"<(p|span)( class=\"[^\"]*\")?>Said long ago\.<", read(login(vera), path, "en")
        ), path


def test_what_is_stored_and_what_programs_read_stays_english(organization, vera, login, evaluation):
    record = evaluation.verdicts.get(key="too_early")

    path = f"/api/v1/orgs/acme/verdicts?key={record.key}"
    (row,) = login(vera).get(path, headers={"accept-language": "de"}).json()["results"]

    assert record.message.startswith(SENTENCES["en"])
    assert row["message"] == record.message
    assert "words" not in row
    assert "words" not in record.as_dict()


@time_machine.travel(JUNE, tick=False)
def test_words_are_nothing_new_to_a_replay(organization, evaluation):
    known = VerdictRecord.objects.get(evaluation=evaluation, key="too_early")
    assert known.words

    assert replay_evaluation(evaluation).equal
    assert refresh_findings(organization) == evaluation
    assert Finding.objects.count() == 1


def test_a_mail_says_it_in_the_language_of_the_account(organization, ana, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    ana.language = "de"
    ana.save()
    with time_machine.travel(JUNE, tick=False):
        _early(organization)
        refresh_findings(organization)
        Delivery.objects.update(due_at=JUNE)
        send_due_deliveries()

    (sent,) = mail.outbox
    assert SENTENCES["de"] in sent.body
    assert "product-ops FTE" not in sent.body
    told = Notification.objects.get()
    assert told.text.startswith(SENTENCES["en"])
    assert SENTENCES["en"].encode() in payload_of(told)


def test_a_digest_is_said_anew_in_one_query(organization, evaluation, django_assert_num_queries):
    told = Notification.objects.get(event="finding.raised")
    wave = NotificationFactory(organization=organization, event="wave.closed", key=told.key)

    with translation.override("fr"), django_assert_num_queries(1):
        texts = texts_to_read([told, wave, told])
    with translation.override("en"), django_assert_num_queries(0):
        assert texts_to_read([told]) == [told.text]

    assert texts == [texts[0], wave.text, texts[0]]
    assert texts[0].startswith(SENTENCES["fr"])


@EACH
def test_a_board_report_is_frozen_in_its_language(organization, evaluation, language):
    with translation.override(language):
        snapshot = board_snapshot(organization, at(organization, date(2026, 6, 30)))

    pitfalls = [row[2] for row in snapshot["sections"][0]["rows"]]
    assert any(said.startswith(SENTENCES[language]) for said in pitfalls)
