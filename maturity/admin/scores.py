"""The scores in force, over all scopes: to be found by area, unit and staleness."""

from typing import Any

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from maturity.admin.scope import AreaFilter, UnitFilter, scope_of, with_unit_names
from maturity.models import Score, ScoreConfidence
from maturity.selectors.scores import in_force


class StaleFilter(admin.SimpleListFilter):
    """Whether the evidence of the score is past its age."""

    title = _("evidence")
    parameter_name = "evidence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [
            ("stale", _("Stale")),
            ("fresh", _("Fresh")),
            ("missing", _("Unsubstantiated")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "stale":
                return queryset.filter(stale=True)
            case "fresh":
                return queryset.filter(stale=False, evidence_count__gt=0)
            case "missing":
                return queryset.filter(effective_level__lt=F("level"))
        return queryset


@admin.register(Score)
class ScoreAdmin(OrganizationScopedAdmin):
    when_empty = _("The score sheet records the first scores.")
    list_display = [
        "capability",
        "scope",
        "said",
        "effective_level",
        "valid_from",
        "confidence",
        "is_stale",
        "tenant",
    ]
    list_filter = [AreaFilter, UnitFilter, StaleFilter, OrganizationFilter]
    list_select_related = ["organization", "capability", "unit"]
    search_fields = ["capability__name", "note"]
    ordering = ["organization", "capability__position"]
    fields = [
        ("tenant", "scope"),
        "capability",
        ("said", "effective_level", "basis"),
        "claim_reason",
        ("evidence_kind", "evidence_date", "evidence_ref"),
        "note",
        "reason",
        ("valid_from", "recorded_at", "recorded_by"),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """In force today, with the unit's name and the confidence that was written down."""
        today = timezone.localdate()
        rows = super().get_queryset(request)
        written = ScoreConfidence.objects.filter(score=OuterRef("pk"), day__lte=today)
        newest = written.order_by("-day", "-recorded_at")
        return with_unit_names(
            rows.filter(pk__in=in_force(rows, as_of=today).values("pk"))
        ).annotate(
            trust=Subquery(newest.values("value")[:1]), stale=Subquery(newest.values("stale")[:1])
        )

    @admin.display(description=_("Scope"))
    def scope(self, score: Score) -> str:
        return scope_of(score)

    @admin.display(description=_("Level"), ordering="level")
    def said(self, score: Score) -> str:
        return str(score.level or score.get_state_display())

    @admin.display(description=_("Confidence"), ordering="trust")
    def confidence(self, score: Score) -> Any:
        return getattr(score, "trust", None)

    @admin.display(description=_("Stale"), boolean=True, ordering="stale")
    def is_stale(self, score: Score) -> bool:
        return bool(getattr(score, "stale", False))
