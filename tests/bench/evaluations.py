"""Evaluating many organisations with three years of signals, against the bare SQL they need."""

import io
import os
import time
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.db import connection

from maturity.models import SIGNAL_TABLES, Organization
from maturity.services.findings import refresh_findings
from maturity.services.imports import import_file
from maturity.services.tenancy import create_organization

SIZES = tuple(int(size) for size in os.environ.get("BENCH_ORGANISATIONS", "10,100").split(","))
MONTHS = 36
LAST = date(2026, 7, 1)

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


def bench_evaluations() -> None:
    """Print what one evaluation costs for few and for many organisations."""
    template = _template()
    print(f"evaluation of organisations with {MONTHS} months of signals; floor is bare SQL")
    for size in SIZES:
        made = _copies(template, count=size)
        _analyze()
        floor, cost = _seconds(_aggregate, made), _seconds(refresh_findings, made)
        print(
            f"  {size:5} organisations  SQL {1000 * floor / size:7.1f} ms each   "
            f"evaluation {1000 * cost / size:7.1f} ms each   {cost / floor:6.1f} times the floor"
        )


def _template() -> Organization:
    organization = create_organization("bench-template", name="Template")
    for name, text in _files().items():
        import_file(organization, name, io.BytesIO(text.encode()), name=f"{name}.csv")
    return organization


def _files() -> dict[str, str]:
    months = [_month(back) for back in range(MONTHS, 0, -1)]
    return {
        "headcount": _csv(
            "as_of,function,headcount,fte",
            (f"{m},{f},{n},{n}" for m in months for f, n in (("pm", 20), ("product_ops", 2))),
        ),
        "gates": _csv(
            "gate_key,name,owner_function,started_on,outcomes_recorded,compared_gate_key",
            ["review,Review,product_ops,,all,peer", "peer,Peer,pm,,all,"],
        ),
        "gate_requests": _csv(
            "request_id,gate_key,requested_at,gate_owner_function,team_key,requester_key,"
            "first_response_at,decided_at,decision,decider_key,decider_function,blocking,regulatory",
            (
                f"{gate}{m}{n},{gate},{m + timedelta(days=n)}T09:00:00Z,{owner},t{n % 4},u{n % 9},,"
                f"{m + timedelta(days=n + wait + n % 3)}T{n % 24:02}:00:00Z,approved,,,true,false"
                for m in months
                for gate, owner, wait in (("review", "product_ops", 3), ("peer", "pm", 1))
                for n in range(12)
            ),
        ),
        "decision_log": _csv(
            "decision_id,decided_on,decision_type,team_key,decider_key,decider_function,escalated,"
            "reversed",
            (
                f"{m}{n},{m + timedelta(days=n % 28)},scope,t{n % 4},,"
                f"{'product_ops' if n % 5 == 0 else 'pm'},false,false"
                for m in months
                for n in range(30)
            ),
        ),
        "tools": _csv(
            "tool_key,name,owner_function,launched_on,retired_on,cadence,mandatory,confirmed_on,"
            "cost_known",
            (
                f"tool{n},Tool,product_ops,{months[0]},,weekly,false,{months[-1]},true"
                for n in range(3)
            ),
        ),
        "tool_usage": _csv(
            "tool_key,period_start,period,active_users,eligible_users",
            (
                f"tool{n},{_monday(months[0]) + timedelta(weeks=week)},week,{5 + n + week % 3},20"
                for n in range(3)
                for week in range(MONTHS * 4)
            ),
        ),
        "launches": _csv(
            "launch_id,team_key,launched_on,checklist_done,checklist_total,required_gate_key,"
            "gate_request_id",
            (
                f"{m}{n},t{n % 4},{m + timedelta(days=n)},{3 + n % 2},4,review,r"
                for m in months
                for n in range(5)
            ),
        ),
    }


def _copies(template: Organization, *, count: int) -> list[Organization]:
    """Copy the template's rows; waits differ from one organisation to the next."""
    made = [create_organization(f"bench-{count}-{number}", name="Bench") for number in range(count)]
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


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _csv(header: str, rows: Iterable[str]) -> str:
    return "\n".join([header, *rows]) + "\n"


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _seconds(
    action: Callable[[Organization], object], organizations: Iterable[Organization]
) -> float:
    start = time.perf_counter()
    for organization in organizations:
        action(organization)
    return time.perf_counter() - start
