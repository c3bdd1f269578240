"""Who is asked what: small audiences merge or are left out, and questions follow the label."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from surveys.banks import asked_as, merged_audiences
from surveys.errors import WaveRefused
from surveys.models import IntakeResponse, Invitation
from surveys.services.audiences import audience_on, questions_for
from surveys.services.invitations import hash_of
from surveys.services.opening_plans import questions_of
from surveys.services.waves import create_wave, open_wave, plan_opening
from tests.factories import PersonFactory, PlacementFactory
from tests.surveys.conftest import tokens

TODAY = date(2026, 3, 2)
LONG_AGO = date(2020, 1, 1)


def _hire(organization, count: int, *, role: str = "pm", since: date | None = LONG_AGO):
    people = PersonFactory.create_batch(count, organization=organization)
    for person in people:
        PlacementFactory(person=person, role=role, valid=(since, None))
    return people


def _full(organization, *audiences: str):
    wave = create_wave(organization, title="Full", instrument="full")
    wave.audiences = list(audiences)
    wave.save()
    return wave


def _labels(wave) -> list[str]:
    questions = questions_of(wave, wave.bank.definition())
    return sorted(label for _person, label in audience_on(wave, questions, on=TODAY).people)


class TestMerging:
    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            (12, 5, {"pm": 12, "pm_new": 5}),
            (12, 4, {"pm": 16}),
            (4, 12, {"pm": 16}),
            (0, 5, {"pm_new": 5}),
            (2, 2, {None: 4}),
            (5, 0, {"pm": 5}),
        ],
    )
    def test_a_part_stands_apart_only_where_both_sides_are_large_enough(self, old, new, expected):
        labels = merged_audiences(["pm"] * old + ["pm_new"] * new, 5)

        assert {label: labels.count(label) for label in set(labels)} == expected

    def test_an_audience_without_a_parent_is_not_asked_when_small(self):
        labels = merged_audiences(["pm"] * 6 + ["product_ops"] * 4 + ["partner"] * 5, 5)

        assert labels == ["pm"] * 6 + [None] * 4 + ["partner"] * 5

    def test_what_is_asked_follows_the_label(self):
        assert asked_as("pm") == asked_as("") == {"pm"}
        assert asked_as("pm_new") == {"pm_new", "pm"}
        assert asked_as("product_ops") == {"product_ops"}


class TestRoster:
    def test_who_came_within_twelve_months_is_new(self, organization, bank):
        _hire(organization, 5, since=TODAY - timedelta(days=365))
        _hire(organization, 5, since=TODAY - timedelta(days=366))

        assert _labels(_full(organization, "pm")) == ["pm"] * 5 + ["pm_new"] * 5

    def test_an_unknown_start_is_long_ago(self, organization, bank):
        _hire(organization, 5, since=TODAY - timedelta(days=30))
        _hire(organization, 5, since=None)

        assert _labels(_full(organization, "pm")) == ["pm"] * 5 + ["pm_new"] * 5

    def test_a_change_of_role_makes_nobody_new(self, organization, bank):
        people = _hire(organization, 5, role="partner", since=LONG_AGO)
        for person in people:
            person.placements.update(valid=(LONG_AGO, TODAY))
            PlacementFactory(person=person, role="pm", valid=(TODAY, None))

        assert _labels(_full(organization, "pm")) == ["pm"] * 5

    def test_nobody_is_told_apart_where_no_question_asks_for_it(self, organization, bank):
        _hire(organization, 8, since=TODAY - timedelta(days=30))
        _hire(organization, 8)
        pulse = create_wave(organization, title="Pulse")

        assert _labels(pulse) == ["pm"] * 16

    def test_for_whom_there_is_no_question_is_left_out_and_named(self, organization, bank):
        _hire(organization, 6)
        _hire(organization, 7, role="partner")
        _hire(organization, 3, role="product_ops")
        wave = _full(organization, "pm", "partner", "product_ops")

        audience = audience_on(wave, questions_of(wave, wave.bank.definition()), on=TODAY)

        assert len(audience.people) == 6
        assert audience.unasked == {"partner": 7}
        assert audience.too_few == {"product_ops": 3}

    def test_too_few_pms_refuse_the_wave_though_others_are_enough(self, organization, bank):
        _hire(organization, 4)
        _hire(organization, 9, role="product_ops")
        wave = _full(organization, "pm", "product_ops")

        with pytest.raises(WaveRefused, match="Only 4 product managers"):
            open_wave(wave)

    def test_its_price_does_not_depend_on_the_roster(
        self, organization, bank, django_assert_num_queries
    ):
        _hire(organization, 40)
        wave = _full(organization, "pm")
        questions = questions_of(wave, wave.bank.definition())

        # 1 placements with people, 1 all placements of these people
        with django_assert_num_queries(2):
            audience_on(wave, questions, on=TODAY)


class TestBranching:
    @pytest.fixture
    def wave(self, organization, bank):
        _hire(organization, 6, since=timezone.now().date() - timedelta(days=40))
        _hire(organization, 6)
        _hire(organization, 5, role="product_ops")
        return open_wave(_full(organization, "pm", "product_ops"))

    def _link(self, wave, label: str) -> str:
        wanted = wave.invitations.filter(audience=label).values_list("token_hash", flat=True)
        found = [t for t in tokens(wave) if hash_of(t) in set(wanted)]
        return f"/s/{found[0]}"

    @pytest.mark.parametrize(("label", "count"), [("pm", 34), ("pm_new", 35), ("product_ops", 2)])
    def test_each_audience_is_asked_what_is_theirs(self, client, wave, label, count):
        asked = [q.key for q in client.get(self._link(wave, label)).context["questions"]]

        assert len(asked) == count
        assert ("ONB1" in asked) == (label == "pm_new")
        assert {"CAR1", "CAR2"} <= set(asked)

    def test_overall_first_blocks_in_file_order_texts_last(self, client, wave):
        asked = [q.key for q in client.get(self._link(wave, "pm_new")).context["questions"]]

        blocks = list(dict.fromkeys(key[:3] for key in asked))
        assert blocks == [
            *("REC", "LEV", "ANA", "EXP", "RES", "TOO", "FBK", "ONB", "CON", "GAT", "AUT"),
            *("CAR", "EAR", "OPN"),
        ]

    def test_an_item_of_another_audience_is_not_taken(self, client, wave):
        client.post(self._link(wave, "product_ops"), {"CAR1": "4", "LEV1": "2", "ONB1": "3"})

        stored = IntakeResponse.objects.get()
        assert (stored.audience, stored.answers) == ("product_ops", {"CAR1": 4})

    def test_the_wave_keeps_only_what_somebody_is_asked(self, organization, bank):
        _hire(organization, 6)
        wave = _full(organization, "pm")

        plan = plan_opening(wave, opens_at=timezone.now())

        assert "ONB1" not in {question.key for question in plan.questions}
        assert len(questions_for(plan.questions, ["pm"])) == 34


def test_no_invitation_carries_a_label_of_fewer_than_k(organization, bank):
    _hire(organization, 9)
    _hire(organization, 3, since=timezone.now().date() - timedelta(days=40))

    open_wave(_full(organization, "pm"))

    assert set(Invitation.objects.values_list("audience", flat=True)) == {"pm"}
