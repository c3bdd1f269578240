"""Tell a page that was kept from one that is out of date: first steps that were put away."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0005_schedules_end'),
        ('maturity', '0028_revisions'),
    ]

    operations = [
        migrations.RunSQL("SELECT revise_with('reports_hiddenguide');", migrations.RunSQL.noop),
    ]
