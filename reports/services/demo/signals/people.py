"""Head-count, the company's facts, the career ladder and who moved on it."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from math import ceil

from reports.services.demo.signals.files import Rows, between
from reports.services.demo.stories import Story

HEADCOUNT = "as_of function headcount fte"
ORG_FACTS = (
    "as_of products business_units markets timezone_span_hours public_company "
    "experiments_finished_90d teams_running_experiments approved_pm_openings"
)
HOLIDAYS = "day name"
LADDER = "function grade equivalent_pm_grade is_senior_product_role"
PEOPLE_MOVES = "person_key effective_on kind from_function to_function from_grade to_grade"
PM_RAMP = "person_key milestone_key team_key started_on reached_on left_on"


def headcount(story: Story, months: list[date]) -> Rows:
    for number, month in enumerate(months):
        share = number / (len(months) - 1)
        pms = round(between(story.pms, share))
        fte = round(2 * between(story.ops, share)) / 2 if number >= story.ops_from else 0
        yield month, "pm", pms, pms
        yield month, "product_ops", ceil(fte), fte


def org_facts(story: Story, months: list[date]) -> Rows:
    facts = story.facts
    for number, quarter in enumerate(months[::3]):
        yield (
            quarter,
            facts.products,
            facts.business_units,
            facts.markets,
            facts.timezone_span_hours,
            facts.public_company,
            facts.experiments + facts.step * number,
            facts.teams + number // 4,
            2 if story.pms[1] > story.pms[0] + 1 else 0,
        )


def holidays(first: int, last: int) -> Rows:
    days = ((1, 1, "New Year's Day"), (5, 1, "Labour Day"), (12, 25, "Christmas Day"))
    return (
        (date(year, month, day), name)
        for year in range(first, last + 1)
        for month, day, name in days
    )


def ladder() -> Rows:
    """Product-ops grades that are as good as PM grades, up to a senior product role."""
    for number in range(1, 5):
        yield "pm", f"pm{number}", None, "true" if number == 4 else "false"
    for number in range(1, 4):
        yield "product_ops", f"ops{number}", f"pm{number + 1}", "true" if number == 3 else "false"


def people_moves(months: list[date]) -> Rows:
    """PMs step into product ops and back, and both are promoted; the last news is last month's."""
    for number, month in enumerate(reversed(months[-2::-3])):
        day = month + timedelta(days=9)
        yield f"pm-{number:02}", day, "promotion", "pm", "pm", "pm1", "pm2"
        if number % 2:
            yield f"ops-{number:02}", day, "lateral", "product_ops", "pm", "ops1", "pm2"
        else:
            yield f"ops-{number:02}", day, "promotion", "product_ops", "product_ops", "ops1", "ops2"
            yield f"pm-{number + 40}", day, "lateral", "pm", "product_ops", "pm2", "ops1"


def pm_ramp(story: Story, seed: random.Random, months: list[date], today: date) -> Rows:
    """Three new PMs a quarter, each with the days until the first decision of their own."""
    if story.learning is None:
        return
    for (number, first), (_, last) in pairwise(enumerate(months[::3])):
        share = 3 * number / len(months)
        for starter in range(3):
            started = first + (last - first) * starter // 3
            days = between(story.learning.ramp_days, share) * seed.uniform(0.8, 1.25)
            reached = started + timedelta(days=round(days))
            yield (
                f"new-{number:02}-{starter}",
                "first_owned_decision",
                f"team-{starter + 1}",
                started,
                reached if reached < today else None,
                None,
            )


def names() -> Iterator[str]:
    """First names for the roster, without end."""
    for letter in ("", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        for first in _FIRST:
            yield f"{first} {letter}".strip()


_FIRST = (
    "Ada",
    "Bo",
    "Chen",
    "Dana",
    "Eli",
    "Fay",
    "Gus",
    "Hana",
    "Ivo",
    "Jo",
    "Kim",
    "Lea",
    "Max",
    "Nia",
    "Omar",
    "Pia",
    "Quin",
    "Rosa",
    "Sam",
    "Tara",
    "Uma",
    "Vik",
    "Wen",
    "Xena",
    "Yara",
    "Zoe",
)
