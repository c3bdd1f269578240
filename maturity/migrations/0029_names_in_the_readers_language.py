from django.db import migrations

from maturity.migrations._names import NameFields
from maturity.migrations._together import Together


class Migration(migrations.Migration):

    dependencies = [
        ('maturity', '0028_revisions'),
    ]

    operations = [
        Together(
            [
                migrations.AlterModelOptions(
                    name="apikeyorganization",
                    options={
                        "verbose_name": "organisation of an API key",
                        "verbose_name_plural": "organisations of API keys",
                    },
                ),
                NameFields(
                    [
                        ("apikey", "created_by", "created by"),
                        ("apikeyevent", "created_by", "created by"),
                        ("assessment", "created_at", "created at"),
                        ("assessment", "created_by", "created by"),
                        ("assessment", "rubric", "rubric"),
                        ("assessment", "unit", "unit"),
                        ("assessmentevent", "created_at", "created at"),
                        ("assessmentevent", "created_by", "created by"),
                        ("assessmentevent", "rubric", "rubric"),
                        ("assessmentevent", "unit", "unit"),
                        ("assessmentdraft", "author", "author"),
                        ("assessmentdraft", "saved_at", "saved at"),
                        ("delivery", "id", "ID"),
                        ("endpoint", "created_by", "created by"),
                        ("endpointevent", "created_by", "created by"),
                        ("evaluation", "facts_digest", "facts digest"),
                        ("evidence", "recorded_by", "recorded by"),
                        ("exemption", "capability", "capability"),
                        ("exemption", "requested_by", "requested by"),
                        ("exemption", "unit", "unit"),
                        ("finding", "unit", "unit"),
                        ("importrun", "by", "by"),
                        ("importrun", "sha256", "SHA-256"),
                        ("initiative", "unit", "unit"),
                        ("initiativeevent", "unit", "unit"),
                        ("initiativefinding", "finding", "finding"),
                        ("initiativefinding", "initiative", "initiative"),
                        ("initiativefindingevent", "finding", "finding"),
                        ("initiativefindingevent", "initiative", "initiative"),
                        ("membership", "user", "user"),
                        ("membershipevent", "user", "user"),
                        ("notificationchoice", "user", "user"),
                        ("notificationchoiceevent", "user", "user"),
                        ("placement", "person", "person"),
                        ("placement", "unit", "unit"),
                        ("placementevent", "person", "person"),
                        ("placementevent", "unit", "unit"),
                        ("quarantinedrow", "run", "import"),
                        ("rubricversion", "digest", "digest"),
                        ("score", "assessment", "assessment"),
                        ("score", "capability", "capability"),
                        ("score", "recorded_by", "recorded by"),
                        ("score", "unit", "unit"),
                        ("target", "capability", "capability"),
                        ("target", "recorded_by", "recorded by"),
                        ("target", "unit", "unit"),
                        ("thresholdsversion", "parent", "parent"),
                        ("unitversion", "parent", "parent"),
                        ("unitversion", "unit", "unit"),
                        ("unitversionevent", "parent", "parent"),
                        ("unitversionevent", "unit", "unit"),
                        ("verdictrecord", "evaluation", "evaluation"),
                    ]
                ),
            ]
        ),
    ]
