"""Capabilities: what an organisation is measured by."""

from reports.feed.tables.base import (
    CAPABILITY_JOIN,
    FIRST_SEEN,
    Column,
    Table,
    capability,
    keys,
    state,
)

CAPABILITIES = Table(
    name="capabilities",
    summary=(
        "One row per capability and organisation that is measured by it. Join the other tables on"
        " `organization_id` and `capability_id`, or on `capability_id` alone with a key of one "
        "organisation. Capabilities of a rubric that an organisation has left stay: its scores "
        "still point there."
    ),
    row="maturity_capabilityuse s ON s.id = c.entity_id",
    joins=CAPABILITY_JOIN,
    row_id="s.id",
    created_at="c.created_at",
    filters={"area": "a.key", "capability": "k.key", "rubric": "r.key"},
    columns=(
        *keys("capability in this organisation"),
        *capability(),
        Column(
            "description",
            "k.description",
            "string",
            "What it means to have it.",
            "Events are named alike.",
        ),
        Column(
            "owner_role", "k.owner_role", "string", "The role that usually owns it.", "Data lead"
        ),
        Column("position", "k.position", "integer", "Its place in the rubric.", 1),
        *state(FIRST_SEEN.format(row_id="s.id"), "s.id"),
    ),
)
