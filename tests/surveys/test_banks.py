"""Question banks: validated, published once, immutable; what an instrument asks."""

from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import IntegrityError

from maturity.errors import InvalidPack, VersionExists
from surveys.banks import PM, SHIPPED, load_bank, select_items
from surveys.models import BankVersion, Question
from surveys.services.banks import publish_bank

CODES = ("de", "es", "fr")


def _document() -> dict:
    return yaml.safe_load(SHIPPED[0].read_text())


def _write(folder: Path, document: object) -> Path:
    path = folder / "bank.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


class TestLoading:
    def test_shipped_bank_has_35_items_12_in_the_pulse_6_reversed(self):
        bank = load_bank(SHIPPED[0])

        assert len(bank.items) == 35
        assert sum(item.pulse for item in bank.items) == 12
        assert sum(item.reverse for item in bank.items) == 6

    def test_no_item_is_longer_than_20_words(self):
        assert max(len(item.text.split()) for item in load_bank(SHIPPED[0]).items) <= 20

    def test_an_item_without_audience_is_for_pms(self):
        items = {item.key: item.audience for item in load_bank(SHIPPED[0]).items}

        assert items["LEV1"] == ("pm",)
        assert items["ONB1"] == ("pm_new",)
        assert items["CAR1"] == ("pm", "product_ops")

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"colour": "red"}, "items.LEV1.colour"),
            ({"scale": "agree7"}, "items.LEV1.scale"),
            ({"text": ""}, "items.LEV1.text"),
            ({"audience": "everyone"}, "LEV1: unknown audience everyone"),
            ({"scale": "hours", "reverse": True}, "LEV1: only an agree5 item can be reverse"),
            ({"key": "LEV2"}, "keys stand twice: LEV2"),
            ({"reverse": True}, "reverse_items.count"),
        ],
    )
    def test_a_faulty_item_is_named(self, tmp_path, change, named):
        document = _document()
        document["items"][0].update(change)

        with pytest.raises(InvalidPack) as fault:
            load_bank(_write(tmp_path, document))

        assert named in str(fault.value)

    def test_a_pulse_that_is_too_long_is_refused(self, tmp_path):
        document = _document()
        document["items"][1]["pulse"] = True

        with pytest.raises(InvalidPack, match=r"instruments\.pulse: 13 items, at most 12"):
            load_bank(_write(tmp_path, document))

    def test_an_instrument_with_an_unknown_item_is_named(self, tmp_path):
        document = _document()
        document["instruments"]["onboarding"]["items"] = ["ONB1", "XYZ1"]

        with pytest.raises(InvalidPack, match=r"instruments\.onboarding: unknown items XYZ1"):
            load_bank(_write(tmp_path, document))

    def test_a_label_that_is_missing_is_named(self, tmp_path):
        document = _document()
        del document["bank"]["scales"]["agree5"]["labels"][3]

        with pytest.raises(InvalidPack, match=r"scales\.agree5.*labels"):
            load_bank(_write(tmp_path, document))

    def test_an_unknown_part_is_named(self, tmp_path):
        with pytest.raises(InvalidPack, match="unknown keys extras"):
            load_bank(_write(tmp_path, _document() | {"extras": 1}))

    @pytest.mark.parametrize("content", ["", "[]", "bank: 3", "items: []", "bank: {}\nitems: 1"])
    def test_other_documents_are_refused(self, tmp_path, content):
        path = tmp_path / "bank.yaml"
        path.write_text(content)

        with pytest.raises(InvalidPack):
            load_bank(path)

    def test_broken_yaml_names_the_line(self, tmp_path):
        path = tmp_path / "bank.yaml"
        path.write_text("bank:\n  key: [unclosed\n")

        with pytest.raises(InvalidPack, match="line"):
            load_bank(path)


class TestPublishing:
    def test_publishing_writes_every_item(self, bank):
        assert bank.published_at is not None
        assert bank.questions.count() == 35
        assert bank.questions.get(key="GAT2").reverse
        assert bank.questions.get(key="LEV3").direction == "down"

    def test_publishing_again_changes_nothing(self, bank):
        again, is_new = publish_bank(load_bank(SHIPPED[0]))

        assert (again, is_new) == (bank, False)
        assert Question.objects.count() == 35

    def test_other_content_under_the_same_version_is_refused(self, bank, tmp_path):
        document = _document()
        document["items"][0]["text"] = "Something else."

        with pytest.raises(VersionExists):
            publish_bank(load_bank(_write(tmp_path, document)))

        assert bank.questions.get(key="LEV1").text != "Something else."

    def test_the_definition_comes_back_as_it_was_loaded(self, bank):
        loaded = load_bank(SHIPPED[0])

        definition = bank.definition()

        assert definition.scales == loaded.scales
        assert definition.rules == loaded.rules
        assert definition.instruments == loaded.instruments

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE surveys_question SET text = 'x'",
            "DELETE FROM surveys_question",
            "UPDATE surveys_bankversion SET content = '{}'",
            "UPDATE surveys_bankversion SET published_at = NULL",
            "DELETE FROM surveys_bankversion",
            """
            INSERT INTO surveys_question (bank_id, key, position, text, scale, reverse, direction,
                audiences, area, benefit, pitfall, outcome, pulse, optional)
            SELECT id, 'LATE', 99, 'x', 'agree5', false, 'up', '{pm}', '', '', '', '', false, false
            FROM surveys_bankversion
            """,
        ],
    )
    def test_the_database_refuses_to_change_a_published_version(self, bank, statement):
        with (
            pytest.raises(IntegrityError, match="never changes"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

    def test_the_command_says_what_it_did_and_may_be_repeated(self, db, capsys):
        call_command("publish_bank")
        call_command("publish_bank")

        name = "product-ops-survey 1.0.0"
        assert capsys.readouterr().out.splitlines() == [
            f"{name}: published, 35 questions",
            *(f"{name} {code}: published, revision 1" for code in CODES),
            f"{name}: is published already, 35 questions",
            *(
                f"product-ops-survey 1.0.0 {code}: is published already, revision 1"
                for code in CODES
            ),
        ]
        assert BankVersion.objects.count() == 1

    def test_the_command_names_the_fault_and_exits_2(self, db, tmp_path):
        with pytest.raises(CommandError, match=r"bank\.yaml") as refused:
            call_command("publish_bank", str(_write(tmp_path, {"bank": {}})))

        assert refused.value.returncode == 2
        assert not BankVersion.objects.exists()


class TestSelection:
    def test_the_pulse_asks_12_items_the_overall_one_first_the_text_last(self, bank):
        pulse = bank.definition().instruments["pulse"]

        keys = [q.key for q in select_items(bank.questions.all(), pulse, audiences=[PM])]

        assert keys == [
            *("REC0", "LEV1", "ANA1", "EXP1", "RES1", "TOO3"),
            *("FBK1", "ONB3", "GAT1", "GAT2", "AUT1", "OPN1"),
        ]

    def test_the_full_survey_asks_pms_what_is_theirs(self, bank):
        full = bank.definition().instruments["full"]

        keys = [q.key for q in select_items(bank.questions.all(), full, audiences=[PM])]

        assert len(keys) == 34
        assert "ONB1" not in keys
        assert keys[-3:] == ["OPN1", "OPN2", "OPN3"]

    def test_an_instrument_may_list_its_items(self, bank):
        onboarding = bank.definition().instruments["onboarding"]

        keys = [q.key for q in select_items(bank.questions.all(), onboarding, audiences=[PM])]

        assert keys == ["REC0", "ONB2", "OPN1"]
