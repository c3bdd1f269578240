"""Scores that named their evidence in columns get it as rows that they can share.

What was recorded as not applicable asks for an exemption now: until another person approves
it, it is a gap.
"""

from django.db import migrations

FORWARD = """
ALTER TABLE maturity_score DISABLE TRIGGER USER;

UPDATE maturity_score SET evidence_count = 1
WHERE evidence_kind <> '' AND evidence_ref <> '' AND evidence_date IS NOT NULL;

ALTER TABLE maturity_score ENABLE TRIGGER USER;

INSERT INTO maturity_evidence (
    organization_id, kind, title, owner, observed_on, link, recorded_at, recorded_by_id
)
SELECT DISTINCT ON (organization_id, evidence_kind, evidence_ref, evidence_date)
    organization_id, evidence_kind, '', '', evidence_date, evidence_ref, recorded_at,
    recorded_by_id
FROM maturity_score
WHERE evidence_count = 1
ORDER BY organization_id, evidence_kind, evidence_ref, evidence_date, recorded_at, id;

INSERT INTO maturity_scoreevidence (organization_id, score_id, evidence_id)
SELECT s.organization_id, s.id, e.id
FROM maturity_score s
JOIN maturity_evidence e ON e.organization_id = s.organization_id AND e.kind = s.evidence_kind
    AND e.link = s.evidence_ref AND e.observed_on = s.evidence_date
WHERE s.evidence_count = 1;

INSERT INTO maturity_exemption (
    organization_id, capability_id, unit_id, reason, valid_from, ends_on, recorded_at,
    requested_by_id
)
SELECT DISTINCT ON (organization_id, unit_id, capability_id)
    organization_id, capability_id, unit_id, note, valid_from, valid_from + 365, recorded_at,
    recorded_by_id
FROM maturity_score
WHERE state = 'not_applicable'
ORDER BY organization_id, unit_id, capability_id, valid_from DESC, recorded_at DESC;
"""


class Migration(migrations.Migration):
    dependencies = [("maturity", "0007_record")]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
