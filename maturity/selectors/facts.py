"""Everything the checks judge, as known at one moment."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Q

from maturity.insights import Digests
from maturity.insights import facts as inputs
from maturity.models import (
    SIGNAL_TABLES,
    Organization,
    SignalVersion,
    SurveyFigureResult,
    SurveyItemResult,
)

Row = TypeVar("Row")


def facts_for(organization: Organization, *, known_at: datetime | None = None) -> inputs.Facts:
    """Everything the checks judge, as known at `known_at` (None: now), in 17 queries."""

    def rows(format_name: str, shape: type[Row]) -> tuple[Row, ...]:
        return tuple(_known(SIGNAL_TABLES[format_name], shape, organization, known_at))

    holidays = _versions(SIGNAL_TABLES["holidays"], organization, known_at)
    return inputs.Facts(
        timezone=organization.timezone,
        holidays=frozenset(holidays.values_list("day", flat=True)),
        headcounts=rows("headcount", inputs.HeadCount),
        gates=rows("gates", inputs.Gate),
        gate_requests=rows("gate_requests", inputs.GateRequest),
        tools=rows("tools", inputs.Tool),
        tool_usage=rows("tool_usage", inputs.ToolUsage),
        org_facts=rows("org_facts", inputs.OrgFacts),
        survey_items=_released(SurveyItemResult, inputs.SurveyItem, organization, known_at),
        survey_figures=_released(SurveyFigureResult, inputs.SurveyFigure, organization, known_at),
        decisions=rows("decision_log", inputs.Decision),
        decision_rights=rows("decision_rights", inputs.DecisionRight),
        people_moves=rows("people_moves", inputs.PeopleMove),
        ladder=rows("ladder", inputs.LadderGrade),
        pm_ramps=rows("pm_ramp", inputs.PmRamp),
        launches=rows("launches", inputs.Launch),
        insights=rows("insights", inputs.Insight),
        questions=rows("questions", inputs.DataQuestion),
    )


def _versions(
    table: type[SignalVersion], organization: Organization, known_at: datetime | None
) -> Any:
    rows = table.objects.for_organization(organization)
    return rows.current() if known_at is None else rows.known_at(known_at)


def _known(
    table: type[SignalVersion],
    shape: type[Row],
    organization: Organization,
    known_at: datetime | None,
) -> Iterator[Row]:
    """The rows of one format as the checks want them: same names, decimals as floats."""
    names = [field.name for field in fields(shape)]  # type: ignore[arg-type]
    versions = _versions(table, organization, known_at).order_by(*(table._meta.ordering or ()))
    for values in versions.values_list(*names).iterator(chunk_size=5_000):
        plain = (float(value) if isinstance(value, Decimal) else value for value in values)
        yield shape(**dict(zip(names, plain, strict=True)))


def _released(
    table: type[SurveyItemResult] | type[SurveyFigureResult],
    shape: type[Row],
    organization: Organization,
    known_at: datetime | None,
) -> tuple[Row, ...]:
    """What surveys released, in the order of their waves."""
    names = [field.name for field in fields(shape)]  # type: ignore[arg-type]
    known = Q() if known_at is None else Q(recorded_at__lte=known_at)
    results = table.objects.for_organization(organization).filter(known)
    return tuple(shape(**values) for values in results.values(*names))


def digest_of(facts: inputs.Facts) -> str:
    """SHA-256 (hexadecimal) of the facts: equal digests mean equal inputs, row for row."""
    return Digests().of(facts)
