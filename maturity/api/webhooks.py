"""How a webhook looks to its receiver, in OpenAPI."""

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, OpenApiWebhook, extend_schema
from rest_framework import serializers

from maturity.models import Event

EVENTS = [(event, event) for event in Event.values]
_TEXT = """
Sent as Standard Webhooks describes: the headers `webhook-id` (the same at every attempt),
`webhook-timestamp` (seconds) and `webhook-signature` (`v1,` and the base64 HMAC-SHA256 of
`id.timestamp.body` under the secret after `whsec_`; two of them, with a blank between, while a
secret is being rotated). Any answer from 200 to 299 takes it. Anything else is tried again, ten
times over about a day; 410 ends the channel. Redirects are not followed. Nothing in it is about a
person.
"""


class WebhookDataSerializer(serializers.Serializer):
    """What happened. More members follow, depending on the event."""

    organization = serializers.CharField(help_text="Slug of the organisation.")
    title = serializers.CharField(help_text="What happened, in one line.")
    text = serializers.CharField(allow_blank=True, help_text="The evidence in words.")
    url = serializers.URLField(allow_null=True, help_text="The page about it; null: none.")
    finding_id = serializers.IntegerField(required=False, help_text="Id of the finding.")
    pitfall = serializers.CharField(required=False, help_text="Public key of the pitfall.")
    severity = serializers.CharField(required=False, help_text="low, medium or high.")
    state = serializers.CharField(required=False, help_text="State of the finding.")
    unit = serializers.CharField(
        required=False, allow_null=True, help_text="Key of the unit; null: the organisation."
    )
    name = serializers.CharField(
        required=False, help_text="What it is about by its name: a wave, initiative or channel."
    )
    initiative_id = serializers.IntegerField(required=False, help_text="Id of the initiative.")
    due_on = serializers.DateField(required=False, help_text="Its last day.")


class WebhookSerializer(serializers.Serializer):
    """One message."""

    type = serializers.ChoiceField(choices=EVENTS, help_text="The event.")
    timestamp = serializers.DateTimeField(help_text="When it happened.")
    data = WebhookDataSerializer(help_text="What happened.")  # type: ignore[assignment]


NOTIFICATION = OpenApiWebhook(
    name="notification",
    decorator=extend_schema(
        summary="Something happened",
        description=_TEXT.strip(),
        tags=["webhooks"],
        request=WebhookSerializer,
        responses={"2XX": OpenApiResponse(description="Taken.")},
        examples=[
            OpenApiExample(
                "A pitfall was raised",
                {
                    "type": "finding.raised",
                    "timestamp": "2026-07-03T06:00:00.000000Z",
                    "data": {
                        "organization": "acme",
                        "title": "Gatekeeper was raised (medium)",
                        "text": "Half of the requests wait more than 10 working days.",
                        "url": "https://plumbline.example.org/admin/maturity/finding/7/change/",
                        "finding_id": 7,
                        "pitfall": "gatekeeper",
                        "severity": "medium",
                        "state": "open",
                        "unit": None,
                    },
                },
                request_only=True,
            )
        ],
    ),
)
