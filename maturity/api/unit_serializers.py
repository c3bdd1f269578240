"""A unit in the API: its node in one day's tree, its whole life, and what is done to it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from maturity.api.base import DayField, UtcDateTimeField
from maturity.api.fields import MAX_TEXT, NameField
from maturity.models import UnitChange, UnitVersion

CHANGES = [(kind, kind) for kind in UnitChange.Kind.values]
KEY = r"^[-a-zA-Z0-9_]+$"
MAX_UNITS = 1_000


class UnitKey(serializers.RegexField):
    def __init__(self, **options: Any) -> None:
        super().__init__(KEY, max_length=60, **options)


class UnitNodeSerializer(serializers.Serializer):
    """A unit as it stood on one day."""

    id = serializers.IntegerField(help_text="Id of the unit.")
    key = serializers.CharField(help_text="Its key; never changes.")
    name = serializers.CharField(help_text="What it was called.")
    parent = serializers.CharField(  # type: ignore[assignment]  # the row's own word
        allow_null=True, help_text="Key of what it stood below."
    )


class UnitVersionSerializer(serializers.Serializer):
    """What a unit is called and where it stands over some days."""

    name = serializers.CharField(help_text="What it is called.")
    parent = serializers.CharField(  # type: ignore[assignment]  # the row's own word
        source="parent.key", allow_null=True, help_text="Key of what it stands below; null: top."
    )
    valid_from = serializers.SerializerMethodField(help_text="First day; null: from the outset.")
    valid_until = serializers.SerializerMethodField(help_text="First day after it; null: open.")
    recorded_at = serializers.SerializerMethodField(help_text="Since when it is known.")

    @extend_schema_field({"type": ["string", "null"], "format": "date"})
    def get_valid_from(self, row: UnitVersion) -> Any:
        return row.valid.lower

    @extend_schema_field({"type": ["string", "null"], "format": "date"})
    def get_valid_until(self, row: UnitVersion) -> Any:
        return row.valid.upper

    @extend_schema_field({"type": "string", "format": "date-time"})
    def get_recorded_at(self, row: UnitVersion) -> str:
        return UtcDateTimeField().to_representation(row.recorded.lower)


class UnitSerializer(serializers.Serializer):
    """A unit with all of its life, as known at a moment; no versions: it was never there."""

    id = serializers.IntegerField(help_text="Id of the unit.")
    key = serializers.CharField(help_text="Its key; never changes.")
    versions = UnitVersionSerializer(
        many=True, source="known_versions", help_text="The earliest days first."
    )


class UnitChangeSerializer(serializers.Serializer):
    """Why a unit was moved, merged, split or closed."""

    id = serializers.IntegerField(help_text="Id of the change.")
    kind = serializers.ChoiceField(choices=CHANGES, help_text="What happened.")
    successor = serializers.CharField(
        source="successor.key", allow_null=True, help_text="Key of what took over."
    )
    effective_on = serializers.DateField(help_text="From which day on.")
    reason = serializers.CharField(help_text="Why.")
    recorded_at = UtcDateTimeField(help_text="Since when it is known.")
    by = NameField(help_text="Who said so.")


class PlacedSerializer(serializers.Serializer):
    """What a unit is called and where it stands, from a day on."""

    name = serializers.CharField(max_length=200, help_text="What it is called.")
    parent = serializers.CharField(  # type: ignore[assignment]  # the row's own word
        max_length=60, allow_null=True, default=None, help_text="Key of what it stands below."
    )
    valid_from = DayField(help_text="From which day on.")
    valid_until = DayField(allow_null=True, default=None, help_text="Until when; null: open.")


class NewUnitSerializer(PlacedSerializer):
    """A unit that is not there yet."""

    key = UnitKey(help_text="Names it in imports and here; never changes.")


class NewUnitsSerializer(serializers.Serializer):
    """Many at once, parents first: all of them or none."""

    units = serializers.ListField(
        child=NewUnitSerializer(),
        allow_empty=False,
        max_length=MAX_UNITS,
        help_text="At most 1,000, parents first.",
    )


class UnitsSerializer(serializers.Serializer):
    """What was placed."""

    units = UnitSerializer(many=True, help_text="In the order of the request.")


class ChangeSerializer(serializers.Serializer):
    """From when, and why."""

    on = DayField(help_text="From which day on.")
    reason = serializers.CharField(max_length=MAX_TEXT, help_text="Why; the record keeps it.")


class MoveSerializer(ChangeSerializer):
    """Below what it is to stand."""

    parent = serializers.CharField(  # type: ignore[assignment]  # the row's own word
        max_length=60, allow_null=True, help_text="Key of what it is to stand below; null: top."
    )


class MergeSerializer(ChangeSerializer):
    """What takes over."""

    into = serializers.CharField(max_length=60, help_text="Key of the unit that takes over.")
    sources = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        default=list,
        max_length=100,
        help_text="Keys of others that are merged into it on the same day.",
    )


class PartSerializer(serializers.Serializer):
    """One of the new units."""

    key = UnitKey(help_text="Its key.")
    name = serializers.CharField(max_length=200, help_text="What it is called.")


class SplitSerializer(ChangeSerializer):
    """Into what, and who gets what is left."""

    parts = serializers.ListField(
        child=PartSerializer(), min_length=2, max_length=100, help_text="Two units or more."
    )
    heir = serializers.CharField(
        max_length=60, help_text="Key of the part that gets its people and the units below."
    )
