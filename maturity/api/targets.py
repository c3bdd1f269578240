"""Targets: in force on a day as known at a moment, every version, set one or many."""

from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.assessments import rubric_named
from maturity.api.auth import author_of
from maturity.api.base import DayField, UtcDateTimeField
from maturity.api.fields import MAX_TEXT, NameField, UnitKeyField
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, PAGES, Docs, row_id
from maturity.api.resources import MOMENTS, Resource, each, find
from maturity.api.resources import PAGES as PAGE_NAMES
from maturity.errors import Stale
from maturity.models import Target
from maturity.selectors.targets import in_force_on
from maturity.services.targets import NewTarget, set_target

MAX_TARGETS = 1_000


class TargetSerializer(serializers.Serializer):
    """One version of a target."""

    id = serializers.IntegerField(help_text="Id of the version.")
    unit = UnitKeyField(source="unit.key")
    capability = serializers.CharField(source="capability.key", help_text="Key of the capability.")
    level = serializers.IntegerField(
        allow_null=True, help_text="The level to reach; null: taken back."
    )
    due_on = serializers.DateField(allow_null=True, help_text="By when; null: taken back.")
    owner = serializers.CharField(help_text="Who stands for it.")
    reason = serializers.CharField(help_text="Why this is the target.")
    valid_from = serializers.DateField(help_text="From which day on it holds.")
    recorded_at = UtcDateTimeField(help_text="Since when it is known.")
    recorded_by = NameField(help_text="Who recorded it.")


class NewTargetSerializer(serializers.Serializer):
    """A level by a day, or neither to take the target back."""

    capability = serializers.CharField(max_length=60, help_text="Key of the capability.")
    unit = UnitKeyField(required=False, default=None)
    level = serializers.IntegerField(
        min_value=1, max_value=5, allow_null=True, default=None, help_text="1 to 5, or null."
    )
    due_on = DayField(allow_null=True, default=None, help_text="By when, or null.")
    owner = serializers.CharField(
        max_length=200, allow_blank=True, default="", help_text="Who stands for it."
    )
    reason = serializers.CharField(max_length=MAX_TEXT, help_text="Why this is the target.")
    valid_from = DayField(
        allow_null=True, default=None, help_text="From which day on; null: today."
    )


class TargetChangeSerializer(serializers.Serializer):
    """What is to be otherwise; what is not said stays."""

    level = serializers.IntegerField(
        min_value=1, max_value=5, allow_null=True, required=False, help_text="1 to 5, or null."
    )
    due_on = DayField(allow_null=True, required=False, help_text="By when, or null.")
    owner = serializers.CharField(
        max_length=200, allow_blank=True, required=False, help_text="Who stands for it."
    )
    reason = serializers.CharField(max_length=MAX_TEXT, help_text="Why it is changed.")


class NewTargetsSerializer(serializers.Serializer):
    """Many at once: all of them or none."""

    targets = serializers.ListField(
        child=NewTargetSerializer(),
        allow_empty=False,
        max_length=MAX_TARGETS,
        help_text="At most 1,000.",
    )


class TargetsSerializer(serializers.Serializer):
    """What was set."""

    targets = TargetSerializer(many=True, help_text="In the order of the request.")


EXAMPLE: dict[str, Any] = {
    "id": 5,
    "unit": None,
    "capability": "event_taxonomy",
    "level": 4,
    "due_on": "2026-12-31",
    "owner": "Head of data",
    "reason": "Three teams wait for it.",
    "valid_from": "2026-07-01",
    "recorded_at": "2026-07-03T08:00:00.000000Z",
    "recorded_by": "Ana",
}
DOCS = Docs("targets", TargetSerializer, EXAMPLE, read="assessments:read", write="targets:write")


class TargetFilter(django_filters.FilterSet):
    unit = django_filters.CharFilter(
        field_name="unit__key", max_length=60, label="Only this unit's own, by its key."
    )
    whole = django_filters.BooleanFilter(
        field_name="unit", lookup_expr="isnull", label="true: those of the whole organisation."
    )
    capability = django_filters.CharFilter(
        field_name="capability__key", max_length=60, label="Only this capability, by its key."
    )

    class Meta:
        model = Target
        fields = ["unit", "whole", "capability"]


class TargetViewSet(mixins.ListModelMixin, Resource):
    queryset = Target.objects.select_related("unit", "capability", "recorded_by").order_by(
        "unit__key", "capability__position", "id"
    )
    serializer_class = TargetSerializer
    filterset_class = TargetFilter
    read_scope = "assessments:read"
    write_scope = "targets:write"
    asks = {"list": MOMENTS, "history": PAGE_NAMES}

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        if self.action != "list":
            return rows
        when = self.moment()
        own = Target.objects.for_organization(self.organization)
        return rows.filter(pk__in=in_force_on(own, as_of=when.as_of, known_at=when.known_at))

    @DOCS.lists(
        "targets_list",
        "List targets in force",
        "The target of every capability and scope that has one, on a day as known at a moment.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "targets_retrieve",
        "Read one target",
        "One version of a target.",
        parameters=[row_id("Id of the version.")],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.lists(
        "targets_history",
        "Its versions",
        "Every version of the same capability and scope, the oldest first.",
        parameters=[row_id("Id of one version."), *PAGES],
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def history(self, request: Request, **kwargs: Any) -> Response:
        target = self.get_object()
        rows = self.get_queryset().filter(unit=target.unit_id, capability=target.capability_id)
        return self.page(rows.order_by("valid_from", "recorded_at", "pk"), TargetSerializer)

    @DOCS.writes(
        "targets_create",
        "Set a target",
        "Set a target, or take it back by neither level nor day; earlier versions stay.",
        request=NewTargetSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self._set(self.taken(NewTargetSerializer)), status=HTTPStatus.CREATED)

    @DOCS.writes(
        "targets_bulk",
        "Set many targets",
        "Set up to 1,000 targets at once: all of them or none.",
        request=NewTargetsSerializer,
        row=TargetsSerializer,
        example={"targets": [EXAMPLE]},
        status=201,
    )
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(NewTargetsSerializer)["targets"]
        made = each(given, self._set, field="targets")
        return Response(
            {"targets": TargetSerializer(made, many=True).data}, status=HTTPStatus.CREATED
        )

    @DOCS.writes(
        "targets_update",
        "Change a target",
        "Say anew what the level, day or owner is: a new version, with its reason.",
        request=TargetChangeSerializer,
        parameters=[row_id("Id of the version in force."), IF_MATCH],
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        given, made = self.taken(TargetChangeSerializer), list[Target]()

        def act(target: Target) -> None:
            self.lock(target)
            self._require_newest(target)
            kept = {name: getattr(target, name) for name in ("level", "due_on", "owner")}
            new = NewTarget(target.capability, unit=target.unit, **{**kept, **given})
            made.append(set_target(self.organization, new, by=author_of(request)))

        self.change(act)
        return self.shown(made[0])

    def version_of(self, row: Target, data: Any = None) -> int:
        return row.pk

    def _require_newest(self, row: Target) -> None:
        """Raise Stale where another version has taken the row's place."""
        place = Target.objects.filter(
            organization=row.organization_id, unit=row.unit_id, capability=row.capability_id
        )
        newest = place.order_by("-valid_from", "-recorded_at", "-pk").first()
        if newest != row:
            raise Stale(_("This was changed meanwhile. Read it again first."))

    @transaction.atomic
    def _set(self, given: dict[str, Any]) -> Target:
        rubric = rubric_named(self.organization, None)
        values = {
            **given,
            "capability": find("capability", rubric.capabilities, key=given["capability"]),
            "unit": find("unit", self.organization.units, key=given["unit"]),
        }
        if values["capability"] is None:
            raise serializers.ValidationError({"capability": _("Name a capability.")})
        return set_target(self.organization, NewTarget(**values), by=author_of(self.request))
