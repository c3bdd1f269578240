"""Translations of the questions: read beside their originals, approved by named people."""

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import author_of
from maturity.api.base import UtcDateTimeField
from maturity.api.fields import NameField
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, Docs, row_id
from maturity.api.remembered import Remembered
from maturity.models import Organization
from surveys.models import BankTranslation, TranslationReview
from surveys.selectors.translations import labels_of, sentences_of
from surveys.services.translations import approve_translation, standing_of


class ReviewSerializer(serializers.Serializer):
    """Somebody read it and stands by it."""

    reviewer = serializers.CharField(help_text="Who read it.")
    reviewed_at = UtcDateTimeField(help_text="When that was noted.")
    recorded_by = NameField(help_text="Who noted it.")


class TranslationSerializer(serializers.Serializer):
    """One revision of the questions in another language, and its reviews in the organisation."""

    id = serializers.IntegerField(help_text="Id of the revision.")
    bank = serializers.CharField(help_text="Key and version of the question bank.")
    language = serializers.CharField(help_text="Its language.")
    revision = serializers.IntegerField(help_text="Counts the revisions in this language.")
    translator = serializers.CharField(help_text="Who translated it.")
    digest = serializers.CharField(help_text="Of its words; a review names it.")
    published_at = UtcDateTimeField(help_text="When it was published.")
    is_draft = serializers.BooleanField(help_text="Until two people have approved it here.")
    missing = serializers.IntegerField(help_text="How many more reviews it needs.")
    reviews = ReviewSerializer(
        many=True, source="own_reviews", help_text="Those of these very words."
    )

    def to_representation(self, instance: BankTranslation) -> dict[str, Any]:
        standing = standing_of(instance, getattr(instance, "own_reviews", ()))
        for name in ("is_draft", "missing"):
            setattr(instance, name, getattr(standing, name))
        instance.own_reviews = standing.reviews  # type: ignore[attr-defined]  # those that count
        shown: dict[str, Any] = super().to_representation(instance)
        return shown


class SentenceSerializer(serializers.Serializer):
    """A question in both languages."""

    key = serializers.CharField(help_text="Key of the question.")
    original = serializers.CharField(help_text="In the bank's language.")
    translation = serializers.CharField(help_text="In this one.")


class LabelSerializer(serializers.Serializer):
    """A label of a scale in both languages."""

    original = serializers.CharField(help_text="In the bank's language.")
    translation = serializers.CharField(help_text="In this one.")


class WholeTranslationSerializer(TranslationSerializer):
    """A revision with all of its words."""

    sentences = serializers.SerializerMethodField(help_text="Every question.")
    labels = serializers.SerializerMethodField(help_text="Every label of the scales.")

    @extend_schema_field(SentenceSerializer(many=True))
    def get_sentences(self, row: BankTranslation) -> list[dict[str, str]]:
        return [
            {"key": key, "original": original, "translation": words}
            for key, original, words in sentences_of(row)
        ]

    @extend_schema_field(LabelSerializer(many=True))
    def get_labels(self, row: BankTranslation) -> list[dict[str, str]]:
        return [{"original": original, "translation": words} for original, words in labels_of(row)]


class NewReviewSerializer(serializers.Serializer):
    """Who read which words."""

    reviewer = serializers.CharField(
        max_length=200, help_text="Who read every sentence beside the original; not the translator."
    )
    digest = serializers.CharField(max_length=64, help_text="`digest` of the words they read.")


EXAMPLE: dict[str, Any] = {
    "id": 2,
    "bank": "product-ops 1.0.0",
    "language": "de",
    "revision": 1,
    "translator": "Machine",
    "digest": "9f2c",
    "published_at": "2026-01-01T08:00:00.000000Z",
    "is_draft": True,
    "missing": 1,
    "reviews": [
        {
            "reviewer": "Greta",
            "reviewed_at": "2026-02-01T08:00:00.000000Z",
            "recorded_by": "Ana",
        }
    ],
}
WHOLE: dict[str, Any] = {
    **EXAMPLE,
    "sentences": [{"key": "GAT1", "original": "I get approvals.", "translation": "Ich bekomme."}],
    "labels": [{"original": "Agree", "translation": "Stimme zu"}],
}
DOCS = Docs(
    "surveys", WholeTranslationSerializer, WHOLE, read="surveys:read", write="surveys:write"
)
_ID = row_id("Id of the revision.")


class TranslationFilter(django_filters.FilterSet):
    language = django_filters.CharFilter(max_length=12, label="Only this language.")

    class Meta:
        model = BankTranslation
        fields = ["language"]


class TranslationViewSet(mixins.ListModelMixin, Remembered):
    """What all tenants read alike, each beside the reviews of its own."""

    queryset = BankTranslation.objects.order_by("bank", "language", "-revision")
    serializer_class = WholeTranslationSerializer
    filterset_class = TranslationFilter
    read_scope = "surveys:read"
    write_scope = "surveys:write"

    def get_queryset(self) -> QuerySet[Any]:
        own = TranslationReview.objects.for_organization(self.organization)
        at = self.past()
        rows: QuerySet[Any] = BankTranslation.objects.select_related("bank")
        if at is not None:
            own, rows = own.filter(reviewed_at__lte=at), rows.filter(published_at__lte=at)
        reviews = own.select_related("recorded_by").order_by("reviewed_at", "id")
        return rows.prefetch_related(Prefetch("reviews", reviews, to_attr="own_reviews")).order_by(
            "bank", "language", "-revision"
        )

    @DOCS.lists(
        "translations_list",
        "List translations",
        "Every revision in every language, with its reviews here, also as it was on a day as known "
        "at a moment.",
        parameters=[AS_OF, KNOWN_AT],
        row=TranslationSerializer,
        example=EXAMPLE,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return self.page(self.filter_queryset(self.get_queryset()), TranslationSerializer)

    @DOCS.reads(
        "translations_retrieve",
        "Read one translation",
        "Every sentence and label beside its original.",
        parameters=[_ID, AS_OF, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "translations_approve",
        "Note a review",
        "Note that somebody read these words and stands by them; two people make it approved.",
        request=NewReviewSerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, **kwargs: Any) -> Response:
        given, by = self.taken(NewReviewSerializer), author_of(request)

        def act(row: BankTranslation) -> object:
            return approve_translation(row, organization=self.organization, recorded_by=by, **given)

        return self.change(act)

    def lock(self, row: BankTranslation) -> None:
        Organization.objects.select_for_update(no_key=True).get(pk=self.organization.pk)
