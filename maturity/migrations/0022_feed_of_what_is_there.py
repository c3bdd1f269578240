"""Publish what the newly fed tables hold already."""

from django.db import migrations

from maturity.rubrics import DEFAULT_PACK

USES = f"""
CREATE TEMPORARY TABLE in_use ON COMMIT DROP AS
SELECT o.id AS organization_id, r.id AS rubric_id
FROM maturity_organization o CROSS JOIN LATERAL (
    SELECT v.id FROM maturity_rubricversion v
    WHERE v.key = coalesce(nullif(o.rubric_key, ''), '{DEFAULT_PACK}')
        AND v.published_at IS NOT NULL AND v.retired_at IS NULL
    ORDER BY string_to_array(v.version, '.')::int[] DESC, v.id DESC LIMIT 1
) r
UNION SELECT s.organization_id, k.rubric_id
FROM maturity_score s JOIN maturity_capability k ON k.id = s.capability_id
UNION SELECT t.organization_id, k.rubric_id
FROM maturity_target t JOIN maturity_capability k ON k.id = t.capability_id;

INSERT INTO maturity_areause (organization_id, area_id)
SELECT i.organization_id, a.id FROM in_use i JOIN maturity_area a USING (rubric_id)
ORDER BY 1, 2;

INSERT INTO maturity_capabilityuse (organization_id, capability_id)
SELECT i.organization_id, k.id FROM in_use i JOIN maturity_capability k USING (rubric_id)
ORDER BY 1, 2;
"""
BENEFITS = """
INSERT INTO maturity_benefitmetric (
    organization_id, evaluation_id, benefit, metric, state, unit, direction,
    value, n, measured_in, low, high, before, before_n, before_in, baseline,
    change, change_low, change_high
)
SELECT v.organization_id, v.evaluation_id, v.key, m.key,
    m.value->>'state', m.value->>'unit', m.value->>'direction',
    (m.value#>>'{now,value}')::float, (m.value#>>'{now,n}')::int,
    coalesce(m.value#>>'{now,of}', ''),
    (m.value#>>'{now,ci95,0}')::float, (m.value#>>'{now,ci95,1}')::float,
    (m.value#>>'{before,value}')::float, (m.value#>>'{before,n}')::int,
    coalesce(m.value#>>'{before,of}', ''), coalesce(m.value->>'baseline', ''),
    (m.value->>'change')::float,
    (m.value#>>'{ci90,0}')::float, (m.value#>>'{ci90,1}')::float
FROM maturity_verdictrecord v
CROSS JOIN LATERAL jsonb_each(v.evidence->'metrics') m
WHERE v.kind = 'benefit' AND jsonb_typeof(v.evidence->'metrics') = 'object'
ORDER BY v.id, m.key;

-- The trigger took them for the first of their periods; only the newest run's stay.
DELETE FROM maturity_syncchange c USING maturity_benefitmetric b, maturity_evaluation e
WHERE c.entity = 'benefits' AND b.id = c.entity_id AND e.id = b.evaluation_id
    AND EXISTS (
        SELECT 1 FROM maturity_evaluation later
        WHERE later.organization_id = e.organization_id
            AND later.period_end = e.period_end AND later.id > e.id
    );
"""
SIGNS = """
INSERT INTO maturity_syncchange (entity, entity_id, organization_id, dirty_since, deleted)
SELECT 'signs', v.id, v.organization_id, now(), false
FROM maturity_verdictrecord v JOIN maturity_evaluation e ON e.id = v.evaluation_id
WHERE v.kind IN ('sign', 'readiness') AND NOT EXISTS (
    SELECT 1 FROM maturity_evaluation later
    WHERE later.organization_id = e.organization_id
        AND later.period_end = e.period_end AND later.id > e.id
)
ORDER BY v.id;
"""
# The daily task writes the levels of areas for everybody whose day was not written: at once.
AREA_LEVELS = "UPDATE maturity_recordclock SET aged_to = NULL;"


def _mark(entity, table, organization="organization_id", where="true"):
    return f"""
INSERT INTO maturity_syncchange (entity, entity_id, organization_id, dirty_since, deleted)
SELECT '{entity}', id, {organization}, now(), false FROM {table} WHERE {where} ORDER BY id;
"""


CURRENT = "replaced_at IS NULL"
MARKED = [
    _mark("organizations", "maturity_organization", "id"),
    _mark("units", "maturity_unit"),
    _mark("targets", "maturity_target"),
    _mark("findings", "maturity_finding"),
    _mark("initiatives", "maturity_initiative"),
    _mark("org_facts", "maturity_orgfacts", where=CURRENT),
    _mark("headcounts", "maturity_headcount", where=CURRENT),
    _mark("tools", "maturity_tool", where=CURRENT),
    _mark("tool_usage", "maturity_toolusage", where=CURRENT),
    _mark("gate_requests", "maturity_gaterequest", where=CURRENT),
    _mark("decisions", "maturity_decision", where=CURRENT),
]


class Migration(migrations.Migration):
    dependencies = [("maturity", "0021_feed_tables")]

    operations = [
        migrations.RunSQL(statement, migrations.RunSQL.noop)
        for statement in (USES, BENEFITS, SIGNS, *MARKED, AREA_LEVELS)
    ]
