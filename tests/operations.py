"""The operations of /api/v1/orgs/<slug>/…: how to call each, and whose rows it may show."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from maturity.models import Organization, RubricVersion
from maturity.rubrics import SHIPPED, load_pack
from maturity.services.assessments import NewScore, Sheet, record_sheet
from maturity.services.drafts import start_draft
from maturity.services.rubrics import publish_pack
from maturity.services.targets import NewTarget, set_target
from tests.factories import (
    AssessmentFactory,
    FindingFactory,
    FindingNoteFactory,
    FindingTransitionFactory,
    InitiativeFactory,
    ScoreFactory,
    StartedInitiativeFactory,
    UserFactory,
)

ORG = "/api/v1/orgs/{org}"
VIEWER, OPS_LEAD, OWNER = "viewer", "ops_lead", "owner"


@dataclass(frozen=True)
class Operation:
    """How to call one operation, for a row and for its organisation."""

    address: str
    scope: str
    row: Callable[..., Any]
    # One row is addressed, several of one organisation, or those of every visible one.
    shows: str
    read: Callable[[dict], list[int]]
    # The row that the address names, where the rows shown stand below it.
    parent: str = ""
    # An export has a connection of its own, which sees only what is committed.
    committed: bool = False
    # Who reads it at least.
    role: str = VIEWER
    # Whether other rows of the organisation are shown beside it.
    beside_others: bool = False


@dataclass(frozen=True)
class Write:
    """How to write through one operation: to which row's address, with which scope and body."""

    scope: str
    row: Callable[..., Any]
    body: dict | list | Callable[[Any], dict]
    done: int = 200
    role: str = OPS_LEAD


def results(body: dict) -> list[int]:
    return [row["id"] for row in body["results"]]


def own_id(body: dict) -> list[int]:
    return [body["id"]]


def lists(noun: str, scope: str, row: Callable[..., Any], **more: Any) -> dict[str, Operation]:
    address = f"{ORG}/{noun}"
    return {f"GET {address}": Operation(address, scope, row, "organisation", results, **more)}


def reads(noun: str, scope: str, row: Callable[..., Any], **more: Any) -> dict[str, Operation]:
    address = f"{ORG}/{noun}/{{id}}"
    return {f"GET {address}": Operation(address, scope, row, "row", own_id, **more)}


def below(
    noun: str, name: str, scope: str, row: Callable[..., Any], parent: str = "", **more: Any
) -> dict[str, Operation]:
    """A list below one row: of the row itself, or of what names it as its `parent`."""
    address = f"{ORG}/{noun}/{{id}}/{name}"
    operation = Operation(address, scope, row, "row", results, parent=parent, **more)
    return {f"GET {address}": operation}


def here(organization: Organization) -> SimpleNamespace:
    """Where something is to be made: nothing is there yet."""
    return SimpleNamespace(organization=organization, pk=0)


def judged_here(organization: Organization) -> SimpleNamespace:
    """An organisation that has a rubric to judge by."""
    shipped_rubric()
    return here(organization)


def shipped_rubric() -> RubricVersion:
    return publish_pack(load_pack(SHIPPED[0]))


def partial_assessment(organization: Organization, **more: Any) -> Any:
    """One level of the shipped rubric on the record."""
    rubric = shipped_rubric()
    score = NewScore(rubric.capabilities.get(key="event_taxonomy"), "assessed", 2)
    sheet = Sheet(rubric, date(2026, 1, 1), [score], partial=True)
    return record_sheet(organization, sheet, by=None)


def recorded_score(organization: Organization) -> Any:
    return partial_assessment(organization).scores.get()


def draft(organization: Organization) -> Any:
    return start_draft(
        organization,
        rubric=shipped_rubric(),
        by=UserFactory(),
        valid_from=date(2026, 1, 1),
        carry_forward=False,
    )


def filled_draft(organization: Organization) -> Any:
    row = draft(organization)
    keys = row.rubric.capabilities.values_list("key", flat=True)
    row.values = {key: {"state": "assessed", "level": 2} for key in keys}
    row.save()
    return row


def target(organization: Organization) -> Any:
    capability = shipped_rubric().capabilities.get(key="event_taxonomy")
    new = NewTarget(capability, 3, date(2199, 1, 1), "Wanted", valid_from=date(2026, 1, 1))
    return set_target(organization, new, by=None)


NEW_SCORES = {"scores": [{"capability": "event_taxonomy", "level": 2}]}
NEW_TARGET = {"capability": "event_taxonomy", "level": 4, "due_on": "2199-01-01", "reason": "Why"}
_RECORD = "assessments:read"

READS: dict[str, Operation] = {
    **lists("findings", "findings:read", FindingFactory),
    **reads("findings", "findings:read", FindingFactory),
    **below("findings", "history", "findings:read", FindingTransitionFactory, "finding"),
    **below("findings", "notes", "findings:read", FindingNoteFactory, "finding"),
    **lists("initiatives", "findings:read", InitiativeFactory),
    **reads("initiatives", "findings:read", InitiativeFactory),
    **lists("scores", _RECORD, ScoreFactory),
    **reads("scores", _RECORD, ScoreFactory),
    **below("scores", "history", _RECORD, ScoreFactory),
    **lists("assessments", _RECORD, AssessmentFactory),
    **reads("assessments", _RECORD, AssessmentFactory),
    **lists("drafts", _RECORD, draft),
    **reads("drafts", _RECORD, draft),
    **lists("targets", _RECORD, target),
    **reads("targets", _RECORD, target),
    **below("targets", "history", _RECORD, target),
}


def _finding(body: dict, done: int = 200) -> Write:
    return Write("findings:write", FindingFactory, body, done)


def _initiative(row: Callable[..., Any], body: dict, done: int = 200) -> Write:
    return Write("findings:write", row, body, done)


def _record(row: Callable[..., Any], body: Any, done: int = 200) -> Write:
    return Write("assessments:write", row, body, done)


WRITES: dict[str, Write] = {
    f"POST {ORG}/initiatives": _initiative(
        here, {"title": "Checklists", "start_on": "2026-01-01", "due_on": "2026-06-30"}, 201
    ),
    f"PATCH {ORG}/initiatives/{{id}}": _initiative(InitiativeFactory, {"title": "Checklists"}),
    f"POST {ORG}/initiatives/{{id}}/start": _initiative(InitiativeFactory, {}),
    f"POST {ORG}/initiatives/{{id}}/finish": _initiative(StartedInitiativeFactory, {}),
    f"POST {ORG}/initiatives/{{id}}/abandon": _initiative(InitiativeFactory, {"note": "No time"}),
    f"POST {ORG}/findings/{{id}}/acknowledge": _finding({}),
    f"POST {ORG}/findings/{{id}}/snooze": _finding(
        {"until": (datetime.now(UTC) + timedelta(days=9)).isoformat()}
    ),
    f"POST {ORG}/findings/{{id}}/dismiss": _finding({"reason": "Wanted"}),
    f"POST {ORG}/findings/{{id}}/reopen": _finding({}),
    f"POST {ORG}/findings/{{id}}/assign": _finding({"owner_id": None}),
    f"POST {ORG}/findings/{{id}}/notes": _finding({"text": "Seen"}, 201),
    f"POST {ORG}/signals/{{format_name}}": Write("signals:write", here, [{"day": "2026-12-25"}]),
    f"POST {ORG}/scores/{{id}}/correct": _record(recorded_score, {"level": 1, "reason": "Wrong"}),
    f"POST {ORG}/scores/{{id}}/withdraw": _record(recorded_score, {"reason": "Wrong"}),
    f"POST {ORG}/assessments": _record(
        judged_here, {"valid_from": "2026-01-01", "partial": True, **NEW_SCORES}, 201
    ),
    f"POST {ORG}/assessments/{{id}}/scores": _record(
        partial_assessment, {"scores": [{"capability": "data_governance", "level": 2}]}
    ),
    f"POST {ORG}/assessments/{{id}}/validate": _record(partial_assessment, {}),
    f"POST {ORG}/assessments/{{id}}/refuse": _record(partial_assessment, {"reason": "Too high"}),
    f"POST {ORG}/drafts": _record(judged_here, {"valid_from": "2026-01-01"}, 201),
    f"PATCH {ORG}/drafts/{{id}}": _record(draft, {"note": "Half done"}),
    f"POST {ORG}/drafts/{{id}}/submit": _record(filled_draft, {}),
    f"DELETE {ORG}/drafts/{{id}}": _record(draft, {}, 204),
    f"POST {ORG}/targets": Write("targets:write", judged_here, NEW_TARGET, 201),
    f"POST {ORG}/targets/bulk": Write("targets:write", judged_here, {"targets": [NEW_TARGET]}, 201),
}
