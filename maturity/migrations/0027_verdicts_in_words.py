from django.db import migrations, models

from maturity.migrations._together import Together


class Migration(migrations.Migration):

    dependencies = [
        ('maturity', '0026_reach_of_keys'),
    ]

    operations = [
        Together([
            migrations.AddField(
                model_name='verdictrecord',
                name='words',
                field=models.JSONField(blank=True, default=list, editable=False),
            ),
        ]),
    ]
