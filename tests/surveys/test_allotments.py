"""A series with a budget shares its questions out to blocks of people, never to single ones."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import IntegrityError, transaction

from maturity.models import SurveyItemResult
from maturity.services.units import place_unit
from surveys.models import Invitation, ReleasedCell, Series
from surveys.selectors import released_wave
from surveys.services.allotments import allowance, preview
from surveys.services.answers import Submission, submit_response
from surveys.services.burden import quarter_burden
from surveys.services.openings import due_openings, open_if_due
from surveys.services.series import create_series
from surveys.services.sheets import sheet_for
from surveys.services.waves import close_wave
from tests.factories import PersonFactory, PlacementFactory
from tests.surveys.factories import WaveItemFactory

LONG_AGO = date(2020, 1, 1)
JANUARY = datetime(2026, 1, 15, 12, tzinfo=UTC)
TUESDAY = datetime(2026, 2, 3, 12, tzinfo=UTC)
# The pulse takes 20 s to read, ten ratings of 8 s, a recommendation of 12 s and a text of 60 s.
PULSE_SECONDS = 172


@pytest.fixture
def roster(organization, bank):
    """24 people in cards, 7 in loans, 17 in no unit; cards and loans belong to payments."""
    above = place_unit(organization, "payments", name="Payments", parent=None, valid_from=LONG_AGO)
    for key, count in (("cards", 24), ("loans", 7), ("", 17)):
        unit = key and place_unit(
            organization, key, name=key.title(), parent=above, valid_from=LONG_AGO
        )
        for person in PersonFactory.create_batch(count, organization=organization):
            PlacementFactory(person=person, unit=unit or None)


def series_of(organization, minutes, rule="FREQ=YEARLY") -> Series:
    with time_machine.travel(JANUARY, tick=False):
        return create_series(
            organization,
            title="Pulse",
            rule=rule,
            starts_on=date(2026, 2, 3),
            budget_minutes=minutes,
        )


def open_of(series):
    with time_machine.travel(TUESDAY, tick=False):
        for pk in due_openings():
            open_if_due(pk)
    return series.waves.get(opens_on=date(2026, 2, 3))


def seconds(questions) -> int:
    return 20 + sum({"agree5": 8, "recommend11": 12, "text": 60}[q.scale] for q in questions)


@pytest.fixture
def shared(organization, roster):
    """Opened with two minutes of the nearly three that the pulse takes."""
    return open_of(series_of(organization, 2))


def sheets_by_group(wave):
    found = {}
    for invitation in wave.invitations.all():
        keys = tuple(question.key for question in sheet_for(invitation).questions)
        found.setdefault(invitation.group, set()).add(keys)
    return found


class TestOpening:
    def test_what_fits_is_put_to_everybody(self, organization, roster):
        wave = open_of(series_of(organization, 3))

        assert set(wave.items.values_list("groups", "asked")) == {(None, None)}

    def test_without_a_budget_everybody_is_asked_everything(self, organization, roster):
        wave = open_of(series_of(organization, None))

        assert (wave.items.count(), wave.items.filter(groups=None).count()) == (12, 12)

    def test_each_block_is_frozen_with_what_it_is_asked(self, shared):
        # Loans are too few for a block, and so are the payments without cards.
        blocks = [["", "loans"], ["cards"], ["", "cards", "loans"]]

        assert all(item.groups in blocks for item in shared.items.all())
        assert {len(i.groups): i.asked for i in shared.items.all()} == {1: 24, 2: 24, 3: 48}
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            shared.items.update(asked=48)

    def test_what_is_asked_follows_the_block_and_keeps_the_budget(self, shared):
        asked = sheets_by_group(shared)

        assert {group: len(sheets) for group, sheets in asked.items()} == {
            "": 1,
            "loans": 1,
            "cards": 1,
        }
        assert asked[""] == asked["loans"] != asked["cards"]
        for invitation in shared.invitations.all():
            assert seconds(sheet_for(invitation).questions) <= 120

    def test_every_question_is_put_to_enough(self, shared):
        assert all(item.asked >= 20 for item in shared.items.all())
        assert shared.items.count() == 12

    @pytest.mark.parametrize(
        ("minutes", "reason"),
        [
            (1, "do not fit into 1.0 minutes per person: OPN1 alone takes longer than the budget."),
            ("1.4", "finds no room: it has to be put to 10 people."),
        ],
    )
    def test_what_cannot_be_shared_out_is_called_off(self, organization, roster, minutes, reason):
        wave = open_of(series_of(organization, minutes))

        assert (wave.status, reason in wave.reason) == ("cancelled", True), wave.reason
        assert not wave.items.exists()
        assert not Invitation.objects.exists()

    def test_too_few_people_for_a_question_is_a_reason(self, organization, bank):
        for person in PersonFactory.create_batch(12, organization=organization):
            PlacementFactory(person=person)

        wave = open_of(series_of(organization, 2))

        assert "has to be put to 20 people, and there are 12" in wave.reason

    def test_the_database_refuses_a_question_for_a_handful(self, db):
        with pytest.raises(IntegrityError, match="shared_among_enough"), transaction.atomic():
            WaveItemFactory(groups=["cards"], asked=7)


class TestBudget:
    def test_the_waves_of_a_quarter_share_it(self, organization, roster):
        series = series_of(organization, 6, rule="FREQ=MONTHLY")
        first, second = series.waves.order_by("opens_on")[:2]

        assert allowance(first) == 180
        open_of(series)
        assert allowance(second) == 360 - PULSE_SECONDS

    def test_the_next_quarter_has_its_own(self, organization, roster):
        series = series_of(organization, 6, rule="FREQ=MONTHLY")
        third = series.waves.order_by("opens_on")[2]

        assert (third.opens_on, allowance(third)) == (date(2026, 4, 3), 120)

    def test_the_burden_counts_what_is_really_asked(self, organization, shared):
        burden = quarter_burden(organization, on=date(2026, 2, 3))

        assert burden.most == 2.0
        assert not burden.series[0].over_budget


class TestPreview:
    def test_it_shows_the_plan_and_stores_nothing(self, organization, roster):
        series = series_of(organization, 2)

        plan = preview(series.waves.earliest("opens_on"), now=TUESDAY)

        assert [(p.name, p.eligible) for p in plan.parts] == [
            ("Cards", 24),
            ("Loans, everybody else", 24),
        ]
        assert all(part.minutes <= 2 for part in plan.parts)
        assert not organization.waves.filter(groups__isnull=False).exists()

    def test_it_says_why_it_cannot(self, organization, roster):
        series = series_of(organization, 1)

        plan = preview(series.waves.earliest("opens_on"), now=TUESDAY)

        assert plan.parts == ()
        assert "do not fit into" in plan.refusal


def answer_all(wave, invitations):
    for number, invitation in enumerate(invitations):
        questions = sheet_for(invitation).questions
        ratings = {
            q.key: 2 + (n + number) % 3 for n, q in enumerate(questions) if q.scale == "agree5"
        }
        with time_machine.travel(TUESDAY, tick=False):
            submit_response(invitation, Submission(ratings, (), {}))
    close_wave(wave)


def test_detectors_hear_how_many_were_asked_each_question(shared):
    cards = shared.invitations.filter(group="cards")
    answer_all(shared, [*cards[:12], *shared.invitations.exclude(group="cards")])

    handed = {
        row.item_key: (row.n, row.eligible, row.response_rate)
        for row in SurveyItemResult.objects.all()
    }
    items = shared.items.filter(question__scale="agree5").select_related("question")
    expected = {}
    for item in items:
        silent = 12 if "cards" in item.groups else 0
        answered = item.asked - silent
        # What everybody was asked goes by the wave's own rate: 36 of 48 responded.
        rate = 36 / 48 if item.asked == 48 else answered / item.asked
        expected[item.question.key] = (answered, item.asked, rate)
    assert handed == expected
    # All of the others answered what they alone were asked; half of the cards were silent.
    assert set(handed.values()) == {(24, 24, 1.0), (36, 48, 0.75)}


def test_a_question_is_released_over_those_who_were_asked(shared):
    answer_all(shared, shared.invitations.all())

    cells = ReleasedCell.objects.filter(release__wave=shared, kind="item", state="shown")
    for item in shared.items.filter(question__scale="agree5").select_related("question"):
        cell = cells.get(group_key="organization", key=item.question.key)
        # Everybody who was asked has answered, so nothing is uncertain about it.
        assert (cell.n, cell.mean_low) == (item.asked, None)
    shown = {item.key: item for item in released_wave(shared).items}
    assert [shown[cell.key].everyone for cell in cells if cell.key in shown] != []
    assert all(shown[c.key].everyone for c in cells if c.group_key == "organization")
    # Who was asked less has still answered all of it.
    assert shared.releases.get().responded == 48
