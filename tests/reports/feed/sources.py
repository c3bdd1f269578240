"""Where the rows of each feed table come from, and how each is changed and removed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count

from django.db import connection

from maturity import models
from surveys.models import PublishedCell
from tests.factories import (
    AreaFactory,
    CapabilityFactory,
    ErasureFactory,
    EvaluationFactory,
    FindingFactory,
    InitiativeFactory,
    ScoreFactory,
    UnitVersionFactory,
    VerdictRecordFactory,
)
from tests.surveys.factories import ReleasedCellFactory, ReleaseFactory, WaveFactory

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = date(2026, 1, 5)
# Whoever asks, decides or owns: no value of the feed may hold it.
PERSON = "maria-lopez"
_numbers = count(1)


@dataclass(frozen=True)
class Source:
    """`make` brings one more row of an organisation into being and returns its feed id.

    `change` and `remove` are raw SQL for a row's id; a table without `change` never changes.
    """

    make: Callable[[models.Organization], int]
    change: str = ""
    remove: str = ""


def _signal(model: type[models.SignalVersion], **values: object) -> Callable[..., int]:
    def make(organization: models.Organization) -> int:
        number = next(_numbers)
        told = {name: value(number) if callable(value) else value for name, value in values.items()}
        row = model(organization=organization, recorded_at=AT, **told)
        return model.objects.bulk_create([row])[0].pk

    return make


def _version(model: type[models.SignalVersion], **values: object) -> Source:
    """A version that is closed is gone from the feed: its successor has an id of its own."""
    table = model._meta.db_table
    closed = f"UPDATE {table} SET replaced_at = now()"  # noqa: S608 - our own table
    return Source(_signal(model, **values), remove=closed)


def _target(organization: models.Organization) -> int:
    return models.Target.objects.create(
        organization=organization,
        capability=CapabilityFactory(),
        level=4,
        due_on=DAY,
        owner=PERSON,
        reason="Plan.",
        valid_from=DAY,
        recorded_at=AT,
    ).pk


def _area_level(organization: models.Organization) -> int:
    return models.AreaLevelRecord.objects.create(
        organization=organization,
        area=AreaFactory(),
        state="level",
        level=3,
        target=4,
        assessed=3,
        applicable=3,
        unknown=0,
        is_current=True,
        valid_from=DAY,
        changed_at=AT,
    ).pk


def _evaluation(organization: models.Organization) -> models.Evaluation:
    day = date.fromordinal(DAY.toordinal() + next(_numbers))
    return EvaluationFactory(organization=organization, period_end=day)


def _sign(organization: models.Organization) -> int:
    return VerdictRecordFactory(
        evaluation=_evaluation(organization),
        kind="sign",
        key="global",
        state="unknown",
        severity=None,
        missing=["org_facts"],
    ).pk


def _benefit(organization: models.Organization) -> int:
    return models.BenefitMetric.objects.create(
        organization=organization,
        evaluation=_evaluation(organization),
        benefit="pm_leverage",
        metric="chore_hours",
        state="better",
        unit="hours",
        direction="down",
        value=6.5,
        n=4,
    ).pk


def _cell(organization: models.Organization) -> int:
    release = ReleaseFactory(wave=WaveFactory(organization=organization, closed=True))
    cell = ReleasedCellFactory(
        release=release, state="shown", n=6, favourable=4, distribution=[0, 1, 1, 3, 1]
    )
    return PublishedCell.objects.get(cell=cell).pk


def _used_area(organization: models.Organization) -> int:
    return models.AreaUse.objects.create(organization=organization, area=AreaFactory()).pk


def _used_capability(organization: models.Organization) -> int:
    return models.CapabilityUse.objects.create(
        organization=organization, capability=CapabilityFactory()
    ).pk


SOURCES = {
    "organizations": Source(
        lambda organization: organization.pk, "UPDATE maturity_organization SET name = name || '!'"
    ),
    "units": Source(
        lambda organization: UnitVersionFactory(unit__organization=organization).unit_id,
        "UPDATE maturity_unitversion SET recorded = tstzrange(lower(recorded), '2026-02-01')"
        " WHERE unit_id = (SELECT id FROM maturity_unit WHERE id = %(id)s) --",
        "DELETE FROM maturity_unitversion WHERE unit_id = %(id)s; DELETE FROM maturity_unit",
    ),
    "areas": Source(_used_area, remove="DELETE FROM maturity_areause"),
    "capabilities": Source(_used_capability, remove="DELETE FROM maturity_capabilityuse"),
    "scores": Source(
        lambda organization: (
            ScoreFactory(
                organization=organization,
                evidence_kind="link",
                evidence_ref=f"https://wiki.example/{PERSON}",
                evidence_date=DAY,
                note=PERSON,
            ).pk
        ),
        remove="DELETE FROM maturity_score",
    ),
    "area_levels": Source(
        _area_level,
        "UPDATE maturity_arealevelrecord SET level = 2",
        "DELETE FROM maturity_arealevelrecord",
    ),
    "targets": Source(_target, remove="DELETE FROM maturity_target"),
    "org_facts": _version(
        models.OrgFacts,
        as_of=lambda number: date.fromordinal(DAY.toordinal() + number),
        products=3,
        timezone_span_hours=9.5,
        public_company="no",
    ),
    "headcounts": _version(
        models.Headcount,
        as_of=DAY,
        function="pm",
        team_key=lambda number: f"team-{number}",
        headcount=3,
        fte=2.5,
    ),
    "signs": Source(_sign, remove="DELETE FROM maturity_verdictrecord"),
    "benefits": Source(_benefit, remove="DELETE FROM maturity_benefitmetric"),
    "findings": Source(
        lambda organization: (
            FindingFactory(organization=organization, resolved_at=AT, opened_at=AT).pk
        ),
        "UPDATE maturity_finding SET severity = 'high'",
        "DELETE FROM maturity_finding",
    ),
    "tools": _version(
        models.Tool,
        tool_key=lambda number: f"tool-{number}",
        name="Roadmap",
        owner_function="product_ops",
        cadence="weekly",
        mandatory=False,
        cost_known=True,
    ),
    "tool_usage": _version(
        models.ToolUsage,
        tool_key=lambda number: f"tool-{number}",
        period_start=DAY,
        period="week",
        active_users=3,
        eligible_users=12,
    ),
    "gate_requests": _version(
        models.GateRequest,
        request_id=lambda number: f"REQ-{number}",
        gate_key="design_review",
        requested_at=AT,
        requester_key=PERSON,
        decider_key=PERSON,
        blocking=True,
        regulatory=False,
    ),
    "decisions": _version(
        models.Decision,
        decision_id=lambda number: f"DEC-{number}",
        decided_on=DAY,
        decision_type="scope",
        decider_key=PERSON,
        decider_function="pm",
        escalated=False,
        reversed=False,
    ),
    "survey_waves": Source(
        lambda organization: WaveFactory(organization=organization).pk,
        "UPDATE surveys_wave SET title = title || '!'",
        "DELETE FROM surveys_wave",
    ),
    "survey_results": Source(
        _cell,
        remove="WITH gone AS (DELETE FROM surveys_publishedcell WHERE id = %(id)s"
        " RETURNING cell_id) DELETE FROM surveys_releasedcell WHERE id ="
        " (SELECT cell_id FROM gone) --",
    ),
    "initiatives": Source(
        lambda organization: (
            InitiativeFactory(
                organization=organization,
                outcome_note=PERSON,
                description=PERSON,
                capabilities=["event_taxonomy", "standard_dashboards"],
            ).pk
        ),
        "UPDATE maturity_initiative SET state = 'abandoned', ended_at = now()",
        "DELETE FROM maturity_initiative",
    ),
}


def fill(organization: models.Organization) -> dict[str, int]:
    """One row of each table at least; return its id by table."""
    return {name: source.make(organization) for name, source in SOURCES.items()}


def run(statement: str, row_id: int) -> None:
    """Run raw SQL on one row."""
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} WHERE id = %(id)s", {"id": row_id})


def may_be_erased(organization: models.Organization) -> None:
    """Until the transaction ends, what is on the record of this organisation may be removed."""
    ErasureFactory(
        organization=organization,
        kind=models.Erasure.Kind.ORGANIZATION,
        subject_id=organization.pk,
    )
