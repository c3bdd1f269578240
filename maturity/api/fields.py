"""Columns that many resources have."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from maturity.api.parameters import MAX_INTEGER

MAX_TEXT = 2_000


class UnitKeyField(serializers.CharField):
    """A unit by its key."""

    def __init__(self, **options: Any) -> None:
        text = "Key of the unit; null: the organisation as a whole."
        super().__init__(**{"allow_null": True, "max_length": 60, "help_text": text, **options})


class IdField(serializers.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": MAX_INTEGER, **options})


@extend_schema_field({"type": ["string", "null"]})
class NameField(serializers.Field):
    """Who it was: an erased person's name is gone. Null: a key of the operator's, or the engine."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> str | None:
        return str(value) or None
