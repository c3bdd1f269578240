"""What a wave released, and nothing else: every figure here passed the privacy gate."""

from typing import Any

from rest_framework import serializers

from maturity.api.base import UtcDateTimeField
from surveys.models import ReleasedCell

CELL_STATES = [(state, state) for state in ReleasedCell.State.values]


def _figure(text: str) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=text)


def _count(text: str) -> serializers.IntegerField:
    return serializers.IntegerField(allow_null=True, help_text=text)


class CellSerializer(serializers.Serializer):
    """One item of one group. Hidden: no figure; one-sided: a bound alone, in percent."""

    key = serializers.CharField(help_text="Key of the item.")
    state = serializers.ChoiceField(choices=CELL_STATES, help_text="Whether it may be shown.")
    n = _count("Valid answers.")
    favourable = _count("Favourable ones among them.")
    share = _figure("Their share, after reversal.")
    low = _figure("Its lower 95 % bound.")
    high = _figure("Its upper 95 % bound.")
    worst = _figure("The share if all who did not answer were unfavourable.")
    best = _figure("The share if all who did not answer were favourable.")
    mean = _figure("Mean of the answers.")
    at_least = _count("Of a one-sided cell: the share in percent is at least this.")
    at_most = _count("Of a one-sided cell: the share in percent is at most this.")


class ItemSerializer(CellSerializer):
    """One item of the whole wave."""

    text = serializers.CharField(help_text="What was asked.")
    scale = serializers.CharField(help_text="On which scale.")
    reverse = serializers.BooleanField(help_text="Whether agreeing is unfavourable.")
    not_applicable = _count("Who said that it does not apply.")
    exact_low = _figure("Lower bound, hypergeometric, up to 60 people.")
    exact_high = _figure("Upper bound, hypergeometric, up to 60 people.")
    mean_low = _figure("Lower bound of the mean.")
    mean_high = _figure("Upper bound of the mean.")
    median = _figure("Median of the answers.")
    enps = _figure("Recommendation score, -100 to 100.")
    enps_low = _figure("Its lower bound.")
    enps_high = _figure("Its upper bound.")
    distribution = serializers.ListField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="Answers as given, from the scale's lowest to its highest.",
    )


class IndexSerializer(serializers.Serializer):
    """Mean of an area's item means."""

    area = serializers.CharField(help_text="Key of the area.")
    mean = _figure("1 to 5; null: too few of its items are shown.")


class TextsSerializer(serializers.Serializer):
    """Comments on one question, in random order."""

    key = serializers.CharField(help_text="Key of the question.")
    text = serializers.CharField(help_text="What was asked.")
    state = serializers.ChoiceField(choices=CELL_STATES, help_text="Whether they may be shown.")
    comments = serializers.ListField(
        child=serializers.CharField(), help_text="As written; empty: too few commented."
    )


class GroupSerializer(serializers.Serializer):
    """A unit, audience or language."""

    key = serializers.CharField(help_text="Key of the group.")
    kind = serializers.CharField(help_text="unit, audience or language.")
    name = serializers.CharField(help_text="What it is called.")
    parent = serializers.CharField(  # type: ignore[assignment]  # the row's own word
        allow_null=True, help_text="Key of the group above it."
    )
    responded = _count("Who answered; null: too few.")
    eligible = _count("Who was asked; null: too few answered.")
    items = CellSerializer(many=True, help_text="Its cells.")
    indexes = serializers.DictField(child=serializers.FloatField(), help_text="Means by area.")


class ResultsSerializer(serializers.Serializer):
    """The newest release of a closed wave."""

    key = serializers.CharField(help_text="Key of the wave.")
    title = serializers.CharField(help_text="What people read above the questions.")
    instrument = serializers.CharField(help_text="What was asked.")
    closed_at = UtcDateTimeField(help_text="When it closed.")
    released_at = UtcDateTimeField(help_text="When this was released.")
    k = serializers.IntegerField(help_text="Smallest group whose figures are shown.")
    k_comment = serializers.IntegerField(help_text="Fewest commenters whose comments are.")
    eligible = serializers.IntegerField(help_text="How many people were asked.")
    responded = _count("How many answered; null: fewer than k.")
    response_rate = _figure("Their share.")
    band = serializers.CharField(allow_null=True, help_text="good, usable or directional.")
    straightlining = _figure("Share of responses that gave one rating throughout.")
    items = ItemSerializer(many=True, help_text="Every item that was asked.")
    indexes = IndexSerializer(many=True, help_text="Every area.")
    texts = TextsSerializer(many=True, help_text="Open questions.")
    groups = GroupSerializer(many=True, help_text="Units, audiences and languages.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Of what selectors.released_wave() and released_groups() gave."""
        wave, groups = instance
        shown: dict[str, Any] = {"groups": GroupSerializer(groups, many=True).data}
        for field in self.fields.values():
            name = str(field.field_name)
            if name not in shown:
                value = getattr(wave, name)
                shown[name] = None if value is None else field.to_representation(value)
        return shown


CELL_EXAMPLE = {
    "key": "GAT1",
    "state": "shown",
    "n": 18,
    "favourable": 6,
    "share": 0.3333,
    "low": 0.17,
    "high": 0.55,
    "worst": 0.25,
    "best": 0.5,
    "mean": 2.9,
    "at_least": None,
    "at_most": None,
}
_ITEM = {
    **CELL_EXAMPLE,
    "text": "I get the approvals I need without waiting.",
    "scale": "agree5",
    "reverse": False,
    "not_applicable": 0,
    "exact_low": 0.19,
    "exact_high": 0.52,
    "mean_low": 2.5,
    "mean_high": 3.3,
    "median": 3,
    "enps": None,
    "enps_low": None,
    "enps_high": None,
    "distribution": [2, 6, 4, 4, 2],
}
RESULTS_EXAMPLE: dict[str, Any] = {
    "key": "spring-pulse",
    "title": "Spring pulse",
    "instrument": "pulse",
    "closed_at": "2026-03-13T22:59:59.000000Z",
    "released_at": "2026-03-13T23:30:00.000000Z",
    "k": 5,
    "k_comment": 10,
    "eligible": 24,
    "responded": 18,
    "response_rate": 0.75,
    "band": "good",
    "straightlining": 0.0,
    "items": [_ITEM],
    "indexes": [{"area": "analytics_infrastructure", "mean": 3.1}],
    "texts": [{"key": "OPN1", "text": "What helps?", "state": "suppressed", "comments": []}],
    "groups": [
        {
            "key": "unit:payments",
            "kind": "unit",
            "name": "Payments",
            "parent": None,
            "responded": 8,
            "eligible": 10,
            "items": [CELL_EXAMPLE],
            "indexes": {"analytics_infrastructure": 3.4},
        }
    ],
}
