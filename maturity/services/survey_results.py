"""Take over what a survey released; nothing else about it ever gets below the surveys."""

from collections.abc import Sequence
from dataclasses import asdict

from django.db import transaction

from maturity.insights.facts import SurveyFigure, SurveyItem
from maturity.models import Organization
from maturity.models.survey_results import SurveyFigureResult, SurveyItemResult
from maturity.services.record import record_lock


@transaction.atomic
def record_survey_results(organization: Organization, items: Sequence[SurveyItem]) -> int:
    """Put released items on the record; return how many were new.

    Idempotent: an item of a wave that is on the record already stays as it is.
    """
    if not items:
        return 0
    recorded_at = record_lock(organization)
    known = set(
        SurveyItemResult.objects.for_organization(organization)
        .filter(wave_key__in={item.wave_key for item in items})
        .values_list("wave_key", "item_key", "audience")
    )
    fresh = [
        SurveyItemResult(organization=organization, recorded_at=recorded_at, **asdict(item))
        for item in items
        if (item.wave_key, item.item_key, item.audience) not in known
    ]
    return len(SurveyItemResult.objects.bulk_create(fresh))


@transaction.atomic
def record_survey_figures(organization: Organization, figures: Sequence[SurveyFigure]) -> int:
    """Put released figures on the record; return how many were new. Idempotent as above."""
    if not figures:
        return 0
    recorded_at = record_lock(organization)
    known = set(
        SurveyFigureResult.objects.for_organization(organization)
        .filter(wave_key__in={figure.wave_key for figure in figures})
        .values_list("wave_key", "key")
    )
    fresh = [
        SurveyFigureResult(organization=organization, recorded_at=recorded_at, **asdict(figure))
        for figure in figures
        if (figure.wave_key, figure.key) not in known
    ]
    return len(SurveyFigureResult.objects.bulk_create(fresh))
