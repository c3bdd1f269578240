"""“You said, we did”: written below a closed wave, then published for good."""

from typing import Any

from django.db import transaction
from rest_framework import exceptions
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import author_of
from maturity.api.operations import IF_MATCH, Docs, row_id
from maturity.api.preconditions import asks_for_match, content_version, match, tagged
from maturity.api.resources import Resource
from surveys.api.wave_serializers import FOLLOW_UP_EXAMPLE, FollowUpSerializer
from surveys.models import FollowUp, Wave
from surveys.services.follow_ups import publish_follow_up, save_follow_up
from surveys.tasks import send_due_messages

DOCS = Docs(
    "surveys", FollowUpSerializer, FOLLOW_UP_EXAMPLE, read="surveys:read", write="surveys:write"
)
_ID = row_id("Id of the wave.")


class FollowUpActions(Resource):
    """The note of the addressed wave; its `ETag` is the note's own."""

    @DOCS.reads(
        "waves_follow_up",
        "Read “you said, we did”",
        "What was heard and what follows from it; 404 where nothing is written.",
        parameters=[_ID],
    )
    @action(detail=True, methods=["get"], url_path="follow-up")
    def follow_up(self, request: Request, **kwargs: Any) -> Response:
        note = self._note(self.get_object())
        if note is None:
            raise exceptions.NotFound
        return _shown(note)

    @DOCS.writes(
        "waves_follow_up_write",
        "Write “you said, we did”",
        "Write or rewrite it until it is published; nobody is told yet.",
        request=FollowUpSerializer,
        parameters=[_ID, IF_MATCH],
    )
    @follow_up.mapping.put
    def write_follow_up(self, request: Request, **kwargs: Any) -> Response:
        given, by = self.taken(FollowUpSerializer), author_of(request)
        with transaction.atomic():
            wave = self._matched()
            return _shown(save_follow_up(wave, **given, by=by))

    @DOCS.writes(
        "waves_follow_up_publish",
        "Publish “you said, we did”",
        "Publish it for good and mail it with the results to everybody who was asked.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"], url_path="follow-up/publish")
    def publish(self, request: Request, **kwargs: Any) -> Response:
        with transaction.atomic():
            note = self._note(self._matched())
            if note is None:
                raise exceptions.NotFound
            note = publish_follow_up(note)
        transaction.on_commit(send_due_messages.delay, robust=True)
        return _shown(note)

    def _matched(self) -> Wave:
        """The wave, locked where the client says which note it saw. Raises PreconditionFailed."""
        wave: Wave = self.get_object()
        if asks_for_match(self.request):
            self.lock(wave)
            note = self._note(wave)
            match(self.request, "" if note is None else _version_of(note))
        return wave

    def _note(self, wave: Wave) -> FollowUp | None:
        notes = FollowUp.objects.filter(wave=wave).select_related("author")
        found: FollowUp | None = notes.first()
        return found


def _version_of(note: FollowUp) -> str:
    return content_version(FollowUpSerializer(note).data)


def _shown(note: FollowUp) -> Response:
    data = FollowUpSerializer(note).data
    return tagged(Response(data), content_version(data))
