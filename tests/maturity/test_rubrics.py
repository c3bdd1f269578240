"""Rubric packs: validated, published once, immutable; the arithmetic of levels."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import IntegrityError

from maturity.errors import InvalidPack, VersionExists
from maturity.models import Area, Capability, CapabilityLevel, RubricVersion
from maturity.rubrics import SHIPPED, area_level, effective_level, load_pack, trend_index
from maturity.rubrics.aggregation import Proof
from maturity.rubrics.packs import EvidenceRules
from maturity.services.rubrics import publish_pack


def _document() -> dict:
    return yaml.safe_load(SHIPPED[0].read_text())


def _write(folder: Path, document: object) -> Path:
    path = folder / "pack.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


class TestLoading:
    def test_shipped_pack_has_6_areas_18_capabilities_90_levels_175_checks(self):
        pack = load_pack(SHIPPED[0])

        capabilities = [c for area in pack.areas for c in area.capabilities]
        assert len(pack.areas) == 6
        assert len(capabilities) == 18
        assert sum(len(c.levels) for c in capabilities) == 90
        assert sum(len(level.checks) for c in capabilities for level in c.levels.values()) == 175

    def test_a_missing_level_is_named(self, tmp_path):
        document = _document()
        del document["areas"][2]["capabilities"][1]["levels"][4]

        with pytest.raises(InvalidPack, match=r"areas\.2\.capabilities\.1.*levels \[4\]"):
            load_pack(_write(tmp_path, document))

    def test_an_unknown_key_is_named(self, tmp_path):
        document = _document()
        document["areas"][0]["colour"] = "red"

        with pytest.raises(InvalidPack, match=r"areas\.0\.colour"):
            load_pack(_write(tmp_path, document))

    def test_a_key_that_stands_twice_is_named(self, tmp_path):
        document = _document()
        document["areas"][1]["key"] = document["areas"][0]["key"]

        with pytest.raises(InvalidPack, match="analytics_infrastructure"):
            load_pack(_write(tmp_path, document))

    def test_broken_yaml_names_the_line(self, tmp_path):
        path = tmp_path / "pack.yaml"
        path.write_text("rubric:\n  key: [unclosed\n")

        with pytest.raises(InvalidPack, match="line"):
            load_pack(path)

    @pytest.mark.parametrize("content", ["", "[]", "rubric: 3", "areas: []"])
    def test_other_documents_are_refused(self, tmp_path, content):
        path = tmp_path / "pack.yaml"
        path.write_text(content)

        with pytest.raises(InvalidPack):
            load_pack(path)


class TestPublishing:
    def test_publishing_writes_every_part(self, rubric):
        assert rubric.published_at is not None
        assert Area.objects.filter(rubric=rubric).count() == 6
        assert Capability.objects.filter(rubric=rubric).count() == 18
        levels = CapabilityLevel.objects.filter(rubric=rubric)
        assert levels.count() == 90
        assert sum(len(level.checks) for level in levels) == 175

    def test_publishing_again_changes_nothing(self, rubric):
        again = publish_pack(load_pack(SHIPPED[0]))

        assert again == rubric
        assert RubricVersion.objects.count() == 1

    def test_other_content_under_the_same_version_is_refused(self, rubric, tmp_path):
        document = _document()
        document["areas"][0]["purpose"] = "Something else."

        with pytest.raises(VersionExists):
            publish_pack(load_pack(_write(tmp_path, document)))

        assert Area.objects.get(key="analytics_infrastructure").purpose != "Something else."

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE maturity_capabilitylevel SET looks_like = 'x'",
            "DELETE FROM maturity_capabilitylevel",
            "UPDATE maturity_capability SET name = 'x'",
            "UPDATE maturity_area SET name = 'x'",
            "DELETE FROM maturity_area",
            "UPDATE maturity_rubricversion SET version = '9.9.9'",
            "UPDATE maturity_rubricversion SET published_at = NULL",
            "DELETE FROM maturity_rubricversion",
            """
            INSERT INTO maturity_area (rubric_id, key, name, purpose, survey_items, position)
            SELECT id, 'late', 'Late', 'x', '{}', 99 FROM maturity_rubricversion
            """,
        ],
    )
    def test_the_database_refuses_to_change_a_published_version(self, rubric, statement):
        with (
            pytest.raises(IntegrityError, match="never changes"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

    def test_a_published_version_may_be_retired(self, rubric):
        rubric.retired_at = rubric.published_at

        rubric.save(update_fields=["retired_at"])

        assert not RubricVersion.objects.in_force().exists()

    def test_command_names_the_fault_and_exits_2(self, db, tmp_path):
        with pytest.raises(CommandError, match=r"pack\.yaml") as refused:
            call_command("publish_rubric", str(_write(tmp_path, {"rubric": {}})))

        assert refused.value.returncode == 2
        assert not RubricVersion.objects.exists()


def _levels(*levels: int | None) -> list[tuple[str, int | None]]:
    return [("assessed" if level else "not_assessed", level) for level in levels]


class TestAreaLevel:
    @pytest.mark.parametrize(
        ("levels", "expected"),
        [((1, 4, 5), 2), ((2, 3, 3), 3), ((3, 3, 5), 3), ((4, 4, 2), 3), ((5, 5, 5), 5)],
    )
    def test_two_thirds_rule_and_one_above_the_lowest(self, levels, expected):
        assert area_level(_levels(*levels)).level == expected

    def test_one_assessed_of_three_is_incomplete(self):
        result = area_level(_levels(4, None, None))

        assert (result.state, result.level) == ("incomplete", None)
        assert (result.assessed, result.applicable) == (1, 3)

    def test_two_assessed_of_three_is_enough(self):
        assert area_level(_levels(2, 4, None)).level == 2

    def test_unknown_does_not_count_as_assessed_and_is_shown_apart(self):
        result = area_level([("assessed", 3), ("unknown", None), ("unknown", None)])

        assert (result.state, result.unknown) == ("incomplete", 2)

    def test_not_applicable_leaves_the_denominator(self):
        result = area_level([("assessed", 3), ("assessed", 3), ("not_applicable", None)])

        assert (result.level, result.assessed, result.applicable) == (3, 2, 2)

    def test_nothing_applicable_has_no_level(self):
        assert area_level([("not_applicable", None)] * 3).state == "not_applicable"


class TestEffectiveLevel:
    RULES = EvidenceRules.model_validate(_document()["rubric"]["evidence_rules"])
    TODAY = date(2026, 6, 30)

    def _effective(self, level: int, kind: str = "", seen: date | None = None):
        evidence = [] if seen is None else [Proof(kind, seen)]
        return effective_level(level, self.RULES, evidence=evidence, recorded_on=self.TODAY)

    def test_levels_1_and_2_need_no_evidence(self):
        assert [self._effective(level) for level in (1, 2)] == [1, 2]

    @pytest.mark.parametrize("level", [3, 4, 5])
    def test_without_evidence_a_higher_level_counts_as_2(self, level):
        assert self._effective(level) == 2

    @pytest.mark.parametrize(("age", "expected"), [(365, 3), (366, 2), (-1, 2)])
    def test_evidence_of_level_3_may_be_a_year_old(self, age, expected):
        seen = date.fromordinal(self.TODAY.toordinal() - age)

        assert self._effective(3, "link", seen) == expected

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [("link", 2), ("document", 2), ("metric", 4), ("dataset", 4), ("survey_item", 4)],
    )
    def test_level_4_needs_measured_evidence(self, kind, expected):
        assert self._effective(4, kind, self.TODAY) == expected


class TestTrendIndex:
    def test_levels_map_to_0_to_100(self):
        assert trend_index([1, 3, 5]) == 50.0

    def test_an_empty_matched_set_has_no_index(self):
        assert trend_index([]) is None
