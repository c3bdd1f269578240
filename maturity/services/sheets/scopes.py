"""What a row is about: its capability, in which rubric, and for which unit."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from maturity.models import Capability, Organization, RubricVersion, Unit
from maturity.services.sheets.base import Row


@dataclass(frozen=True)
class About:
    """One row's place on the record; `unit` None is the whole organisation."""

    rubric: RubricVersion
    capability: Capability
    unit: Unit | None

    @property
    def unit_id(self) -> int | None:
        return None if self.unit is None else self.unit.pk


class Scopes:
    """Finds what rows are about, in three queries for a whole file."""

    def __init__(self, organization: Organization) -> None:
        published = RubricVersion.objects.filter(published_at__isnull=False)
        self.rubrics = {str(rubric): rubric for rubric in published}
        self.default = RubricVersion.objects.used_by(organization).first()
        self.units: dict[str, Unit] = {unit.key: unit for unit in organization.units.all()}
        self.capabilities = {
            (capability.rubric_id, capability.key): capability
            for capability in Capability.objects.filter(rubric__in=published)
        }

    def find(self, row: Row, refuse: Callable[[Row, str, str], None]) -> About | None:
        """What a row is about; None once it was refused."""
        rubric = self.rubrics.get(row["rubric"]) if row["rubric"] else self.default
        if rubric is None:
            refuse(row, "rubric", _("is no published rubric; write it like product-ops-core 1.0.0"))
            return None
        capability = self.capabilities.get((rubric.pk, row["capability_key"]))
        if capability is None:
            told = _("is no capability of %(rubric)s") % {"rubric": rubric}
            refuse(row, "capability_key", told)
            return None
        unit = self.units.get(row["scope_key"]) if row["scope_key"] else None
        if row["scope_key"] and unit is None:
            refuse(row, "scope_key", _("is no unit of this organisation"))
            return None
        return About(rubric, capability, unit)
