"""What does not apply and what is aimed at: read once, for every scope and any day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from maturity.models import Exemption, Organization, Target
from maturity.selectors.exemptions import exemptions_in_force, exemptions_known
from maturity.selectors.targets import targets_in_force, targets_known


@dataclass(frozen=True)
class Terms:
    """Every exemption and every version of a target of one organisation. Nothing here queries."""

    exemptions: Sequence[Exemption] = ()
    targets: Sequence[Target] = ()

    @property
    def scopes(self) -> set[int | None]:
        """The units that one of them is about; None: the whole organisation."""
        return {row.unit_id for row in self.exemptions} | {row.unit_id for row in self.targets}

    def exempt(self, scope: int | None, day: date) -> dict[int, Exemption]:
        """What is taken out of a scope's denominator on a day, by capability id."""
        running = exemptions_in_force(self.exemptions, as_of=day)
        return {row.capability_id: row for row in running if row.unit_id == scope}

    def aims(self, scope: int | None, day: date) -> dict[int, Target]:
        """A scope's targets on a day; one that a unit does not have is its organisation's."""
        in_force = targets_in_force(self.targets, as_of=day)
        own = {capability: row for (unit, capability), row in in_force.items() if unit == scope}
        whole = {capability: row for (unit, capability), row in in_force.items() if unit is None}
        return whole | own


def terms_known(organization: Organization, *, known_at: datetime | None = None) -> Terms:
    """One organisation's, as known at a moment; two queries."""
    return Terms(
        list(exemptions_known(organization, known_at=known_at)),
        targets_known(organization, known_at=known_at),
    )


def terms_of_many(
    organizations: Sequence[Organization], *, known_at: datetime | None = None
) -> dict[int, Terms]:
    """Those of each of these organisations, by its id; two queries."""
    exempt: dict[int, list[Exemption]] = {}
    for exemption in exemptions_known(*organizations, known_at=known_at):
        exempt.setdefault(exemption.organization_id, []).append(exemption)
    versions: dict[int, list[Target]] = {}
    for target in targets_known(*organizations, known_at=known_at):
        versions.setdefault(target.organization_id, []).append(target)
    return {
        row.pk: Terms(exempt.get(row.pk, ()), versions.get(row.pk, ())) for row in organizations
    }
