"""Name the scopes of board reports, embeds and erasures."""

import django.contrib.postgres.fields
from django.db import migrations, models

from maturity.migrations._together import Together


class Migration(migrations.Migration):

    dependencies = [
        ('maturity', '0024_account_language'),
    ]

    operations = [
        Together([
        migrations.AlterField(
            model_name='apikey',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('feed:read', 'Read the BI feed'), ('signals:write', 'Send signals'), ('findings:read', 'Read findings'), ('findings:write', 'Acknowledge, snooze, dismiss and discuss findings'), ('assessments:read', 'Read scores, assessments, targets and evidence'), ('assessments:write', 'Record and correct scores, with evidence'), ('targets:write', 'Set targets'), ('units:read', 'Read the unit tree'), ('units:write', 'Change the unit tree'), ('people:read', 'Read the roster'), ('people:write', 'Change the roster'), ('surveys:read', 'Read survey waves and released results'), ('surveys:write', 'Hold surveys'), ('webhooks:read', 'Read channels and what they were told'), ('webhooks:write', 'Set up channels'), ('settings:read', 'Read settings, imports and the change history'), ('settings:write', "Change the organisation's settings"), ('members:read', 'Read who belongs to the organisation'), ('members:write', 'Let people in'), ('keys:read', 'Read the list of keys'), ('keys:write', 'Make and revoke keys'), ('reports:read', 'Read board reports and embeds'), ('reports:write', 'Make board reports and embeds'), ('erasures:write', 'Erase people and the organisation for good')], max_length=40), size=None, verbose_name='scopes'),
        ),
        migrations.AlterField(
            model_name='apikeyevent',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('feed:read', 'Read the BI feed'), ('signals:write', 'Send signals'), ('findings:read', 'Read findings'), ('findings:write', 'Acknowledge, snooze, dismiss and discuss findings'), ('assessments:read', 'Read scores, assessments, targets and evidence'), ('assessments:write', 'Record and correct scores, with evidence'), ('targets:write', 'Set targets'), ('units:read', 'Read the unit tree'), ('units:write', 'Change the unit tree'), ('people:read', 'Read the roster'), ('people:write', 'Change the roster'), ('surveys:read', 'Read survey waves and released results'), ('surveys:write', 'Hold surveys'), ('webhooks:read', 'Read channels and what they were told'), ('webhooks:write', 'Set up channels'), ('settings:read', 'Read settings, imports and the change history'), ('settings:write', "Change the organisation's settings"), ('members:read', 'Read who belongs to the organisation'), ('members:write', 'Let people in'), ('keys:read', 'Read the list of keys'), ('keys:write', 'Make and revoke keys'), ('reports:read', 'Read board reports and embeds'), ('reports:write', 'Make board reports and embeds'), ('erasures:write', 'Erase people and the organisation for good')], max_length=40), size=None, verbose_name='scopes'),
        ),
        ]),
    ]
