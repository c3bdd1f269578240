"""Requests that wait at gates, and decisions with who took them."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from reports.services.demo.signals.files import Rows, between, flag, moment, weeks_of
from reports.services.demo.stories import Gate, Story

GATES = "gate_key name owner_function started_on outcomes_recorded compared_gate_key"
GATE_REQUESTS = (
    "request_id gate_key requested_at gate_owner_function team_key requester_key "
    "first_response_at decided_at decision decider_key decider_function blocking regulatory"
)
DECISIONS = (
    "decision_id decided_on decision_type team_key decider_key decider_function escalated reversed"
)
_PM_TYPES = ("what_to_build_next", "scope", "priority", "experiment_ship_stop", "launch_timing")
_DECISIONS_A_WEEK = 9
# A gate has become what it is now after two thirds of the time.
_CHANGES_BY = 1.5


def gates(story: Story, started: date) -> Rows:
    return (
        (gate.key, gate.name, gate.owner, started, "all", gate.compared) for gate in story.gates
    )


def gate_requests(story: Story, seed: random.Random, started: date, today: date) -> Rows:
    now = moment(today, 0)
    for gate in story.gates:
        number = 0
        for share, monday in weeks_of(started, today + timedelta(days=7)):
            for _ in range(gate.per_week):
                number += 1
                asked = moment(
                    monday + timedelta(days=seed.randrange(5)),
                    8 + seed.randrange(9),
                    seed.randrange(60),
                )
                row = _request(gate, seed, number, asked, now, share)
                if asked < now:
                    yield row


def _request(
    gate: Gate, seed: random.Random, number: int, asked: datetime, now: datetime, share: float
) -> tuple[object, ...]:
    median = between(gate.median_days, min(1, _CHANGES_BY * share))
    decided = asked + timedelta(days=seed.lognormvariate(0, 0.75) * median)
    decision = "approved" if seed.random() < gate.approved else "changes_requested"
    person, team = f"pm-{seed.randrange(24):02}", f"team-{seed.randrange(6) + 1}"
    pending = decided >= now
    return (
        f"{gate.key}-{number:04}",
        gate.key,
        asked.isoformat(),
        gate.owner,
        team,
        person,
        None,
        None if pending else decided.isoformat(),
        None if pending else decision,
        None if pending else f"{gate.owner}-{number % 2}",
        gate.owner,
        flag(gate.blocks),
        "false",
    )


def decisions(story: Story, seed: random.Random, first: date, today: date) -> Rows:
    """Decisions that belong to PMs; some are still taken elsewhere."""
    if story.learning is None or story.learning.own is None:
        return
    for share, monday in weeks_of(first, today):
        yield from _decisions(between(story.learning.own, share), seed, monday)


def _decisions(own: float, seed: random.Random, monday: date) -> Iterator[tuple[object, ...]]:
    for number in range(_DECISIONS_A_WEEK):
        holder = "pm" if seed.random() < own else "product_ops"
        yield (
            f"d-{monday:%Y%m%d}-{number}",
            monday + timedelta(days=seed.randrange(5)),
            seed.choice(_PM_TYPES),
            f"team-{seed.randrange(6) + 1}",
            f"{holder}-{seed.randrange(12):02}",
            holder,
            "false",
            flag(seed.random() < 0.03),
        )
