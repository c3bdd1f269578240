"""Few rows per organisation tell a page that was kept from one that is out of date."""

from django.db import connection

# Every page reads its organisations' rows, so there must never be many.
MOST = 20
# The new row's token was never seen, so whatever was kept under the old ones is made anew once.
_MERGE = """
    WITH merged AS (
        DELETE FROM maturity_revision r USING (
            SELECT organization_id FROM maturity_revision
            GROUP BY organization_id HAVING count(*) > %s
        ) many
        WHERE r.organization_id = many.organization_id
        RETURNING r.organization_id
    )
    INSERT INTO maturity_revision (organization_id, transaction, token)
    SELECT organization_id, pg_current_xact_id()::text::bigint, gen_random_uuid()
    FROM (SELECT DISTINCT organization_id FROM merged) one
"""
_FORGET = """
    DELETE FROM maturity_revision r WHERE r.organization_id <> 0
        AND NOT EXISTS (SELECT 1 FROM maturity_organization o WHERE o.id = r.organization_id)
"""


def merge_revisions() -> None:
    """Make one row of each organisation's where there are many; forget those that are gone."""
    with connection.cursor() as cursor:
        cursor.execute(_MERGE, [MOST])
        cursor.execute(_FORGET)
