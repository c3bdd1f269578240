"""The score in force on both time axes: the one rule that pages, API, exports and reports use.

Among the rows with `recorded_at <= known_at` and `valid_from <= as_of` that no row recorded by
then replaces, the one with the greatest (`valid_from`, `recorded_at`). A withdrawal replaces
and never counts itself.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Window
from django.db.models.functions import Lead

from maturity.models import Organization, RecordClock, Score, Unit

_SHOWN = ("capability", "capability__area", "recorded_by")


class ScoreMark(NamedTuple):
    """What of a score says where its scope stood from `valid_from` on, before the day `until`.

    On that day another one took its place; None: none did.
    """

    pk: int
    organization_id: int
    unit_id: int | None
    capability_id: int
    state: str
    level: int | None
    effective_level: int | None
    valid_from: date
    recorded_at: datetime
    until: date | None = None

    def is_in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.until is None or day < self.until)


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


def marks_of(
    organization: Organization,
    *,
    as_of: date,
    until: date,
    known_at: datetime | None = None,
    unit: Unit | None = None,
) -> list[ScoreMark]:
    """All that was ever in force in one scope up to `until`, and in the others on `as_of`.

    The same rule as in_force() for every day at once; one query.
    """
    following = Window(
        Lead("valid_from"),
        partition_by=["unit_id", "capability_id"],
        order_by=["valid_from", "recorded_at", "pk"],
    )
    rows = _standing(
        Score.objects.for_organization(organization), as_of=until, known_at=known_at
    ).annotate(until=following)
    on_the_day = Q(valid_from__lte=as_of) & (Q(until=None) | Q(until__gt=as_of))
    figures = rows.filter(Q(unit=unit) | on_the_day).values_list(*ScoreMark._fields)
    return [ScoreMark(*row) for row in figures]


def marks_in_force(
    organization: Organization,
    *,
    as_of: date,
    known_at: datetime | None = None,
    unit: Unit | None = None,
) -> list[ScoreMark]:
    """The scores in force of one scope, as marks whose `until` is not looked up; one query."""
    own = Score.objects.for_organization(organization).filter(unit=unit)
    rows = in_force(own, as_of=as_of, known_at=known_at)
    return [ScoreMark(*row) for row in rows.values_list(*ScoreMark._fields[:-1])]


def marks_of_many(
    days: Mapping[Organization, date], *, known_at: datetime | None = None
) -> list[ScoreMark]:
    """The scores in force of these organisations as wholes, each on its own day; one query.

    The days of one moment around the world are three at most, however many organisations. What
    comes after that day is not looked up: `until` is None.
    """
    by_day: dict[date, list[Organization]] = {}
    for organization, day in days.items():
        by_day.setdefault(day, []).append(organization)
    each = [
        in_force(
            Score.objects.filter(organization__in=organizations, unit=None),
            as_of=day,
            known_at=known_at,
        ).values_list(*ScoreMark._fields[:-1])
        for day, organizations in by_day.items()
    ]
    if not each:
        return []
    rows = each[0].union(*each[1:], all=True) if len(each) > 1 else each[0]
    return [ScoreMark(*row) for row in rows]


def in_force(
    rows: QuerySet[Score], *, as_of: date, known_at: datetime | None = None
) -> QuerySet[Score]:
    """The rule itself, for every scope and capability of the organisations of these rows."""
    newest: QuerySet[Score] = (
        _standing(rows, as_of=as_of, known_at=known_at)
        .order_by(
            "organization_id", "unit_id", "capability_id", "-valid_from", "-recorded_at", "-pk"
        )
        .distinct("organization_id", "unit_id", "capability_id")
    )
    return newest


def _standing(rows: QuerySet[Score], *, as_of: date, known_at: datetime | None) -> Any:
    """What was said by then and not taken back: the newest of each place is in force."""
    rows = rows.order_by().filter(valid_from__lte=as_of)
    corrections = Score.objects.filter(replaces=OuterRef("pk"))
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
        corrections = corrections.filter(recorded_at__lte=known_at)
    return rows.exclude(state=Score.State.WITHDRAWN).filter(~Exists(corrections))


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
