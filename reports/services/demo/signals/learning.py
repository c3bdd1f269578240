"""Launches, insights and questions about data: what gets better where product ops helps."""

import random
from datetime import date, timedelta

from reports.services.demo.signals.files import Rows, between, flag, moment, weeks_of
from reports.services.demo.stories import Story

LAUNCHES = (
    "launch_id team_key launched_on checklist_done checklist_total required_gate_key "
    "gate_request_id"
)
INSIGHTS = "insight_id team_key published_on first_reused_on reused_by_team_key"
QUESTIONS = "question_id asked_at answered_at self_served"
_CHECKLIST = 10
_GOLDEN = 0.618034
_QUESTIONS_A_WEEK = 3


def launches(story: Story, seed: random.Random, first: date, today: date) -> Rows:
    if story.learning is None:
        return
    for number, (share, monday) in enumerate(weeks_of(first, today)):
        # Evenly spread, so that half a year of one launch a week has the share that is meant.
        whole = number * _GOLDEN % 1 < between(story.learning.checklists, share)
        done = _CHECKLIST if whole else _CHECKLIST - 1 - seed.randrange(3)
        team = f"team-{seed.randrange(6) + 1}"
        yield f"l-{monday:%Y%m%d}", team, monday + timedelta(days=2), done, _CHECKLIST, None, None


def insights(story: Story, seed: random.Random, first: date, today: date) -> Rows:
    if story.learning is None or story.learning.reused is None:
        return
    for share, monday in weeks_of(first, today):
        reused = monday + timedelta(days=7 + seed.randrange(70))
        happened = seed.random() < between(story.learning.reused, share) and reused < today
        team = seed.randrange(6)
        yield (
            f"i-{monday:%Y%m%d}",
            f"team-{team + 1}",
            monday,
            reused if happened else None,
            f"team-{(team + 1) % 6 + 1}" if happened else None,
        )


def questions(story: Story, seed: random.Random, first: date, today: date) -> Rows:
    if story.learning is None:
        return
    now = moment(today, 0)
    for share, monday in weeks_of(first, today):
        days = between(story.learning.answer_days, share)
        for number in range(_QUESTIONS_A_WEEK):
            asked = moment(monday + timedelta(days=seed.randrange(5)), 9 + number)
            answered = asked + timedelta(days=seed.lognormvariate(0, 0.6) * days)
            yield (
                f"q-{monday:%Y%m%d}-{number}",
                asked.isoformat(),
                answered.isoformat() if answered < now else None,
                flag(seed.random() < between(story.learning.self_served, share)),
            )
