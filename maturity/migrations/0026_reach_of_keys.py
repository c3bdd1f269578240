"""Notice when a key opens other organisations; tell in the feed what initiatives answer."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from maturity.migrations._together import Together

# They have a column more now.
AGAIN = """
UPDATE maturity_syncchange SET dirty_since = now()
WHERE entity = 'initiatives' AND dirty_since IS NULL AND NOT deleted;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('maturity', '0025_scopes_of_reports_and_erasures'),
    ]

    operations = [
        Together([
        migrations.AddField(
            model_name='apikey',
            name='reach_changed',
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name='apikey',
            name='reach_seq',
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='reach_synced_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apikeyorganization',
            trigger=pgtrigger.compiler.Trigger(name='api_key_reach_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                    UPDATE maturity_apikey SET reach_changed = true\n                    WHERE id = coalesce(NEW.apikey_id, OLD.apikey_id)\n                        AND last_used_at IS NOT NULL AND NOT reach_changed;\n                    RETURN NULL;\n                ', hash='83a893645e4bef8fce0441365ef8ce2e6e2f74cc', operation='INSERT OR DELETE', pgid='pgtrigger_api_key_reach_changed_713eb', table='maturity_apikey_organizations', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='initiativefinding',
            trigger=pgtrigger.compiler.Trigger(name='initiatives_concerned_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    UPDATE maturity_syncchange c SET dirty_since = coalesce(c.dirty_since, now())\n    WHERE c.entity = 'initiatives' AND c.entity_id IN (SELECT n.initiative_id FROM new_rows n)\n        AND NOT c.deleted;\n    RETURN NULL;\n", hash='57c59298cbbfbe006fd6162534be28d2611e7b96', level='STATEMENT', operation='INSERT', pgid='pgtrigger_initiatives_concerned_insert_2e346', referencing='REFERENCING NEW TABLE AS new_rows ', table='maturity_initiativefinding', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='initiativefinding',
            trigger=pgtrigger.compiler.Trigger(name='initiatives_concerned_update', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    UPDATE maturity_syncchange c SET dirty_since = coalesce(c.dirty_since, now())\n    WHERE c.entity = 'initiatives' AND c.entity_id IN (SELECT n.initiative_id FROM new_rows n)\n        AND NOT c.deleted;\n    RETURN NULL;\n", hash='bb8a265406a2842ed624bbe1acaf1febee5d9205', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_initiatives_concerned_update_5c6cd', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='maturity_initiativefinding', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='initiativefinding',
            trigger=pgtrigger.compiler.Trigger(name='initiatives_concerned_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    UPDATE maturity_syncchange c SET dirty_since = coalesce(c.dirty_since, now())\n    WHERE c.entity = 'initiatives' AND c.entity_id IN (SELECT n.initiative_id FROM old_rows n)\n        AND NOT c.deleted;\n    RETURN NULL;\n", hash='6b16a1e6fc56e17a8e21f4a96d2ffbfda16104cd', level='STATEMENT', operation='DELETE', pgid='pgtrigger_initiatives_concerned_delete_e7d2c', referencing='REFERENCING OLD TABLE AS old_rows ', table='maturity_initiativefinding', when='AFTER')),
        ),
        ]),
        migrations.RunSQL(AGAIN, migrations.RunSQL.noop),
    ]
