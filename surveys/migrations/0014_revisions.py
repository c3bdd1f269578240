"""Tell a page that was kept from one that is out of date: what the pages show of surveys.

Tables about who was asked and who answered are left out: that an answer came would be noted
with its transaction.
"""

from django.db import migrations

SHOWN = (
    *("bankversion", "question", "banktranslation", "translationreview", "privacysetting"),
    *("series", "wave", "wavelanguage", "waveitem", "wavegroup", "followup", "resultslink"),
    *("release", "releasedcell", "publishedcell", "releasedcomment", "releasedchange"),
    *("outsidewave", "outsideitem", "outsidegroup"),
)
TABLES = ", ".join(f"'surveys_{name}'" for name in SHOWN)


class Migration(migrations.Migration):

    dependencies = [
        ('surveys', '0013_feed_of_what_is_there'),
        ('maturity', '0028_revisions'),
    ]

    operations = [
        migrations.RunSQL(f"SELECT revise_with({TABLES});", migrations.RunSQL.noop),
    ]
