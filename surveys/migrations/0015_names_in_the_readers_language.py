from django.db import migrations

from maturity.migrations._names import NameFields


class Migration(migrations.Migration):

    dependencies = [
        ('maturity', '0029_names_in_the_readers_language'),
        ('surveys', '0014_revisions'),
    ]

    operations = [
        NameFields(
            [
                ("message", "person", "person"),
                ("message", "wave", "wave"),
                ("outsidewave", "organization", "organisation"),
                ("wave", "answers_deleted_at", "answers deleted"),
                ("wave", "cohort_day", "day"),
                ("wave", "item_keys", "questions"),
                ("wave", "override_by", "opened anyway by"),
                ("wave", "traces_removed_at", "traces removed"),
            ]
        ),
    ]
