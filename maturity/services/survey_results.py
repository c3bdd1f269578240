"""Take over what a survey released; nothing else about it ever gets below the surveys."""

from collections.abc import Sequence
from dataclasses import asdict

from django.db import transaction

from maturity.insights.base import SurveyItem
from maturity.models import Organization
from maturity.models.survey_results import SurveyItemResult
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
        .values_list("wave_key", "item_key")
    )
    fresh = [
        SurveyItemResult(organization=organization, recorded_at=recorded_at, **asdict(item))
        for item in items
        if (item.wave_key, item.item_key) not in known
    ]
    return len(SurveyItemResult.objects.bulk_create(fresh))
