"""Surveys that somebody else ran: imported, through the same gate, told of nobody in person."""

import csv
import io
import json
from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from maturity.models import ImportRun, QuarantinedRow
from maturity.services.imports import ImportRefused, import_file
from surveys.models import LedgerEntry, OutsideResponse, OutsideWave, Release, ReleasedCell
from surveys.sources import load_mapping, read_wide
from tests.maturity.test_stats import reference

HEADER = "round_key,respondent_key,item_key,value,is_na,group_keys,scale_min,scale_max\n"


def long_file(*answers):
    """(respondent, value, groups) of one item of one round."""
    rows = [
        f"r1,{who},fit,{'' if value is None else value},{str(value is None).lower()},{groups},1,5\n"
        for who, value, groups in answers
    ]
    return HEADER + "".join(rows)


def bring(organization, text, **options):
    streams = {
        name: io.BytesIO(value.encode()) if name != "groups" else value
        for name, value in options.items()
        if name != "dry_run"
    }
    return import_file(
        organization,
        "survey_responses",
        io.BytesIO(text.encode()),
        name="answers.csv",
        options=streams,
        dry_run=options.get("dry_run", False),
    )


def cell(group, key="fit", kind="item"):
    newest = Release.objects.order_by("-version").first()
    return ReleasedCell.objects.get(release=newest, group_key=group, kind=kind, key=key)


CROWD = [(f"p{i}", (5, 4, 2, 1, 4, 3)[i % 6], "bu|bu-a" if i < 7 else "bu|bu-b") for i in range(14)]


class TestStoring:
    def test_a_round_becomes_a_released_wave(self, organization):
        report = bring(organization, long_file(*CROWD))

        assert (report.accepted, report.updated, report.unchanged, report.quarantined) == (
            14,
            0,
            0,
            0,
        )
        assert cell("organization").n == 14
        assert [cell(g).state for g in ("bu", "bu-a", "bu-b")] == ["shown"] * 3
        assert cell("bu-a").worst is None

    def test_the_same_file_again_changes_nothing(self, organization):
        bring(organization, long_file(*CROWD))

        report = bring(organization, long_file(*CROWD))

        assert (report.accepted, report.updated, report.unchanged) == (0, 0, 14)
        assert Release.objects.count() == 1

    def test_a_dry_run_says_the_same_and_stores_nothing(self, organization):
        report = bring(organization, long_file(*CROWD), dry_run=True)

        assert (report.accepted, report.dry_run) == (14, True)
        assert not OutsideWave.objects.exists()
        assert not ImportRun.objects.exists()

    def test_who_answered_is_kept_as_a_code_of_this_round_alone(self, organization):
        two = long_file(*CROWD) + long_file(*CROWD).removeprefix(HEADER).replace("r1,", "r2,")

        bring(organization, two)

        codes = {bytes(row.respondent) for row in OutsideResponse.objects.all()}
        assert len(codes) == 28
        assert not any(b"p1" in code for code in codes)

    def test_the_later_row_of_an_identity_wins(self, organization):
        report = bring(organization, long_file(*CROWD, ("p0", 1, "bu|bu-a")))

        assert (report.accepted, report.unchanged) == (14, 1)
        assert OutsideResponse.objects.filter(answers={"fit": 5}).count() == 2

    @pytest.mark.parametrize(
        ("row", "column"),
        [
            ("r1,secret,fit,6,false,bu,1,5", "value"),
            ("r1,secret,fit,,false,bu,1,5", "value"),
            ("r1,secret,fit,4,true,bu,1,5", "value"),
            ("r1,secret,fit,secret,false,bu,1,5", "value"),
            ("r1,secret,fit,4,perhaps,bu,1,5", "is_na"),
            ("r1,secret,fit,4,false,organization,1,5", "group_keys"),
            ("r1,secret,fit,4,false,bu-a|bu,1,5", "group_keys"),
            ("r1,p0,other,4,false,bu|bu-b,1,5", "group_keys"),
            ("r1,secret,fit,4,false,bu,5,1", "scale_max"),
            ("r1,secret,fit,4,false,bu,0,10", "scale_min"),
            (",secret,fit,4,false,bu,1,5", "round_key"),
        ],
    )
    def test_a_bad_row_is_set_aside_without_its_values(self, organization, row, column):
        report = bring(organization, long_file(*CROWD) + row + "\n")

        assert (report.accepted, report.quarantined) == (14, 1)
        kept = QuarantinedRow.objects.get()
        assert (kept.line, kept.column, kept.raw) == (16, column, "")
        assert "secret" not in kept.reason

    def test_eligible_people_allow_rates_and_bounds(self, organization):
        eligible = "round_key,group_key,eligible\nr1,,20\nr1,bu-a,9\n"

        bring(organization, long_file(*CROWD), eligible=eligible)

        assert Release.objects.get().response_rate == 0.7
        assert cell("organization").worst is not None
        assert (cell("bu-a", "", "turnout").n, cell("bu-a", "", "turnout").eligible) == (7, 9)
        assert cell("bu-b").worst is None

    @pytest.mark.parametrize(
        ("eligible", "reason"),
        [
            ("round_key,group_key,eligible\nr1,,13\n", "fewer people in organization"),
            ("round_key,group_key,eligible\nr1,,many\n", "eligible file, line 2, eligible"),
            ("round_key,eligible\nr1,20\n", "columns are missing: group_key"),
        ],
    )
    def test_a_bad_eligible_file_refuses_the_import(self, organization, eligible, reason):
        with pytest.raises(ImportRefused, match=reason):
            bring(organization, long_file(*CROWD), eligible=eligible)

        assert not OutsideWave.objects.exists()

    def test_options_of_another_format_are_refused(self, organization):
        with pytest.raises(ImportRefused, match="holidays takes no groups"):
            import_file(
                organization,
                "holidays",
                io.BytesIO(b"day,name\n"),
                name="h",
                options={"groups": "tree"},
            )


class TestVersions:
    def test_a_few_more_answers_are_stored_and_not_published(self, organization):
        bring(organization, long_file(*CROWD))

        report = bring(
            organization, long_file(*CROWD, *[(f"q{i}", 3, "bu|bu-a") for i in range(4)])
        )

        assert report.accepted == 4
        assert report.notes == (
            (
                "r1: stored, but not released again: fewer than 5 people differ from what is"
                " published."
            ),
        )
        assert cell("organization").n == 14

    def test_k_more_make_a_second_version_beside_the_first(self, organization):
        bring(organization, long_file(*CROWD))

        bring(organization, long_file(*CROWD, *[(f"q{i}", 3 + i % 2, "bu|bu-a") for i in range(5)]))

        assert Release.objects.count() == 2
        assert (cell("organization").n, cell("bu-a").n, cell("bu-b").n) == (19, 12, 7)

    def test_five_more_in_five_groups_are_told_of_at_the_top_alone(self, organization):
        bring(organization, long_file(*CROWD))

        more = [(f"q{i}", 3 + i % 2, "bu|bu-a" if i < 2 else "bu|bu-b") for i in range(5)]
        bring(organization, long_file(*CROWD, *more))

        assert (cell("organization").n, cell("bu").state) == (19, "shown")
        assert [cell(g).state for g in ("bu-a", "bu-b")] == ["suppressed"] * 2

    def test_one_corrected_answer_is_not_published(self, organization):
        bring(organization, long_file(*CROWD))

        report = bring(organization, long_file(("p0", 1, "bu|bu-a"), *CROWD[1:]))

        assert (report.updated, report.unchanged) == (1, 13)
        assert Release.objects.count() == 1


MAPPING = """
round_key: r1
header_rows: 2
respondent_column: 1
items:
  2: {item_key: fit, scale_min: 1, scale_max: 5, labels: {Superb: 5}}
one_hot_items:
  - {item_key: speed, scale_min: 1, scale_max: 3, columns: {3: 1, 4: 2, 5: 3}}
groups: [6]
one_hot_groups: {7: night}
labels: {n/a: na}
drop_rows: [4]
"""
WIDE = "Who,Fit,Speed,,,Team,Shift\n,,slow,fair,fast,,night\n" + "".join(
    f"p{i},{value},{speed},{'red' if i % 2 else 'blue'},{'x' if i > 6 else ''}\n"
    for i, (value, speed) in enumerate(
        [
            *[("4", "x,,"), ("4", ",x,"), ("Superb", ",,x"), ("n/a", "x,,"), ("", ",x,")],
            *[("2", "x,x,"), ("3", ",x,"), ("1", ",,x"), ("4", ",,x"), ("2", "x,,")],
            *[("9", ",x,"), ("3", ",x,")],
        ]
    )
)


class TestWide:
    def test_columns_are_read_as_the_mapping_says(self, organization):
        report = bring(organization, WIDE, mapping=MAPPING, groups="tags")

        # The second person is dropped; one has two speeds, another is off the scale.
        assert [(e.line, e.column, e.raw) for e in report.errors] == [
            (8, "3, 4, 5", ""),
            (13, "2", ""),
        ]
        assert report.accepted == 11 - 1 - 1 + 11 - 1
        rows = OutsideResponse.objects.all()
        assert Counter(row.answers.get("fit") for row in rows) == {
            4: 2,
            5: 1,
            None: 3,
            2: 2,
            3: 2,
            1: 1,
        }
        assert [row.not_applicable for row in rows if row.not_applicable] == [["fit"]]
        assert Counter(tuple(sorted(row.groups)) for row in rows) == {
            ("blue",): 4,
            ("red",): 2,
            ("night", "red"): 3,
            ("blue", "night"): 2,
        }

    def test_a_workbook_says_what_the_same_csv_says(self):
        rows = [["who", "unit", "fit"], ["a", "web", 4], ["b", "web", "good"], ["c", None, None]]
        book, text = Workbook(), io.StringIO()
        for row in [*rows, ["d", "app", 9]]:
            book.active.append(row)
            csv.writer(text).writerow(row)
        stream = io.BytesIO()
        book.save(stream)
        words = (
            "{round_key: r1, respondent_column: 1, groups: [2],"
            " items: {3: {item_key: fit, scale_min: 1, scale_max: 5, labels: {good: 5}}}}"
        )
        mapping, faults = load_mapping(io.BytesIO(words.encode())), []

        from_book, from_text = (
            list(read_wide(data, mapping, on_fault=faults.append))
            for data in (stream.getvalue(), text.getvalue().encode())
        )

        assert from_book == from_text
        assert [(a.line, a.respondent_key, a.value) for a in from_book] == [
            (2, "a", 4),
            (3, "b", 5),
        ]
        assert [(f.line, f.column) for f in faults] == [(5, "3"), (5, "3")]

    @pytest.mark.parametrize(
        ("mapping", "reason"),
        [
            ("items: {}", "give either round_key or round_column"),
            ("round_key: r1", "names no item"),
            ("round_key: r1\nitems: {2: {item_key: a, scale_min: 5, scale_max: 1}}", "not above"),
            ("[", "not YAML"),
            ("round_key: r1\nnonsense: 1\nitems: {}", "nonsense: Extra inputs"),
            ("- a", "as a whole"),
        ],
    )
    def test_a_bad_mapping_names_its_place(self, organization, mapping, reason):
        with pytest.raises(ImportRefused, match=reason):
            bring(organization, WIDE, mapping=mapping)

    @pytest.mark.parametrize(("text", "reason"), [("", "empty"), ('a,b\n"x', "line 2")])
    def test_a_file_that_is_no_csv_is_refused(self, organization, text, reason):
        with pytest.raises(ImportRefused, match=reason):
            bring(organization, text, mapping=MAPPING)


class TestTags:
    def test_overlapping_tags_are_released_by_size_then_key(self, organization):
        people = [
            (f"p{i}", 1 + i % 5, "b|a" if i < 10 else "c|b" if i < 12 else "c") for i in range(24)
        ]

        bring(organization, long_file(*people), groups="tags")

        # b and c share two people: both less everybody would be just them. a is all but c.
        states = {g: cell(g).state for g in ("organization", "a", "b", "c")}
        assert states == {
            "organization": "shown",
            "a": "shown",
            "b": "suppressed",
            "c": "shown",
        }

    def test_a_round_keeps_the_shape_of_its_groups(self, organization):
        bring(organization, long_file(*CROWD), groups="tags")

        with pytest.raises(ImportRefused, match="were imported as tags before"):
            bring(organization, long_file(*CROWD), groups="tree")


class TestSamples:
    def test_army_shows_40_of_60_groups_and_the_reference_agrees_item_by_item(
        self, organization, shared
    ):
        file = shared / "data" / "army" / "survey_responses.csv"
        call_command("import_data", organization.slug, "survey_responses", file, "--groups", "tree")

        waves = OutsideWave.objects.order_by("key")
        assert [wave.key for wave in waves] == ["wave1", "wave2", "wave3"]
        turnout = ReleasedCell.objects.filter(release__outside__key="wave1", kind="turnout")
        # All 495 answered every wave; the division above all of them is the release itself.
        assert turnout.filter(state="shown").count() + 1 == 40
        assert turnout.count() + 1 == 60
        for wave, people in _members(file).items():
            for item, members in people.items():
                shown = ReleasedCell.objects.filter(
                    release__outside__key=wave, kind="item", key=item, state="shown"
                )
                assert set(shown.values_list("group_key", flat=True)) == _released(members)

    def test_cncf_imports_nine_waves_on_two_scales(self, organization, shared):
        file = shared / "data" / "cncf" / "survey_responses.csv"
        out = io.StringIO()
        call_command(
            "import_data",
            organization.slug,
            "survey_responses",
            file,
            "--groups=tags",
            "--json",
            stdout=out,
        )

        report = json.loads(out.getvalue())
        assert (report["accepted"], report["quarantined"]) == (6030, 0)
        assert OutsideWave.objects.count() == 9
        means = {
            wave: ReleasedCell.objects.get(
                release__outside__key=wave, group_key="organization", key="overall_satisfaction"
            ).mean
            for wave in ("2019_h1", "2019_h2")
        }
        assert means == {
            "2019_h1": pytest.approx(4.02, abs=0.01),
            "2019_h2": pytest.approx(7.97, abs=0.01),
        }
        scales = OutsideWave.objects.order_by("key").values_list("items__minimum", "items__maximum")
        assert set(scales) == {(1, 5), (1, 10)}

    def test_in_2020_h2_one_of_68_projects_qualifies(self, organization, shared):
        file = shared / "data" / "cncf" / "survey_responses.csv"
        call_command("import_data", organization.slug, "survey_responses", file, "--groups=tags")

        cells = ReleasedCell.objects.filter(release__outside__key="2020_h2", kind="turnout")
        assert cells.count() == 68
        assert cells.filter(state="shown").count() == 1


def _members(file):
    found = {}
    with file.open(newline="") as rows:
        for row in csv.DictReader(rows):
            item = found.setdefault(row["round_key"], {}).setdefault(row["item_key"], {})
            for group in ("organization", *row["group_keys"].split("|")):
                item.setdefault(group, []).append(row)
    return found


def _released(members):
    people = {
        g: {row["respondent_key"] for row in rows if row["value"]} for g, rows in members.items()
    }
    tree = {}
    for row in members["organization"]:
        above = "organization"
        for group in row["group_keys"].split("|"):
            tree.setdefault(above, set()).add(group)
            above = group
    return reference().release({p: sorted(c) for p, c in tree.items()}, people, 5)


def test_the_command_says_what_an_option_is_for(organization):
    with pytest.raises(CommandError, match="Cannot read"):
        call_command(
            "import_data", organization.slug, "survey_responses", "-", "--eligible", "/gone"
        )


def test_the_ledger_names_nobody(organization):
    bring(organization, long_file(*CROWD))

    members = b"".join(bytes(entry.members) for entry in LedgerEntry.objects.all())
    assert members
    assert not any(bytes(r.respondent)[:16] in members for r in OutsideResponse.objects.all())
