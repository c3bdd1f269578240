"""What a webhook says: the same shape for every event, and nothing about a person."""

from datetime import UTC

import orjson
from django.conf import settings

from maturity.models import Notification


def payload_of(told: Notification) -> bytes:
    """The body of a message: type, timestamp, and the data of the event."""
    return orjson.dumps(
        {
            "type": told.event,
            "timestamp": f"{told.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "data": {
                "organization": told.organization.slug,
                "title": told.title,
                "text": told.text,
                "url": f"{settings.BASE_URL}{told.path}" if told.path else None,
                **told.data,
            },
        }
    )
