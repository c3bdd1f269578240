"""Between a draft's values and what stands in the sheet's fields; nothing typed is refused."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from maturity.models import AssessmentDraft, Capability, Score
from maturity.rubrics.checks import ANSWERS

Typed = dict[str, str]
# Fields whose text goes into a draft as it is, and only where there is any.
_TEXTS = ("evidence_ref", "evidence_kind", "evidence_date", "exempt_until")


def check_name(key: str, level: int, number: int) -> str:
    """The field of one check; `number` counts from 0 in the rubric's order."""
    return f"{key}-check-{level}-{number}"


def evidence_name(key: str, evidence_id: int) -> str:
    """The field that says whether a piece of evidence bears this capability's score."""
    return f"{key}-shared-{evidence_id}"


def checks_of(typed: Mapping[str, str], capability: Capability) -> dict[str, list[str]]:
    """The checks as ticked, by level; a level of which none was touched is left out."""
    answers = {}
    for content in capability.levels.all():
        names = (
            check_name(capability.key, content.level, number)
            for number in range(len(content.checks))
        )
        given = [typed.get(name, "") for name in names]
        if any(answer in ANSWERS for answer in given):
            answers[str(content.level)] = [
                answer if answer in ANSWERS else "unknown" for answer in given
            ]
    return answers


def shared_evidence_of(typed: Mapping[str, str], key: str) -> list[int]:
    """The ids of the evidence that is ticked for a capability, smallest first."""
    start = f"{key}-shared-"
    ids = (name.removeprefix(start) for name, on in typed.items() if on and name.startswith(start))
    return sorted(int(pk) for pk in ids if pk.isdecimal() and len(pk) < 19)


def values_of_typed(
    typed: Mapping[str, str], capabilities: Sequence[Capability]
) -> dict[str, dict[str, Any]]:
    """What stands in the sheet, in the form of a draft's values."""
    return {capability.key: _value(typed, capability) for capability in capabilities}


def _value(typed: Mapping[str, str], capability: Capability) -> dict[str, Any]:
    key = capability.key
    choice = typed.get(f"{key}-choice", "")
    texts = {name: typed.get(f"{key}-{name}", "").replace("\0", "") for name in _TEXTS}
    return {
        "state": Score.State.ASSESSED.value if choice.isdecimal() else choice,
        "level": int(choice) if choice in {"1", "2", "3", "4", "5"} else None,
        "checks": checks_of(typed, capability),
        "claim_reason": typed.get(f"{key}-claim_reason", "").replace("\0", ""),
        "evidence": shared_evidence_of(typed, key),
        "note": typed.get(f"{key}-note", "").replace("\0", ""),
        "confirmed": bool(typed.get(f"{key}-confirmed")),
        **{name: text for name, text in texts.items() if text},
    }


def typed_of(draft: AssessmentDraft) -> Typed:
    """A draft as the fields of the sheet hold it."""
    typed: Typed = {
        "valid_from": draft.valid_from.isoformat(),
        "unit": str(draft.unit_id or ""),
        "note": draft.note,
    }
    for key, value in draft.values.items():
        typed |= dict(_fields(key, value))
    return typed


def _fields(key: str, value: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    level = value.get("level")
    yield f"{key}-choice", str(level if level is not None else value.get("state") or "")
    for name in ("claim_reason", "note", *_TEXTS):
        yield f"{key}-{name}", str(value.get(name) or "")
    if value.get("confirmed"):
        yield f"{key}-confirmed", "on"
    for pk in value.get("evidence") or ():
        yield evidence_name(key, pk), "on"
    for reached, answers in (value.get("checks") or {}).items():
        for number, answer in enumerate(answers):
            yield check_name(key, int(reached), number), str(answer)
