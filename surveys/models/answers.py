"""What was answered. No row here knows a person, a moment or an order.

While a wave is open, answers wait in the intake tables. Closing copies them to their final
tables in random order and empties the intake.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from maturity.models import Organization, OrganizationScopedQuerySet
from surveys.models.waves import Wave


class ResponseRow(models.Model):
    """One person's ratings in one wave: {item key: number} as answered, never reversed.

    What was answered with "does not apply" is in `not_applicable`; what is in neither was
    left open.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    wave = models.ForeignKey(Wave, models.CASCADE, related_name="%(class)s_rows")
    audience = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=12, blank=True)
    group = models.CharField(max_length=60, blank=True)
    # Confidential mode alone: the same person in the waves of one series, HMAC(series secret,
    # person). NULL in anonymous mode, where nothing links two waves.
    link = models.BinaryField(max_length=32, null=True, editable=False)
    answers = models.JSONField()
    not_applicable = ArrayField(models.CharField(max_length=40), default=list)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.wave_id}"


class CommentRow(models.Model):
    """What somebody wrote to one question; a row of its own, tied to no response."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    wave = models.ForeignKey(Wave, models.CASCADE, related_name="%(class)s_rows")
    item_key = models.CharField(max_length=40)
    text = models.TextField()

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.item_key


class IntakeResponse(ResponseRow):
    """A response to an open wave; read by nobody until the wave closes."""


class IntakeComment(CommentRow):
    """A comment in an open wave; read by nobody until the wave closes."""


class Response(ResponseRow):
    """A response to a closed wave; read by the release alone."""


class Comment(CommentRow):
    """A comment in a closed wave; read by the release alone."""
