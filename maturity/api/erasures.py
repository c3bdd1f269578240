"""Erasing for good: the log of it, and a person or the whole organisation, said twice."""

from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import EditorsAlone, OwnersWrite, author_of
from maturity.api.base import UtcDateTimeField
from maturity.api.fields import IdField, NameField
from maturity.api.operations import Docs, row_id
from maturity.api.resources import Resource, find
from maturity.models import Erasure
from maturity.services.erasures import delete_organization, erase_person

KINDS = [(kind, kind) for kind in Erasure.Kind.values]
ERASABLE = [(kind, kind) for kind in (Erasure.Kind.PERSON.value, Erasure.Kind.ORGANIZATION.value)]


class ErasureSerializer(serializers.Serializer):
    """One line of the log. It names nobody and stays for ever."""

    id = serializers.IntegerField(help_text="Id of the line.")
    kind = serializers.ChoiceField(choices=KINDS, help_text="What was erased.")
    subject_id = serializers.IntegerField(help_text="The id that stays behind.")
    reason = serializers.CharField(help_text="Why.")
    erased_by = NameField(help_text="Who did it; null: a command, or a key of the operator's.")
    erased_at = UtcDateTimeField(help_text="When.")


class NewErasureSerializer(serializers.Serializer):
    """What goes, why, and its name once more: an id alone erases nothing."""

    kind = serializers.ChoiceField(choices=ERASABLE, help_text="What is to be erased.")
    person_id = IdField(
        allow_null=True, default=None, help_text="Id of the person; null: the organisation itself."
    )
    confirm = serializers.CharField(
        max_length=254,
        help_text="The person's e-mail address, or the organisation's slug: what is meant.",
    )
    reason = serializers.CharField(
        max_length=2_000, help_text="Why. It stays in the log for ever, so name nobody here."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["kind"] == Erasure.Kind.PERSON) != (attrs["person_id"] is not None):
            raise serializers.ValidationError(
                {"person_id": _("Name a person exactly where one is to be erased.")}
            )
        return attrs


EXAMPLE: dict[str, Any] = {
    "id": 4,
    "kind": "person",
    "subject_id": 17,
    "reason": "Asked for it in writing.",
    "erased_by": "Olga",
    "erased_at": "2026-07-01T08:00:00.000000Z",
}
DOCS = Docs(
    "settings",
    ErasureSerializer,
    EXAMPLE,
    read="settings:read",
    write="erasures:write",
    who="only owners, and keys that one of them made",
)


class ErasureFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=KINDS, label="Only this kind.")

    class Meta:
        model = Erasure
        fields = ["kind"]


class ErasureViewSet(mixins.ListModelMixin, Resource):
    queryset = Erasure.objects.select_related("erased_by").order_by("-erased_at", "-id")
    serializer_class = ErasureSerializer
    filterset_class = ErasureFilter
    read_scope = "settings:read"
    write_scope = "erasures:write"

    def answer_once(self, request: Request) -> None:
        """An answer is kept with its organisation: of one that is gone there is none."""
        sent = request.data
        if isinstance(sent, dict) and sent.get("kind") != Erasure.Kind.ORGANIZATION:
            super().answer_once(request)

    def get_permissions(self) -> list[BasePermission]:
        return [EditorsAlone() if self.request.method in SAFE_METHODS else OwnersWrite()]

    @DOCS.lists("erasures_list", "Read the log", "What was erased, the newest first.")
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "erasures_retrieve", "Read one line", "One line.", parameters=[row_id("Id of the line.")]
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "erasures_create",
        "Erase for good",
        "Blank a person behind a stable id, or remove the organisation with all that is in it. "
        "This cannot be taken back: `confirm` has to name what goes.",
        request=NewErasureSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        given, by = self.taken(NewErasureSerializer), author_of(request)
        person = find("person_id", self.organization.people, pk=given["person_id"])
        expected = self.organization.slug if person is None else person.email
        if given["confirm"].strip().lower() != expected.lower():
            raise serializers.ValidationError({"confirm": _("This is not what is to be erased.")})
        if person is None:
            row = delete_organization(self.organization, reason=given["reason"], by=by)
        else:
            row = erase_person(person, reason=given["reason"], by=by)
        return self.shown(row, status=HTTPStatus.CREATED)
