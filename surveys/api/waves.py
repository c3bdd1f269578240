"""Waves: drafted, opened, extended, closed, followed up; through the gate alone what they said."""

from collections.abc import Callable
from http import HTTPStatus
from math import ceil
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone
from rest_framework import exceptions, mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import author_of
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, Docs, row_id
from maturity.api.remembered import Remembered
from maturity.errors import DomainError
from maturity.models import Organization
from surveys.api.follow_ups import FollowUpActions
from surveys.api.results import RESULTS_EXAMPLE, ResultsSerializer
from surveys.api.wave_serializers import (
    INSTRUMENTS,
    PLAN_EXAMPLE,
    STATUSES,
    WAVE_EXAMPLE,
    ClosingDaySerializer,
    NewWaveSerializer,
    WaveChangeSerializer,
    WavePlanSerializer,
    WaveReasonSerializer,
    WaveSerializer,
)
from surveys.models import Release, Wave
from surveys.planning import minutes_of
from surveys.selectors import released_groups, released_wave
from surveys.selectors.past import waves_then
from surveys.services.extensions import extend_wave
from surveys.services.mailings import resend_failed
from surveys.services.opening_plans import plan_opening
from surveys.services.reopening import reopen_wave
from surveys.services.waves import (
    cancel_wave,
    change_draft,
    close_wave,
    create_wave,
    discard_draft,
    open_wave,
    override_follow_up,
)
from surveys.tasks import remove_traces, send_due_messages

DOCS = Docs("surveys", WaveSerializer, WAVE_EXAMPLE, read="surveys:read", write="surveys:write")
_ID = row_id("Id of the wave.")


class WaveFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=STATUSES, label="Only this state.")
    instrument = django_filters.ChoiceFilter(choices=INSTRUMENTS, label="Only this instrument.")
    series_id = django_filters.NumberFilter(
        field_name="series", min_value=1, max_value=2**63 - 1, label="Only this series, by its id."
    )

    class Meta:
        model = Wave
        fields = ["status", "instrument", "series_id"]


class WaveViewSet(FollowUpActions, mixins.ListModelMixin, Remembered):
    queryset = Wave.objects.order_by("-opens_at", "-id")
    serializer_class = WaveSerializer
    filterset_class = WaveFilter
    read_scope = "surveys:read"
    write_scope = "surveys:write"

    def get_queryset(self) -> QuerySet[Any]:
        """With the figures that were released; nothing here counts answers."""
        at = self.past()
        if at is not None:
            return waves_then(self.organization, at=at)
        newest = Release.objects.filter(wave=OuterRef("pk")).order_by("-version")
        released = {
            name: Subquery(newest.values(name)[:1])
            for name in ("responded", "response_rate", "band")
        }
        told = F("follow_up__published_at")
        rows: QuerySet[Any] = super().get_queryset().select_related("organization")
        found: QuerySet[Any] = rows.annotate(**released, follow_up_published_at=told).order_by(
            F("opens_at").desc(nulls_first=True), "-id"
        )
        return found

    def lock(self, row: Wave) -> None:
        Organization.objects.select_for_update(no_key=True).get(pk=self.organization.pk)

    @DOCS.lists(
        "waves_list",
        "List waves",
        "Survey waves, those that are not open yet first, also as they were on a day as known at a "
        "moment.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "waves_retrieve",
        "Read one wave",
        "How one wave stands, or stood.",
        parameters=[_ID, AS_OF, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.reads(
        "waves_plan",
        "Read what opening would do",
        "What opening a draft now would freeze, or what stands in its way; nothing is done.",
        parameters=[_ID],
        row=WavePlanSerializer,
        example=PLAN_EXAMPLE,
    )
    @action(detail=True, methods=["get"])
    def plan(self, request: Request, **kwargs: Any) -> Response:
        return Response(WavePlanSerializer(_planned(self.get_object())).data)

    @DOCS.writes(
        "waves_create",
        "Draft a wave",
        "Draft a wave on the newest question bank.",
        request=NewWaveSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        made = create_wave(self.organization, **self.taken(NewWaveSerializer))
        return self.shown(self.get_queryset().get(pk=made.pk), status=HTTPStatus.CREATED)

    @DOCS.writes(
        "waves_update",
        "Change a draft",
        "Change what is asked of whom until when; what was opened is frozen.",
        request=WaveChangeSerializer,
        parameters=[_ID, IF_MATCH],
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(WaveChangeSerializer)
        return self.change(lambda wave: change_draft(wave, **given))

    @DOCS.removes(
        "waves_destroy", "Throw a draft away", "Throw a draft away.", parameters=[_ID, IF_MATCH]
    )
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        return self.remove(discard_draft)

    @DOCS.writes(
        "waves_open",
        "Open",
        "Freeze who is asked what until when, and mail everybody a link.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def open(self, request: Request, **kwargs: Any) -> Response:
        return self._mailing(open_wave)

    @DOCS.writes(
        "waves_close",
        "Close",
        "Close it now and release its results; they never change after that.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def close(self, request: Request, **kwargs: Any) -> Response:
        answer = self.change(close_wave)
        transaction.on_commit(remove_traces.delay, robust=True)
        return answer

    @DOCS.writes(
        "waves_call_off",
        "Call off",
        "Do not hold a draft or planned wave; the reason stands on its row.",
        request=WaveReasonSerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"], url_path="call-off")
    def call_off(self, request: Request, **kwargs: Any) -> Response:
        reason = self.taken(WaveReasonSerializer)["reason"]
        return self.change(lambda wave: cancel_wave(wave, reason=reason))

    @DOCS.writes(
        "waves_override",
        "Open without the follow-up",
        "Let it open before the last one's follow-up; everybody asked reads the reason.",
        request=WaveReasonSerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def override(self, request: Request, **kwargs: Any) -> Response:
        reason, by = self.taken(WaveReasonSerializer)["reason"], author_of(request)
        return self.change(lambda wave: override_follow_up(wave, reason=reason, by=by))

    @DOCS.writes(
        "waves_extend",
        "Extend",
        "Let it close later, once; everybody who was asked is told.",
        request=ClosingDaySerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def extend(self, request: Request, **kwargs: Any) -> Response:
        day = self.taken(ClosingDaySerializer)["closes_on"]
        return self._mailing(lambda wave: extend_wave(wave, closes_on=day))

    @DOCS.writes(
        "waves_reopen",
        "Open again",
        "Take answers again until the end of a day; everybody gets a new link.",
        request=ClosingDaySerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, **kwargs: Any) -> Response:
        day = self.taken(ClosingDaySerializer)["closes_on"]
        return self._mailing(lambda wave: reopen_wave(wave, closes_on=day))

    @DOCS.writes(
        "waves_resend",
        "Send given-up mails again",
        "Try the mails once more that did not arrive; it is not said whose.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, **kwargs: Any) -> Response:
        return self._mailing(lambda wave: resend_failed(wave, now=timezone.now()))

    @DOCS.reads(
        "waves_results",
        "Read the results",
        "What a closed wave released: cells too small to show have no figure.",
        parameters=[_ID],
        row=ResultsSerializer,
        example=RESULTS_EXAMPLE,
    )
    @action(detail=True, methods=["get"])
    def results(self, request: Request, **kwargs: Any) -> Response:
        wave = self.get_object()
        released = released_wave(wave)
        if released is None:
            raise exceptions.NotFound
        return Response(ResultsSerializer((released, released_groups(wave))).data)

    def _mailing(self, act: Callable[[Wave], object]) -> Response:
        """Beat would find the mails too; this way they leave at once."""
        answer = self.change(act)
        transaction.on_commit(send_due_messages.delay, robust=True)
        return answer


def _planned(wave: Wave) -> dict[str, Any]:
    shown: dict[str, Any] = {"wave_id": wave.pk, "questions": (), "languages": ()}
    try:
        plan = plan_opening(wave, opens_at=timezone.now())
    except DomainError as refusal:
        nothing = dict.fromkeys(("eligible", "minutes", "closes_at"))
        return {**shown, **nothing, "obstacle": str(refusal)}
    return {
        **shown,
        "obstacle": "",
        "eligible": len(plan.people),
        "questions": [question.key for question in plan.questions],
        "minutes": ceil(minutes_of(plan.questions)),
        "languages": [standing.translation.language for standing in plan.languages],
        "closes_at": plan.closes_at,
    }
