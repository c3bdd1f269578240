"""Feed tables of what was concluded, imported and asked: what is in them and what never is."""

import io
from datetime import UTC, date, datetime

import pytest
from django.test import Client

from maturity.models import BenefitMetric, SyncChange, Tool, ToolUsage
from maturity.services.changes import stamp_changes
from maturity.services.findings import refresh_findings
from maturity.services.imports import import_file
from maturity.services.units import move_unit, place_unit
from surveys.models import ReleasedCell, Wave
from tests.factories import EvaluationFactory, VerdictRecordFactory
from tests.reports.feed.sources import AT
from tests.surveys.factories import (
    InvitationFactory,
    OutsideWaveFactory,
    ReleasedCellFactory,
    ReleaseFactory,
    WaveFactory,
)


def read(client: Client, table: str, **query: object) -> list[dict]:
    response = client.get(f"/api/v1/feed/{table}", query)
    assert response.status_code == 200, response.content
    return response.json()["results"]


class TestConclusions:
    """Of one period what holds now; a row comes, goes or changes only when something changed."""

    def sign(self, organization, state, *, day=date(2026, 7, 1), missing=()):
        evaluation = EvaluationFactory(organization=organization, period_end=day)
        return VerdictRecordFactory(
            evaluation=evaluation,
            kind="sign",
            key="global",
            state=state,
            severity=None,
            missing=list(missing),
        )

    def test_an_evaluation_that_says_the_same_leaves_the_row_as_it_is(self, reader, organization):
        first = self.sign(organization, "present")
        before = read(reader, "signs")

        self.sign(organization, "present")

        assert read(reader, "signs") == before
        assert [row["id"] for row in before] == [first.pk]

    def test_one_that_says_something_else_replaces_it(self, reader, organization):
        first = self.sign(organization, "unknown", missing=["org_facts"])
        (held,) = read(reader, "signs")

        second = self.sign(organization, "present")

        rows = read(reader, "signs", since_seq=held["seq"])
        assert [(row["id"], row["is_deleted"], row["state"]) for row in rows] == [
            (first.pk, True, None),
            (second.pk, False, "present"),
        ]
        assert (held["missing"], rows[1]["missing"]) == ("org_facts", None)
        assert [row["id"] for row in read(reader, "signs")] == [second.pk]

    def test_another_period_is_a_row_of_its_own(self, reader, organization):
        first = self.sign(organization, "present")
        second = self.sign(organization, "present", day=date(2026, 8, 1))

        assert [row["id"] for row in read(reader, "signs")] == [first.pk, second.pk]

    def test_pitfalls_and_benefits_are_no_signs(self, reader, organization):
        VerdictRecordFactory(organization=organization, evaluation__organization=organization)

        assert read(reader, "signs") == []

    def test_an_evaluation_writes_five_signs_the_verdict_and_every_benefit_figure(
        self, reader, organization
    ):
        evaluation = refresh_findings(organization)

        signs, benefits = read(reader, "signs"), read(reader, "benefits")
        assert {(row["kind"], row["sign"]) for row in signs} == {
            ("sign", "pm_count"),
            ("sign", "multi_product"),
            ("sign", "experimentation"),
            ("sign", "global"),
            ("sign", "public_company"),
            ("readiness", "readiness"),
        }
        told = evaluation.verdicts.filter(kind="benefit")
        figures = {(each.key, name) for each in told for name in each.evidence["metrics"]}
        assert {(row["benefit"], row["metric"]) for row in benefits} == figures
        assert {(row["state"], row["value"]) for row in benefits} == {("unknown", None)}

    @pytest.mark.parametrize(("n", "shown"), [(0, 0), (1, None), (4, None), (5, 5)])
    def test_how_many_a_figure_rests_on_is_null_under_five(self, reader, organization, n, shown):
        BenefitMetric.objects.create(
            organization=organization,
            evaluation=EvaluationFactory(organization=organization),
            benefit="faster_ramp",
            metric="first_owned_decision",
            state="unknown",
            unit="days",
            direction="down",
            n=n,
            before_n=n,
        )

        (row,) = read(reader, "benefits")

        assert (row["n"], row["before_n"]) == (shown, shown)


class TestSignals:
    """A replaced version leaves a tombstone; the new one comes under an id of its own."""

    FILE = (
        "tool_key,name,owner_function,launched_on,retired_on,cadence,mandatory,confirmed_on,"
        "cost_known\nroadmap,{name},product_ops,2026-01-05,,weekly,false,,true\n"
    )

    def load(self, organization, name):
        file = io.BytesIO(self.FILE.format(name=name).encode())
        import_file(organization, "tools", file, name="tools.csv")

    def test_a_corrected_row_comes_once_under_a_new_id(self, reader, organization):
        self.load(organization, "Roadmap")
        (held,) = read(reader, "tools")

        self.load(organization, "Roadmaps")

        gone, new = sorted(
            read(reader, "tools", since_seq=held["seq"]), key=lambda row: row["is_deleted"]
        )[::-1]
        assert (gone["id"], gone["is_deleted"], gone["name"]) == (held["id"], True, None)
        assert (new["is_deleted"], new["name"]) == (False, "Roadmaps")
        assert new["id"] == Tool.objects.current().get().pk
        assert [row["id"] for row in read(reader, "tools")] == [new["id"]]

    def test_the_same_file_again_changes_nothing(self, reader, organization):
        self.load(organization, "Roadmap")
        before = read(reader, "tools")

        self.load(organization, "Roadmap")

        assert read(reader, "tools") == before

    @pytest.mark.parametrize(
        ("active", "eligible", "shown"),
        [
            (0, 12, (0, "0", 12)),
            (1, 12, (None, "<5", 12)),
            (4, 12, (None, "<5", 12)),
            (5, 12, (5, "5+", 12)),
            (12, 12, (12, "5+", 12)),
            (0, 4, (0, "0", None)),
            (4, 4, (None, "<5", None)),
        ],
    )
    def test_counts_of_fewer_than_five_people_are_null_beside_a_band(
        self, reader, organization, active, eligible, shown
    ):
        ToolUsage.objects.create(
            organization=organization,
            tool_key="roadmap",
            period_start=date(2026, 6, 29),
            period="week",
            active_users=active,
            eligible_users=eligible,
            recorded_at=AT,
        )

        (row,) = read(reader, "tool_usage")

        assert (row["active_users"], row["active_band"], row["eligible_users"]) == shown
        assert not [name for name in row if "share" in name or "rate" in name]


class TestSurveys:
    """Released cells and nothing else; while people answer nothing moves."""

    def release(self, organization, **cells):
        wave = WaveFactory(organization=organization, closed=True, key="2026-q2")
        release = ReleaseFactory(wave=wave)
        for key, state in cells.items():
            figures = {"n": 6, "favourable": 3} if state == "shown" else {}
            bound = {"at_least": 80} if state == "one_sided" else {}
            ReleasedCellFactory(release=release, key=key, state=state, **figures, **bound)
        return release

    def test_a_hidden_cell_and_one_that_does_not_exist_are_the_same_answer(
        self, reader, organization
    ):
        self.release(organization, A="suppressed", B="shown", C="suppressed", D="one_sided")

        rows = read(reader, "survey_results")

        assert [(row["key"], row["state"], row["n"]) for row in rows] == [
            ("B", "shown", 6),
            ("D", "one_sided", None),
        ]
        # Not even a gap between the ids says that something is hidden.
        assert rows[1]["id"] == rows[0]["id"] + 1
        assert SyncChange.objects.filter(entity="survey_results").count() == 2
        everything = read(reader, "survey_results", since_seq=0)
        assert [row["id"] for row in everything] == [row["id"] for row in rows]

    def test_a_cell_tells_its_wave_its_release_and_its_figures(self, reader, organization):
        release = self.release(organization, LEV1="shown")

        (row,) = read(reader, "survey_results")

        told = {"wave", "wave_id", "release_version", "group", "kind", "key", "favourable_share"}
        assert {name: row[name] for name in told} == {
            "wave": "2026-q2",
            "wave_id": release.wave_id,
            "release_version": 1,
            "group": "organization",
            "kind": "item",
            "key": "LEV1",
            "favourable_share": 0.5,
        }
        assert row["is_outside"] is False

    def test_a_survey_that_somebody_else_ran_is_told_by_its_key(self, reader, organization):
        outside = OutsideWaveFactory(organization=organization, key="cncf-2020")
        release = ReleaseFactory(
            wave=None,
            organization=organization,
            outside=outside,
            released_at=datetime(2026, 1, 1, tzinfo=UTC),
            band=None,
            response_rate=None,
            eligible=None,
            responded=9,
        )
        ReleasedCellFactory(release=release, key="A", state="shown", n=9)

        (row,) = read(reader, "survey_results", wave="cncf-2020")

        assert (row["is_outside"], row["wave_id"]) == (True, None)

    def test_a_wave_tells_nothing_of_its_answers_until_it_is_closed(self, reader, organization):
        wave = WaveFactory(organization=organization, opened=True)

        (row,) = read(reader, "survey_waves")

        assert (row["status"], row["smallest_group_shown"]) == ("open", 5)
        for name in ("eligible", "responded", "response_rate", "response_band", "released_at"):
            assert row[name] is None, name
        assert wave.eligible == 12

    def test_an_answer_moves_nothing_in_the_feed(self, reader, organization):
        cohort = {"cohort": "2026H1", "cohort_day": 30, "instrument": "onboarding"}
        wave = WaveFactory(organization=organization, opened=True, **cohort)
        invitation = InvitationFactory(wave=wave)
        stamp_changes()
        before = list(SyncChange.objects.order_by("entity", "entity_id").values())

        invitation.responded = True
        invitation.save()
        Wave.objects.filter(pk=wave.pk).update(eligible=13)

        assert list(SyncChange.objects.order_by("entity", "entity_id").values()) == before

    def test_closing_brings_the_response(self, reader, organization):
        wave = WaveFactory(organization=organization, closed=True)
        (held,) = read(reader, "survey_waves")

        ReleaseFactory(wave=wave)

        (row,) = read(reader, "survey_waves", since_seq=held["seq"])
        assert (row["eligible"], row["responded"], row["response_rate"]) == (12, 9, 0.75)
        assert (row["response_band"], row["release_version"]) == ("good", 1)

    def test_fewer_answers_than_k_are_no_figure(self, reader, organization):
        wave = WaveFactory(organization=organization, closed=True)
        ReleaseFactory(wave=wave, responded=None, response_rate=None, band=None)

        (row,) = read(reader, "survey_waves")

        assert (row["eligible"], row["responded"], row["response_rate"]) == (12, None, None)

    def test_a_second_version_stands_beside_the_first(self, reader, organization):
        first = self.release(organization, A="shown")
        second = ReleaseFactory(wave=first.wave, version=2)
        ReleasedCellFactory(release=second, key="A", state="shown", n=9)

        rows = read(reader, "survey_results", key="A")

        assert [(row["release_version"], row["n"]) for row in rows] == [(1, 6), (2, 9)]
        assert ReleasedCell.objects.count() == 2


class TestUnits:
    def test_a_unit_has_the_name_and_place_of_the_last_day_that_is_known_of(
        self, reader, organization
    ):
        above = place_unit(
            organization, "emea", name="EMEA", parent=None, valid_from=date(2020, 1, 1)
        )
        unit = place_unit(
            organization, "cards", name="Cards", parent=None, valid_from=date(2020, 1, 1)
        )
        held = read(reader, "units")

        move_unit(unit, parent=above, on=date(2199, 1, 1), reason="Plan.", by=None)

        (row,) = read(reader, "units", since_seq=held[-1]["seq"])
        told = ("unit", "name", "parent", "parent_id", "placed_from", "valid_from", "valid_until")
        assert [row[name] for name in told] == [
            "cards",
            "Cards",
            "emea",
            above.pk,
            "2199-01-01",
            "2020-01-01",
            None,
        ]
