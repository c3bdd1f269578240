"""What of /api/v1/orgs/<slug>/… is written: where to, with which scope and body."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories import (
    EndpointFactory,
    FindingFactory,
    InitiativeFactory,
    StartedInitiativeFactory,
)
from tests.operations.kinds import (
    ORG,
    OWNER,
    VIEWER,
    Write,
)
from tests.operations.rows import (
    bank_here,
    closed_now,
    draft,
    draft_wave,
    embed,
    exemption,
    extendable,
    filled_draft,
    finished_trial,
    followed_up,
    here,
    judged_here,
    key,
    linked,
    open_now,
    partial_assessment,
    person,
    recorded_score,
    report_schedule,
    running_series,
    second_owner,
    sent_delivery,
    somebody_to_mail,
    target,
    translation_here,
    unit,
    upload,
    wave,
    wave_to_open,
)
from tests.surveys.factories import WaveFactory

NEW_SCORES = {"scores": [{"capability": "event_taxonomy", "level": 2}]}
NEW_TARGET = {"capability": "event_taxonomy", "level": 4, "due_on": "2199-01-01", "reason": "Why"}
PLACED = {"name": "New", "valid_from": "2026-01-01"}
PLACE = {"role": "pm", "valid_from": "2026-01-01"}
ON = {"on": "2026-01-01", "reason": "Because"}


def _finding(body: dict, done: int = 200) -> Write:
    return Write("findings:write", FindingFactory, body, done)


def _initiative(row: Callable[..., Any], body: dict, done: int = 200) -> Write:
    return Write("findings:write", row, body, done)


def _record(row: Callable[..., Any], body: Any, done: int = 200) -> Write:
    return Write("assessments:write", row, body, done)


def _units(row: Callable[..., Any], body: Any, done: int = 200) -> Write:
    return Write("units:write", row, body, done)


def _people(row: Callable[..., Any], body: Any, done: int = 200) -> Write:
    return Write("people:write", row, body, done)


def _members(row: Callable[..., Any], body: Any, done: int = 200) -> Write:
    return Write("members:write", row, body, done, role=OWNER)


def _webhooks(row: Callable[..., Any], body: Any, done: int = 200) -> Write:
    return Write("webhooks:write", row, body, done)


def _surveys(row: Callable[..., Any], body: Any, done: int = 200) -> Write:
    return Write("surveys:write", row, body, done)


def _reports(row: Callable[..., Any], body: Any, done: int = 200) -> Write:
    return Write("reports:write", row, body, done)


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
    f"PATCH {ORG}/targets/{{id}}": Write(
        "targets:write", target, {"level": 4, "reason": "More is wanted"}
    ),
    f"POST {ORG}/targets/bulk": Write("targets:write", judged_here, {"targets": [NEW_TARGET]}, 201),
    f"POST {ORG}/evidence": _record(
        here, {"kind": "link", "observed_on": "2026-01-01", "link": "https://wiki.example/a"}, 201
    ),
    f"POST {ORG}/evidence/upload": _record(
        here,
        lambda _row: {
            "kind": "document",
            "observed_on": "2026-01-01",
            "file": SimpleUploadedFile("a.txt", b"Seen."),
        },
        201,
    ),
    f"POST {ORG}/exemptions": _record(
        judged_here,
        {"capability": "event_taxonomy", "reason": "None here", "ends_on": "2199-01-01"},
        201,
    ),
    f"POST {ORG}/exemptions/{{id}}/approve": _record(exemption, {}),
    f"POST {ORG}/exemptions/{{id}}/refuse": _record(exemption, {"reason": "It does apply"}),
    f"POST {ORG}/units": _units(here, {"key": "new", **PLACED}, 201),
    f"POST {ORG}/units/bulk": _units(here, {"units": [{"key": "new", **PLACED}]}, 201),
    f"PUT {ORG}/units/{{key}}": _units(unit, PLACED),
    f"POST {ORG}/units/{{key}}/move": _units(unit, {"parent": None, **ON}),
    f"POST {ORG}/units/{{key}}/merge": _units(
        unit, lambda row: {"into": unit(row.organization).key, **ON}
    ),
    f"POST {ORG}/units/{{key}}/split": _units(
        unit,
        {"parts": [{"key": "a", "name": "A"}, {"key": "b", "name": "B"}], "heir": "a", **ON},
    ),
    f"POST {ORG}/units/{{key}}/close": _units(unit, ON),
    f"POST {ORG}/people": _people(here, {"email": "new@acme.example", **PLACE}, 201),
    f"POST {ORG}/people/bulk": _people(
        here, {"people": [{"email": "new@acme.example", **PLACE}]}, 201
    ),
    f"PATCH {ORG}/people/{{id}}": _people(person, {"name": "Pat"}),
    f"POST {ORG}/people/{{id}}/place": _people(person, PLACE),
    f"POST {ORG}/people/{{id}}/leave": _people(person, {"on": "2026-01-01"}),
    f"POST {ORG}/members": _members(here, {"email": "new@acme.example", "role": "viewer"}, 201),
    f"PATCH {ORG}/members/{{id}}": _members(second_owner, {"role": "ops_lead"}),
    f"DELETE {ORG}/members/{{id}}": _members(second_owner, {}, 204),
    f"POST {ORG}/keys": Write(
        "keys:write", here, {"name": "BI", "scopes": ["feed:read"]}, 201, beside=("feed:read",)
    ),
    f"POST {ORG}/keys/{{id}}/revoke": Write("keys:write", key, {}),
    f"POST {ORG}/webhooks": _webhooks(
        here,
        {
            "kind": "webhook",
            "name": "Bot",
            "address": "https://hooks.example.org/a",
            "events": ["finding.raised"],
        },
        201,
    ),
    **{
        f"POST {ORG}/webhooks/{{id}}/{name}": _webhooks(EndpointFactory, {}, done)
        for name, done in (("rotate", 200), ("disable", 200), ("enable", 200), ("try", 201))
    },
    f"POST {ORG}/deliveries/{{id}}/replay": _webhooks(sent_delivery, {}),
    f"POST {ORG}/imports": Write(
        "signals:write",
        here,
        lambda _row: {"format": "holidays", "file": SimpleUploadedFile("a.csv", b"day\n")},
        201,
    ),
    f"POST {ORG}/imports/{{id}}/confirm": Write("signals:write", upload, {}),
    f"POST {ORG}/erasures": Write(
        "erasures:write",
        person,
        lambda row: {
            "kind": "person",
            "person_id": row.pk,
            "confirm": row.email,
            "reason": "Asked for it",
        },
        201,
        OWNER,
    ),
    f"POST {ORG}/trials": Write("settings:write", here, {"changes": []}, 201),
    f"POST {ORG}/trials/{{id}}/switch-on": Write(
        "settings:write", finished_trial, {"reason": "Ours"}
    ),
    f"PUT {ORG}/notifications": Write(
        "settings:write", here, {"events": [], "rhythm": "never", "timezone": "UTC"}, role=VIEWER
    ),
    f"PATCH {ORG}/settings": Write("settings:write", here, {"name": "Acme Corp"}),
    f"POST {ORG}/waves": _surveys(bank_here, {"title": "Pulse"}, 201),
    f"PATCH {ORG}/waves/{{id}}": _surveys(draft_wave, {"title": "Other"}),
    f"DELETE {ORG}/waves/{{id}}": _surveys(wave, {}, 204),
    f"POST {ORG}/waves/{{id}}/open": _surveys(wave_to_open, {}),
    f"POST {ORG}/waves/{{id}}/close": _surveys(open_now, {}),
    f"POST {ORG}/waves/{{id}}/call-off": _surveys(draft_wave, {"reason": "Holidays"}),
    f"POST {ORG}/waves/{{id}}/override": _surveys(draft_wave, {"reason": "It is urgent"}),
    f"POST {ORG}/waves/{{id}}/extend": _surveys(
        extendable, lambda row: {"closes_on": getattr(row, "new_last_day", "2199-01-01")}
    ),
    f"POST {ORG}/waves/{{id}}/reopen": _surveys(closed_now, {"closes_on": "2199-01-01"}),
    f"POST {ORG}/waves/{{id}}/resend": _surveys(wave, {}),
    f"PUT {ORG}/waves/{{id}}/follow-up": _surveys(
        lambda organization: WaveFactory(organization=organization, closed=True),
        {"heard": "Slow", "doing": "Faster"},
    ),
    f"POST {ORG}/waves/{{id}}/follow-up/publish": _surveys(followed_up, {}),
    f"POST {ORG}/links/{{id}}/revoke": _surveys(linked, {}),
    f"POST {ORG}/links/{{id}}/replace": _surveys(linked, {}),
    f"POST {ORG}/translations/{{id}}/approve": Write(
        "surveys:write",
        translation_here,
        lambda row: {"reviewer": "Greta", "digest": row.digest},
        shared=True,
    ),
    f"POST {ORG}/board-reports": _reports(judged_here, {}, 201),
    f"PUT {ORG}/brand": _reports(here, {"colour": "#112233"}),
    f"POST {ORG}/embeds": _reports(here, {"shows": "areas", "name": "Wiki"}, 201),
    f"POST {ORG}/embeds/{{id}}/revoke": _reports(embed, {}),
    f"POST {ORG}/report-schedules": _reports(
        somebody_to_mail,
        lambda row: {
            "name": "Board",
            "rule": "FREQ=MONTHLY;BYDAY=1TU",
            "starts_on": "2026-01-01",
            "recipients": [{"email": row.email}],
        },
        201,
    ),
    f"PATCH {ORG}/report-schedules/{{id}}": _reports(report_schedule, {"name": "Weekly"}),
    f"POST {ORG}/report-schedules/{{id}}/pause": _reports(report_schedule, {}),
    f"POST {ORG}/report-schedules/{{id}}/resume": _reports(report_schedule, {}),
    f"POST {ORG}/report-schedules/{{id}}/end": _reports(report_schedule, {}),
    f"PUT {ORG}/privacy": Write(
        "surveys:write", here, {"k": 7, "k_comment": 12, "retention_days": 90}, 200, OWNER
    ),
    f"POST {ORG}/series": _surveys(
        bank_here,
        {
            "title": "Pulse",
            "instrument": "pulse",
            "rule": "FREQ=MONTHLY;BYDAY=1TU",
            "starts_on": "2026-01-01",
        },
        201,
    ),
    f"PATCH {ORG}/series/{{id}}": _surveys(running_series, {"paused": True}),
    f"POST {ORG}/series/{{id}}/end": _surveys(running_series, {}),
}
