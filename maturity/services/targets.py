"""Targets: every change is a new version with its reason."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from maturity.models import Capability, Organization, Target, Unit, User
from maturity.services.area_levels import write_area_levels
from maturity.services.record import record_lock


@dataclass(frozen=True)
class NewTarget:
    """A level to be reached by a day, or neither to take the target back."""

    capability: Capability
    level: int | None
    due_on: date | None
    reason: str
    owner: str = ""
    unit: Unit | None = None
    valid_from: date | None = None


@transaction.atomic
def set_target(organization: Organization, new: NewTarget, *, by: User | None) -> Target:
    """Set a target or take it back; earlier versions stay. ValidationError names the field."""
    stamp = record_lock(organization)
    target = new_target(organization, new, stamp=stamp, by=by)
    target.save()
    write_area_levels(organization, stamp=stamp)
    return target


def new_target(
    organization: Organization, new: NewTarget, *, stamp: datetime, by: User | None
) -> Target:
    """The row that says so, not saved yet; no query. ValidationError names the field.

    The caller holds the record's lock, whose moment `stamp` is.
    """
    today = stamp.astimezone(organization.zone).date()
    _refuse_impossible(organization, new, today)
    target = Target(
        organization=organization,
        capability=new.capability,
        unit=new.unit,
        level=new.level,
        due_on=new.due_on,
        owner=new.owner,
        reason=new.reason.strip(),
        valid_from=new.valid_from or today,
        recorded_at=stamp,
        recorded_by=by,
    )
    target.clean_fields(exclude=["organization", "capability", "unit", "recorded_by"])
    return target


def _refuse_impossible(organization: Organization, new: NewTarget, today: date) -> None:
    faults = {}
    if new.unit is not None and new.unit.organization_id != organization.pk:
        faults["unit"] = _("This unit belongs to another organisation.")
    if not new.reason.strip():
        faults["reason"] = _("Say why this is the target.")
    if new.level is not None and not 1 <= new.level <= 5:
        faults["level"] = _("A target is a level from 1 to 5.")
    if (new.level is None) != (new.due_on is None):
        faults["due_on"] = _("A target has a level and a date, or neither.")
    elif new.due_on is not None and new.due_on < (new.valid_from or today):
        faults["due_on"] = _("A target is due on the day that it is set from, or later.")
    if new.valid_from is not None and new.valid_from > today:
        faults["valid_from"] = _("This date lies in the future.")
    if faults:
        raise ValidationError(faults)
