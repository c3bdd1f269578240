"""What the demo organisations imported: CSV files in the documented formats, made from a seed.

Everything is dated back from `today`, so a demo is always fresh, and two demos made on the
same day are the same.
"""

import io
import random
from datetime import date

from reports.services.demo.signals import gates, learning, people, tools
from reports.services.demo.signals.files import csv_file, months_back
from reports.services.demo.stories import Story


def files_for(story: Story, today: date) -> dict[str, io.BytesIO]:
    """The files of one organisation by format, in the order in which they are imported."""
    seed = random.Random(story.slug)  # noqa: S311
    months = months_back(today, story.months)
    files = {
        "headcount": csv_file(people.HEADCOUNT, people.headcount(story, months)),
        "org_facts": csv_file(people.ORG_FACTS, people.org_facts(story, months)),
    }
    if story.gates:
        files |= _work(story, seed, months, today)
    if story.learning is not None:
        files |= _learning(story, seed, months, today)
    return files


def _work(
    story: Story, seed: random.Random, months: list[date], today: date
) -> dict[str, io.BytesIO]:
    """Gates from the third month of product ops on, tools from the second."""
    gated, tooled = months[story.ops_from + 2], months[story.ops_from + 1]
    return {
        "gates": csv_file(gates.GATES, gates.gates(story, gated)),
        "gate_requests": csv_file(
            gates.GATE_REQUESTS, gates.gate_requests(story, seed, gated, today)
        ),
        "tools": csv_file(tools.TOOLS, tools.tools(story, tooled, today)),
        "tool_usage": csv_file(tools.TOOL_USAGE, tools.tool_usage(story, seed, tooled, today)),
        "holidays": csv_file(people.HOLIDAYS, people.holidays(months[0].year, today.year)),
    }


def _learning(
    story: Story, seed: random.Random, months: list[date], today: date
) -> dict[str, io.BytesIO]:
    first = months[0]
    files = {
        "pm_ramp": csv_file(people.PM_RAMP, people.pm_ramp(story, seed, months, today)),
        "launches": csv_file(learning.LAUNCHES, learning.launches(story, seed, first, today)),
        "questions": csv_file(learning.QUESTIONS, learning.questions(story, seed, first, today)),
    }
    if story.learning is not None and story.learning.reused is not None:
        told = learning.insights(story, seed, first, today)
        files["insights"] = csv_file(learning.INSIGHTS, told)
    if story.learning is not None and story.learning.own is not None:
        taken = gates.decisions(story, seed, first, today)
        files |= {
            "decision_log": csv_file(gates.DECISIONS, taken),
            "ladder": csv_file(people.LADDER, people.ladder()),
            "people_moves": csv_file(people.PEOPLE_MOVES, people.people_moves(months)),
        }
    return files
