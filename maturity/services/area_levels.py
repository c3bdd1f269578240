"""Keep the levels of areas as they stand now, in the transaction that changes them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime

from maturity.models import AreaLevelRecord, Organization, Unit
from maturity.selectors import areas_now, capabilities_beside, levels_of, standings
from maturity.selectors.standing import FullStanding

_Scope = int | None
_SAID = (
    "state",
    "level",
    "target",
    "assessed",
    "applicable",
    "unknown",
    "is_current",
    "valid_from",
)


def write_area_levels(organization: Organization, *, stamp: datetime) -> None:
    """Write down what every area of every scope comes to on the organisation's day of `stamp`.

    The caller holds the record's lock. A row is written only where it says something else.
    """
    day = stamp.astimezone(organization.zone).date()
    _write(organization, list(standings(organization, as_of=day).values()), stamp)


def write_area_levels_of(organization: Organization, unit: Unit | None, *, stamp: datetime) -> None:
    """As write_area_levels(), of one scope alone."""
    day = stamp.astimezone(organization.zone).date()
    stood = levels_of(organization, as_of=day, unit=unit)
    _write(organization, [stood], stamp, scope=(None if unit is None else unit.pk,))


def _write(
    organization: Organization,
    stood: Sequence[FullStanding],
    stamp: datetime,
    *,
    scope: Sequence[_Scope] | None = None,
) -> None:
    rows = AreaLevelRecord.objects.for_organization(organization)
    if scope is not None:
        rows = rows.filter(unit__in=scope) if scope != (None,) else rows.filter(unit=None)
    kept = {(row.unit_id, row.area_id): row for row in rows}
    capabilities = capabilities_beside(stood)
    made, changed = [], []
    for standing in stood:
        for area_id, now in areas_now(standing, capabilities).items():
            row = kept.pop((standing.unit_id, area_id), None)
            said = asdict(now)
            if row is None:
                made.append(_new(organization, standing, area_id, said, stamp))
            elif said != {name: getattr(row, name) for name in _SAID}:
                changed.append(_changed(row, said, stamp))
    AreaLevelRecord.objects.bulk_create(made)
    if changed:
        AreaLevelRecord.objects.bulk_update(changed, [*_SAID, "changed_at"])
    if kept:
        # Every score of the scope was withdrawn: there is nothing to say any more.
        AreaLevelRecord.objects.filter(pk__in=[row.pk for row in kept.values()]).delete()


def _new(
    organization: Organization,
    standing: FullStanding,
    area_id: int,
    said: Mapping[str, object],
    stamp: datetime,
) -> AreaLevelRecord:
    return AreaLevelRecord(
        organization=organization,
        unit_id=standing.unit_id,
        area_id=area_id,
        changed_at=stamp,
        **said,
    )


def _changed(
    row: AreaLevelRecord, said: Mapping[str, str | int | date | None], stamp: datetime
) -> AreaLevelRecord:
    for name, value in said.items():
        setattr(row, name, value)
    row.changed_at = stamp
    return row
