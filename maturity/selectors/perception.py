"""What PMs said of each area, from released cells alone, for a page that shows the levels too."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from maturity.models import Area, Organization, SurveyItemResult
from maturity.rubrics.perception import ItemAnswers


@dataclass(frozen=True)
class AreaAnswers:
    """The newest wave that asked an area's items: which, when, and what was released."""

    wave_key: str
    closed_on: date
    items: tuple[ItemAnswers, ...]


def area_answers(
    organization: Organization,
    areas: Iterable[Area],
    *,
    as_of: date,
    known_at: datetime | None = None,
) -> Mapping[int, AreaAnswers]:
    """By area id, what the newest wave closed by `as_of` released; none asked: no entry.

    One query. An older wave never stands in for a newer one that is too small to show.
    """
    until = datetime.combine(as_of + timedelta(days=1), time.min, organization.zone)
    rows = SurveyItemResult.objects.for_organization(organization).filter(
        closed_at__lt=until, audience="pm"
    )
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    by_item: dict[str, list[SurveyItemResult]] = {}
    for row in rows.order_by("-closed_at", "-wave_key"):
        by_item.setdefault(row.item_key, []).append(row)
    return {
        area.pk: found
        for area in areas
        if (found := _newest(organization, area.survey_items, by_item)) is not None
    }


def _newest(
    organization: Organization,
    items: Iterable[str],
    by_item: Mapping[str, list[SurveyItemResult]],
) -> AreaAnswers | None:
    rows = [row for key in items for row in by_item.get(key, ())]
    if not rows:
        return None
    newest = max(rows, key=lambda row: (row.closed_at, row.wave_key))
    own = [row for row in rows if row.wave_key == newest.wave_key]
    return AreaAnswers(
        wave_key=newest.wave_key,
        closed_on=newest.closed_at.astimezone(organization.zone).date(),
        items=tuple(
            ItemAnswers(row.n, row.favourable, row.eligible, row.response_rate) for row in own
        ),
    )
