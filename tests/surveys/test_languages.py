"""A wave in several languages: frozen at opening, picked per person, switched on the page."""

import re
from datetime import timedelta

import pytest
import time_machine
import yaml
from django.utils import timezone

from surveys.banks import SHIPPED_TRANSLATIONS, load_translation
from surveys.errors import WaveRefused
from surveys.models import BankTranslation, IntakeResponse, Invitation, WaveLanguage
from surveys.services.languages import plan_languages, shown_in
from surveys.services.messages import send_due_messages
from surveys.services.translations import approve_translation, publish_translation
from surveys.services.waves import close_wave, open_wave
from tests.packs import shipped_translations
from tests.surveys.conftest import hire, tokens


@pytest.fixture
def translated(bank) -> dict[str, BankTranslation]:
    rows = [publish_translation(each)[0] for each in shipped_translations()]
    return {row.language: row for row in rows}


def _offer(draft, *codes: str, drafts: bool = True):
    draft.languages = list(codes)
    draft.allow_draft_translations = drafts
    draft.save()
    return draft


def _hire_speaking(organization, **counts: int) -> None:
    for language, count in counts.items():
        for person in hire(organization, count):
            person.language = language
            person.save()


def _link(wave, language: str) -> str:
    """The link of somebody who is asked in that language."""
    pages = dict(zip(wave.invitations.values_list("pk", flat=True), tokens(wave), strict=True))
    person = wave.invitations.filter(shown_in=language).first()
    return f"/s/{pages[person.pk]}"


class TestChoosing:
    def test_a_draft_translation_is_offered_only_if_the_lead_chose_so(self, draft, translated):
        hire(draft.organization, 6)
        _offer(draft, "de", drafts=False)

        with pytest.raises(WaveRefused, match=r"into Deutsch is a draft"):
            open_wave(draft)

        assert not WaveLanguage.objects.exists()
        open_wave(_offer(draft, "de", drafts=True))
        assert WaveLanguage.objects.get(language="de").draft

    def test_an_approved_one_needs_no_such_choice(self, draft, translated):
        hire(draft.organization, 6)
        german = translated["de"]
        for name in ("Anna Meier", "Ben Roth"):
            approve_translation(
                german, organization=draft.organization, reviewer=name, digest=german.digest
            )

        open_wave(_offer(draft, "de", drafts=False))

        assert not WaveLanguage.objects.get(language="de").draft

    def test_a_language_without_translation_is_named(self, draft, translated):
        with pytest.raises(WaveRefused, match="not translated into italiano"):
            plan_languages(_offer(draft, "it"))

    @pytest.mark.parametrize(
        ("wanted", "chosen"),
        [("de", "de"), ("DE", "de"), ("de-at", "de"), ("it", "en"), ("", "en"), ("en-gb", "en")],
    )
    def test_everybody_gets_theirs_or_the_banks_own(self, wanted, chosen):
        assert shown_in(wanted, ["en", "de", "es"]) == chosen


class TestFreezing:
    def test_bank_language_and_revision_are_written_down(self, draft, translated):
        hire(draft.organization, 6)

        wave = open_wave(_offer(draft, "de", "fr"))

        frozen = WaveLanguage.objects.filter(wave=wave).values_list(
            "language", "translation__revision", "draft"
        )
        assert list(frozen) == [("en", None, False), ("de", 1, True), ("fr", 1, True)]

    def test_a_later_revision_changes_no_open_wave(self, client, draft, translated, tmp_path):
        _hire_speaking(draft.organization, de=6)
        wave = open_wave(_offer(draft, "de"))
        document = yaml.safe_load(SHIPPED_TRANSLATIONS[0].read_text())
        document["items"]["GAT1"] = "Product Ops macht mich schneller."
        path = tmp_path / "de.yaml"
        path.write_text(yaml.safe_dump(document | {"revision": 2}))

        publish_translation(load_translation(path))

        text = client.get(_link(wave, "de")).content.decode()
        assert "Product Ops hilft mir, schneller voranzukommen." in text

    def test_a_language_of_fewer_than_k_is_shown_but_not_stored(self, draft, translated):
        _hire_speaking(draft.organization, en=8, de=2, es=6)

        open_wave(_offer(draft, "de", "es"))

        labels = Invitation.objects.order_by().values_list("shown_in", "language").distinct()
        assert dict(labels)["de"] == ""
        stored = [label for _shown, label in Invitation.objects.values_list("shown_in", "language")]
        assert all(stored.count(label) >= 5 for label in set(stored))


class TestPages:
    @pytest.fixture
    def wave(self, draft, translated):
        _hire_speaking(draft.organization, en=6, de=6)
        return open_wave(_offer(draft, "de", "es", "fr"))

    def test_the_page_speaks_the_persons_language(self, client, wave):
        page = client.get(_link(wave, "de"))
        text = page.content.decode()

        assert '<html lang="de" dir="ltr">' in text
        assert page["Content-Language"] == "de"
        assert "Product Ops hilft mir, schneller voranzukommen." in text
        assert "Stimme voll und ganz zu" in text
        assert "Wer was sieht" in text
        assert "Meine Antworten senden" in text
        assert "data-draft-translation" in text

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("en", "Who sees what"),
            ("de", "Wer was sieht"),
            ("es", "Quién ve qué"),
            ("fr", "Qui voit quoi"),
        ],
    )
    def test_a_switcher_works_without_scripts(self, client, wave, code, said):
        page = client.get(f"{_link(wave, 'de')}?lang={code}").content.decode()

        assert said in page
        assert f'<b lang="{code}" aria-current="true">' in page
        assert set(re.findall(r'href="\?lang=(\w+)"', page)) == {"en", "de", "es", "fr"} - {code}

    @pytest.mark.parametrize("code", ["it", "xx", "../../etc", "", "%00", "de" * 500])
    def test_a_language_that_is_not_on_offer_is_theirs_again(self, client, wave, code):
        page = client.get(f"{_link(wave, 'de')}?lang={code}")

        assert page.status_code == 200
        assert page["Content-Language"] == "de"

    def test_numbers_are_stored_never_labels_and_the_invited_language(self, client, wave):
        link = f"{_link(wave, 'de')}?lang=fr"

        sent = client.post(link, {"GAT1": "5", "TOO3": "na"})

        assert sent["Location"] == link
        assert "Merci. Vos réponses sont arrivées." in client.get(sent["Location"]).content.decode()
        stored = IntakeResponse.objects.get()
        assert (stored.language, stored.answers, stored.not_applicable) == (
            "de",
            {"GAT1": 5},
            ["TOO3"],
        )

    def test_what_is_wrong_is_said_in_that_language_and_kept(self, client, wave):
        link = f"{_link(wave, 'de')}?lang=es"

        refused = client.post(link, {"REC0": "11", "GAT1": "2", "OPN1": "x" * 1001})

        text = refused.content.decode()
        assert refused.status_code == 400
        assert "Elige una de las respuestas que se muestran." in text
        assert "Como máximo 1000 caracteres; estos son 1001." in text
        assert re.search(r'name="GAT1"\s+value="2"[^>]*checked', text)

    def test_order_and_layout_are_the_same_in_every_language(self, client, wave):
        shapes = set()
        for code in ("en", "de", "es", "fr"):
            asked = client.get(f"{_link(wave, 'en')}?lang={code}").context["questions"]
            shapes.add(tuple((q.key, q.scale, tuple(o.value for o in q.options)) for q in asked))

        assert len(shapes) == 1

    def test_every_state_of_a_link_speaks_it(self, client, wave):
        link = _link(wave, "de")

        with time_machine.travel(wave.closes_at + timedelta(minutes=5)):
            assert "gerade zu Ende gegangen" in client.get(link).content.decode()
        with time_machine.travel(wave.closes_at + timedelta(minutes=31)):
            assert "Diese Umfrage ist beendet." in client.get(link).content.decode()
        with time_machine.travel(timezone.now() - timedelta(days=1)):
            assert "hat noch nicht begonnen" in client.get(link).content.decode()
        close_wave(wave)
        assert "Ergebnisse ansehen" in client.get(link).content.decode()

    @pytest.mark.parametrize(
        ("header", "said"),
        [
            ("fr-CA,fr;q=0.9", "Ce lien n’appartient à aucune enquête."),
            ("ja, es;q=0.5", "Este enlace no pertenece a ninguna encuesta."),
            ("ja", "This link does not belong to a survey."),
            (";;;,=", "This link does not belong to a survey."),
        ],
    )
    def test_an_unknown_link_speaks_the_browsers(self, client, db, header, said):
        page = client.get("/s/unknown", headers={"accept-language": header})

        assert said in page.content.decode()

    def test_mails_speak_it_too(self, wave, mailoutbox):
        send_due_messages()

        german = [letter for letter in mailoutbox if "Ihr persönlicher Link:" in letter.body]
        assert len(german) == 6
        assert "Ihre Sicht auf Product Ops" in german[0].subject
        assert len(mailoutbox) == 12
