"""What the demo organisations imported: CSV files in the documented formats, made from a seed.

Everything is dated back from `today`, so a demo is always fresh, and two demos made on the
same day are the same.
"""

import csv
import io
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from math import ceil

Rows = tuple[tuple[str, ...], Iterable[tuple[object, ...]]]

HISTORY_MONTHS = 18


def csv_file(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> io.BytesIO:
    """Write one file as an exporter would: UTF-8, a header row, empty where nothing is known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    return io.BytesIO(text.getvalue().encode())


def months_back(today: date, count: int) -> list[date]:
    """The first days of the last `count` months, oldest first, this month's included."""
    first = today.year * 12 + today.month - count
    return [date((first + n) // 12, (first + n) % 12 + 1, 1) for n in range(count)]


def files_for(slug: str, today: date) -> dict[str, io.BytesIO]:
    """The files of one demo organisation by format."""
    return {"northlight": scaling, "sprout": early}[slug](today)


def scaling(today: date) -> dict[str, io.BytesIO]:
    """26 PMs, a launch review that everybody waits for, and two tools that nobody opens."""
    seed = random.Random(26)  # noqa: S311
    months = months_back(today, HISTORY_MONTHS)
    return {
        "headcount": csv_file(*_headcount(months, pms=(15, 26), ops=(1.0, 2.5))),
        "org_facts": csv_file(*_org_facts(months[::3])),
        "gates": csv_file(*_gates(months[2])),
        "gate_requests": csv_file(*_gate_requests(seed, months[2], today)),
        "tools": csv_file(*_tools(months[1], today)),
        "tool_usage": csv_file(*_tool_usage(seed, months[1], today)),
        "holidays": csv_file(*_holidays(months[0].year, today.year)),
    }


def early(today: date) -> dict[str, io.BytesIO]:
    """8 PMs who were given a full-time product-ops manager three quarters ago."""
    months = months_back(today, 9)
    facts = ((month, 1, 1, 1, 0, "no", 2, 1, 0) for month in months[::3])
    return {
        "headcount": csv_file(*_headcount(months, pms=(7, 8), ops=(1.0, 1.0))),
        "org_facts": csv_file(_ORG_FACTS, facts),
    }


def _headcount(months: list[date], *, pms: tuple[int, int], ops: tuple[float, float]) -> Rows:
    header = ("as_of", "function", "headcount", "fte")
    last = len(months) - 1

    def rows() -> Iterator[tuple[object, ...]]:
        for number, month in enumerate(months):
            share = number / last
            count = round(pms[0] + (pms[1] - pms[0]) * share)
            fte = round(2 * (ops[0] + (ops[1] - ops[0]) * share)) / 2
            yield month, "pm", count, count
            yield month, "product_ops", ceil(fte), fte

    return header, rows()


_ORG_FACTS = (
    "as_of",
    "products",
    "business_units",
    "markets",
    "timezone_span_hours",
    "public_company",
    "experiments_finished_90d",
    "teams_running_experiments",
    "approved_pm_openings",
)


def _org_facts(quarters: list[date]) -> Rows:
    return _ORG_FACTS, (
        (quarter, 3, 2, 3, 7, "no", 9 + 2 * number, 3 + number // 2, 2)
        for number, quarter in enumerate(quarters)
    )


def _gates(started: date) -> Rows:
    header = (
        "gate_key",
        "name",
        "owner_function",
        "started_on",
        "outcomes_recorded",
        "compared_gate_key",
    )
    return header, (
        ("launch_review", "Launch review", "product_ops", started, "all", "peer_review"),
        ("peer_review", "Peer review", "pm", started, "all", None),
    )


def _gate_requests(seed: random.Random, started: date, today: date) -> Rows:
    header = (
        "request_id",
        "gate_key",
        "requested_at",
        "gate_owner_function",
        "team_key",
        "requester_key",
        "first_response_at",
        "decided_at",
        "decision",
        "decider_key",
        "decider_function",
        "blocking",
        "regulatory",
    )
    return header, (
        *_requests(
            seed, "launch_review", "product_ops", started, today, per_week=3, median_days=4.6
        ),
        *_requests(seed, "peer_review", "pm", started, today, per_week=5, median_days=1.1),
    )


def _requests(
    seed: random.Random,
    gate: str,
    function: str,
    started: date,
    today: date,
    *,
    per_week: int,
    median_days: float,
) -> Iterator[tuple[object, ...]]:
    now = datetime.combine(today, time(), UTC)
    week = started - timedelta(days=started.weekday())
    number = 0
    while week < today:
        for _ in range(per_week):
            asked = datetime.combine(
                week + timedelta(days=seed.randrange(5)), time(8 + seed.randrange(9)), UTC
            ) + timedelta(minutes=seed.randrange(60))
            wait = timedelta(days=seed.lognormvariate(0, 0.75) * median_days)
            approved = seed.random() < 0.96
            person, team = f"pm-{seed.randrange(24):02}", f"team-{seed.randrange(6) + 1}"
            number += 1
            if asked >= now or asked.date() < started:
                continue
            decided = asked + wait
            pending = decided >= now
            yield (
                f"{gate}-{number:04}",
                gate,
                asked.isoformat(),
                function,
                team,
                person,
                None,
                None if pending else decided.isoformat(),
                None if pending else "approved" if approved else "changes_requested",
                None if pending else f"{function}-{number % 2}",
                function,
                "true" if gate == "launch_review" else "false",
                "false",
            )
        week += timedelta(days=7)


# key, name, cadence, mandatory, share of the eligible people in a typical week
_TOOLS = (
    ("roadmap_hub", "Roadmap hub", "weekly", "false", 0.74),
    ("experiment_registry", "Experiment registry", "weekly", "false", 0.46),
    ("research_library", "Research library", "weekly", "false", 0.12),
    ("insight_digest", "Insight digest", "weekly", "false", 0.08),
)


def _tools(launched: date, today: date) -> Rows:
    header = (
        "tool_key",
        "name",
        "owner_function",
        "launched_on",
        "retired_on",
        "cadence",
        "mandatory",
        "confirmed_on",
        "cost_known",
    )
    confirmed = today.replace(day=1) - timedelta(days=40)
    return header, (
        (key, name, "product_ops", launched, None, cadence, mandatory, confirmed, "true")
        for key, name, cadence, mandatory, _ in _TOOLS
    )


def _tool_usage(seed: random.Random, launched: date, today: date) -> Rows:
    header = ("tool_key", "period_start", "period", "active_users", "eligible_users")

    def rows() -> Iterator[tuple[object, ...]]:
        first = launched - timedelta(days=launched.weekday()) + timedelta(days=7)
        weeks = (today - first).days // 7
        for number in range(weeks):
            eligible = round(16 + 10 * number / max(1, weeks - 1))
            for key, _, _, _, share in _TOOLS:
                used = sum(seed.random() < share for _ in range(eligible))
                yield key, first + timedelta(days=7 * number), "week", used, eligible

    return header, rows()


def _holidays(first: int, last: int) -> Rows:
    days = ((1, 1, "New Year's Day"), (5, 1, "Labour Day"), (12, 25, "Christmas Day"))
    return ("day", "name"), (
        (date(year, month, day), name)
        for year in range(first, last + 1)
        for month, day, name in days
    )
