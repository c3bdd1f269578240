"""Assessments and targets by spreadsheet: through the record's own services, never past them."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from maturity.errors import Conflict
from maturity.models import Assessment, Capability, Evidence, RubricVersion, Score, Target
from maturity.selectors import (
    draft_diff,
    effective_scores,
    effective_scores_of_all,
    targets_in_force,
    targets_known,
)
from maturity.services.assessments import NewScore, Sheet, add_scores, record_sheet
from maturity.services.corrections import correct_score
from maturity.services.rubrics import publish_pack, retire_rubric
from maturity.services.targets import NewTarget, set_target
from maturity.services.units import place_unit
from maturity.services.validation import refuse_assessment
from maturity.sources.assessments import round_day
from tests.factories import OrganizationFactory, UserFactory
from tests.packs import guild_pack
from tests.sheets import counts, csv_of, export, faults, load, workbook

TODAY = date(2026, 6, 30)
HEADER = (
    "round_key", "scope_key", "capability_key", "assessor_key", "level", "state",
    "evidence_kind", "evidence_ref", "evidence_date", "note",
)  # fmt: skip
LINK = "https://example.com/x"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(datetime(2026, 6, 30, 12, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def guild(organization) -> RubricVersion:
    """The organisation uses a rubric of five capabilities."""
    organization.rubric_key = "guild"
    organization.save()
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False):
        return publish_pack(guild_pack())


def row(capability="specs", level="2", *, round_key="2026-Q2", scope="", assessor="", state="",
        evidence=("", "", ""), note=""):  # fmt: skip
    return (round_key, scope, capability, assessor, level, state, *evidence, note)


def sheet(*rows):
    return csv_of(HEADER, *rows)


def levels(organization, unit=None, day=TODAY):
    scores = effective_scores(organization, as_of=day, unit=unit)
    return {s.capability.key: s.level or s.state for s in scores.values()}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-31", date(2026, 3, 31)), ("2026-03", date(2026, 3, 1)),
        ("2026-Q1", date(2026, 1, 1)), ("2026-Q4", date(2026, 10, 1)),
        ("2026-H1", date(2026, 1, 1)), ("2026-H2", date(2026, 7, 1)),
        ("2026", None), ("2026-Q5", None), ("2026-13", None), ("0000-Q1", None), ("spring", None),
    ],
)  # fmt: skip
def test_a_round_is_true_from_the_first_day_of_its_period(text, day):
    assert round_day(text) == day


class TestNewRounds:
    def test_each_round_and_scope_is_one_assessment(self, organization, guild, ana):
        unit = place_unit(organization, "core", name="Core", parent=None, valid_from=TODAY)
        content = sheet(
            row("specs", "1"), row("reviews", "2"), row("specs", "2", scope="core"),
            row("hiring", "", state="unknown", round_key="2026-03-31"),
        )  # fmt: skip

        report = load(organization, "assessments", content, by=ana)

        assert counts(report) == (4, 0, 0, 0)
        told = set(
            Assessment.objects.values_list("round_key", "valid_from", "unit__key", "created_by")
        )
        assert told == {
            ("2026-Q2", date(2026, 4, 1), None, ana.pk),
            ("2026-Q2", date(2026, 4, 1), "core", ana.pk),
            ("2026-03-31", date(2026, 3, 31), None, ana.pk),
        }
        assert levels(organization) == {"specs": 1, "reviews": 2, "hiring": "unknown"}
        assert levels(organization, unit) == {"specs": 2}

    def test_a_day_of_its_own_lets_a_round_have_any_name(self, organization, guild):
        content = csv_of((*HEADER, "valid_from"), (*row(round_key="spring"), "2026-04-03"))

        assert counts(load(organization, "assessments", content)) == (1, 0, 0, 0)
        assert Assessment.objects.get().valid_from == date(2026, 4, 3)

    def test_evidence_counts_as_it_does_on_the_score_sheet(self, organization, guild):
        content = sheet(
            row("specs", "3", evidence=("link", LINK, "2026-06-01")),
            row("reviews", "3"),
            row("hiring", "4", evidence=("link", LINK, "2026-06-01")),
        )

        load(organization, "assessments", content)

        scores = effective_scores(organization, as_of=TODAY)
        told = {s.capability.key: (s.level, s.effective_level) for s in scores.values() if s.level}
        assert told == {"specs": (3, 3), "reviews": (3, 2), "hiring": (4, 2)}
        assert Evidence.objects.count() == 2

    def test_several_assessors_of_a_round_come_to_the_lower_median(self, organization, guild):
        content = sheet(row("specs", "1", assessor="ana"), row("specs", "2", assessor="bo"))

        load(organization, "assessments", content)

        assert levels(organization)["specs"] == 1
        assert Assessment.objects.filter(kind="consensus", superseded_at=None).count() == 1

    def test_numbers_and_days_of_a_workbook_are_understood(self, organization, guild):
        content = workbook(
            HEADER,
            [
                date(2026, 6, 1),
                None,
                "specs",
                None,
                3.0,
                None,
                "link",
                LINK,
                date(2026, 5, 1),
                None,
            ],
        )

        assert counts(load(organization, "assessments", content)) == (1, 0, 0, 0)
        assert levels(organization)["specs"] == 3


class TestBadRows:
    def test_they_are_set_aside_and_nothing_is_said_about_their_capabilities(
        self, organization, guild
    ):
        content = sheet(
            row("specs", "2"),
            row("reviews", "6"),
            row("hirring", "2"),
            row("hiring", "3", evidence=("link", LINK, "")),
            row("mentoring", "", state="not_applicable"),
            row("rituals", ""),
            row("specs", "2", scope="nowhere"),
            row("specs", "2", round_key="spring"),
            row("reviews", "2", evidence=("link", "javascript:alert(1)", "2026-06-01")),
            row("rituals", "2", state="unknown"),
        )

        report = load(organization, "assessments", content)

        assert [(line, column) for line, column, _reason in faults(report)] == [
            (3, "level"), (4, "capability_key"), (5, "evidence_date"), (6, "note"), (7, "state"),
            (8, "scope_key"), (9, "round_key"), (10, "evidence_ref"), (11, "state"),
        ]  # fmt: skip
        assert counts(report) == (1, 0, 0, 9)
        assert levels(organization) == {"specs": 2}

    def test_a_round_in_the_future_is_set_aside(self, organization, guild):
        report = load(organization, "assessments", sheet(row(round_key="2026-Q3")))

        assert faults(report) == [(2, "round_key", "This date lies in the future.")]
        assert not Assessment.objects.exists()

    def test_evidence_that_the_record_refuses_takes_its_own_row_alone(self, organization, guild):
        content = sheet(
            row("specs", "3", evidence=("link", "http://a b", "2026-06-01")),
            row("reviews", "3", evidence=("link", "https://-", "2026-06-01")),
            row("hiring", "1"),
        )

        report = load(organization, "assessments", content)

        assert (report.accepted, report.quarantined) == (1, 2)
        assert [fault.line for fault in report.errors] == [2, 3]

    def test_without_a_rubric_in_force_nothing_is_recorded(self, organization, guild):
        retire_rubric("guild", "1.0.0")

        report = load(organization, "assessments", sheet(row()))

        assert [(line, column) for line, column, _ in faults(report)] == [(2, "rubric")]

    def test_a_retired_version_takes_no_new_round(self, organization, guild):
        retire_rubric("guild", "1.0.0")
        content = csv_of((*HEADER, "rubric"), (*row(), "guild 1.0.0"))

        report = load(organization, "assessments", content)

        assert faults(report) == [(2, "", "This rubric version is not in force any more.")]

    def test_a_unit_of_another_organisation_is_none(self, organization, guild):
        place_unit(OrganizationFactory(), "core", name="C", parent=None, valid_from=TODAY)

        report = load(organization, "assessments", sheet(row(scope="core")))

        assert faults(report) == [(2, "scope_key", "is no unit of this organisation")]


class TestAgain:
    def test_the_same_file_changes_nothing_whoever_brings_it(self, organization, guild, ana):
        content = sheet(row("specs", "2"), row("reviews", "1", assessor="bo"))
        load(organization, "assessments", content, by=ana)
        before = Score.objects.count()

        again = load(organization, "assessments", content, by=UserFactory())

        assert counts(again) == (0, 0, 2, 0)
        assert Score.objects.count() == before

    def test_another_value_is_a_correction_that_keeps_what_was_known(
        self, organization, guild, ana
    ):
        load(organization, "assessments", sheet(row("specs", "2"), row("reviews", "1")), by=ana)
        known = Score.objects.latest("recorded_at").recorded_at

        report = load(
            organization, "assessments", sheet(row("specs", "1"), row("reviews", "1")), by=ana
        )

        assert counts(report) == (0, 1, 1, 0)
        assert levels(organization)["specs"] == 1
        was = effective_scores(organization, as_of=TODAY, known_at=known)
        assert {s.capability.key: s.level for s in was.values()}["specs"] == 2
        correction = Score.objects.get(replaces__isnull=False)
        assert (correction.reason, correction.recorded_by) == ("Imported from file.", ana)

    def test_a_correction_of_the_note_keeps_the_evidence(self, organization, guild):
        proof = ("link", LINK, "2026-06-01")
        load(organization, "assessments", sheet(row("specs", "3", evidence=proof)))

        load(organization, "assessments", sheet(row("specs", "3", evidence=proof, note="New.")))

        assert Evidence.objects.count() == 1
        correction = Score.objects.get(replaces__isnull=False)
        assert (correction.effective_level, correction.note) == (3, "New.")
        assert correction.evidence_links.count() == 1

    def test_rows_mended_after_an_import_complete_its_assessment(self, organization, guild):
        load(organization, "assessments", sheet(row("specs", "2"), row("reviews", "9")))

        report = load(organization, "assessments", sheet(row("specs", "2"), row("reviews", "3")))

        assert counts(report) == (1, 0, 1, 0)
        assert levels(organization) == {"specs": 2, "reviews": 3}


class TestSomeCapabilities:
    """A file says what it says; what it leaves out keeps what stood before."""

    EACH = ("specs", "reviews", "hiring", "mentoring", "rituals")

    def _places(self, organization):
        for number in range(39):
            place_unit(
                organization,
                f"u{number}",
                name=f"U{number}",
                parent=None,
                valid_from=date(2026, 1, 1),
            )
        return ["", *(f"u{number}" for number in range(39))]

    def test_200_rows_with_three_bad_ones_change_the_other_197_and_nothing_else(
        self, organization, guild, ana
    ):
        scopes = self._places(organization)
        places = [(scope, key) for scope in scopes for key in self.EACH]
        first = sheet(*(row(key, "1", scope=s, round_key="2026-Q1") for s, key in places))
        assert counts(load(organization, "assessments", first, by=ana)) == (200, 0, 0, 0)
        bad = {places[3]: "9", places[77]: "two", places[199]: ""}
        second = [row(key, bad.get((s, key), "2"), scope=s) for s, key in places]

        report = load(organization, "assessments", sheet(*second), by=ana)

        assert counts(report) == (197, 0, 0, 3)
        assert [fault.line for fault in report.errors] == [5, 79, 201]
        now = effective_scores_of_all(organization, as_of=TODAY)
        told = {(s.unit.key if s.unit else "", s.capability.key): s.level for s in now}
        assert told == {place: 1 if place in bad else 2 for place in places}

        mended = [row(key, "2", scope=s) for s, key in places]
        assert counts(load(organization, "assessments", sheet(*mended), by=ana)) == (3, 0, 197, 0)
        content = export(organization, "assessments")
        assert counts(load(organization, "assessments", content)) == (0, 0, 400, 0)

    def test_what_the_second_assessor_leaves_out_is_the_first_ones_word(self, organization, guild):
        load(organization, "assessments", sheet(*(row(k, "3", assessor="a") for k in self.EACH)))

        load(organization, "assessments", sheet(row("specs", "1", assessor="b")))

        assert levels(organization) == dict.fromkeys(self.EACH, 3) | {"specs": 1}

    def test_a_refused_one_takes_its_own_word_back_and_no_more(self, organization, guild, ana):
        older = sheet(*(row(key, "1", round_key="2026-Q1") for key in self.EACH))
        load(organization, "assessments", older, by=ana)
        load(organization, "assessments", sheet(row("specs", "2", assessor="a")), by=ana)
        load(organization, "assessments", sheet(row("reviews", "2", assessor="b")), by=ana)
        refused = Assessment.objects.get(assessor="b")

        draft = refuse_assessment(refused, by=UserFactory(), reason="On which grounds?")

        assert levels(organization) == dict.fromkeys(self.EACH, 1) | {"specs": 2}
        marks = draft_diff(draft)
        assert {key for key, mark in marks.items() if mark == "new"} == {"reviews"}
        assert {key for key, mark in marks.items() if mark == "unreviewed"} == {
            "specs", "hiring", "mentoring", "rituals"
        }  # fmt: skip
        refuse_assessment(Assessment.objects.get(assessor="a"), by=UserFactory(), reason="Same.")
        assert levels(organization) == dict.fromkeys(self.EACH, 1)

    def test_a_retired_version_takes_nothing_more(self, organization, guild):
        load(organization, "assessments", sheet(row("specs", "2")))
        retire_rubric("guild", "1.0.0")
        content = csv_of(
            (*HEADER, "rubric"), *((*row(key, "2"), "guild 1.0.0") for key in ("specs", "hiring"))
        )

        report = load(organization, "assessments", content)

        assert counts(report) == (0, 0, 1, 1)
        assert faults(report) == [(3, "", "This rubric version is not in force any more.")]

    def test_what_is_scored_in_it_is_corrected_and_never_added_twice(self, organization, guild):
        load(organization, "assessments", sheet(row("specs", "2")))
        specs = Capability.objects.get(rubric=guild, key="specs")

        with pytest.raises(Conflict):
            add_scores(Assessment.objects.get(), [NewScore(specs, "assessed", 1)], by=None)


def _write_a_record(organization, guild, ana):
    core = place_unit(organization, "core", name="Core", parent=None, valid_from=date(2026, 1, 1))
    capabilities = list(Capability.objects.filter(rubric=guild))
    specs, reviews, hiring, *rest = capabilities
    scores = [
        NewScore(specs, "assessed", 3, "metric", LINK, date(2026, 3, 1), "=1+1\r\nnext line"),
        NewScore(reviews, "assessed", 1, note="  '-quoted"),
        NewScore(hiring, "not_applicable", note="-none"),
        *(NewScore(part, "unknown") for part in rest),
    ]
    plain = Sheet(guild, date(2026, 4, 1), scores)
    named = Sheet(guild, date(2026, 4, 1), scores, unit=core, round_key="@spring", assessor="+bo")
    for one in (plain, named):
        recorded = record_sheet(organization, one, by=ana)
    wrong = recorded.scores.get(capability=reviews)
    correct_score(wrong, NewScore(reviews, "assessed", 2), reason="A slip.", by=ana)
    set_target(organization, NewTarget(specs, 4, date(2026, 12, 31), "=why", owner="Ana"), by=ana)
    set_target(organization, NewTarget(specs, 2, date(2026, 12, 1), "x", unit=core), by=ana)
    set_target(organization, NewTarget(specs, None, None, "No more.", unit=core), by=ana)


class TestRoundTrip:
    @pytest.mark.parametrize("xlsx", [False, True])
    def test_an_export_comes_back_unchanged_and_complete(self, organization, guild, ana, xlsx):
        _write_a_record(organization, guild, ana)
        elsewhere = OrganizationFactory(rubric_key="guild")
        load(elsewhere, "units", export(organization, "units"))

        for format_name, rows in (("assessments", 10), ("targets", 2)):
            content = export(organization, format_name, xlsx=xlsx)
            assert counts(load(organization, format_name, content)) == (0, 0, rows, 0)
            assert counts(load(elsewhere, format_name, content)) == (rows, 0, 0, 0)
            assert export(elsewhere, format_name) == export(organization, format_name).replace(
                b"\r\n", b"\n"
            )

    def test_a_record_under_a_retired_rubric_comes_back_unchanged(self, organization, guild, ana):
        _write_a_record(organization, guild, ana)
        retire_rubric("guild", "1.0.0")

        content = export(organization, "assessments")

        assert counts(load(organization, "assessments", content)) == (0, 0, 10, 0)

    @pytest.mark.parametrize("format_name", ["assessments", "targets"])
    def test_an_export_takes_one_query(
        self, organization, guild, ana, format_name, django_assert_num_queries
    ):
        _write_a_record(organization, guild, ana)

        with django_assert_num_queries(1):
            export(organization, format_name)


class TestTargets:
    HEADER = ("capability_key", "scope_key", "valid_from", "level", "due_on", "owner", "reason")

    def _load(self, organization, *rows):
        return load(organization, "targets", csv_of(self.HEADER, *rows))

    def test_they_are_set_and_set_again_only_when_different(self, organization, guild):
        rows = [("specs", "", "2026-05-01", "3", "2026-12-31", "Ana", "Agreed.")]

        first = self._load(organization, *rows)
        again = self._load(organization, *rows)
        other = self._load(organization, (*rows[0][:3], "4", *rows[0][4:]))

        assert [counts(report) for report in (first, again, other)] == [
            (1, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0)
        ]  # fmt: skip
        in_force = targets_in_force(targets_known(organization), as_of=TODAY)
        assert [target.level for target in in_force.values()] == [4]
        assert Target.objects.count() == 2

    def test_a_row_without_a_day_is_true_from_today_and_unchanged_tomorrow(
        self, organization, guild
    ):
        rows = [("specs", "", "", "3", "2026-12-31", "", "Agreed.")]
        self._load(organization, *rows)

        with time_machine.travel(datetime(2026, 7, 1, 12, tzinfo=UTC), tick=False):
            assert counts(self._load(organization, *rows)) == (0, 0, 1, 0)
        assert Target.objects.get().valid_from == TODAY

    def test_bad_rows_are_set_aside(self, organization, guild):
        report = self._load(
            organization,
            ("specs", "", "", "3", "", "", "x"),
            ("specs", "", "", "", "2026-12-31", "", "x"),
            ("specs", "", "", "0", "2026-12-31", "", "x"),
            ("nothing", "", "", "3", "2026-12-31", "", "x"),
            ("specs", "", "", "3", "2026-12-31", "", ""),
            ("specs", "", "2026-07-01", "3", "2026-12-31", "", "x"),
            ("specs", "", "2026-05-02", "3", "2026-05-01", "", "x"),
        )

        assert [(line, column) for line, column, _ in faults(report)] == [
            (2, "due_on"), (3, "due_on"), (4, "level"), (5, "capability_key"), (6, "reason"),
            (7, "valid_from"), (8, "due_on"),
        ]  # fmt: skip
        assert not Target.objects.exists()

    def test_of_two_rows_for_one_place_and_day_the_last_one_counts(self, organization, guild):
        report = self._load(
            organization,
            ("specs", "", "", "3", "2026-12-31", "", "x"),
            ("specs", "", "2026-06-30", "4", "2026-12-31", "", "x"),
        )

        assert counts(report) == (1, 0, 1, 0)
        assert Target.objects.get().level == 4

    def test_ten_times_the_rows_take_the_same_number_of_statements(self, organization, guild):
        days = [f"2026-0{month}-{day:02}" for month in (4, 5) for day in range(1, 26)]
        rows = [("specs", "", day, str(1 + at % 2), "2026-12-31", "", "x")
                for at, day in enumerate(days)]  # fmt: skip

        spent = []
        for some in (rows[:5], rows[:50]):
            with CaptureQueriesContext(connection) as queries:
                self._load(organization, *some)
            spent.append(len(queries))

        assert Target.objects.count() == 50
        assert spent[0] == spent[1]
