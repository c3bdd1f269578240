"""What a draft says beside what it was carried forward from."""

from typing import Literal

from maturity.models import AssessmentDraft

Mark = Literal["new", "changed", "confirmed", "unreviewed", "open"]
# Saying it again confirms a value and changes nothing.
_NOT_A_CHANGE = ("confirmed",)


def draft_diff(draft: AssessmentDraft) -> dict[str, Mark]:
    """For each capability of the draft's rubric: new, changed, confirmed, unreviewed or open.

    Unreviewed is what was carried forward and nobody has looked at; open has no value yet.
    One query.
    """
    keys = draft.rubric.capabilities.order_by("position").values_list("key", flat=True)
    return {key: _mark(draft.carried.get(key), draft.values.get(key)) for key in keys}


def _mark(carried: dict[str, object] | None, value: dict[str, object] | None) -> Mark:
    if not value or not value.get("state"):
        return "open"
    if carried is None:
        return "new"
    if _said(carried) != _said(value):
        return "changed"
    return "confirmed" if value.get("confirmed") else "unreviewed"


def _said(value: dict[str, object]) -> dict[str, object]:
    """What counts in a comparison: everything that is given, save whether it was confirmed."""
    return {name: given for name, given in value.items() if given and name not in _NOT_A_CHANGE}
