"""Evaluating many organisations with three years of signals, against the bare SQL they need."""

import io
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import time_machine
from django.db import connection

from maturity.models import SIGNAL_TABLES, Organization
from maturity.services.findings import refresh_findings
from maturity.services.imports import import_file
from maturity.services.tenancy import create_organization

SIZES = tuple(int(size) for size in os.environ.get("BENCH_ORGANISATIONS", "100,1000").split(","))
MONTHS = 36
LAST = date(2026, 7, 1)
EVALUATED = datetime(2026, 7, 20, 12, tzinfo=UTC)
A_MONTH_LATER = datetime(2026, 8, 20, 12, tzinfo=UTC)
REQUEST_COLUMNS = (
    "request_id,gate_key,requested_at,gate_owner_function,team_key,requester_key,"
    "first_response_at,decided_at,decision,decider_key,decider_function,blocking,regulatory"
)

# What the checks come down to per organisation, as plain SQL over the same rows.
AGGREGATES = (
    (
        "SELECT function, as_of, sum(fte) FROM maturity_headcount"
        " WHERE organization_id = %s AND replaced_at IS NULL GROUP BY 1, 2"
    ),
    (
        "SELECT gate_key, date_trunc('month', requested_at), count(*), count(decided_at),"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY decided_at - requested_at)"
        " FROM maturity_gaterequest"
        " WHERE organization_id = %s AND replaced_at IS NULL GROUP BY 1, 2"
    ),
    (
        "SELECT tool_key, date_trunc('month', period_start),"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY active_users::float / eligible_users)"
        " FROM maturity_toolusage WHERE organization_id = %s AND replaced_at IS NULL GROUP BY 1, 2"
    ),
    (
        "SELECT date_trunc('month', decided_on), decision_type, count(*),"
        " count(*) FILTER (WHERE decider_function IN ('product_ops', 'central') AND NOT escalated)"
        " FROM maturity_decision WHERE organization_id = %s AND replaced_at IS NULL GROUP BY 1, 2"
    ),
    (
        "SELECT date_trunc('month', launched_on), count(*), sum(checklist_done)"
        " FROM maturity_launch WHERE organization_id = %s AND replaced_at IS NULL GROUP BY 1"
    ),
)


@dataclass(frozen=True)
class Cost:
    """What one pass over all organisations took, and the queries that each of them took."""

    seconds: float
    queries: set[int]


def bench_evaluations() -> None:
    """Print what one evaluation costs for few and for many organisations."""
    template = _template()
    print(f"evaluation of organisations with {MONTHS} months of signals; floor is bare SQL")
    for size in SIZES:
        made = _copies(template, count=size)
        _analyze()
        _print(f"{size:,} organisations, bare SQL", _cost(_aggregate, made), size)
        for name, day in (
            ("first evaluation", EVALUATED),
            ("nothing new", EVALUATED),
            ("a month later", A_MONTH_LATER),
        ):
            with time_machine.travel(day, tick=False):
                _print(name, _cost(refresh_findings, made), size, floor=_cost(_aggregate, made))


def _print(name: str, cost: Cost, size: int, floor: Cost | None = None) -> None:
    few, many = min(cost.queries), max(cost.queries)
    queries = f"{few}" if few == many else f"{few} to {many}"
    times = "" if floor is None else f"{cost.seconds / floor.seconds:8.1f} times bare SQL"
    each = 1000 * cost.seconds / size
    print(f"  {name:28} {each:8.1f} ms each   {queries:>9} queries each {times}", flush=True)


def _template() -> Organization:
    organization = create_organization("bench-template", name="Template")
    for name, (header, rows) in _files().items():
        text = "\n".join([header, *rows]) + "\n"
        import_file(organization, name, io.BytesIO(text.encode()), name=f"{name}.csv")
    return organization


def _files() -> dict[str, tuple[str, Iterable[str]]]:
    """The columns and rows of each format, a month more than the first evaluation sees."""
    months = [_month(back) for back in range(MONTHS, -1, -1)]
    return {
        "headcount": ("as_of,function,headcount,fte", _headcounts(months)),
        "gates": (
            "gate_key,name,owner_function,started_on,outcomes_recorded,compared_gate_key",
            ["review,Review,product_ops,,all,peer", "peer,Peer,pm,,all,"],
        ),
        "gate_requests": (REQUEST_COLUMNS, _requests(months)),
        "decision_log": (
            (
                "decision_id,decided_on,decision_type,team_key,decider_key,decider_function,escalated,"
                "reversed"
            ),
            _decisions(months),
        ),
        "tools": (
            (
                "tool_key,name,owner_function,launched_on,retired_on,cadence,mandatory,confirmed_on,"
                "cost_known"
            ),
            [
                f"tool{n},Tool,product_ops,{months[0]},,weekly,false,{months[-1]},true"
                for n in range(3)
            ],
        ),
        "tool_usage": (
            "tool_key,period_start,period,active_users,eligible_users",
            _usage(months),
        ),
        "launches": (
            (
                "launch_id,team_key,launched_on,checklist_done,checklist_total,required_gate_key,"
                "gate_request_id"
            ),
            _launches(months),
        ),
    }


def _headcounts(months: Iterable[date]) -> Iterator[str]:
    for month in months:
        yield from (f"{month},{who},{n},{n}" for who, n in (("pm", 20), ("product_ops", 2)))


def _requests(months: Iterable[date]) -> Iterator[str]:
    for month in months:
        for gate, owner, wait in (("review", "product_ops", 3), ("peer", "pm", 1)):
            for n in range(12):
                opened, decided = (month + timedelta(days=n + d) for d in (0, wait + n % 3))
                yield (
                    f"{gate}{month}{n},{gate},{opened}T09:00:00Z,{owner},t{n % 4},u{n % 9},,"
                    f"{decided}T{n % 24:02}:00:00Z,approved,,,true,false"
                )


def _decisions(months: Iterable[date]) -> Iterator[str]:
    for month in months:
        for n in range(30):
            decider = "product_ops" if n % 5 == 0 else "pm"
            day = month + timedelta(days=n % 28)
            yield f"{month}{n},{day},scope,t{n % 4},,{decider},false,false"


def _usage(months: Sequence[date]) -> Iterator[str]:
    monday = months[0] - timedelta(days=months[0].weekday())
    for n in range(3):
        for week in range((months[-1] - monday).days // 7 + 4):
            yield f"tool{n},{monday + timedelta(weeks=week)},week,{5 + n + week % 3},20"


def _launches(months: Iterable[date]) -> Iterator[str]:
    for month in months:
        for n in range(5):
            yield f"{month}{n},t{n % 4},{month + timedelta(days=n)},{3 + n % 2},4,review,r"


def _copies(template: Organization, *, count: int) -> list[Organization]:
    """Copy the template's rows; waits differ from one organisation to the next."""
    made = Organization.objects.bulk_create(
        Organization(slug=f"bench-{count}-{number}", name="Bench") for number in range(count)
    )
    with connection.cursor() as cursor:
        for table in SIGNAL_TABLES.values():
            names = [
                f.column for f in table._meta.fields if f.column not in ("id", "organization_id")
            ]
            values = [
                "decided_at + o.id * interval '1 second'" if name == "decided_at" else f"s.{name}"
                for name in names
            ]
            cursor.execute(
                f"INSERT INTO {table._meta.db_table} (organization_id, {', '.join(names)})"  # noqa: S608
                f" SELECT o.id, {', '.join(values)} FROM {table._meta.db_table} s,"
                " maturity_organization o WHERE s.organization_id = %s AND o.id = ANY(%s)",
                [template.pk, [organization.pk for organization in made]],
            )
    return made


def _aggregate(organization: Organization) -> None:
    with connection.cursor() as cursor:
        for statement in AGGREGATES:
            cursor.execute(statement, [organization.pk])
            cursor.fetchall()


def _month(back: int) -> date:
    index = LAST.year * 12 + LAST.month - 1 - back
    return date(index // 12, index % 12 + 1, 1)


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _cost(action: Callable[[Organization], object], made: Iterable[Organization]) -> Cost:
    counts: set[int] = set()
    start = time.perf_counter()
    for organization in made:
        counter = _Counter()
        with connection.execute_wrapper(counter):
            action(organization)
        counts.add(counter.count)
    return Cost(time.perf_counter() - start, counts)


class _Counter:
    """Counts the statements that pass."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., object], *arguments: object) -> object:
        self.count += 1
        return execute(*arguments)
