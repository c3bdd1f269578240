"""Area indexes, from shown items alone; how well their items hang together."""

from collections.abc import Iterator, Mapping, Sequence

from maturity import stats
from surveys import scoring
from surveys.models import Question, ReleasedCell
from surveys.privacy import HIDDEN, Decision
from surveys.services.releases.survey import ItemAnswers, Survey, cell_of


def index_cells(
    survey: Survey,
    questions: Sequence[Question],
    items: Mapping[str, ItemAnswers],
    cells: Sequence[ReleasedCell],
) -> Iterator[ReleasedCell]:
    """Indexes of the areas asked about by enough items, in each group.

    A hidden item inside an index could be worked out from the shown ones, so it is left out.
    """
    means: dict[str, dict[str, float]] = {group: {} for group in survey.groups.members}
    for cell in cells:
        if cell.mean is not None:
            means[cell.group_key][cell.key] = cell.mean
    for area in dict.fromkeys(q.area for q in questions if q.area):
        keys = [q.key for q in questions if q.area == area]
        if len(keys) < scoring.INDEX_ITEMS:
            continue
        for group, shown in means.items():
            known = [key for key in keys if key in shown]
            index = scoring.area_index([shown[key] for key in known])
            is_whole = group == ReleasedCell.ORGANIZATION and known == keys
            yield cell_of(
                survey,
                group,
                ReleasedCell.Kind.INDEX,
                area,
                HIDDEN if index is None else Decision("shown"),
                mean=index,
                alpha=_alpha(survey, [items[key] for key in keys]) if is_whole else None,
            )


def _alpha(survey: Survey, items: Sequence[ItemAnswers]) -> float | None:
    """Cronbach's alpha of the organisation's complete answers, all items shown."""
    everybody = survey.groups.members[ReleasedCell.ORGANIZATION]
    complete = [
        who
        for who in items[0].answers
        if everybody >> who & 1 and all(who in item.answers for item in items)
    ]
    return stats.cronbach_alpha(
        [[item.scale.score(item.answers[who]) for item in items] for who in complete]
    )
