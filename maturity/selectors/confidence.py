"""The confidence that was written down for each score; nobody reads the clock."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import F

from maturity.models import Organization, Score, ScoreConfidence


def confidence_in_force(
    organization: Organization,
    *,
    as_of: date,
    scores: Iterable[Score],
    known_at: datetime | None = None,
) -> dict[int, ScoreConfidence]:
    """The newest row of each score for that day, by score id; one query."""
    rows = ScoreConfidence.objects.for_organization(organization).filter(
        score__in=scores, day__lte=as_of
    )
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    newest = rows.order_by("score_id", F("day").desc(), "-recorded_at").distinct("score_id")
    return {row.score_id: row for row in newest}
