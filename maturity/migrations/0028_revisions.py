"""Tell a page that was kept from one that is out of date, whoever changed what it shows."""

from django.db import migrations, models

# `note_revision()` writes one row per organisation and transaction; each statement gives it
# another token. What no organisation owns is noted under 0. A transaction meets no row but its
# own, so nobody ever waits here.
FUNCTIONS = """
CREATE FUNCTION note_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO maturity_revision (organization_id, transaction, token)
    SELECT c.organization_id, pg_current_xact_id()::text::bigint, gen_random_uuid()
    FROM (SELECT DISTINCT organization_id FROM changed_rows) c
    ON CONFLICT (organization_id, transaction) DO UPDATE SET token = excluded.token;
    RETURN NULL;
END $$;

CREATE FUNCTION note_revision_of_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO maturity_revision (organization_id, transaction, token)
    SELECT c.id, pg_current_xact_id()::text::bigint, gen_random_uuid() FROM changed_rows c
    ON CONFLICT (organization_id, transaction) DO UPDATE SET token = excluded.token;
    RETURN NULL;
END $$;

CREATE FUNCTION note_shared_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO maturity_revision (organization_id, transaction, token)
    VALUES (0, pg_current_xact_id()::text::bigint, gen_random_uuid())
    ON CONFLICT (organization_id, transaction) DO UPDATE SET token = excluded.token;
    RETURN NULL;
END $$;

-- Every change of these tables is a revision; one trigger per event, because PostgreSQL refuses
-- several events with transition tables.
CREATE FUNCTION revise_with(VARIADIC tables regclass[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    each regclass;
    noted text;
BEGIN
    FOREACH each IN ARRAY tables LOOP
        noted := CASE
            WHEN each = 'maturity_organization'::regclass THEN 'note_revision_of_organization'
            WHEN EXISTS (
                SELECT 1 FROM pg_attribute
                WHERE attrelid = each AND attname = 'organization_id' AND NOT attisdropped
            ) THEN 'note_revision'
            ELSE 'note_shared_revision'
        END;
        EXECUTE format('CREATE TRIGGER revised_by_insert AFTER INSERT ON %s
            REFERENCING NEW TABLE AS changed_rows
            FOR EACH STATEMENT EXECUTE FUNCTION %I()', each, noted);
        EXECUTE format('CREATE TRIGGER revised_by_update AFTER UPDATE ON %s
            REFERENCING NEW TABLE AS changed_rows
            FOR EACH STATEMENT EXECUTE FUNCTION %I()', each, noted);
        EXECUTE format('CREATE TRIGGER revised_by_delete AFTER DELETE ON %s
            REFERENCING OLD TABLE AS changed_rows
            FOR EACH STATEMENT EXECUTE FUNCTION %I()', each, noted);
    END LOOP;
END $$;
"""
SHOWN = (
    *("organization", "recordclock", "unit", "unitversion", "unitchange", "person", "placement"),
    *("rubricversion", "area", "capability", "capabilitylevel"),
    *("assessment", "validation", "disagreement", "score", "scoreevidence", "scoreconfidence"),
    *("evidence", "evidencefile", "exemption", "exemptiondecision", "target"),
    *("thresholdsversion", "evaluation", "verdictrecord", "benefitmetric"),
    *("finding", "findingtransition", "findingnote"),
    *("initiative", "initiativeevent", "initiativefinding"),
    *("importrun", "surveyitemresult", "surveyfigureresult"),
    *("peoplemove", "laddergrade", "pmramp", "decision", "decisionright", "gate", "gaterequest"),
    *("headcount", "orgfacts", "holiday", "launch", "insight", "dataquestion", "tool"),
    "toolusage",
)
TABLES = ", ".join(f"'maturity_{name}'" for name in SHOWN)
TRIGGERS = f"""
SELECT revise_with({TABLES});
-- Of an account its name alone is shown, and it says when it was last used.
CREATE TRIGGER revised_by_update AFTER UPDATE OF name, email ON maturity_user
    FOR EACH STATEMENT EXECUTE FUNCTION note_shared_revision();
CREATE TRIGGER revised_by_delete AFTER DELETE ON maturity_user
    FOR EACH STATEMENT EXECUTE FUNCTION note_shared_revision();
INSERT INTO maturity_revision (organization_id, transaction, token)
SELECT id, pg_current_xact_id()::text::bigint, gen_random_uuid() FROM maturity_organization;
"""
BACK = """
DROP FUNCTION revise_with(regclass[]);
DROP FUNCTION note_revision() CASCADE;
DROP FUNCTION note_revision_of_organization() CASCADE;
DROP FUNCTION note_shared_revision() CASCADE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('maturity', '0027_verdicts_in_words'),
    ]

    operations = [
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('pk', models.CompositePrimaryKey('organization_id', 'transaction', blank=True, editable=False, primary_key=True, serialize=False)),
                ('organization_id', models.BigIntegerField()),
                ('transaction', models.BigIntegerField()),
                ('token', models.UUIDField()),
            ],
        ),
        migrations.RunSQL(FUNCTIONS + TRIGGERS, BACK),
    ]
