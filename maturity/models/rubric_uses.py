"""Which areas and capabilities an organisation is, or was, measured by.

Rubrics belong to nobody, feed rows to one organisation each: a client that keeps its greatest
position would never see the areas of a rubric that its organisation takes up later, because
they were published before. So each use is a row of its own, written by triggers, whoever writes
the record, and it stays when the organisation goes on to another rubric: its scores still point
there. In use are the version in force of the organisation's pack, and whatever it was scored or
has a target by.
"""

import pgtrigger
from django.db import models

from maturity.models.captures import captured
from maturity.rubrics import DEFAULT_PACK


class AreaUse(models.Model):
    """An organisation is measured in this area."""

    organization = models.ForeignKey(
        "maturity.Organization", models.CASCADE, related_name="+", db_index=False
    )
    area = models.ForeignKey("maturity.Area", models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "area"], name="area_use_once")
        ]
        triggers = captured("areas")

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.area_id}"


class CapabilityUse(models.Model):
    """An organisation is measured by this capability."""

    organization = models.ForeignKey(
        "maturity.Organization", models.CASCADE, related_name="+", db_index=False
    )
    capability = models.ForeignKey("maturity.Capability", models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "capability"], name="capability_use_once"
            )
        ]
        triggers = captured("capabilities")

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.capability_id}"


# {measured}: (organization_id, rubric_id) of what is in use from now on.
USE = """
    INSERT INTO maturity_areause (organization_id, area_id)
    SELECT m.organization_id, a.id
    FROM ({measured}) m JOIN maturity_area a ON a.rubric_id = m.rubric_id
    WHERE NOT EXISTS (
        SELECT 1 FROM maturity_areause u
        WHERE u.organization_id = m.organization_id AND u.area_id = a.id
    )
    ORDER BY m.organization_id, a.id
    ON CONFLICT DO NOTHING;
    INSERT INTO maturity_capabilityuse (organization_id, capability_id)
    SELECT m.organization_id, k.id
    FROM ({measured}) m JOIN maturity_capability k ON k.rubric_id = m.rubric_id
    WHERE NOT EXISTS (
        SELECT 1 FROM maturity_capabilityuse u
        WHERE u.organization_id = m.organization_id AND u.capability_id = k.id
    )
    ORDER BY m.organization_id, k.id
    ON CONFLICT DO NOTHING;
"""
# As RubricVersionQuerySet.used_by() says it. {chosen}: which organisations `o`.
IN_FORCE = f"""
    SELECT o.id AS organization_id, r.id AS rubric_id
    FROM maturity_organization o CROSS JOIN LATERAL (
        SELECT v.id FROM maturity_rubricversion v
        WHERE v.key = coalesce(nullif(o.rubric_key, ''), '{DEFAULT_PACK}')
            AND v.published_at IS NOT NULL AND v.retired_at IS NULL
        ORDER BY string_to_array(v.version, '.')::int[] DESC, v.id DESC LIMIT 1
    ) r WHERE {{chosen}}
"""  # noqa: S608 - our own constant
_OF_ROWS = """
    SELECT DISTINCT n.organization_id, k.rubric_id
    FROM new_rows n JOIN maturity_capability k ON k.id = n.capability_id
"""


def uses_of_capabilities(name: str) -> pgtrigger.Trigger:
    """A table whose rows are about a capability: its rubric is in use from the first row on."""
    return _uses(f"{name}_uses_rubric", pgtrigger.Insert, _OF_ROWS)


def uses_of_organizations() -> list[pgtrigger.Trigger]:
    """A new organisation uses the rubric in force, and one that chooses another one that."""
    chosen = IN_FORCE.format(chosen="o.id IN (SELECT id FROM new_rows)")
    return [
        _uses("organization_uses_rubric", pgtrigger.Insert, chosen),
        _uses("organization_changes_rubric", pgtrigger.Update, chosen),
    ]


def uses_of_rubrics() -> pgtrigger.Trigger:
    """A version that is published, or retired: another one is in force for who uses its pack."""
    key = f"coalesce(nullif(o.rubric_key, ''), '{DEFAULT_PACK}')"
    chosen = IN_FORCE.format(chosen=f"{key} IN (SELECT key FROM new_rows)")  # noqa: S608
    return _uses("rubric_in_force_is_used", pgtrigger.Update, chosen)


def _uses(name: str, operation: pgtrigger.Operation, measured: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(new="new_rows"),  # type: ignore[no-untyped-call]
        func=USE.format(measured=measured) + "    RETURN NULL;\n",
    )
