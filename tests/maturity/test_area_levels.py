"""Levels of areas are rows that follow the record in its own transaction, and never the clock."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from maturity.models import AreaLevelRecord, Score, SyncChange
from maturity.selectors import areas_now, capabilities_beside, standings
from maturity.services.assessments import NewScore, Sheet, add_scores, record_sheet
from maturity.services.changes import stamp_changes
from maturity.services.confidence import organizations_aging, write_confidence
from maturity.services.corrections import correct_score, withdraw_score
from maturity.services.exemptions import decide_exemption, request_exemption
from maturity.services.rubrics import publish_pack
from maturity.services.targets import NewTarget, set_target
from tests.factories import UnitFactory, UserFactory
from tests.packs import guild_pack

DAY = date(2026, 1, 1)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SAID = ("state", "level", "target", "assessed", "applicable", "unknown", "is_current", "valid_from")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def record(organization, rubric, level, *, unit=None, day=DAY, **states):
    scores = [
        NewScore(each, states[each.key])
        if each.key in states
        else NewScore(each, "assessed", level)
        for each in rubric.capabilities.all()
    ]
    return record_sheet(organization, Sheet(rubric, day, scores, unit=unit), by=None)


def kept(organization) -> dict:
    return {
        (row.unit_id, row.area_id): {name: getattr(row, name) for name in SAID}
        for row in AreaLevelRecord.objects.for_organization(organization)
    }


def answered(organization, day=None) -> dict:
    """What the selector answers for the day, for every scope."""
    stood = standings(organization, as_of=day or NOW.date())
    capabilities = capabilities_beside(stood.values())
    return {
        (scope, area): vars(now)
        for scope, standing in stood.items()
        for area, now in areas_now(standing, capabilities).items()
    }


def test_a_recorded_sheet_writes_every_area_of_its_scope(organization, rubric):
    record(organization, rubric, 2, event_taxonomy="unknown")

    rows = AreaLevelRecord.objects.order_by("area__position")
    first = rows[0]
    assert [row.level for row in rows] == [2] * 6
    assert (first.assessed, first.applicable, first.unknown) == (2, 3, 1)
    assert (first.unit_id, first.target, first.is_current, first.valid_from) == (None, 3, True, DAY)


def test_an_area_too_little_assessed_is_incomplete_and_has_no_level(organization, rubric):
    record(organization, rubric, 2, event_taxonomy="unknown", data_governance="not_assessed")

    first = AreaLevelRecord.objects.order_by("area__position")[0]

    assert (first.state, first.level, first.assessed) == ("incomplete", None, 1)


def test_nothing_is_written_where_nothing_became_another(organization, rubric):
    record(organization, rubric, 2, day=DAY)
    stamp_changes()

    record(organization, rubric, 2, day=DAY)

    changed = SyncChange.objects.filter(entity="area_levels", dirty_since__isnull=False)
    assert not changed.exists()


def test_an_exemption_that_ends_changes_its_area_with_the_day(organization, rubric, ana, vera):
    record(organization, rubric, 2, event_taxonomy="unknown", data_governance="unknown")
    capability = rubric.capabilities.get(key="event_taxonomy")
    asked = request_exemption(
        organization, capability=capability, reason="x", ends_on=date(2026, 6, 10), by=ana
    )

    decide_exemption(asked, approve=True, by=vera)
    during = AreaLevelRecord.objects.order_by("area__position")[0]
    with time_machine.travel(NOW + timedelta(days=10), tick=False):
        assert organizations_aging(at=datetime.now(UTC)) == [organization.pk]
        write_confidence(organization)
    after = AreaLevelRecord.objects.order_by("area__position")[0]

    assert (during.applicable, after.applicable) == (2, 3)
    assert after.changed_at > during.changed_at


def test_a_rubric_that_was_left_keeps_its_levels_and_is_not_current(organization, rubric):
    record(organization, rubric, 2)
    newer = publish_pack(guild_pack())

    record(organization, newer, 1, day=DAY + timedelta(days=1))

    levels = AreaLevelRecord.objects.values_list("area__rubric", "is_current", "level").distinct()
    assert set(levels) == {(rubric.pk, False, 2), (newer.pk, True, 1)}


def test_a_scope_whose_scores_are_all_withdrawn_has_no_rows(organization, rubric):
    unit = UnitFactory(organization=organization)
    record(organization, rubric, 2)
    record(organization, rubric, 2, unit=unit)

    for score in Score.objects.filter(unit=unit):
        withdraw_score(score, reason="Wrong.", by=None)

    assert AreaLevelRecord.objects.filter(unit=None).count() == 6
    assert not AreaLevelRecord.objects.filter(unit=unit).exists()


class Walk:
    """Whatever changes a level, in any order."""

    def __init__(self, organization, rubric, seed: int) -> None:
        self.organization, self.rubric = organization, rubric
        self.dice = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self.capabilities = list(rubric.capabilities.all())
        self.units = [None, UnitFactory(organization=organization)]
        self.people = UserFactory.create_batch(2)

    def sheet(self) -> None:
        states = {
            each.key: self.dice.choice(["unknown", "not_assessed"])
            for each in self.capabilities
            if self.dice.random() < 0.3
        }
        day = DAY + timedelta(days=self.dice.randrange(9))
        unit = self.dice.choice(self.units)
        record(
            self.organization, self.rubric, self.dice.choice([1, 2]), unit=unit, day=day, **states
        )

    def partial(self) -> None:
        first, second = self.dice.sample(self.capabilities, 2)
        sheet = Sheet(self.rubric, DAY, [NewScore(first, "assessed", 2)], partial=True)
        made = record_sheet(self.organization, sheet, by=None)
        add_scores(made, [NewScore(second, "assessed", 1)], by=None)

    def correction(self) -> None:
        score = self._score()
        if score is None:
            return
        if self.dice.random() < 0.5:
            withdraw_score(score, reason="Wrong.", by=None)
        else:
            new = NewScore(score.capability, "assessed", self.dice.choice([1, 2]))
            correct_score(score, new, reason="Wrong.", by=None)

    def exemption(self) -> None:
        asked = request_exemption(
            self.organization,
            capability=self.dice.choice(self.capabilities),
            reason="x",
            ends_on=date(2027, 1, 1),
            unit=self.dice.choice(self.units),
            by=self.people[0],
        )
        decide_exemption(asked, approve=True, by=self.people[1])

    def target(self) -> None:
        new = NewTarget(
            self.dice.choice(self.capabilities),
            self.dice.choice([2, 4, 5]),
            date(2199, 1, 1),
            "Plan.",
            unit=self.dice.choice(self.units),
        )
        set_target(self.organization, new, by=None)

    def _score(self) -> Score | None:
        rows = Score.objects.filter(replaced_by=None).exclude(state="withdrawn")
        found = list(rows.order_by("pk"))
        return self.dice.choice(found) if found else None


@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_is_what_the_selector_answers_after_every_step(organization, rubric, seed):
    walk = Walk(organization, rubric, seed)
    steps = [walk.sheet, walk.partial, walk.correction, walk.exemption, walk.target]
    walk.sheet()

    for _step in range(12):
        walk.dice.choice(steps)()
        assert kept(organization) == answered(organization)
