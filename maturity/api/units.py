"""Units: the tree of a day as known at a moment, and every change that the admin makes to it."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import author_of
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, PAGES, Docs
from maturity.api.resources import MOMENTS, Resource, each, find
from maturity.api.resources import PAGES as PAGE_NAMES
from maturity.api.unit_serializers import (
    ChangeSerializer,
    MergeSerializer,
    MoveSerializer,
    NewUnitSerializer,
    NewUnitsSerializer,
    PlacedSerializer,
    SplitSerializer,
    UnitChangeSerializer,
    UnitNodeSerializer,
    UnitSerializer,
    UnitsSerializer,
)
from maturity.models import Unit, UnitChange, UnitVersion
from maturity.selectors.units import unit_tree
from maturity.services.units import close_unit, merge_units, move_unit, place_unit, split_unit

EXAMPLE: dict[str, Any] = {
    "id": 4,
    "key": "payments",
    "versions": [
        {
            "name": "Payments",
            "parent": "commerce",
            "valid_from": "2026-01-01",
            "valid_until": None,
            "recorded_at": "2026-01-02T08:00:00.000000Z",
        }
    ],
}
NODE: dict[str, Any] = {"id": 4, "key": "payments", "name": "Payments", "parent": "commerce"}
CHANGE: dict[str, Any] = {
    "id": 6,
    "kind": "merged",
    "successor": "commerce",
    "effective_on": "2026-07-01",
    "reason": "One team since July.",
    "recorded_at": "2026-07-01T08:00:00.000000Z",
    "by": "Ana",
}
DOCS = Docs("units", UnitSerializer, EXAMPLE, read="units:read", write="units:write")
_KEY = OpenApiParameter("key", str, OpenApiParameter.PATH, description="Key of the unit.")


class UnitViewSet(Resource):
    queryset = Unit.objects.order_by("key")
    serializer_class = UnitSerializer
    lookup_field = "key"
    lookup_value_converter = "slug"
    filter_backends = []
    read_scope = "units:read"
    write_scope = "units:write"
    asks = {
        "list": MOMENTS,
        "retrieve": frozenset({"known_at"}),
        "changes": PAGE_NAMES | {"known_at"},
    }

    def get_queryset(self) -> QuerySet[Any]:
        """With what is known of each, the earliest days first."""
        versions = UnitVersion.objects.select_related("parent").order_by("valid")
        known_at = self.moment().known_at if self.action == "retrieve" else None
        if known_at is None:
            versions = versions.filter(recorded__upper_inf=True)
        else:
            versions = versions.filter(recorded__contains=known_at)
        known = Prefetch("versions", versions, to_attr="known_versions")
        return super().get_queryset().prefetch_related(known)

    @DOCS.lists(
        "units_list",
        "Read the tree",
        "The units that stood on a day, as known at a moment, by name.",
        parameters=[AS_OF, KNOWN_AT],
        row=UnitNodeSerializer,
        example=NODE,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        when = self.moment()
        nodes = unit_tree(self.organization, as_of=when.as_of, known_at=when.known_at)
        keys = {node.unit_id: node.key for node in nodes}
        rows = [
            {
                "id": node.unit_id,
                "key": node.key,
                "name": node.name,
                "parent": None if node.parent_id is None else keys.get(node.parent_id),
            }
            for node in nodes
        ]
        return self.page(rows, UnitNodeSerializer)

    @DOCS.reads(
        "units_retrieve",
        "Read one unit",
        "What it was called and where it stood over all days, as known at a moment.",
        parameters=[_KEY, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.lists(
        "units_changes",
        "Why it changed",
        "When it was moved, merged, split or closed, and why; the newest first.",
        parameters=[_KEY, KNOWN_AT, *PAGES],
        row=UnitChangeSerializer,
        example=CHANGE,
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def changes(self, request: Request, **kwargs: Any) -> Response:
        rows = UnitChange.objects.filter(unit=self.get_object()).select_related("successor", "by")
        known_at = self.moment().known_at
        if known_at is not None:
            rows = rows.filter(recorded_at__lte=known_at)
        return self.page(rows.order_by("-recorded_at", "-pk"), UnitChangeSerializer)

    @DOCS.writes(
        "units_create",
        "Add a unit",
        "Say what a new unit is called and where it stands from a day on.",
        request=NewUnitSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        made = self._add(self.taken(NewUnitSerializer))
        return self.shown(self.get_queryset().get(pk=made.pk), status=HTTPStatus.CREATED)

    @DOCS.writes(
        "units_bulk",
        "Add many units",
        "Add up to 1,000 units at once, parents first: all of them or none.",
        request=NewUnitsSerializer,
        row=UnitsSerializer,
        example={"units": [EXAMPLE]},
        status=201,
    )
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request, **kwargs: Any) -> Response:
        made = each(self.taken(NewUnitsSerializer)["units"], self._add, field="units")
        rows = self.get_queryset().in_bulk([unit.pk for unit in made])
        shown = UnitSerializer([rows[unit.pk] for unit in made], many=True).data
        return Response({"units": shown}, status=HTTPStatus.CREATED)

    @DOCS.writes(
        "units_update",
        "Rename or hang elsewhere",
        "Say anew what it is called and where it stands from a day on; what was before stays.",
        request=PlacedSerializer,
        parameters=[_KEY, IF_MATCH],
    )
    def update(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(PlacedSerializer)

        def act(unit: Unit) -> object:
            parent = self._unit("parent", given["parent"])
            return place_unit(self.organization, unit.key, **{**given, "parent": parent})

        return self.change(act)

    @DOCS.writes(
        "units_move",
        "Move",
        "Hang it below another one from a day on; its names stay.",
        request=MoveSerializer,
        parameters=[_KEY, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def move(self, request: Request, **kwargs: Any) -> Response:
        given, by = self.taken(MoveSerializer), author_of(request)
        on, reason = given["on"], given["reason"]

        def act(unit: Unit) -> object:
            parent = self._unit("parent", given["parent"])
            return move_unit(unit, parent=parent, on=on, reason=reason, by=by)

        return self.change(act)

    @DOCS.writes(
        "units_merge",
        "Merge",
        "Let another unit take it over from a day on: its people and the units below it.",
        request=MergeSerializer,
        parameters=[_KEY, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, **kwargs: Any) -> Response:
        given, by = self.taken(MergeSerializer), author_of(request)
        into, sources = given.pop("into"), given.pop("sources")

        def act(unit: Unit) -> object:
            others = [self._unit("sources", key) for key in sources]
            target = self._unit("into", into)
            return merge_units([unit, *others], into=target, by=by, **given)

        return self.change(act)

    @DOCS.writes(
        "units_split",
        "Split",
        "Replace it by new units from a day on, where it stood.",
        request=SplitSerializer,
        parameters=[_KEY, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def split(self, request: Request, **kwargs: Any) -> Response:
        given, by = self.taken(SplitSerializer), author_of(request)
        given["parts"] = [(part["key"], part["name"]) for part in given["parts"]]
        return self.change(lambda unit: split_unit(unit, by=by, **given))

    @DOCS.writes(
        "units_close",
        "Close",
        "Let it end on a day without a successor.",
        request=ChangeSerializer,
        parameters=[_KEY, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def close(self, request: Request, **kwargs: Any) -> Response:
        given, by = self.taken(ChangeSerializer), author_of(request)
        return self.change(lambda unit: close_unit(unit, by=by, **given))

    def _add(self, given: dict[str, Any]) -> Unit:
        values = dict(given)
        key = values.pop("key")
        if self.organization.units.filter(key=key).exists():
            raise ModelValidationError({"key": _("There is already a unit with this key.")})
        values["parent"] = self._unit("parent", values["parent"])
        return place_unit(self.organization, key, **values)

    def _unit(self, field: str, key: str | None) -> Any:
        if key == "":
            raise serializers.ValidationError({field: _("Name a unit.")})
        return find(field, self.organization.units, key=key)
