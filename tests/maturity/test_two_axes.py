"""Whatever is edited, whoever writes meanwhile: the answer for a moment stays what it was.

The answer is everything that is read of the record for one `known_at`, as bytes.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import orjson
import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maturity.errors import DomainError
from maturity.models import Assessment, Organization, RubricVersion, Score, Unit, User
from maturity.selectors import (
    Standing,
    known_now,
    standing_of,
    standings,
    timeline_of,
    unit_tree,
    work_list,
)
from maturity.services.assessments import NewScore, Sheet, record_sheet
from maturity.services.confidence import write_confidence
from maturity.services.corrections import correct_score, withdraw_score
from maturity.services.erasures import erase_account
from maturity.services.exemptions import decide_exemption, request_exemption
from maturity.services.rubrics import publish_pack
from maturity.services.targets import NewTarget, set_target
from maturity.services.units import place_unit
from maturity.services.validation import refuse_assessment, validate_assessment
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from tests.packs import guild_pack

DAYS = (date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1))


@dataclass
class World:
    """An organisation with two units, and the people who edit its record."""

    rubric: RubricVersion
    organization: Organization = field(default_factory=OrganizationFactory)

    def __post_init__(self) -> None:
        self.lead: User = UserFactory()
        self.owner: User = MembershipFactory(organization=self.organization, role="owner").user
        self.capabilities = list(self.rubric.capabilities.all())
        self.units: list[Unit] = [self.place(key, DAYS[0], None) for key in ("one", "two")]

    def place(self, key: str, day: date, parent: Unit | None) -> Unit:
        return place_unit(
            self.organization, key, name=f"{key} of {day}", parent=parent, valid_from=day
        )

    def answer(self, known_at: datetime) -> bytes:
        """Everything one reads of the record at that moment, on each day."""
        return orjson.dumps([self._on(day, known_at) for day in DAYS], default=str)

    def _on(self, day: date, known_at: datetime) -> list[Any]:
        axes: dict[str, Any] = {"as_of": day, "known_at": known_at}
        found = standings(self.organization, **axes)
        work = work_list(self.organization, **axes)
        tree = unit_tree(self.organization, **axes)
        standing = Assessment.objects.for_organization(self.organization)
        return [
            [
                [
                    str(scope),
                    [_row(row) for _, row in sorted(each.scores.items())],
                    [_row(row) for _, row in sorted(each.targets.items())],
                    [_row(row) for _, row in sorted(each.confidence.items())],
                    [each.judged(capability.pk) for capability in self.capabilities],
                    [str(each.gap(capability.pk)) for capability in self.capabilities],
                ]
                for scope, each in sorted(found.items(), key=lambda pair: pair[0] or 0)
            ],
            sorted((node.key, node.name, str(node.parent_id)) for node in tree),
            sorted(row.pk for row in work.stale),
            sorted(row.pk for row in work.pending_exemptions),
            sorted(row.pk for row in work.expired_exemptions),
            sorted(row.pk for row in work.disagreements),
            sorted(row.pk for row in work.awaiting_validation),
            sorted(standing.standing(known_at=known_at).values_list("pk", flat=True)),
        ]

    def check_timeline(self, known_at: datetime) -> None:
        """What a page reads once for all days and scopes is what each of them is asked alone."""
        organization = self.organization
        for unit in (None, *self.units):
            line = timeline_of(
                organization, as_of=DAYS[1], until=DAYS[-1], known_at=known_at, unit=unit
            )
            for day in (DAYS[0] - timedelta(days=1), *DAYS):
                alone = standing_of(organization, as_of=day, known_at=known_at, unit=unit)
                assert self._levels(line.on(day)) == self._levels(alone)
            alone = standing_of(organization, as_of=DAYS[1], known_at=known_at, unit=unit)
            assert line.on(DAYS[1]).stale == alone.stale
        every = standings(organization, as_of=DAYS[1], known_at=known_at)
        told = {scope: self._levels(each) for scope, each in line.everywhere().items()}
        assert {scope: told[scope] for scope in every} == {
            scope: self._levels(each) for scope, each in every.items()
        }

    def _levels(self, standing: Standing) -> list[Any]:
        return [
            {score.pk for score in standing.scores.values()},
            [standing.judged(capability.pk) for capability in self.capabilities],
            [str(standing.gap(capability.pk)) for capability in self.capabilities],
        ]

    def edit(self, pick: Random) -> None:
        """One edit of any kind; what the record refuses is refused and changes nothing."""
        act: Callable[[Random], object] = pick.choice(
            [self.assess, self.judge, self.correct, self.withdraw, self.exempt, self.target,
             self.move, self.age, self.decide]
        )  # fmt: skip
        with suppress(DomainError, ValidationError):
            act(pick)

    def assess(self, pick: Random, **more: str) -> None:
        scores = [self._score(capability, pick) for capability in self.capabilities]
        unit = pick.choice([None, *self.units])
        sheet = Sheet(self.rubric, pick.choice(DAYS), scores, unit=unit, **more)
        record_sheet(self.organization, sheet, by=self.lead)

    def judge(self, pick: Random) -> None:
        self.assess(pick, round_key="round", assessor=pick.choice(["Ada", "Bo"]))

    def correct(self, pick: Random) -> None:
        if score := self._any_score(pick):
            new = self._score(score.capability, pick)
            day = pick.choice([None, *DAYS])
            correct_score(score, new, reason="Wrong.", by=self.lead, valid_from=day)

    def withdraw(self, pick: Random) -> None:
        if score := self._any_score(pick):
            withdraw_score(score, reason="Wrong.", by=self.lead)

    def exempt(self, pick: Random) -> None:
        asked = request_exemption(
            self.organization,
            capability=pick.choice(self.capabilities),
            unit=pick.choice([None, *self.units]),
            reason="Not ours.",
            valid_from=DAYS[0],
            ends_on=pick.choice(DAYS[1:]),
            by=self.lead,
        )
        decide_exemption(asked, approve=pick.random() < 0.8, by=self.owner, reason="So it is.")

    def target(self, pick: Random) -> None:
        level = pick.choice([None, 2, 4])
        new = NewTarget(
            pick.choice(self.capabilities),
            level,
            DAYS[2] if level else None,
            "Plan.",
            unit=pick.choice([None, *self.units]),
            valid_from=pick.choice(DAYS),
        )
        set_target(self.organization, new, by=self.lead)

    def move(self, pick: Random) -> None:
        mover, other = pick.sample(self.units, 2)
        self.place(mover.key, pick.choice(DAYS), pick.choice([None, other]))

    def age(self, pick: Random) -> None:
        later = timedelta(days=pick.choice([0, 100, 400]))
        write_confidence(self.organization, at=known_now(self.organization) + later)

    def decide(self, pick: Random) -> None:
        rows = list(Assessment.objects.filter(organization=self.organization).order_by("pk"))
        if rows and pick.random() < 0.5:
            validate_assessment(pick.choice(rows), by=self.owner)
        elif rows:
            refuse_assessment(pick.choice(rows), by=self.owner, reason="Look again.")

    def _any_score(self, pick: Random) -> Score | None:
        rows = list(Score.objects.filter(organization=self.organization).order_by("pk"))
        return pick.choice(rows) if rows else None

    def _score(self, capability: Any, pick: Random) -> NewScore:
        state = pick.choice(["assessed"] * 4 + ["unknown", "not_assessed", "not_applicable"])
        level = pick.randint(1, 5) if state == "assessed" else None
        return NewScore(
            capability,
            state,
            level,
            evidence_kind="metric",
            evidence_ref="https://wiki.example/e",
            evidence_date=date(2026, 10, 1),
            note="So it is.",
        )


def _row(row: models.Model) -> list[str]:
    return [str(getattr(row, column.attname)) for column in row._meta.concrete_fields]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(pick=st.randoms(use_true_random=False), edits=st.integers(4, 10))
def test_the_answer_for_a_moment_stays_what_it_was(db, pick, edits):
    world = World(publish_pack(guild_pack()))
    answers: dict[datetime, bytes] = {}

    for _ in range(edits):
        world.edit(pick)
        moment = known_now(world.organization)
        answers.setdefault(moment, world.answer(moment))
    erase_account(world.lead, reason="Gone.")

    for moment, before in answers.items():
        assert world.answer(moment) == before
    for moment in list(answers)[-3:]:
        world.check_timeline(moment)


@pytest.mark.django_db(transaction=True)
def test_nothing_lands_behind_a_moment_that_was_shown_while_others_write():
    world = World(publish_pack(guild_pack()))
    answers: dict[datetime, bytes] = {}
    done = threading.Event()

    with ThreadPoolExecutor(max_workers=4) as pool:
        reader = pool.submit(_read, world, answers, done)
        writers = [pool.submit(_write, world, seed) for seed in (1, 2, 3)]
        wait(writers)
        done.set()

    for thread in (reader, *writers):
        thread.result()
    assert len(answers) > 1
    for moment, before in answers.items():
        assert world.answer(moment) == before


def _write(world: World, seed: int) -> None:
    pick = Random(seed)  # noqa: S311 - choices that can be repeated
    try:
        for _ in range(6):
            world.edit(pick)
    finally:
        connection.close()


def _read(world: World, answers: dict[datetime, bytes], done: threading.Event) -> None:
    try:
        while not done.is_set():
            moment = known_now(world.organization)
            seen = world.answer(moment)
            assert answers.setdefault(moment, seen) == seen
    finally:
        connection.close()
