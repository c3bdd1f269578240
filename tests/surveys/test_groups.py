"""Groups of an opened wave: labels nobody can be told by, cells that nobody can subtract."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from maturity.services.units import place_unit
from surveys.models import Invitation, LedgerEntry, ReleasedCell, Response, Wave, WaveGroup
from surveys.selectors import released_groups
from surveys.services.answers import submit_response
from surveys.services.groups import Eligible, plan_groups
from surveys.services.waves import close_wave, create_wave, open_wave
from tests.factories import PersonFactory, PlacementFactory
from tests.surveys.conftest import ratings
from tests.surveys.factories import SeriesFactory, WaveFactory

LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def tree(organization):
    """A business unit with two teams beside a small team."""

    def unit(key, parent=None):
        return place_unit(organization, key, name=key.title(), parent=parent, valid_from=LONG_AGO)

    bu = unit("payments")
    return {
        "payments": bu,
        "cards": unit("cards", bu),
        "loans": unit("loans", bu),
        "labs": unit("labs"),
    }


def hire_into(organization, unit, count):
    people = PersonFactory.create_batch(count, organization=organization)
    for person in people:
        PlacementFactory(person=person, unit=unit)
    return people


@pytest.fixture
def staffed(organization, bank, tree):
    """12 in cards, 7 in loans, 3 in labs, 6 in no unit."""
    for key, count in (("cards", 12), ("loans", 7), ("labs", 3)):
        hire_into(organization, tree[key], count)
    hire_into(organization, None, 6)
    return open_wave(create_wave(organization, title="Spring pulse"))


def answer_as(wave, group, sheets):
    """Submit sheets for people whose invitation carries this label."""
    waiting = list(Invitation.objects.filter(wave=wave, group=group, responded=False))
    for invitation, sheet in zip(waiting, sheets, strict=False):
        submit_response(invitation, sheet)


MIXED = [ratings(value) for value in (4, 2, 5, 1, 4, 2, 4, 1, 5, 2, 4, 3)]


class TestOpening:
    def test_the_tree_is_stored_as_it_stood(self, staffed):
        rows = WaveGroup.objects.filter(wave=staffed, kind__in=["organization", "unit"])

        # The three of labs are merged into the organisation.
        assert sorted((r.key, r.parent.key if r.parent else None, r.eligible) for r in rows) == [
            ("cards", "payments", 12),
            ("loans", "payments", 7),
            ("organization", None, 28),
            ("payments", "organization", 19),
        ]

    def test_only_the_merged_label_is_on_an_invitation(self, staffed):
        labels = sorted(staffed.invitations.values_list("group", flat=True))

        assert labels == [""] * 9 + ["cards"] * 12 + ["loans"] * 7

    def test_a_later_move_changes_nothing(self, staffed, organization, tree):
        place_unit(organization, "cards", name="Cards", parent=tree["labs"], valid_from=LONG_AGO)

        assert WaveGroup.objects.get(wave=staffed, key="cards").parent.key == "payments"
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            WaveGroup.objects.filter(wave=staffed).update(eligible=99)

    def test_no_combination_of_labels_is_that_of_fewer_than_k(self, organization, tree):
        wave = WaveFactory(organization=organization)
        people = [
            Eligible(number, audience, tree[unit].pk if unit else None, language)
            for number, (audience, unit, language) in enumerate(
                [("pm", "cards", "de")] * 6
                + [("pm", "cards", "en")] * 3
                + [("pm_new", "cards", "en")] * 4
                + [("pm_new", "loans", "de")] * 2
                + [("product_ops", "labs", "en")] * 5
                + [("partner", "labs", "en")] * 4
            )
        ]

        plan = plan_groups(wave, people, on=LONG_AGO)

        found = [(label.audience, label.group, label.language) for label in plan.labels.values()]
        assert {label: found.count(label) for label in found} == {
            ("pm", "cards", ""): 9,
            ("pm_new", "payments", ""): 6,
            ("product_ops", "", "en"): 5,
        }
        keys = {row.key: row.eligible for row in plan.rows}
        assert keys == {
            "organization": 15,
            "payments": 15,
            "cards": 9,
            "audience:pm_new": 6,
            "audience:product_ops": 5,
            "audience:pm_and_product_ops": 20,
        }


class TestReleasing:
    def test_units_are_released_with_figures_of_their_own(self, staffed):
        answer_as(staffed, "cards", MIXED)
        answer_as(staffed, "loans", MIXED[:6])
        answer_as(staffed, "", MIXED[:7])

        close_wave(staffed)

        cards = cell(staffed, "cards", "ANA1")
        assert (cards.state, cards.n, cards.favourable) == ("shown", 12, 6)
        # Everyone in cards answered, so there is no interval. Both teams' distribution less that
        # of cards would be the one of loans, so neither is told.
        assert (cards.low, cards.distribution) == (None, None)
        loans = cell(staffed, "loans", "ANA1")
        assert (loans.n, loans.favourable, loans.distribution) == (6, 3, None)
        assert loans.worst == pytest.approx(3 / 7)
        turnout = cell(staffed, "loans", "", "turnout")
        assert (turnout.n, turnout.eligible) == (6, 7)
        assert cell(staffed, "payments", "ANA1").distribution is None
        assert cell(staffed, "organization", "ANA1").distribution is not None

    def test_a_remainder_under_k_hides_the_smallest_unit_as_often_as_needed(self, staffed):
        answer_as(staffed, "cards", MIXED)
        answer_as(staffed, "loans", MIXED[:6])
        answer_as(staffed, "", MIXED[:3])

        close_wave(staffed)

        states = {
            g: cell(staffed, g, "ANA1").state
            for g in ("organization", "payments", "cards", "loans")
        }
        assert states == {
            "organization": "shown",
            "payments": "suppressed",
            "cards": "shown",
            "loans": "suppressed",
        }

    def test_a_hidden_unit_has_no_figure_of_any_kind(self, staffed):
        answer_as(staffed, "cards", MIXED)
        answer_as(staffed, "loans", MIXED[:4])
        answer_as(staffed, "", MIXED[:7])

        close_wave(staffed)

        hidden = ReleasedCell.objects.filter(release__wave=staffed, group_key="loans")
        assert set(hidden.values_list("state", flat=True)) == {"suppressed"}
        group = {group.key: group for group in released_groups(staffed)}["loans"]
        assert (group.responded, group.eligible, group.response_rate) == (None, None, None)

    def test_the_ledger_keeps_sets_that_name_nobody(self, staffed):
        answer_as(staffed, "cards", MIXED)

        close_wave(staffed)

        known = {row.bytes for row in Response.objects.values_list("pk", flat=True)}
        entries = list(LedgerEntry.objects.filter(item_key="ANA1", figure="value"))
        assert [len(bytes(entry.members)) // 16 for entry in entries] == [12]
        members = bytes(entries[0].members)
        names = [members[at : at + 16] for at in range(0, len(members), 16)]
        assert names == sorted(names)
        assert not known & set(names)

    def test_groups_are_read_in_four_queries_whatever_their_number(
        self, staffed, django_assert_num_queries
    ):
        answer_as(staffed, "cards", MIXED)
        close_wave(staffed)

        with django_assert_num_queries(4):
            groups = released_groups(staffed)

        assert [group.key for group in groups] == ["cards", "loans", "payments"]


def cell(wave, group, key, kind="item"):
    return ReleasedCell.objects.get(release__wave=wave, group_key=group, kind=kind, key=key)


@pytest.mark.parametrize(
    ("before", "after"), [("anonymous", "confidential"), ("confidential", "anonymous")]
)
def test_the_mode_only_becomes_stricter(db, before, after):
    series = SeriesFactory(mode=before)
    wave = WaveFactory(opened=True, mode=before, series=series, organization=series.organization)

    def change():
        with transaction.atomic():
            Wave.objects.filter(pk=wave.pk).update(mode=after)

    if after == "anonymous":
        change()
    else:
        with pytest.raises(IntegrityError, match="anonymous and stays so"):
            change()
    wave.refresh_from_db()
    assert wave.mode == "anonymous"
