"""The work list: what waits for a lead, one row a task."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api import parameters
from maturity.api.operations import AS_OF, KNOWN_AT, Docs
from maturity.api.resources import MOMENTS, Resource
from maturity.models import ApiKey, Assessment, AssessmentDraft, Exemption, Finding, Organization
from maturity.selectors.work import WorkList, work_list

OF_RECORD = (
    "stale_score",
    "expired_exemption",
    "pending_exemption",
    "disagreement",
    "awaiting_validation",
    "draft",
)
OF_FINDINGS = ("overdue_initiative", "returned_finding", "unowned_finding")
KINDS = (*OF_RECORD, *OF_FINDINGS)


@dataclass(frozen=True)
class Task:
    """One thing that waits, by its id in the resource of its kind."""

    kind: str
    id: int
    unit_id: int | None
    about: str
    on: date | None


class TaskSerializer(serializers.Serializer):
    """One thing that waits for somebody."""

    kind = serializers.ChoiceField(
        choices=[(kind, kind) for kind in KINDS], help_text="What waits."
    )
    id = serializers.IntegerField(
        help_text="Id of the score, exemption, assessment, draft, initiative or finding."
    )
    unit = serializers.CharField(
        allow_null=True, help_text="Key of the unit; null: the organisation as a whole."
    )
    about = serializers.CharField(
        help_text="Key of the capability or pitfall, or the initiative's title; may be empty."
    )
    on = serializers.DateField(
        allow_null=True, help_text="Since or until when, whichever the kind has; null: neither."
    )


EXAMPLE: dict[str, Any] = {
    "kind": "stale_score",
    "id": 41,
    "unit": None,
    "about": "event_taxonomy",
    "on": "2026-01-01",
}
DOCS = Docs("scores", TaskSerializer, EXAMPLE, read="assessments:read")


class WorkViewSet(Resource):
    queryset = Organization.objects.order_by("pk")
    serializer_class = TaskSerializer
    http_method_names = ["get", "head"]
    filter_backends = []
    read_scope = "assessments:read"
    asks = {"list": MOMENTS | {"kind"}}

    @DOCS.lists(
        "work_list",
        "Read the work list",
        "What waits for a lead on a day, as known at a moment: stale scores, exemptions, "
        "disagreements, validations, drafts; initiatives that are overdue and findings that nobody "
        "owns or that came back, as they are now, to people and to keys with `findings:read`.",
        parameters=[
            OpenApiParameter("kind", str, enum=KINDS, description="Only this kind."),
            AS_OF,
            KNOWN_AT,
        ],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        kind = request.query_params.get("kind")
        if kind is not None and kind not in KINDS:
            raise parameters.invalid("kind", _("There is no such kind of task."))
        when = self.moment()
        work = work_list(self.organization, as_of=when.as_of, known_at=when.known_at)
        told = [kind] if kind else KINDS
        keys: dict[int | None, str] = dict(self.organization.units.values_list("pk", "key"))
        rows = [
            {**vars(task), "unit": keys.get(task.unit_id)}
            for task in tasks_of(work)
            if task.kind in told and (task.kind in OF_RECORD or self._may_read_findings())
        ]
        return self.page(rows, TaskSerializer)

    def _may_read_findings(self) -> bool:
        auth = self.request.auth
        return not isinstance(auth, ApiKey) or "findings:read" in auth.scopes


def tasks_of(work: WorkList) -> Iterator[Task]:
    """Every task, in the order of the kinds."""
    for score in work.stale:
        about = score.capability.key
        yield Task("stale_score", score.pk, score.unit_id, about, score.valid_from)
    yield from _of_exemptions("expired_exemption", work.expired_exemptions)
    yield from _of_exemptions("pending_exemption", work.pending_exemptions)
    for each in work.disagreements:
        about, unit = each.capability.key, each.assessment.unit_id
        yield Task("disagreement", each.assessment_id, unit, about, None)
    yield from _of_sheets("awaiting_validation", work.awaiting_validation)
    yield from _of_sheets("draft", work.drafts)
    for late in work.overdue_initiatives:
        yield Task("overdue_initiative", late.pk, late.unit_id, late.title, late.due_on)
    yield from _of_findings("returned_finding", work.returned_findings)
    yield from _of_findings("unowned_finding", work.unowned_findings)


def _of_exemptions(kind: str, rows: Iterable[Exemption]) -> Iterator[Task]:
    for row in rows:
        yield Task(kind, row.pk, row.unit_id, row.capability.key, row.ends_on)


def _of_sheets(kind: str, rows: Iterable[Assessment | AssessmentDraft]) -> Iterator[Task]:
    for row in rows:
        yield Task(kind, row.pk, row.unit_id, "", row.valid_from)


def _of_findings(kind: str, rows: Iterable[Finding]) -> Iterator[Task]:
    for row in rows:
        yield Task(kind, row.pk, row.unit_id, row.key, row.opened_on)
