"""Scores: what is in force on a day as known at a moment, and how it is corrected."""

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import QuerySet
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import author_of
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, PAGES, Docs, row_id
from maturity.api.resources import MOMENTS, Resource
from maturity.api.resources import PAGES as PAGE_NAMES
from maturity.api.score_serializers import (
    STATES,
    CorrectionSerializer,
    ScoreSerializer,
    WithdrawalSerializer,
    new_scores,
)
from maturity.models import Score
from maturity.selectors.scores import in_force
from maturity.services.corrections import correct_score, withdraw_score

EXAMPLE: dict[str, Any] = {
    "id": 41,
    "assessment_id": 3,
    "unit": None,
    "area": "analytics_infrastructure",
    "capability": "event_taxonomy",
    "rubric": "product-ops 1.0.0",
    "state": "assessed",
    "level": 3,
    "effective_level": 3,
    "basis": "checks",
    "checks": {"2": ["pass", "pass"], "3": ["pass"]},
    "proposed_level": 3,
    "claim_reason": "",
    "evidence_kind": "document",
    "evidence_ref": "https://wiki.example.org/taxonomy",
    "evidence_date": "2026-06-30",
    "evidence_count": 1,
    "note": "",
    "replaces_id": None,
    "reason": "",
    "valid_from": "2026-07-01",
    "recorded_at": "2026-07-03T08:00:00.000000Z",
    "recorded_by": "Ana",
}
DOCS = Docs("scores", ScoreSerializer, EXAMPLE, read="assessments:read", write="assessments:write")
_ID = row_id("Id of the score.")


class ScoreFilter(django_filters.FilterSet):
    area = django_filters.CharFilter(
        field_name="capability__area__key", max_length=60, label="Only this area, by its key."
    )
    capability = django_filters.CharFilter(
        field_name="capability__key", max_length=60, label="Only this capability, by its key."
    )
    unit = django_filters.CharFilter(
        field_name="unit__key", max_length=60, label="Only this unit's, by its key."
    )
    whole = django_filters.BooleanFilter(
        field_name="unit", lookup_expr="isnull", label="true: those of the whole organisation."
    )
    state = django_filters.ChoiceFilter(choices=STATES, label="Only this state.")

    class Meta:
        model = Score
        fields = ["area", "capability", "unit", "whole", "state"]


class ScoreViewSet(mixins.ListModelMixin, Resource):
    queryset = Score.objects.select_related(
        "unit", "capability__area", "capability__rubric", "recorded_by", "assessment__rubric"
    ).order_by("unit__key", "capability__position", "id")
    serializer_class = ScoreSerializer
    filterset_class = ScoreFilter
    read_scope = "assessments:read"
    write_scope = "assessments:write"
    asks = {"list": MOMENTS, "history": PAGE_NAMES}

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        if self.action != "list":
            return rows
        when = self.moment()
        own = Score.objects.for_organization(self.organization)
        standing = in_force(own, as_of=when.as_of, known_at=when.known_at)
        return rows.filter(pk__in=standing.values("pk"))

    @DOCS.lists(
        "scores_list",
        "List scores in force",
        "The score in force of every capability and scope on a day, as known at a moment.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "scores_retrieve",
        "Read one score",
        "One row of the record, also one that was corrected since.",
        parameters=[_ID],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.lists(
        "scores_history",
        "Its corrections",
        "Every row of the same assessment and capability, the oldest first.",
        parameters=[_ID, *PAGES],
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def history(self, request: Request, **kwargs: Any) -> Response:
        score = self.get_object()
        rows = self.get_queryset().filter(
            assessment=score.assessment_id, capability=score.capability_id
        )
        return self.page(rows.order_by("recorded_at", "pk"), ScoreSerializer)

    @DOCS.writes(
        "scores_correct",
        "Correct",
        "Replace a score that was wrong by a whole new one; what was known stays readable.",
        request=CorrectionSerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(CorrectionSerializer)
        by, since = author_of(request), given.pop("valid_from")

        def act(score: Score) -> Score:
            named = {**given, "capability": score.capability.key}
            [new] = new_scores(self.organization, score.assessment.rubric, [named])
            return correct_score(score, new, reason=given["reason"], by=by, valid_from=since)

        return self._replaced(act)

    @DOCS.writes(
        "scores_withdraw",
        "Withdraw",
        "Take a score back: what it had followed counts again.",
        request=WithdrawalSerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, **kwargs: Any) -> Response:
        reason, by = self.taken(WithdrawalSerializer)["reason"], author_of(request)
        return self._replaced(lambda score: withdraw_score(score, reason=reason, by=by))

    def _replaced(self, act: Any) -> Response:
        """Answer with the row that took the place of the addressed one."""
        made: list[Score] = []
        self.change(lambda score: made.append(act(score)))
        return self.shown(self.get_queryset().get(pk=made[0].pk))
