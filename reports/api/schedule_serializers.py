"""How schedules of board reports, whom they mail to and what became of each day look."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from maturity.api.base import DayField, UtcDateTimeField
from maturity.api.fields import IdField, NameField
from maturity.models import Delivery
from reports.models import ScheduledReport

LANGUAGES = [(code, code) for code, _name in settings.LANGUAGES]
STATES = [(state, state) for state in ScheduledReport.State.values]
MAIL_STATES = [(state, state) for state in Delivery.State.values]
MOST_RECIPIENTS = 500
_RULE = "A rule of RFC 5545 that names days, like FREQ=MONTHLY;BYDAY=1TU."
_HOUR = "Hour on the organisation's own clock, in summer and in winter."
_ATTACH = "Whether the PDF comes with the mail; a link that asks for the log-in always does."


class RecipientSerializer(serializers.Serializer):
    """One account that a schedule mails to."""

    user_id = serializers.IntegerField(help_text="Id of the account.")
    name = NameField(source="user", help_text="Whose it is.")
    is_member = serializers.BooleanField(
        help_text="Whether it belongs here today; who has left gets no mail."
    )


class NewRecipientSerializer(serializers.Serializer):
    """A member by id or by address, one of the two; what else a recipient shows is not read."""

    user_id = IdField(required=False, help_text="Id of the account.")
    email = serializers.EmailField(
        max_length=254, required=False, help_text="Address of the account."
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if len(given) != 1:
            raise serializers.ValidationError(_("Give user_id or email, one of the two."))
        return given


class ScheduleSerializer(serializers.Serializer):
    """When an organisation's board report is made by itself, and whom it is mailed to."""

    id = serializers.IntegerField(help_text="Id of the schedule.")
    name = serializers.CharField(help_text="What it is called.")
    rule = serializers.CharField(help_text=_RULE)
    starts_on = serializers.DateField(help_text="First day.")
    local_hour = serializers.IntegerField(help_text=_HOUR)
    language = serializers.CharField(help_text="Which language the report speaks.")
    attach = serializers.BooleanField(help_text=_ATTACH)
    recipients = RecipientSerializer(many=True, help_text="Whom it is mailed to.")
    paused = serializers.BooleanField(help_text="Whether it is paused.")
    next_day = serializers.DateField(
        allow_null=True, help_text="Which day comes next; null: none, or not told of the past."
    )
    next_due_at = UtcDateTimeField(allow_null=True, help_text="When; null as `next_day` is.")
    failed_runs = serializers.IntegerField(
        source="failures", allow_null=True, help_text="Reports that failed; null: not told."
    )
    created_at = UtcDateTimeField(help_text="When it was set up.")
    created_by = NameField(help_text="Who set it up.")
    ended_at = UtcDateTimeField(allow_null=True, help_text="When it was ended; null: it was not.")


class ScheduleChangeSerializer(serializers.Serializer):
    """What is to be otherwise; the next report is planned anew, what was made stays."""

    name = serializers.CharField(max_length=100, help_text="What it is called.")
    rule = serializers.CharField(max_length=200, help_text=_RULE)
    starts_on = DayField(help_text="First day.")
    local_hour = serializers.IntegerField(
        min_value=0, max_value=23, required=False, help_text=f"{_HOUR} Without it 8."
    )
    language = serializers.ChoiceField(
        choices=LANGUAGES, required=False, help_text="Which language the report speaks."
    )
    attach = serializers.BooleanField(required=False, help_text=_ATTACH)
    recipients = serializers.ListField(
        child=NewRecipientSerializer(),
        allow_empty=False,
        max_length=MOST_RECIPIENTS,
        help_text="Everybody it is to be mailed to, who are members here.",
    )
    paused = serializers.BooleanField(required=False, help_text="Whether it is paused.")


class MailSerializer(serializers.Serializer):
    """One mail that tells of a report."""

    id = serializers.UUIDField(help_text="Id of the delivery.")
    member = NameField(source="user", help_text="Who is told.")
    state = serializers.ChoiceField(choices=MAIL_STATES, help_text="How far it is.")
    failure = serializers.CharField(help_text="Why the last try failed.")
    sent_at = UtcDateTimeField(allow_null=True, help_text="When it was taken; null: not yet.")


class RunSerializer(serializers.Serializer):
    """One day of a schedule: planned, made, then told of to whoever is still a member."""

    id = serializers.IntegerField(help_text="Id of the run.")
    day = serializers.DateField(help_text="The day the report is about.")
    due_at = UtcDateTimeField(help_text="When it was due.")
    state = serializers.ChoiceField(choices=STATES, help_text="How far it is.")
    report_id = serializers.IntegerField(
        allow_null=True, help_text="Id of the board report; null: it is not due yet."
    )
    failure = serializers.CharField(help_text="Why there is no report; empty: there is.")
    mails = serializers.SerializerMethodField(help_text="Who was told; empty: nobody yet.")

    @extend_schema_field(MailSerializer(many=True))
    def get_mails(self, row: ScheduledReport) -> list[dict[str, Any]]:
        sent = row.notification.deliveries.all() if row.notification else ()
        return list(MailSerializer(sent, many=True).data)


EXAMPLE: dict[str, Any] = {
    "id": 4,
    "name": "Board",
    "rule": "FREQ=MONTHLY;BYDAY=1TU",
    "starts_on": "2026-01-01",
    "local_hour": 8,
    "language": "en",
    "attach": True,
    "recipients": [{"user_id": 12, "name": "Ana", "is_member": True}],
    "paused": False,
    "next_day": "2026-08-04",
    "next_due_at": "2026-08-04T06:00:00.000000Z",
    "failed_runs": 0,
    "created_at": "2026-01-01T08:00:00.000000Z",
    "created_by": "Ana",
    "ended_at": None,
}
RUN: dict[str, Any] = {
    "id": 31,
    "day": "2026-07-07",
    "due_at": "2026-07-07T06:00:00.000000Z",
    "state": "told",
    "report_id": 9,
    "failure": "",
    "mails": [
        {
            "id": "0b8f3c1e-2f6e-4c37-9a55-0f6b3c2f7a11",
            "member": "Ana",
            "state": "sent",
            "failure": "",
            "sent_at": "2026-07-07T06:00:09.000000Z",
        }
    ],
}
