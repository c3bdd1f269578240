"""Reads that cross models. Every read of the record takes `as_of` and `known_at`."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Max, Q

from maturity.insights import base as inputs
from maturity.models import (
    SIGNAL_TABLES,
    Organization,
    Score,
    SignalVersion,
    SurveyFigureResult,
    SurveyItemResult,
    Unit,
    UnitVersion,
)

Row = TypeVar("Row")


def effective_scores(
    organization: Organization,
    *,
    as_of: date,
    known_at: datetime | None = None,
    unit: Unit | None = None,
) -> dict[int, Score]:
    """The score in force for each capability of one scope, by capability id; one query.

    Among the rows with `recorded_at <= known_at` (None: all) and `valid_from <= as_of`, the
    one with the greatest (`valid_from`, `recorded_at`).
    """
    rows = Score.objects.for_organization(organization).filter(unit=unit, valid_from__lte=as_of)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    newest = rows.order_by("capability_id", "-valid_from", "-recorded_at").distinct("capability_id")
    return {
        score.capability_id: score
        for score in newest.select_related("capability", "capability__area", "recorded_by")
    }


def last_recorded(organization: Organization, *, unit: Unit | None = None) -> datetime | None:
    """The newest `recorded_at` of one scope's scores; what a page states as known; one query."""
    newest: datetime | None = (
        Score.objects.for_organization(organization)
        .filter(unit=unit)
        .aggregate(newest=Max("recorded_at"))["newest"]
    )
    return newest


@dataclass(frozen=True)
class UnitNode:
    """A unit as it stood on one date."""

    unit_id: int
    key: str
    name: str
    parent_id: int | None


def unit_tree(
    organization: Organization, *, as_of: date, known_at: datetime | None = None
) -> list[UnitNode]:
    """The units that stood on `as_of`, as known at `known_at` (None: now); one query."""
    versions = UnitVersion.objects.for_organization(organization).filter(valid__contains=as_of)
    if known_at is None:
        versions = versions.filter(recorded__upper_inf=True)
    else:
        versions = versions.filter(recorded__contains=known_at)
    return [
        UnitNode(version.unit_id, version.unit.key, version.name, version.parent_id)
        for version in versions.select_related("unit").order_by("name", "unit")
    ]


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
    digest = hashlib.sha256()
    for field in fields(facts):
        value = getattr(facts, field.name)
        rows = sorted(value) if isinstance(value, frozenset) else value
        digest.update(f"\n{field.name}:".encode())
        for row in rows:
            digest.update(f"\n{row!r}".encode())
    return digest.hexdigest()
