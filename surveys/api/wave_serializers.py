"""A wave in the API: how it stands, never who answered, and no figure before it is released."""

from typing import Any

from rest_framework import serializers

from maturity.api.base import DayField, UtcDateTimeField
from maturity.api.fields import NameField
from maturity.models import Placement
from surveys.models import Release, Wave

STATUSES = [(status, status) for status in Wave.Status.values]
INSTRUMENTS = [(instrument, instrument) for instrument in Wave.Instrument.values]
MODES = [(mode, mode) for mode in Wave.Mode.values]
BANDS = [(band, band) for band in Release.Band.values]
ROLES = [(role, role) for role in Placement.Role.values]
MAX_REASON, MAX_FOLLOW_UP = 300, 4_000


class LanguagesField(serializers.ListField):
    def __init__(self, **options: Any) -> None:
        text = "Languages offered beside that of the question bank."
        child = serializers.RegexField(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=12)
        super().__init__(child=child, max_length=30, **{"help_text": text, **options})


class AudiencesField(serializers.ListField):
    def __init__(self, **options: Any) -> None:
        child = serializers.ChoiceField(choices=ROLES)
        super().__init__(
            child=child,
            allow_empty=False,
            max_length=len(ROLES),
            **{"help_text": "Who is asked, by role.", **options},
        )


class WaveSerializer(serializers.Serializer):
    """One round of asking. Response figures stand here once they are released."""

    id = serializers.IntegerField(help_text="Id of the wave.")
    key = serializers.CharField(help_text="Key of the wave.")
    title = serializers.CharField(help_text="What people read above the questions.")
    instrument = serializers.ChoiceField(choices=INSTRUMENTS, help_text="What is asked.")
    series_id = serializers.IntegerField(allow_null=True, help_text="Id of its series; null: none.")
    status = serializers.ChoiceField(choices=STATUSES, help_text="How far it is.")
    audiences = serializers.ListField(child=serializers.CharField(), help_text="Who is asked.")
    languages = serializers.ListField(
        child=serializers.CharField(), help_text="Languages offered beside the bank's."
    )
    allow_draft_translations = serializers.BooleanField(
        help_text="Whether translations are offered that two reviewers have not approved."
    )
    mode = serializers.ChoiceField(choices=MODES, help_text="Anonymous or confidential.")
    k = serializers.IntegerField(help_text="Smallest group whose figures are shown.")
    k_comment = serializers.IntegerField(help_text="Fewest commenters whose comments are.")
    retention_days = serializers.IntegerField(help_text="For how long answers are kept.")
    opens_on = serializers.DateField(allow_null=True, help_text="Day on which it opens by itself.")
    closes_on = serializers.DateField(allow_null=True, help_text="Last day; null: the tenth.")
    opens_at = UtcDateTimeField(allow_null=True, help_text="When it was opened.")
    closes_at = UtcDateTimeField(allow_null=True, help_text="When it closes, or did.")
    extended_from = UtcDateTimeField(allow_null=True, help_text="When it was to close at first.")
    closed_at = UtcDateTimeField(allow_null=True, help_text="When it closed; null: it has not.")
    eligible = serializers.IntegerField(
        allow_null=True, help_text="How many people are asked; null: it is not open yet."
    )
    responded = serializers.IntegerField(
        allow_null=True, help_text="How many answered, as released; null: open, or fewer than k."
    )
    response_rate = serializers.FloatField(allow_null=True, help_text="Their share, as released.")
    band = serializers.ChoiceField(
        choices=BANDS, allow_null=True, help_text="How far that can be relied on."
    )
    reason = serializers.CharField(help_text="Why it was not held.")
    override_reason = serializers.CharField(
        help_text="Why it opens before the last one's follow-up; everybody asked reads it."
    )
    follow_up_published_at = UtcDateTimeField(
        allow_null=True, help_text="When “you said, we did” was published."
    )


class NewWaveSerializer(serializers.Serializer):
    """A wave to be drafted."""

    title = serializers.CharField(max_length=120, help_text="What people read above the questions.")
    instrument = serializers.ChoiceField(
        choices=INSTRUMENTS, default=Wave.Instrument.PULSE.value, help_text="What is asked."
    )
    closes_on = DayField(allow_null=True, default=None, help_text="Last day; null: the tenth.")


class WaveChangeSerializer(serializers.Serializer):
    """What of a draft is to be otherwise."""

    title = serializers.CharField(max_length=120, required=False, help_text="What people read.")
    closes_on = DayField(allow_null=True, required=False, help_text="Last day; null: the tenth.")
    audiences = AudiencesField(required=False)
    languages = LanguagesField(required=False)
    allow_draft_translations = serializers.BooleanField(
        required=False, help_text="Offer translations that two reviewers have not approved."
    )


class WavePlanSerializer(serializers.Serializer):
    """What opening a draft now would freeze. Null or empty: something stands in the way."""

    wave_id = serializers.IntegerField(help_text="Id of the wave.")
    obstacle = serializers.CharField(help_text="Why it cannot open; empty: it can.")
    eligible = serializers.IntegerField(allow_null=True, help_text="How many would be asked.")
    questions = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of what would be asked."
    )
    minutes = serializers.IntegerField(allow_null=True, help_text="How long answering takes.")
    languages = serializers.ListField(
        child=serializers.CharField(), help_text="In which languages beside the bank's."
    )
    closes_at = UtcDateTimeField(allow_null=True, help_text="When it would close.")


class ClosingDaySerializer(serializers.Serializer):
    """The new last day."""

    closes_on = DayField(help_text="It closes at the end of this day.")


class WaveReasonSerializer(serializers.Serializer):
    """Why."""

    reason = serializers.CharField(max_length=MAX_REASON, help_text="Why.")


class FollowUpSerializer(serializers.Serializer):
    """You said, we did."""

    wave_id = serializers.IntegerField(read_only=True, help_text="Id of the wave.")
    heard = serializers.CharField(max_length=MAX_FOLLOW_UP, help_text="What was heard.")
    doing = serializers.CharField(max_length=MAX_FOLLOW_UP, help_text="What follows from it.")
    author = NameField(help_text="Who wrote it.")
    published_at = UtcDateTimeField(
        read_only=True, allow_null=True, help_text="When everybody asked was told; null: not yet."
    )


WAVE_EXAMPLE: dict[str, Any] = {
    "id": 3,
    "key": "spring-pulse",
    "title": "Spring pulse",
    "instrument": "pulse",
    "series_id": None,
    "status": "closed",
    "audiences": ["pm"],
    "languages": [],
    "allow_draft_translations": False,
    "mode": "anonymous",
    "k": 5,
    "k_comment": 10,
    "retention_days": 400,
    "opens_on": None,
    "closes_on": None,
    "opens_at": "2026-03-02T09:00:00.000000Z",
    "closes_at": "2026-03-13T22:59:59.000000Z",
    "extended_from": None,
    "closed_at": "2026-03-13T22:59:59.000000Z",
    "eligible": 24,
    "responded": 18,
    "response_rate": 0.75,
    "band": "good",
    "reason": "",
    "override_reason": "",
    "follow_up_published_at": None,
}
PLAN_EXAMPLE: dict[str, Any] = {
    "wave_id": 3,
    "obstacle": "",
    "eligible": 24,
    "questions": ["GAT1", "ANA1"],
    "minutes": 3,
    "languages": ["de"],
    "closes_at": "2026-03-13T22:59:59.000000Z",
}
FOLLOW_UP_EXAMPLE: dict[str, Any] = {
    "wave_id": 3,
    "heard": "Approvals take too long.",
    "doing": "Launch checklists replace two of three approvals.",
    "author": "Ana",
    "published_at": None,
}
