"""Assessments: recorded whole in one request, validated or sent back by another person."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.assessment_serializers import (
    ASSESSMENT_KINDS,
    STATUSES,
    AssessmentSerializer,
    MoreScoresSerializer,
    NewAssessmentSerializer,
    ReasonSerializer,
    WholeAssessmentSerializer,
)
from maturity.api.auth import author_of, person_of
from maturity.api.draft_serializers import DRAFT_EXAMPLE, DraftSerializer
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, Docs, row_id
from maturity.api.resources import MOMENTS, Resource, find
from maturity.api.score_serializers import new_scores
from maturity.api.scores import EXAMPLE as SCORE
from maturity.models import Assessment, Organization, RubricVersion, Score
from maturity.services.assessments import Sheet, add_scores, record_sheet
from maturity.services.validation import refuse_assessment, validate_assessment

EXAMPLE: dict[str, Any] = {
    "id": 3,
    "unit": None,
    "rubric": "product-ops 1.0.0",
    "valid_from": "2026-07-01",
    "round_key": "",
    "kind": "judgement",
    "assessor": "",
    "status": "submitted",
    "note": "",
    "submitted_at": "2026-07-03T08:00:00.000000Z",
    "submitted_by": "Ana",
    "validated_at": None,
    "superseded_at": None,
}
DOCS = Docs(
    "assessments",
    WholeAssessmentSerializer,
    {**EXAMPLE, "scores": [SCORE]},
    read="assessments:read",
    write="assessments:write",
)
_ID = row_id("Id of the assessment.")


class AssessmentFilter(django_filters.FilterSet):
    unit = django_filters.CharFilter(
        field_name="unit__key", max_length=60, label="Only this unit's, by its key."
    )
    whole = django_filters.BooleanFilter(
        field_name="unit", lookup_expr="isnull", label="true: those of the whole organisation."
    )
    round_key = django_filters.CharFilter(max_length=60, label="Only this round.")
    kind = django_filters.ChoiceFilter(choices=ASSESSMENT_KINDS, label="Only this kind.")
    status = django_filters.ChoiceFilter(choices=STATUSES, label="Only those in this state today.")

    class Meta:
        model = Assessment
        fields = ["unit", "whole", "round_key", "kind", "status"]


class AssessmentViewSet(mixins.ListModelMixin, Resource):
    queryset = Assessment.objects.select_related("unit", "rubric", "created_by").order_by(
        "-valid_from", "-submitted_at", "-id"
    )
    serializer_class = WholeAssessmentSerializer
    filterset_class = AssessmentFilter
    read_scope = "assessments:read"
    write_scope = "assessments:write"
    asks = {"list": MOMENTS, "retrieve": frozenset({"known_at"})}

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        if self.action in {"list", "retrieve"}:
            when = self.moment()
            if when.known_at is not None:
                rows = rows.filter(submitted_at__lte=when.known_at)
            if self.action == "list":
                return rows.filter(valid_from__lte=when.as_of)
        return rows.prefetch_related(Prefetch("scores", self._scores(), to_attr="own_scores"))

    def _scores(self) -> QuerySet[Score]:
        rows = Score.objects.select_related(
            "unit", "capability__area", "capability__rubric", "recorded_by"
        )
        known_at = self.moment().known_at if self.action == "retrieve" else None
        if known_at is not None:
            rows = rows.filter(recorded_at__lte=known_at)
        return rows.order_by("recorded_at", "capability__position", "pk")

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        return AssessmentSerializer if self.action == "list" else WholeAssessmentSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if self.action in {"list", "retrieve"} and hasattr(self, "organization"):
            context["known_at"] = self.moment().known_at
        return context

    @DOCS.lists(
        "assessments_list",
        "List assessments",
        "What was handed in, the newest first.",
        parameters=[AS_OF, KNOWN_AT],
        row=AssessmentSerializer,
        example=EXAMPLE,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "assessments_retrieve",
        "Read one assessment",
        "One assessment with its scores, as known at a moment.",
        parameters=[_ID, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "assessments_create",
        "Record an assessment",
        "Put a whole assessment on the record: every level or state with its checks and evidence.",
        request=NewAssessmentSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(NewAssessmentSerializer)
        rubric = rubric_named(self.organization, given.pop("rubric"))
        seen = given.pop("seen")
        sheet = Sheet(
            rubric,
            given.pop("valid_from"),
            new_scores(self.organization, rubric, given.pop("scores")),
            unit=find("unit", self.organization.units, key=given.pop("unit")),
            **given,
        )
        made = record_sheet(self.organization, sheet, by=author_of(request), seen=seen)
        return self.shown(self.get_queryset().get(pk=made.pk), status=HTTPStatus.CREATED)

    @DOCS.writes(
        "assessments_scores_create",
        "Score what is left",
        "Score capabilities that a partial assessment said nothing about.",
        request=MoreScoresSerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def scores(self, request: Request, **kwargs: Any) -> Response:
        given, by = self.taken(MoreScoresSerializer)["scores"], author_of(request)

        def act(assessment: Assessment) -> object:
            news = new_scores(self.organization, assessment.rubric, given)
            return add_scores(assessment, news, by=by)

        return self.change(act)

    @DOCS.writes(
        "assessments_validate",
        "Validate",
        "Confirm it. Levels 4 and 5 need somebody independent: the person behind the key.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def validate(self, request: Request, **kwargs: Any) -> Response:
        by = person_of(request, self.organization)
        return self.change(lambda assessment: validate_assessment(assessment, by=by))

    @DOCS.writes(
        "assessments_refuse",
        "Send back",
        "Withdraw its scores and make a draft of it again, with the reason.",
        request=ReasonSerializer,
        parameters=[_ID, IF_MATCH],
        row=DraftSerializer,
        example=DRAFT_EXAMPLE,
    )
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, **kwargs: Any) -> Response:
        reason, by = self.taken(ReasonSerializer)["reason"], person_of(request, self.organization)
        made: list[Any] = []
        self.change(lambda row: made.append(refuse_assessment(row, by=by, reason=reason)))
        return Response(DraftSerializer(made[0]).data)


def rubric_named(
    organization: Organization, name: str | None, *, at: datetime | None = None
) -> RubricVersion:
    """A published rubric by key and version; None: the one that new assessments use, or used."""
    if name is None:
        used: RubricVersion | None = RubricVersion.objects.used_by(organization, at=at).first()
        if used is None:
            raise serializers.ValidationError({"rubric": _("No rubric is in force here.")})
        return used
    key, _blank, version = name.partition(" ")
    published = RubricVersion.objects.filter(published_at__isnull=False)
    rubric: RubricVersion | None = published.filter(key=key, version=version).first()
    if rubric is None:
        raise serializers.ValidationError({"rubric": _("No such rubric was published.")})
    return rubric
