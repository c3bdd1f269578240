"""Which numbers an organisation is, or was, judged by."""

from maturity.insights import CURRENT_THRESHOLDS, SHIPPED_THRESHOLDS
from maturity.insights.threshold_changes import Sourced, changed
from maturity.insights.thresholds import Thresholds
from maturity.models import Organization, ThresholdsVersion


def thresholds_of(organization: Organization) -> Thresholds:
    """The numbers in force now: the organisation's newest version, else the shipped ones."""
    newest = newest_thresholds(organization)
    return CURRENT_THRESHOLDS if newest is None else as_thresholds(newest)


def newest_thresholds(organization: Organization) -> ThresholdsVersion | None:
    """The organisation's own version in force; one query."""
    row: ThresholdsVersion | None = (
        ThresholdsVersion.objects.for_organization(organization).order_by("-number").first()
    )
    return row


def thresholds_named(organization: Organization, version: str) -> Thresholds | None:
    """The numbers of any version that an evaluation ever named; None for what never was."""
    if version in SHIPPED_THRESHOLDS:
        return SHIPPED_THRESHOLDS[version]
    base, _own, number = version.partition("-own-")
    if not number.isdigit():
        return None
    rows = ThresholdsVersion.objects.for_organization(organization).filter(base=base)
    row: ThresholdsVersion | None = rows.filter(number=int(number)).first()
    return None if row is None else as_thresholds(row)


def as_thresholds(row: ThresholdsVersion) -> Thresholds:
    """The shipped numbers with the version's own changes."""
    if not row.changes:
        return SHIPPED_THRESHOLDS[row.base].model_copy(update={"version": row.version})
    return changed(SHIPPED_THRESHOLDS[row.base], sourced(row.changes), version=row.version)


def sourced(changes: dict[str, dict[str, object]]) -> dict[str, Sourced]:
    """Stored changes as the pure model wants them."""
    return {
        name: Sourced(float(str(each["value"])), str(each["source"]))
        for name, each in changes.items()
    }
