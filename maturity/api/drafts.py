"""Drafts of assessments: filled in over days, then submitted to the record."""

from http import HTTPStatus
from typing import Any

from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.assessment_serializers import WholeAssessmentSerializer
from maturity.api.assessments import EXAMPLE as ASSESSMENT
from maturity.api.assessments import rubric_named
from maturity.api.auth import person_of
from maturity.api.draft_serializers import (
    DRAFT_EXAMPLE,
    DraftChangeSerializer,
    DraftSerializer,
    NewDraftSerializer,
)
from maturity.api.operations import IF_MATCH, Docs, row_id
from maturity.api.preconditions import version_seen
from maturity.api.resources import Resource, find
from maturity.models import AssessmentDraft
from maturity.services.drafts import discard_draft, save_draft, start_draft, submit_draft

DOCS = Docs(
    "assessments",
    DraftSerializer,
    DRAFT_EXAMPLE,
    read="assessments:read",
    write="assessments:write",
)
_ID = row_id("Id of the draft.")


class DraftViewSet(mixins.ListModelMixin, Resource):
    queryset = AssessmentDraft.objects.select_related("unit", "rubric", "author").order_by(
        "-saved_at", "-id"
    )
    serializer_class = DraftSerializer
    read_scope = "assessments:read"
    write_scope = "assessments:write"

    @DOCS.lists("drafts_list", "List drafts", "Sheets that are being filled in, newest save first.")
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads("drafts_retrieve", "Read one draft", "One sheet.", parameters=[_ID])
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "drafts_create",
        "Start a draft",
        "Begin a sheet, with what stands already unless told otherwise.",
        request=NewDraftSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(NewDraftSerializer)
        draft = start_draft(
            self.organization,
            rubric=rubric_named(self.organization, given["rubric"]),
            by=person_of(request, self.organization),
            valid_from=given["valid_from"],
            unit=find("unit", self.organization.units, key=given["unit"]),
            carry_forward=given["carry_forward"],
            round_key=given["round_key"],
        )
        return self.shown(draft, status=HTTPStatus.CREATED)

    @DOCS.writes(
        "drafts_update",
        "Save",
        "Save some capabilities on top of the version that was read.",
        request=DraftChangeSerializer,
        parameters=[_ID, IF_MATCH],
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        draft, given = self.get_object(), self.taken(DraftChangeSerializer)
        version_seen(request, draft.version)
        save_draft(
            draft,
            version=draft.version,
            values=given.get("values", {}),
            by=person_of(request, self.organization),
            valid_from=given.get("valid_from"),
            note=given.get("note"),
        )
        return self.shown(self.get_object())

    @DOCS.writes(
        "drafts_submit",
        "Submit",
        "Put the sheet on the record; the draft is gone then.",
        parameters=[_ID, IF_MATCH],
        row=WholeAssessmentSerializer,
        example={**ASSESSMENT, "scores": []},
    )
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, **kwargs: Any) -> Response:
        draft = self.get_object()
        version_seen(request, draft.version)
        by = person_of(request, self.organization)
        made: Any = submit_draft(draft, version=draft.version, by=by)
        scores = made.scores.select_related(
            "unit", "capability__area", "capability__rubric", "recorded_by"
        )
        made.own_scores = list(scores.order_by("recorded_at", "capability__position", "pk"))
        return Response(WholeAssessmentSerializer(made).data)

    @DOCS.removes(
        "drafts_destroy", "Throw away", "Throw the sheet away.", parameters=[_ID, IF_MATCH]
    )
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        draft = self.get_object()
        version_seen(request, draft.version)
        discard_draft(draft, version=draft.version)
        return Response(status=HTTPStatus.NO_CONTENT)
