"""Publish the waves and the cells that were released already."""

from django.db import migrations

WAVES = """
INSERT INTO maturity_syncchange (entity, entity_id, organization_id, dirty_since, deleted)
SELECT 'survey_waves', id, organization_id, now(), false FROM surveys_wave ORDER BY id;
"""
# The trigger on this table marks them.
RESULTS = """
INSERT INTO surveys_publishedcell (organization_id, cell_id)
SELECT organization_id, id FROM surveys_releasedcell WHERE state <> 'suppressed' ORDER BY id;
"""


class Migration(migrations.Migration):
    dependencies = [("surveys", "0012_feed_tables")]

    operations = [
        migrations.RunSQL(WAVES, migrations.RunSQL.noop),
        migrations.RunSQL(RESULTS, migrations.RunSQL.noop),
    ]
