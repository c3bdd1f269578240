"""The roster: who may be asked in surveys, in which role and unit, on which days."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.base import DayField
from maturity.api.fields import UnitKeyField
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, Docs, row_id
from maturity.api.remembered import Remembered
from maturity.api.resources import each, find
from maturity.models import Person, Placement
from maturity.selectors.past import as_it_stood
from maturity.services.people import change_person, leave_roster, place_person, refuse_known

ROLES = [(role, role) for role in Placement.Role.values]
MAX_PEOPLE = 1_000


class PlacementSerializer(serializers.Serializer):
    """What somebody does, and where, over some days."""

    role = serializers.ChoiceField(choices=ROLES, help_text="What they do.")
    unit = UnitKeyField(source="unit.key")
    valid_from = serializers.SerializerMethodField(help_text="First day; null: from the outset.")
    valid_until = serializers.SerializerMethodField(help_text="First day after it; null: open.")

    @extend_schema_field({"type": ["string", "null"], "format": "date"})
    def get_valid_from(self, row: Placement) -> Any:
        return row.valid.lower

    @extend_schema_field({"type": ["string", "null"], "format": "date"})
    def get_valid_until(self, row: Placement) -> Any:
        return row.valid.upper


class PersonSerializer(serializers.Serializer):
    """Somebody who may be asked. Not a login, and nothing of what they answered."""

    id = serializers.IntegerField(help_text="Id of the person.")
    email = serializers.CharField(help_text="Where they are written to.")
    name = serializers.CharField(help_text="What they are called.")
    timezone = serializers.CharField(help_text="Their time zone; empty: the organisation's.")
    language = serializers.CharField(help_text="The language they are asked in.")
    role = serializers.ChoiceField(
        source="role_then", choices=ROLES, allow_null=True, help_text="Their role that day."
    )
    unit = UnitKeyField(source="unit_then", help_text="Key of their unit that day; null: none.")
    placements = PlacementSerializer(
        many=True, source="own_placements", help_text="Where they were, the earliest days first."
    )


class PlaceSerializer(serializers.Serializer):
    """Where somebody works from a day on."""

    role = serializers.ChoiceField(choices=ROLES, help_text="What they do.")
    unit = UnitKeyField(required=False, default=None, help_text="Key of their unit; null: none.")
    valid_from = DayField(help_text="From which day on; an open placement ends there.")


class NewPersonSerializer(PlaceSerializer):
    """Somebody who is not on the roster yet."""

    email = serializers.EmailField(max_length=254, help_text="Where they are written to.")
    name = serializers.CharField(
        max_length=200, allow_blank=True, default="", help_text="What they are called."
    )
    language = serializers.RegexField(
        r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        max_length=12,
        default="en",
        help_text="The language they are asked in.",
    )


class NewPeopleSerializer(serializers.Serializer):
    """Many at once: all of them or none."""

    people = serializers.ListField(
        child=NewPersonSerializer(),
        allow_empty=False,
        max_length=MAX_PEOPLE,
        help_text="At most 1,000.",
    )


class PeopleSerializer(serializers.Serializer):
    """Who was added."""

    people = PersonSerializer(many=True, help_text="In the order of the request.")


class PersonChangeSerializer(serializers.Serializer):
    """What is to be written otherwise."""

    email = serializers.EmailField(max_length=254, required=False, help_text="Their address.")
    name = serializers.CharField(
        max_length=200, allow_blank=True, required=False, help_text="What they are called."
    )
    timezone = serializers.CharField(
        max_length=60, allow_blank=True, required=False, help_text="Like Europe/Berlin, or empty."
    )
    language = serializers.RegexField(
        r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        max_length=12,
        required=False,
        help_text="The language they are asked in.",
    )


class LeaveSerializer(serializers.Serializer):
    """When somebody is there no longer."""

    on = DayField(help_text="The first day on which they are not there.")


EXAMPLE: dict[str, Any] = {
    "id": 17,
    "email": "pm@acme.example",
    "name": "Pat",
    "timezone": "",
    "language": "en",
    "role": "pm",
    "unit": "payments",
    "placements": [
        {"role": "pm", "unit": "payments", "valid_from": "2026-01-01", "valid_until": None}
    ],
}
DOCS = Docs("people", PersonSerializer, EXAMPLE, read="people:read", write="people:write")
_ID = row_id("Id of the person.")


class PersonFilter(django_filters.FilterSet):
    role = django_filters.ChoiceFilter(
        field_name="role_then", choices=ROLES, label="Only who has this role that day."
    )
    unit = django_filters.CharFilter(
        field_name="unit_then", max_length=60, label="Only who is in this unit that day, by key."
    )
    email = django_filters.CharFilter(
        lookup_expr="iexact", max_length=254, label="Only who has this address."
    )

    class Meta:
        model = Person
        fields = ["role", "unit", "email"]


class PersonViewSet(mixins.ListModelMixin, Remembered):
    queryset = Person.objects.filter(erased_at=None).order_by("email", "id")
    serializer_class = PersonSerializer
    filterset_class = PersonFilter
    read_scope = "people:read"
    write_scope = "people:write"

    def past(self) -> datetime | None:
        """Placements have days of their own: only what was known lies in the history."""
        return self.moment().known_at if self.action in self.asks else None

    def get_queryset(self) -> QuerySet[Any]:
        """With the role that day; of a moment, with the placements that were known by then."""
        known_at = self.past()
        if known_at is not None:
            placed = as_it_stood(Placement, self.organization, at=known_at)
            known = as_it_stood(Person, self.organization, at=known_at)
            # What an erasure took is told of no day.
            rows = known.filter(pgh_obj__erased_at=None).order_by("email", "id")
            return self._with_role(rows, placed.filter(person=OuterRef("id")))
        rows = self._with_role(
            super().get_queryset(), Placement.objects.filter(person=OuterRef("pk"))
        )
        placements = Placement.objects.select_related("unit").order_by("valid", "pk")
        return rows.prefetch_related(Prefetch("placements", placements, to_attr="own_placements"))

    def _with_role(self, rows: QuerySet[Any], placed: QuerySet[Any]) -> QuerySet[Any]:
        then = placed.filter(valid__contains=self.moment().as_of)
        found: QuerySet[Any] = rows.annotate(
            role_then=Subquery(then.values("role")[:1]),
            unit_then=Subquery(then.values("unit__key")[:1]),
        )
        return found

    def complete(self, rows: Sequence[Any], at: datetime) -> None:
        placed = as_it_stood(Placement, self.organization, at=at).order_by("valid", "id")
        known = list(placed.filter(person__in=[row.id for row in rows]).select_related("unit"))
        for row in rows:
            row.own_placements = [each for each in known if each.person_id == row.id]

    @DOCS.lists(
        "people_list",
        "List people",
        "Who is or was on the roster, with their role on a day as known at a moment; erased people "
        "are not told.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "people_retrieve",
        "Read one person",
        "One person with every placement, as known at a moment.",
        parameters=[_ID, AS_OF, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "people_create",
        "Add a person",
        "Put somebody on the roster from a day on.",
        request=NewPersonSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        made = self._add(self.taken(NewPersonSerializer))
        return self.shown(self.get_queryset().get(pk=made.pk), status=HTTPStatus.CREATED)

    @DOCS.writes(
        "people_bulk",
        "Add or move many people",
        "Place up to 1,000 people at once, known ones by their address: all of them or none.",
        request=NewPeopleSerializer,
        row=PeopleSerializer,
        example={"people": [EXAMPLE]},
        status=201,
    )
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request, **kwargs: Any) -> Response:
        made = each(self.taken(NewPeopleSerializer)["people"], self._place, field="people")
        rows = self.get_queryset().in_bulk([person.pk for person in made])
        shown = PersonSerializer([rows[person.pk] for person in made], many=True).data
        return Response({"people": shown}, status=HTTPStatus.CREATED)

    @DOCS.writes(
        "people_update",
        "Change",
        "Change address, name, time zone or language.",
        request=PersonChangeSerializer,
        parameters=[_ID, IF_MATCH],
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(PersonChangeSerializer)
        return self.change(lambda person: change_person(person, **given))

    @DOCS.writes(
        "people_place",
        "Move",
        "Give somebody another role or unit from a day on.",
        request=PlaceSerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def place(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(PlaceSerializer)
        return self.change(lambda person: self._place({**given, "email": person.email}))

    @DOCS.writes(
        "people_leave",
        "Leave",
        "End what is open: from this day on they are not asked any more.",
        request=LeaveSerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, **kwargs: Any) -> Response:
        day = self.taken(LeaveSerializer)["on"]
        return self.change(lambda person: leave_roster(person, on=day))

    def lock(self, row: Person) -> None:
        Person.objects.select_for_update().get(pk=row.pk)

    def _add(self, given: dict[str, Any]) -> Person:
        refuse_known(self.organization, given["email"])
        return self._place(given)

    def _place(self, given: dict[str, Any]) -> Person:
        unit = find("unit", self.organization.units, key=given["unit"])
        return place_person(self.organization, **{**given, "unit": unit})
