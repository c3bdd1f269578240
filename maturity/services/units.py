"""The unit tree on both time axes: what stood where, and when we knew."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.utils.translation import gettext as _

from maturity.errors import CyclicTree, DomainError
from maturity.models import Organization, Unit, UnitVersion
from maturity.services.record import record_lock


@transaction.atomic
def place_unit(
    organization: Organization,
    key: str,
    *,
    name: str,
    parent: Unit | None,
    valid_from: date,
    valid_until: date | None = None,
) -> Unit:
    """Say what a unit is called and where it stands over [valid_from, valid_until).

    What was recorded before stays readable as it was known then. Raises CyclicTree when the
    unit would stand below itself at any of these dates, DomainError when the parent does not
    exist over all of them, ValidationError naming the field.
    """
    stamp = record_lock(organization)
    if valid_until is not None and valid_until <= valid_from:
        raise ValidationError({"valid_until": _("The end must lie after the start.")})
    if parent is not None and parent.organization_id != organization.pk:
        raise ValidationError({"parent": _("This unit belongs to another organisation.")})
    unit = Unit.objects.filter(organization=organization, key=key).first()
    if unit is None:
        unit = Unit(organization=organization, key=key)
        unit.full_clean()
        unit.save()
    span = DateRange(valid_from, valid_until)
    if parent is not None:
        _refuse_bad_parent(organization, unit, parent, span)
    _make_room(unit, span, stamp)
    version = UnitVersion(
        organization=organization,
        unit=unit,
        parent=parent,
        name=name,
        valid=span,
        recorded=DateTimeTZRange(stamp, None),
    )
    version.full_clean()
    version.save()
    return unit


def _make_room(unit: Unit, span: DateRange, stamp: datetime) -> None:
    """End what is recorded for these dates; record again what stands outside them."""
    known = DateTimeTZRange(stamp, None)
    overlapping = list(
        unit.versions.filter(recorded__upper_inf=True, valid__overlap=span).select_for_update()
    )
    for version in overlapping:
        version.recorded = DateTimeTZRange(version.recorded.lower, stamp)
        version.save(update_fields=["recorded"])
    pieces = [
        (version, piece) for version in overlapping for piece in _outside(version.valid, span)
    ]
    UnitVersion.objects.bulk_create(
        UnitVersion(
            organization_id=version.organization_id,
            unit=unit,
            parent_id=version.parent_id,
            name=version.name,
            valid=piece,
            recorded=known,
        )
        for version, piece in pieces
    )


def _outside(whole: DateRange, taken: DateRange) -> list[DateRange]:
    """The parts of `whole` that `taken` leaves over: none, one or two."""
    parts = []
    if whole.lower is None or whole.lower < taken.lower:
        parts.append(DateRange(whole.lower, taken.lower))
    if taken.upper is not None and (whole.upper is None or whole.upper > taken.upper):
        parts.append(DateRange(taken.upper, whole.upper))
    return parts


def _refuse_bad_parent(
    organization: Organization, unit: Unit, parent: Unit, span: DateRange
) -> None:
    """Walk up from the parent at every date where the tree changes within the span.

    The tree without the new edge is acyclic, so a cycle can only lead through this unit.
    """
    versions = list(UnitVersion.objects.filter(organization=organization, recorded__upper_inf=True))
    changes = {bound for v in versions for bound in (v.valid.lower, v.valid.upper) if bound}
    dates = sorted({span.lower, *(day for day in changes if day in span)})
    for day in dates:
        above = {v.unit_id: v.parent_id for v in versions if day in v.valid}
        if parent.pk not in above:
            raise DomainError(
                _("%(parent)s does not exist on %(day)s.") % {"parent": parent.key, "day": day}
            )
        step: int | None = parent.pk
        while step is not None:
            if step == unit.pk:
                raise CyclicTree(
                    _("%(unit)s would stand below itself on %(day)s.")
                    % {"unit": unit.key, "day": day}
                )
            step = above.get(step)
