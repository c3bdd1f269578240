"""The score in force on both time axes: the one rule that pages, API, exports and reports use.

Among the rows with `recorded_at <= known_at` and `valid_from <= as_of` that no row recorded by
then replaces, the one with the greatest (`valid_from`, `recorded_at`). A withdrawal replaces
and never counts itself.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import DateField, Exists, Max, OuterRef, Q, QuerySet, Value

from maturity.models import Organization, RecordClock, Score, Unit

_SHOWN = ("capability", "capability__area", "recorded_by")


def effective_scores(
    organization: Organization,
    *,
    as_of: date,
    known_at: datetime | None = None,
    unit: Unit | None = None,
) -> dict[int, Score]:
    """The score in force for each capability of one scope, by capability id; one query.

    `known_at` None: all that is recorded by now.
    """
    own = Score.objects.for_organization(organization)
    rows = in_force(own, as_of=as_of, known_at=known_at).filter(unit=unit)
    return {score.capability_id: score for score in rows.select_related(*_SHOWN)}


def effective_scores_of_all(
    organization: Organization, *, as_of: date, known_at: datetime | None = None
) -> list[Score]:
    """The scores in force of every scope, the whole organisation included; one query."""
    own = Score.objects.for_organization(organization)
    rows = in_force(own, as_of=as_of, known_at=known_at)
    return list(rows.select_related(*_SHOWN, "capability__rubric", "assessment"))


def effective_scores_on(
    organization: Organization,
    days: Iterable[date],
    *,
    known_at: datetime | None = None,
    unit: Unit | None = None,
) -> dict[date, dict[int, Score]]:
    """The scores in force on each of these days, by day and capability id.

    Two queries, or one for a single day.
    """
    if len(each_day := list(days)) == 1:
        own_day = each_day[0]
        return {
            own_day: effective_scores(organization, as_of=own_day, known_at=known_at, unit=unit)
        }
    found: dict[date, dict[int, Score]] = {day: {} for day in each_day}
    if not found:
        return found
    own = Score.objects.for_organization(organization)
    each = [
        in_force(own, as_of=day, known_at=known_at)
        .filter(unit=unit)
        .annotate(on=Value(day, output_field=DateField()))
        .values_list("pk", "on")
        for day in found
    ]
    pairs = list(each[0].union(*each[1:], all=True) if len(each) > 1 else each[0])
    rows = Score.objects.select_related(*_SHOWN).in_bulk({pk for pk, _day in pairs})
    for pk, day in pairs:
        found[day][rows[pk].capability_id] = rows[pk]
    return found


def effective_scores_of_many(
    days: Mapping[Organization, date], *, known_at: datetime | None = None
) -> list[Score]:
    """The scores in force of these organisations as wholes, each on its own day; one query.

    The days of one moment around the world are three at most, however many organisations.
    """
    by_day: dict[date, list[Organization]] = {}
    for organization, day in days.items():
        by_day.setdefault(day, []).append(organization)
    newest = Q(pk__in=())
    for day, organizations in by_day.items():
        own = Score.objects.filter(organization__in=organizations, unit=None)
        newest |= Q(pk__in=in_force(own, as_of=day, known_at=known_at).values("pk"))
    return list(Score.objects.filter(newest).select_related("capability"))


def in_force(
    rows: QuerySet[Score], *, as_of: date, known_at: datetime | None = None
) -> QuerySet[Score]:
    """The rule itself, for every scope and capability of the organisations of these rows."""
    rows = rows.order_by().filter(valid_from__lte=as_of)
    corrections = Score.objects.filter(replaces=OuterRef("pk"))
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
        corrections = corrections.filter(recorded_at__lte=known_at)
    standing: Any = rows.exclude(state=Score.State.WITHDRAWN).filter(~Exists(corrections))
    newest: QuerySet[Score] = standing.order_by(
        "organization_id", "unit_id", "capability_id", "-valid_from", "-recorded_at", "-pk"
    ).distinct("organization_id", "unit_id", "capability_id")
    return newest


def last_recorded(organization: Organization, *, unit: Unit | None = None) -> datetime | None:
    """The newest `recorded_at` of one scope's scores, for a writer's `seen`; one query."""
    newest: datetime | None = (
        Score.objects.for_organization(organization)
        .filter(unit=unit)
        .aggregate(newest=Max("recorded_at"))["newest"]
    )
    return newest


def known_now(organization: Organization) -> datetime:
    """The greatest `recorded_at` that is committed: what a page states as its `known_at`.

    Never the wall clock: a writer that holds the lock has stamped rows nobody can see yet.
    Before the first record it is the organisation's own beginning. One query.
    """
    moment = (
        RecordClock.objects.filter(organization=organization)
        .values_list("recorded_at", flat=True)
        .first()
    )
    return moment or organization.created_at
