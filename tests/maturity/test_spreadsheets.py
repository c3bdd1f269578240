"""Roster and units by spreadsheet: compared, stored through services, exported and taken back."""

import io
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maturity.models import ImportRun, Person, Placement, QuarantinedRow, UnitVersion
from maturity.selectors import unit_tree
from maturity.services.erasures import erase_person
from maturity.services.imports import ImportRefused
from maturity.services.people import place_person
from maturity.services.units import place_unit
from tests.factories import OrganizationFactory, PersonFactory, PlacementFactory
from tests.sheets import cells, counts, csv_of, export, faults, load, workbook

START, JULY = date(2026, 1, 1), date(2026, 7, 1)
NO_KEY = "is no key: 1 to 60 letters, digits, hyphens and underscores"
UNITS = ("unit_key", "valid_from", "valid_until", "name", "parent_key")
ROSTER = ("email", "valid_from", "valid_until", "role", "unit_key", "name", "timezone", "language")


def tree(organization, day=JULY):
    nodes = unit_tree(organization, as_of=day)
    keys = {node.unit_id: node.key for node in nodes}
    return {node.key: (node.name, keys.get(node.parent_id)) for node in nodes}


def places(email):
    rows = Placement.objects.filter(person__email=email).order_by("valid")
    return [(p.role, p.unit and p.unit.key, p.valid.lower, p.valid.upper) for p in rows]


class TestUnits:
    def test_parents_may_stand_below_their_children_in_the_file(self, organization):
        content = csv_of(
            UNITS,
            ("search", START, "", "Search", "core"),
            ("core", START, "", "Core", "root"),
            ("root", START, "", "Root", ""),
        )

        report = load(organization, "units", content)

        assert counts(report) == (3, 0, 0, 0)
        assert tree(organization) == {
            "root": ("Root", None), "core": ("Core", "root"), "search": ("Search", "core")
        }  # fmt: skip

    def test_the_same_file_again_changes_nothing(self, organization):
        content = csv_of(
            UNITS,
            ("core", START, "", "Core", ""),
            ("search", START, "", "Search", "core"),
            ("search", JULY, "", "Find", ""),
        )
        load(organization, "units", content)
        versions = UnitVersion.objects.count()

        again = load(organization, "units", content)

        assert counts(again) == (0, 0, 3, 0)
        assert UnitVersion.objects.count() == versions
        assert tree(organization, date(2026, 6, 30))["search"] == ("Search", "core")
        assert tree(organization)["search"] == ("Find", None)

    def test_an_open_row_leaves_what_is_recorded_after_it(self, organization):
        place_unit(organization, "core", name="Core", parent=None, valid_from=START)
        place_unit(organization, "core", name="Kernel", parent=None, valid_from=JULY)

        report = load(organization, "units", csv_of(UNITS, ("core", START, "", "Centre", "")))

        assert counts(report) == (0, 1, 0, 0)
        assert tree(organization, START)["core"] == ("Centre", None)
        assert tree(organization)["core"] == ("Kernel", None)

    def test_bad_rows_are_set_aside_and_the_rest_is_stored(self, organization):
        content = csv_of(
            UNITS,
            ("core", START, "", "Core", ""),
            ("lost", START, "", "Lost", "nowhere"),
            ("self", START, "", "Self", "self"),
            ("bad key", START, "", "Bad", ""),
            ("early", date(2020, 1, 1), "", "Early", "core"),
            ("core", JULY, START, "Core", ""),
        )

        report = load(organization, "units", content)

        assert counts(report) == (1, 0, 0, 5)
        assert faults(report) == [
            (3, "parent_key", "nowhere does not exist on 2026-01-01."),
            (4, "parent_key", "names the unit itself"),
            (5, "unit_key", f"{NO_KEY} (found 'bad key')"),
            (6, "parent_key", "core does not exist on 2020-01-01."),
            (7, "valid_until", "is not after valid_from"),
        ]  # fmt: skip
        assert list(tree(organization)) == ["core"]
        assert list(QuarantinedRow.objects.values_list("line", flat=True)) == [3, 4, 5, 6, 7]

    def test_a_cycle_is_set_aside(self, organization):
        load(
            organization,
            "units",
            csv_of(UNITS, ("a", START, "", "A", ""), ("b", START, "", "B", "a")),
        )

        report = load(organization, "units", csv_of(UNITS, ("a", JULY, "", "A", "b")))

        assert faults(report) == [(2, "parent_key", "a would stand below itself on 2026-07-01.")]
        assert tree(organization) == {"a": ("A", None), "b": ("B", "a")}

    def test_a_chain_deeper_than_any_organisation_is_set_aside(self, organization):
        rows = [(f"u{n}", START, "", "U", f"u{n - 1}" if n else "") for n in range(60)]

        report = load(organization, "units", csv_of(UNITS, *rows))

        assert counts(report) == (51, 0, 0, 9)


class TestRoster:
    def test_people_get_their_places(self, organization):
        place_unit(organization, "core", name="Core", parent=None, valid_from=START)
        content = csv_of(
            ROSTER,
            ("ana@x.example", START, JULY, "pm", "core", "Ana", "Europe/Paris", "fr"),
            ("ana@x.example", JULY, "", "product_ops", "", "", "", ""),
            ("bo@x.example", "", "", "", "", "Bo", "", ""),
        )

        report = load(organization, "roster", content)

        assert counts(report) == (3, 0, 0, 0)
        assert places("ana@x.example") == [
            ("pm", "core", START, JULY), ("product_ops", None, JULY, None)
        ]  # fmt: skip
        ana = Person.objects.get(email="ana@x.example")
        assert (ana.name, ana.timezone, ana.language) == ("Ana", "Europe/Paris", "fr")
        assert Person.objects.get(email="bo@x.example").language == "en"

    def test_a_move_ends_the_open_placement(self, organization):
        place_person(organization, "ana@x.example", role="pm", valid_from=START)

        report = load(
            organization,
            "roster",
            csv_of(ROSTER, ("ANA@x.example", JULY, "", "partner", "", "", "", "")),
        )

        assert counts(report) == (1, 0, 0, 0)
        assert places("ana@x.example") == [("pm", None, START, JULY), ("partner", None, JULY, None)]

    def test_spans_that_shrink_and_grow_in_one_file_never_overlap(self, organization):
        place_person(organization, "ana@x.example", role="pm", valid_from=START)
        place_person(organization, "ana@x.example", role="partner", valid_from=JULY)
        content = csv_of(
            ROSTER,
            ("ana@x.example", START, date(2026, 3, 1), "pm", "", "", "", ""),
            ("ana@x.example", date(2026, 3, 1), "", "product_ops", "", "", "", ""),
        )

        assert counts(load(organization, "roster", content)) == (1, 1, 0, 0)
        assert places("ana@x.example") == [
            ("pm", None, START, date(2026, 3, 1)),
            ("product_ops", None, date(2026, 3, 1), JULY),
            ("partner", None, JULY, None),
        ]

    def test_without_a_column_for_the_end_known_ends_stay(self, organization):
        person = PersonFactory(organization=organization, email="ana@x.example")
        PlacementFactory(person=person, valid=DateRange(START, JULY))
        header = [name for name in ROSTER if name != "valid_until"]

        report = load(
            organization, "roster", csv_of(header, ("ana@x.example", START, "pm", "", "", "", ""))
        )

        assert counts(report) == (0, 0, 1, 0)
        assert places("ana@x.example") == [("pm", None, START, JULY)]

    def test_faults_never_repeat_what_names_people(self, organization):
        place_person(organization, "ana@x.example", role="pm", valid_from=JULY)
        content = csv_of(
            ROSTER,
            ("nobody", START, "", "pm", "", "", "", ""),
            ("a@x.example", START, "", "boss", "", "", "", ""),
            ("b@x.example", START, "", "pm", "nowhere", "", "", ""),
            ("c@x.example", START, "", "pm", "", "", "Mars/Olympus", ""),
            ("d@x.example", START, "", "", "", "", "", ""),
            ("ana@x.example", START, date(2026, 12, 1), "pm", "", "Secret", "", ""),
        )

        report = load(organization, "roster", content)

        assert [(line, column) for line, column, _reason in faults(report)] == [
            (2, "email"), (3, "role"), (4, "unit_key"), (5, "timezone"), (6, "unit_key"),
            (7, "valid_until"),
        ]  # fmt: skip
        assert counts(report) == (0, 0, 0, 6)
        assert [fault.raw for fault in report.errors] == [""] * 6
        assert "nobody" not in str(report.errors)
        assert Person.objects.get().name == ""

    def test_a_unit_of_another_organisation_is_none(self, organization):
        place_unit(OrganizationFactory(), "core", name="Core", parent=None, valid_from=START)

        report = load(
            organization,
            "roster",
            csv_of(ROSTER, ("a@x.example", START, "", "pm", "core", "", "", "")),
        )

        assert faults(report) == [(2, "unit_key", "is no unit of this organisation")]


def test_a_dry_run_tells_the_same_and_stores_nothing(organization):
    content = csv_of(UNITS, ("core", START, "", "Core", ""), ("lost", START, "", "Lost", "nowhere"))

    dry = load(organization, "units", content, dry_run=True)
    stored_by_it = (UnitVersion.objects.count(), ImportRun.objects.count())
    real = load(organization, "units", content)

    assert stored_by_it == (0, 0)
    assert (counts(dry), faults(dry)) == (counts(real), faults(real))


def test_the_last_of_several_rows_with_one_identity_counts(organization):
    content = csv_of(UNITS, ("core", START, "", "Old", ""), ("core", START, "", "New", ""))

    assert counts(load(organization, "units", content)) == (1, 0, 1, 0)
    assert tree(organization)["core"] == ("New", None)


def test_a_run_is_logged_with_who_and_what(organization, ana):
    load(organization, "units", csv_of(UNITS, ("core", START, "", "Core", "")), by=ana)

    run = ImportRun.objects.get()
    assert (run.format, run.by, run.accepted, run.status) == ("units", ana, 1, "stored")


def test_a_file_too_long_is_refused_whole(organization, monkeypatch):
    monkeypatch.setattr("maturity.services.sheets.MAX_ROWS", 1)
    rows = [(f"u{n}", START, "", "U", "") for n in range(2)]

    with pytest.raises(ImportRefused, match="more than 1 rows"):
        load(organization, "units", csv_of(UNITS, *rows))

    assert not UnitVersion.objects.exists()


@pytest.mark.parametrize("format_name", ["units", "roster"])
def test_queries_do_not_grow_with_the_file(organization, format_name):
    def queries(first, last):
        rows = {
            "units": [(f"u{n}", START, "", "U", "") for n in range(first, last)],
            "roster": [
                (f"p{n}@x.example", START, "", "pm", "", "", "", "") for n in range(first, last)
            ],
        }[format_name]
        header = {"units": UNITS, "roster": ROSTER}[format_name]
        with CaptureQueriesContext(connection) as captured:
            report = load(organization, format_name, csv_of(header, *rows))
        assert report.accepted == last - first
        # A savepoint per row undoes what a refused one wrote.
        return sum("SAVEPOINT" not in query["sql"] for query in captured)

    assert queries(0, 3) == queries(3, 33)


NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cf"]), min_size=1, max_size=8
)
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["=ana@x.example", "-bo@x.example", "cy@x.example"]),
        NAMES.map(str.strip),
        st.sampled_from(["pm", "partner", "product_ops"]),
        st.integers(0, 5),
        st.booleans(),
    ),
    max_size=6,
)


class TestRoundTrip:
    @settings(
        max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(people=PEOPLE, xlsx=st.booleans())
    def test_an_export_comes_back_unchanged_and_complete(self, db, people, xlsx):
        organization = OrganizationFactory()
        core = place_unit(organization, "-core", name="=1+1", parent=None, valid_from=START)
        place_unit(organization, "search", name="'+Search", parent=core, valid_from=JULY)
        for email, name, role, year, placed in sorted(people, key=lambda one: (one[0], one[3])):
            if not Placement.objects.filter(
                person__organization=organization, person__email=email,
                valid__contains=date(2026 + year, 1, 1), valid__startswith=date(2026 + year, 1, 1),
            ).exists():  # fmt: skip
                place_person(
                    organization, email, role=role, name=name, unit=core if placed else None,
                    valid_from=date(2026 + year, 1, 1),
                )  # fmt: skip
        elsewhere = OrganizationFactory()

        for format_name in ("units", "roster"):
            content = export(organization, format_name, xlsx=xlsx)
            back = load(organization, format_name, content)
            assert (back.accepted, back.updated, back.quarantined) == (0, 0, 0)
            copied = load(elsewhere, format_name, content)
            assert (copied.updated, copied.quarantined) == (0, 0)
            assert export(elsewhere, format_name) == export(organization, format_name)

    def test_nothing_in_an_export_runs_as_a_formula(self, organization):
        place_unit(organization, "core", name="=HYPERLINK(1)", parent=None, valid_from=START)

        assert b",'=HYPERLINK(1)," in export(organization, "units")
        assert cells(export(organization, "units", xlsx=True))[1][3] == "'=HYPERLINK(1)"

    def test_days_are_days_in_a_workbook(self, organization):
        place_unit(organization, "core", name="Core", parent=None, valid_from=START)

        header, row = cells(export(organization, "units", xlsx=True))

        assert header == UNITS
        assert row[1].date() == START

    def test_erased_people_are_not_exported(self, organization):
        erase_person(PersonFactory(organization=organization), reason="She asked.")

        assert export(organization, "roster").count(b"\n") == 1


class TestCommands:
    def test_a_workbook_is_imported_by_command(self, organization, tmp_path, capsys):
        path = tmp_path / "units.xlsx"
        path.write_bytes(workbook(UNITS, ["core", START, None, "Core", None]))

        call_command("import_data", "acme", "units", str(path))

        assert "1 accepted" in capsys.readouterr().out
        assert tree(organization) == {"core": ("Core", None)}

    @pytest.mark.parametrize("flags", [[], ["--xlsx"]])
    def test_what_was_exported_is_imported_unchanged(self, organization, tmp_path, capsys, flags):
        place_unit(organization, "core", name="Core", parent=None, valid_from=START)
        path = tmp_path / "units.out"

        call_command("export_data", "acme", "units", str(path), *flags)
        call_command("import_data", "acme", "units", str(path))

        assert "0 accepted, 0 updated, 1 unchanged, 0 quarantined" in capsys.readouterr().out

    def test_what_cannot_be_exported_exits_2(self, organization, tmp_path):
        for argv in (["nobody", "units", "-"], ["acme", "units", str(tmp_path)]):
            with pytest.raises(CommandError) as refused:
                call_command("export_data", *argv)
            assert refused.value.returncode == 2
        assert list(Path(tmp_path).iterdir()) == []

    def test_standard_output_gets_the_file(self, organization, monkeypatch):
        out = io.BytesIO()
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(out))

        call_command("export_data", "acme", "units", "-")

        assert out.getvalue() == b"unit_key,valid_from,valid_until,name,parent_key\n"
