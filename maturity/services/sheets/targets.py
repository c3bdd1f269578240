"""Rows of the format `targets` become versions of targets."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from maturity.models import Target
from maturity.selectors import targets_known
from maturity.services.sheets.base import Row, Tally
from maturity.services.sheets.scopes import About, Scopes
from maturity.services.targets import NewTarget, set_target

COLUMNS = {"unit": "scope_key"}
_Place = tuple[int | None, int]


def load(tally: Tally, rows: Sequence[Row]) -> None:
    """Set each target that is not in force already on its day, the earliest first."""
    scopes = Scopes(tally.organization)
    known: dict[_Place, list[Target]] = defaultdict(list)
    for target in targets_known(tally.organization):
        known[target.unit_id, target.capability_id].append(target)
    today = timezone.localdate(timezone=tally.organization.zone)
    for row in sorted(rows, key=lambda row: (row["valid_from"] or today, row.line)):
        about = scopes.find(row, tally.refuse)
        if about is not None:
            versions = known[about.unit_id, about.capability.pk]
            _set(tally, row, about, versions, row["valid_from"] or today)


def _set(tally: Tally, row: Row, about: About, versions: list[Target], day: date) -> None:
    in_force = _in_force(versions, day)
    if in_force is not None and _said(in_force) == _said(row):
        tally.unchanged += 1
        return
    new = NewTarget(
        about.capability,
        row["level"],
        row["due_on"],
        row["reason"],
        owner=row["owner"] or "",
        unit=about.unit,
        valid_from=day,
    )
    same_day = any(target.valid_from == day for target in versions)
    with tally.refusals(row, COLUMNS):
        versions.append(set_target(tally.organization, new, by=tally.by))
        if same_day:
            tally.updated += 1
        else:
            tally.accepted += 1


def _in_force(versions: Sequence[Target], day: date) -> Target | None:
    began = [target for target in versions if target.valid_from <= day]
    return max(began, key=lambda target: (target.valid_from, target.recorded_at), default=None)


def _said(target: Target | Row) -> tuple[object, ...]:
    if isinstance(target, Target):
        said = target.level, target.due_on, target.owner, target.reason
    else:
        said = target["level"], target["due_on"], target["owner"] or "", target["reason"]
    *figures, owner, reason = said
    lines = str(reason).replace("\r\n", "\n").replace("\r", "\n").strip()
    return (*figures, str(owner).strip(), lines)
