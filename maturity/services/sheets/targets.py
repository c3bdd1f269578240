"""Rows of the format `targets` become versions of targets."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError

from maturity.models import Target
from maturity.selectors import targets_known
from maturity.services.area_levels import write_area_levels
from maturity.services.record import record_lock
from maturity.services.sheets.base import Row, Tally
from maturity.services.sheets.scopes import About, Scopes
from maturity.services.targets import NewTarget, new_target

COLUMNS = {"unit": "scope_key"}
_Place = tuple[int | None, int]


@dataclass(frozen=True)
class _Saying:
    """One row, what it is about and from which day on."""

    row: Row
    about: About
    day: date


def load(tally: Tally, rows: Sequence[Row]) -> None:
    """Set each target that is not in force already on its day, the earliest first.

    A fixed number of statements, but for one in a thousand rows.
    """
    known: dict[_Place, list[Target]] = defaultdict(list)
    for version in targets_known(tally.organization):
        known[version.unit_id, version.capability_id].append(version)
    stamp = record_lock(tally.organization)
    today = stamp.astimezone(tally.organization.zone).date()
    made = []
    for said in _sayings(tally, rows, today):
        versions = known[said.about.unit_id, said.about.capability.pk]
        target = _target(tally, said, versions, stamp)
        if target is not None:
            versions.append(target)
            made.append(target)
    Target.objects.bulk_create(made, batch_size=1_000)
    write_area_levels(tally.organization, stamp=stamp)


def _sayings(tally: Tally, rows: Sequence[Row], today: date) -> list[_Saying]:
    """What the rows say, the earliest day first; of two for one place and day the last counts."""
    scopes = Scopes(tally.organization)
    last: dict[tuple[_Place, date], _Saying] = {}
    for row in rows:
        about = scopes.find(row, tally.refuse)
        if about is None:
            continue
        said = _Saying(row, about, row["valid_from"] or today)
        place = (about.unit_id, about.capability.pk), said.day
        if place in last:
            tally.leave(last[place].row)
        last[place] = said
    return sorted(last.values(), key=lambda said: (said.day, said.row.line))


def _target(
    tally: Tally, saying: _Saying, versions: Sequence[Target], stamp: datetime
) -> Target | None:
    """The row to be written; None where it stands so already, or was refused."""
    row, about, day = saying.row, saying.about, saying.day
    in_force = _in_force(versions, day)
    if in_force is not None and _said(in_force) == _said(row):
        tally.leave(row)
        return None
    new = NewTarget(
        about.capability,
        row["level"],
        row["due_on"],
        row["reason"],
        owner=row["owner"] or "",
        unit=about.unit,
        valid_from=day,
    )
    try:
        target = new_target(tally.organization, new, stamp=stamp, by=tally.by)
    except ValidationError as error:
        tally.refuse_for(row, error, COLUMNS)
        return None
    if any(version.valid_from == day for version in versions):
        tally.update(row)
    else:
        tally.accept(row)
    return target


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
