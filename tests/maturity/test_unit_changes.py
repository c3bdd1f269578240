"""Units move, merge, split and close; nobody's scores get lost on the way."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse

from maturity.errors import CyclicTree, DomainError
from maturity.models import Placement, Unit, UnitChange
from maturity.selectors import homes, last_parents, successors, unit_tree
from maturity.services.people import place_person
from maturity.services.units import close_unit, merge_units, move_unit, place_unit, split_unit
from tests.factories import UnitFactory

START, JULY, LATE = date(2026, 1, 1), date(2026, 7, 1), date(2026, 12, 31)
WHY = "Reorganised."


@pytest.fixture
def units(organization) -> dict[str, Unit]:
    """root ← core ← search, and sales at the top."""
    made: dict[str, Unit] = {}
    for key, parent in (("root", None), ("core", "root"), ("search", "core"), ("sales", None)):
        made[key] = place_unit(
            organization, key, name=key.title(), parent=parent and made[parent], valid_from=START
        )
    return made


def tree(organization, day=LATE):
    nodes = unit_tree(organization, as_of=day)
    keys = {node.unit_id: node.key for node in nodes}
    return {node.key: keys.get(node.parent_id) for node in nodes}


BEFORE = {"root": None, "core": "root", "search": "core", "sales": None}


class TestMove:
    def test_it_keeps_the_names_it_will_have(self, organization, units):
        place_unit(
            organization, "core", name="Kernel", parent=units["root"], valid_from=date(2026, 9, 1)
        )

        move_unit(units["core"], parent=units["sales"], on=JULY, reason=WHY, by=None)

        assert tree(organization, date(2026, 6, 30)) == BEFORE
        assert tree(organization)["core"] == "sales"
        names = {n.key: n.name for n in unit_tree(organization, as_of=LATE)}
        assert names["core"] == "Kernel"
        change = UnitChange.objects.get()
        assert (change.kind, change.reason, change.effective_on) == ("moved", WHY, JULY)

    def test_below_itself_is_refused_and_nothing_is_written(self, organization, units):
        with pytest.raises(CyclicTree):
            move_unit(units["core"], parent=units["search"], on=JULY, reason=WHY, by=None)

        assert tree(organization) == BEFORE
        assert not UnitChange.objects.exists()

    def test_a_reason_is_required(self, units):
        with pytest.raises(ValidationError) as refused:
            move_unit(units["core"], parent=None, on=JULY, reason=" ", by=None)

        assert list(refused.value.message_dict) == ["reason"]

    def test_a_unit_of_another_organisation_is_refused(self, units):
        with pytest.raises(ValidationError):
            move_unit(units["core"], parent=UnitFactory(), on=JULY, reason=WHY, by=None)


class TestMerge:
    def test_what_stood_below_and_who_worked_there_goes_along(self, organization, units):
        place_person(organization, "a@x.example", role="pm", unit=units["core"], valid_from=START)

        merge_units([units["core"]], into=units["sales"], on=JULY, reason=WHY, by=None)

        assert tree(organization, date(2026, 6, 30)) == BEFORE
        assert tree(organization) == {"root": None, "search": "sales", "sales": None}
        places = Placement.objects.order_by("valid").values_list("unit__key", "valid")
        assert list(places) == [("core", DateRange(START, JULY)), ("sales", DateRange(JULY, None))]

    def test_into_what_stands_below_is_refused(self, organization, units):
        with pytest.raises(CyclicTree, match="move it first"):
            merge_units([units["core"]], into=units["search"], on=JULY, reason=WHY, by=None)

        assert tree(organization) == BEFORE

    def test_into_itself_or_what_is_gone_is_refused(self, organization, units):
        with pytest.raises(ValidationError):
            merge_units([units["core"]], into=units["core"], on=JULY, reason=WHY, by=None)
        close_unit(units["sales"], on=JULY, reason=WHY, by=None)
        with pytest.raises(DomainError, match="sales does not exist"):
            merge_units([units["core"]], into=units["sales"], on=JULY, reason=WHY, by=None)


class TestSplit:
    PARTS = (("a", "Part A"), ("b", "Part B"))

    def test_the_parts_stand_where_it_stood(self, organization, units):
        split_unit(units["core"], parts=self.PARTS, heir="b", on=JULY, reason=WHY, by=None)

        assert tree(organization) == {
            "root": None, "a": "root", "b": "root", "search": "b", "sales": None
        }  # fmt: skip
        assert {c.successor.key for c in UnitChange.objects.all()} == {"a", "b"}

    @pytest.mark.parametrize(
        ("parts", "heir", "field"),
        [
            ((("a", "A"),), "a", "parts"),
            ((("a", "A"), ("a", "B")), "a", "parts"),
            ((("a", "A"), ("sales", "B")), "a", "parts"),
            ((("a", "A"), ("b", "B")), "c", "heir"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, organization, units, parts, heir, field):
        with pytest.raises(ValidationError) as refused:
            split_unit(units["core"], parts=parts, heir=heir, on=JULY, reason=WHY, by=None)

        assert list(refused.value.message_dict) == [field]
        assert tree(organization) == BEFORE


class TestClose:
    def test_a_unit_with_units_below_or_people_stays(self, organization, units):
        place_person(organization, "a@x.example", role="pm", unit=units["sales"], valid_from=START)

        for unit in (units["core"], units["sales"]):
            with pytest.raises(DomainError):
                close_unit(unit, on=JULY, reason=WHY, by=None)

        assert tree(organization) == BEFORE

    def test_it_stands_until_that_day(self, organization, units):
        close_unit(units["search"], on=JULY, reason=WHY, by=None)

        assert "search" in tree(organization, date(2026, 6, 30))
        assert "search" not in tree(organization, JULY)


class TestHomes:
    def _homes(self, organization, units):
        ids = {unit.pk: key for key, unit in units.items()}
        found = homes(
            ids,
            unit_tree(organization, as_of=LATE),
            taken_over=successors(organization),
            parents=last_parents(organization),
        )
        keys = dict(Unit.objects.values_list("pk", "key"))
        return {ids[unit]: keys.get(home) for unit, home in found.items()}

    def test_merged_split_and_closed_units_are_at_home_where_it_makes_sense(
        self, organization, units
    ):
        merge_units([units["sales"]], into=units["search"], on=JULY, reason=WHY, by=None)
        parts = TestSplit.PARTS
        split_unit(units["core"], parts=parts, heir="a", on=JULY, reason=WHY, by=None)

        assert self._homes(organization, units) == {
            "root": "root", "sales": "search", "search": "search", "core": "root"
        }  # fmt: skip

    def test_a_chain_of_successors_is_followed_to_its_end(self, organization, units):
        merge_units([units["search"]], into=units["sales"], on=JULY, reason=WHY, by=None)
        merge_units([units["sales"]], into=units["core"], on=date(2026, 8, 1), reason=WHY, by=None)
        close_unit(units["core"], on=date(2026, 9, 1), reason=WHY, by=None)

        assert self._homes(organization, units) == dict.fromkeys(
            ("root", "core", "search", "sales"), "root"
        )


def test_the_database_keeps_what_was_said(organization, units):
    close_unit(units["search"], on=JULY, reason=WHY, by=None)

    for statement in (
        "UPDATE maturity_unitchange SET reason = 'x'",
        "DELETE FROM maturity_unitchange",
    ):
        with (
            pytest.raises(IntegrityError, match="never changes"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


class TestPages:
    @pytest.mark.parametrize(
        ("kind", "data", "expected"),
        [
            ("move", {"parent": "sales"}, {**BEFORE, "core": "sales"}),
            ("merge", {"into": "sales"}, {"root": None, "search": "sales", "sales": None}),
            ("merge", {"into": "sales", "sources": "root"}, {"search": "sales", "sales": None}),
            (
                "split",
                {"parts": "a Part A\r\nb Part B", "heir": "a"},
                {"root": None, "a": "root", "b": "root", "search": "a", "sales": None},
            ),
        ],
    )
    def test_a_lead_changes_the_tree(self, login, ana, organization, units, kind, data, expected):
        url = reverse(f"admin:maturity_unit_{kind}", args=[units["core"].pk])
        data = {
            name: units[v].pk if name in {"parent", "into", "sources"} else v
            for name, v in data.items()
        }

        response = login(ana).post(url, {**data, "on": "2026-07-01", "reason": WHY})

        assert response.status_code == 302
        assert tree(organization) == expected
        assert set(UnitChange.objects.values_list("by__name", "reason")) == {("Ana", WHY)}

    def test_a_refusal_stands_on_the_form(self, login, ana, organization, units):
        url = reverse("admin:maturity_unit_close", args=[units["core"].pk])

        page = login(ana).post(url, {"on": "2026-07-01", "reason": WHY})

        assert "core does not exist on 2026-07-01." in page.content.decode()
        assert tree(organization) == BEFORE

    @pytest.mark.parametrize("kind", ["move", "merge", "split", "close"])
    def test_viewers_may_not_and_outsiders_find_nothing(self, login, vera, carl, units, kind):
        url = reverse(f"admin:maturity_unit_{kind}", args=[units["core"].pk])

        assert login(vera).get(url).status_code == 403
        assert login(carl).get(url).status_code == 404


def test_the_moment_of_a_change_is_that_of_its_versions(organization, units):
    change = move_unit(units["search"], parent=None, on=JULY, reason=WHY, by=None)

    newest = units["search"].versions.filter(recorded__upper_inf=True, valid__startswith=JULY).get()
    assert newest.recorded.lower == change.recorded_at
    assert change.recorded_at <= datetime.now(UTC)
