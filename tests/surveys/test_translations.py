"""Translations: complete, faithful in form, drafts until two named people approve a revision."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import IntegrityError, close_old_connections, transaction
from django.urls import reverse

from maturity.errors import InvalidPack, VersionExists
from surveys.banks import SHIPPED, SHIPPED_TRANSLATIONS, load_bank, load_translation
from surveys.errors import ReviewRefused
from surveys.models import BankTranslation, TranslationReview
from surveys.services.translations import (
    approve_translation,
    comparable,
    publish_translation,
    standings,
)
from tests.factories import OrganizationFactory

# Words that turn a sentence round; the bank has none, and a translation may not bring one in.
NEGATIONS = {
    "de": r"\b(nicht|kein\w*|nie|niemals|nichts|niemand\w*)\b",
    "es": r"\b(no|nunca|jamás|nada|nadie|ningun\w*|ningún|tampoco)\b",
    "fr": r"\b(ne|pas|jamais|rien|aucun\w*|personne)\b|\bn’",
}
SHIPPED_ONES = {path.suffixes[-2][1:]: path for path in SHIPPED_TRANSLATIONS}
EACH = pytest.mark.parametrize("language", SHIPPED_ONES)


@pytest.fixture
def german(bank) -> BankTranslation:
    row, _is_new = publish_translation(load_translation(SHIPPED_ONES["de"]))
    return row


def _file(folder, **change):
    document = yaml.safe_load(SHIPPED_ONES["de"].read_text()) | change
    path = folder / "bank.de.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True))
    return path


def _approve(translation, organization, *names: str) -> None:
    for name in names:
        approve_translation(
            translation, organization=organization, reviewer=name, digest=translation.digest
        )


class TestShippedOnes:
    def test_german_spanish_and_french(self):
        assert set(SHIPPED_ONES) == {"de", "es", "fr"}

    @EACH
    def test_every_item_and_label_is_there_in_other_words(self, language):
        bank, words = load_bank(SHIPPED[0]), load_translation(SHIPPED_ONES[language])

        assert set(words.items) == {item.key for item in bank.items}
        assert len(words.items) == 35
        assert not {i.key for i in bank.items if words.items[i.key] == i.text}
        assert list(words.agree) == [1, 2, 3, 4, 5]
        assert list(words.recommend) == [0, 10]
        assert len({*words.agree.values()}) == 5

    @EACH
    def test_no_item_says_not(self, language):
        words = load_translation(SHIPPED_ONES[language]).items

        found = {k: t for k, t in words.items() if re.search(NEGATIONS[language], t.lower())}

        assert found == {}

    @EACH
    def test_sentences_stay_short_and_keep_their_kind(self, language):
        bank, words = load_bank(SHIPPED[0]), load_translation(SHIPPED_ONES[language]).items

        assert max(len(text.split()) for text in words.values()) <= 24
        for item in bank.items:
            assert item.text.endswith("?") == words[item.key].endswith("?"), item.key
            assert words[item.key].endswith(("?", ".")), item.key

    @EACH
    def test_the_notice_names_the_same_number_of_people(self, language):
        assert re.findall(r"\d+", load_translation(SHIPPED_ONES[language]).text_notice) == ["10"]


class TestLoading:
    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"colour": "red"}, "colour"),
            ({"revision": 0}, "revision"),
            ({"status": "approved"}, "status"),
            ({"language": "German"}, "language"),
            ({"translator": " "}, "translator"),
            ({"hours_unit": ""}, "hours_unit"),
            ({"agree": None}, "agree"),
        ],
    )
    def test_what_is_wrong_is_named(self, tmp_path, change, named):
        with pytest.raises(InvalidPack, match=named):
            load_translation(_file(tmp_path, **change))

    @pytest.mark.parametrize("content", ["", "[]", "a: [", "\x00"])
    def test_other_documents_are_refused(self, tmp_path, content):
        path = tmp_path / "x.yaml"
        path.write_text(content)

        with pytest.raises(InvalidPack, match=r"x\.yaml"):
            load_translation(path)


class TestPublishing:
    @pytest.mark.parametrize(
        ("place", "key", "named"),
        [
            ("items", "LEV1", "items: LEV1 is missing"),
            ("agree", 3, "agree: 3 is missing"),
            ("recommend", 10, "recommend: 10 is missing"),
        ],
    )
    def test_a_hole_is_named_and_nothing_is_stored(self, bank, tmp_path, place, key, named):
        words = yaml.safe_load(SHIPPED_ONES["de"].read_text())[place]
        del words[key]

        with pytest.raises(InvalidPack, match=named):
            publish_translation(load_translation(_file(tmp_path, **{place: words})))

        assert not BankTranslation.objects.exists()

    def test_an_item_that_the_bank_has_not_is_named(self, bank, tmp_path):
        words = yaml.safe_load(SHIPPED_ONES["de"].read_text())["items"] | {"XYZ1": "Was?"}

        with pytest.raises(InvalidPack, match="items: XYZ1 is unknown"):
            publish_translation(load_translation(_file(tmp_path, items=words)))

    def test_of_a_bank_that_is_not_published(self, db):
        with pytest.raises(InvalidPack, match="publish the bank first"):
            publish_translation(load_translation(SHIPPED_ONES["de"]))

    def test_into_the_banks_own_language(self, bank, tmp_path):
        with pytest.raises(InvalidPack, match="bank's own"):
            publish_translation(load_translation(_file(tmp_path, language="en")))

    def test_other_words_need_another_revision(self, german, tmp_path):
        changed = _file(tmp_path, hours_unit="Stunden")

        with pytest.raises(VersionExists):
            publish_translation(load_translation(changed))
        second, is_new = publish_translation(
            load_translation(_file(tmp_path, hours_unit="Stunden", revision=2))
        )

        assert (second.revision, is_new) == (2, True)
        german.refresh_from_db()
        assert german.texts().hours_unit == "Stunden in der letzten Arbeitswoche"

    def test_a_published_revision_never_changes(self, german):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            BankTranslation.objects.update(content={})

    def test_the_command_publishes_a_file_and_names_a_fault(self, bank, tmp_path, capsys):
        call_command("publish_bank", "--translation", str(SHIPPED_ONES["fr"]))
        with pytest.raises(CommandError, match="revision") as refused:
            call_command("publish_bank", "--translation", str(_file(tmp_path, revision=-1)))

        assert capsys.readouterr().out == "product-ops-survey 1.0.0 fr: published, revision 1\n"
        assert refused.value.returncode == 2


class TestReviews:
    def _draft(self, organization, german) -> bool:
        (standing,) = standings(organization, german.bank)
        return standing.is_draft

    def test_one_reviewer_leaves_a_draft_two_approve_it(self, organization, german):
        assert self._draft(organization, german)
        _approve(german, organization, "Anna Meier")
        assert self._draft(organization, german)

        _approve(german, organization, "Ben Roth")

        assert not self._draft(organization, german)

    @pytest.mark.parametrize(
        "again", ["Anna Meier", "anna meier", "  Anna   Meier ", "ANNA-MEIER", "Ánna Meier"]
    )
    def test_the_same_person_twice_is_one(self, organization, german, again):
        _approve(german, organization, "Anna Meier")

        with pytest.raises(ReviewRefused, match="second person"):
            _approve(german, organization, again)

        assert self._draft(organization, german)

    @pytest.mark.parametrize("name", ["Plumbline", "plumb line", "PLUMBLINE "])
    def test_the_translator_does_not_count(self, organization, german, name):
        with pytest.raises(ReviewRefused, match="translated this text"):
            _approve(german, organization, name)

        assert not TranslationReview.objects.exists()

    @pytest.mark.parametrize("name", ["", "  ", "…", "-"])
    def test_a_reviewer_has_a_name(self, organization, german, name):
        with pytest.raises(ReviewRefused, match="name"):
            _approve(german, organization, name)

    def test_a_new_revision_is_a_draft_again(self, organization, german, tmp_path):
        _approve(german, organization, "Anna Meier", "Ben Roth")

        publish_translation(load_translation(_file(tmp_path, hours_unit="Std.", revision=2)))

        assert self._draft(organization, german)

    def test_words_that_were_not_on_the_screen_are_not_approved(self, organization, german):
        with pytest.raises(ReviewRefused, match="not the words"):
            approve_translation(
                german, organization=organization, reviewer="Anna Meier", digest="0" * 64
            )

    def test_one_organisation_does_not_approve_for_another(self, organization, german):
        other = OrganizationFactory()
        _approve(german, other, "Anna Meier", "Ben Roth")

        assert self._draft(organization, german)
        assert not self._draft(other, german)

    def test_a_review_never_changes(self, organization, german):
        _approve(german, organization, "Anna Meier")

        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            TranslationReview.objects.update(reviewer="Somebody Else")

    @pytest.mark.django_db(transaction=True)
    def test_one_person_at_once_from_two_screens_is_one(self, organization, german):
        def press(name: str) -> bool:
            try:
                _approve(german, organization, name)
            except ReviewRefused:
                return False
            finally:
                close_old_connections()
            return True

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(press, ["Anna Meier", "anna  meier"]))

        assert sorted(done) == [False, True]
        assert TranslationReview.objects.count() == 1

    def test_names_compare_without_case_blanks_and_accents(self):
        assert comparable("José Á. Núñez") == comparable("jose a nunez")
        assert comparable("Anna Meier") != comparable("Anna Maier")

    def test_their_price_does_not_depend_on_the_reviews(
        self, organization, german, django_assert_num_queries
    ):
        _approve(german, organization, *(f"Reviewer {number}" for number in "ABCDEFGH"))

        # 1 newest revisions, 1 their reviews here
        with django_assert_num_queries(2):
            standings(organization, german.bank)


class TestLeadsPage:
    def _page(self, name: str, german) -> str:
        return reverse(f"admin:surveys_banktranslation_{name}", args=[german.pk])

    def test_a_lead_reads_both_wordings_and_that_it_is_a_draft(self, login, ana, german):
        text = login(ana).get(self._page("change", german)).content.decode()

        assert 'data-standing="draft"' in text
        assert "I trust the definitions behind the numbers we review." in text
        assert "Ich vertraue den Definitionen" in text

    def test_two_named_reviews_approve_it(self, login, ana, organization, german):
        lead = login(ana)
        for name in ("Anna Meier", "Ben Roth"):
            form = {"organization": organization.pk, "reviewer": name, "digest": german.digest}
            assert lead.post(self._page("approve", german), form).status_code == 302

        text = lead.get(self._page("change", german)).content.decode()

        assert 'data-standing="approved"' in text
        assert "Anna Meier" in text
        assert set(TranslationReview.objects.values_list("recorded_by", flat=True)) == {ana.pk}

    def test_a_refusal_stands_above_the_form(self, login, ana, organization, german):
        form = {"organization": organization.pk, "reviewer": "Plumbline", "digest": german.digest}

        page = login(ana).post(self._page("approve", german), form)

        assert "Somebody else has to review it" in page.content.decode()
        assert not TranslationReview.objects.exists()

    def test_nobody_reviews_for_another_organisation(self, login, carl, organization, german):
        form = {"organization": organization.pk, "reviewer": "Anna", "digest": german.digest}

        login(carl).post(self._page("approve", german), form)

        assert not TranslationReview.objects.exists()

    def test_others_do_not_read_who_reviewed(self, login, carl, organization, german):
        _approve(german, organization, "Anna Meier")

        assert "Anna Meier" not in login(carl).get(self._page("change", german)).content.decode()

    def test_a_viewer_reads_and_reviews_nothing(self, login, vera, organization, german):
        viewer = login(vera)

        assert viewer.get(self._page("change", german)).status_code == 200
        assert viewer.get(self._page("approve", german)).status_code == 403
