"""The confidence that was written down for each score; nobody reads the clock."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import F, QuerySet

from maturity.models import Organization, Score, ScoreConfidence


def confidence_in_force(
    organization: Organization,
    *,
    as_of: date,
    scores: Iterable[Score],
    known_at: datetime | None = None,
) -> dict[int, ScoreConfidence]:
    """The newest row of each score for that day, by score id; one query."""
    ids = [score.pk for score in scores]
    return {row.score_id: row for row in _newest(organization, as_of, ids, known_at)}


def stale_scores(
    organization: Organization,
    *,
    as_of: date,
    scores: Iterable[int],
    known_at: datetime | None = None,
) -> frozenset[int]:
    """Those of these ids whose newest row for that day says so; one query."""
    rows = _newest(organization, as_of, scores, known_at).values_list("score_id", "stale")
    return frozenset(pk for pk, stale in rows if stale)


def _newest(
    organization: Organization, as_of: date, scores: Iterable[int], known_at: datetime | None
) -> QuerySet[ScoreConfidence]:
    rows = ScoreConfidence.objects.for_organization(organization).filter(
        score__in=scores, day__lte=as_of
    )
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    return rows.order_by("score_id", F("day").desc(), "-recorded_at").distinct("score_id")
