"""Exemptions: asked for by one person, decided by another, over on a day."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from maturity.errors import NotIndependent
from maturity.models import (
    Capability,
    Exemption,
    ExemptionDecision,
    Organization,
    Unit,
    User,
)
from maturity.services.area_levels import write_area_levels_of
from maturity.services.record import record_lock


@transaction.atomic
def request_exemption(
    organization: Organization,
    *,
    capability: Capability,
    reason: str,
    ends_on: date,
    by: User,
    unit: Unit | None = None,
    valid_from: date | None = None,
) -> Exemption:
    """Ask to take a capability out of a scope's denominator until a day (not included).

    Raises ValidationError naming the field.
    """
    stamp = record_lock(organization)
    if unit is not None and unit.organization_id != organization.pk:
        raise ValidationError({"unit": _("This unit belongs to another organisation.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why this does not apply.")})
    today = stamp.astimezone(organization.zone).date()
    exemption = Exemption(
        organization=organization,
        capability=capability,
        unit=unit,
        reason=reason.strip(),
        valid_from=valid_from or today,
        ends_on=ends_on,
        requested_by=by,
        recorded_at=stamp,
    )
    if exemption.ends_on <= exemption.valid_from:
        raise ValidationError({"ends_on": _("The end must lie after the start.")})
    exemption.clean_fields(exclude=["organization", "capability", "unit", "requested_by"])
    exemption.save()
    return exemption


@transaction.atomic
def decide_exemption(
    exemption: Exemption, *, approve: bool, by: User, reason: str = ""
) -> ExemptionDecision:
    """Approve or refuse it; the newest decision counts, so an approval can be taken back.

    Raises NotIndependent for the one who asked, ValidationError naming the field.
    """
    stamp = record_lock(exemption.organization)
    if exemption.requested_by_id == by.pk and approve:
        raise NotIndependent(_("An exemption is approved by another person than who asked."))
    if not approve and not reason.strip():
        raise ValidationError({"reason": _("Say why it is refused.")})
    decision = ExemptionDecision(
        organization=exemption.organization,
        exemption=exemption,
        verdict=(
            ExemptionDecision.Verdict.APPROVED if approve else ExemptionDecision.Verdict.REFUSED
        ),
        reason=reason.strip(),
        decided_by=by,
        recorded_at=stamp,
    )
    decision.clean_fields(exclude=["organization", "exemption", "decided_by"])
    decision.save()
    write_area_levels_of(exemption.organization, exemption.unit, stamp=stamp)
    return decision
