"""Release an outside wave: the tree by the remainder rule, tags one after the other."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from maturity.sources import BadFileError
from surveys.models import (
    OutsideGroup,
    OutsideItem,
    OutsideResponse,
    OutsideWave,
    Release,
    ReleasedCell,
)
from surveys.privacy import (
    HIDDEN,
    Decision,
    Groups,
    People,
    Rule,
    Thresholds,
    count,
    differs_safely,
    publish,
)
from surveys.scoring import scale_of
from surveys.services.ledger import RESPONSES, TURNOUT, Book, Register, secret_of
from surveys.services.releases.survey import ItemAnswers, Survey, cell_of, item_cells, people_of
from surveys.sources.answers import EVERYBODY

# The recommendation item of the shipped bank: on 0 to 10 it has promoters, wherever it was asked.
RECOMMENDS = frozenset({"REC0"})


def release_outside_wave(wave: OutsideWave, *, released_at: datetime) -> Release | None:
    """Publish a wave's next version, if its people differ from the others' by nobody or by k.

    Somebody whose answers or groups changed differs: what changed could be worked out
    otherwise. None where the earlier version stands.
    """
    rows = list(wave.responses.order_by("pk"))
    earlier = list(wave.releases.order_by("version"))
    secret = secret_of(wave)
    groups = {group.key: group for group in wave.groups.all()}
    survey = Survey(
        release=Release(
            organization=wave.organization,
            outside=wave,
            version=len(earlier) + 1,
            released_at=released_at,
            eligible=groups[EVERYBODY].eligible,
        ),
        groups=_groups(wave, groups.values(), rows),
        thresholds=Thresholds(k=wave.k, k_comment=wave.k),
        eligible={key: row.eligible for key, row in groups.items() if row.eligible is not None},
        book=Book(earlier, cache(lambda key: Register(secret, (_name(r, key) for r in rows)))),
    )
    everybody = (1 << len(rows)) - 1
    versions = survey.book.ledger(RESPONSES).values
    if not differs_safely(everybody, versions, Rule(wave.k)):
        return None
    _refuse_too_few_eligible(survey, everybody)
    versions.append(everybody)
    _release(survey, wave, rows, everybody)
    survey.book.write(survey.release)
    return survey.release


def _release(
    survey: Survey, wave: OutsideWave, rows: Sequence[OutsideResponse], everybody: People
) -> None:
    people = survey.groups.answered(everybody)
    ledger = survey.book.ledger(TURNOUT)
    shown = publish(survey.groups.parents, people, Rule(survey.thresholds.k), ledger.values)
    ledger.values += [people[group] for group in shown]
    release = survey.release
    if EVERYBODY in shown:
        release.responded = len(rows)
        if release.eligible is not None:
            release.response_rate = release.responded / release.eligible
    release.save(force_insert=True)
    cells = [cell for item in wave.items.all() for cell in item_cells(survey, _item(item, rows))]
    for group in people:
        if group != EVERYBODY and group in shown:
            figures = {"n": count(people[group]), "eligible": survey.eligible.get(group)}
            decision = Decision("shown")
        else:
            figures, decision = {}, HIDDEN
        if group != EVERYBODY:
            cells.append(cell_of(survey, group, ReleasedCell.Kind.TURNOUT, "", decision, **figures))
    ReleasedCell.objects.bulk_create(cells, batch_size=1_000)


def _groups(
    wave: OutsideWave, groups: Iterable[OutsideGroup], rows: Sequence[OutsideResponse]
) -> Groups:
    """Everybody, and the groups: a tree, or cuts of their own. A tag is nobody's part."""
    members = {
        group.key: people_of(number for number, row in enumerate(rows) if group.key in row.groups)
        for group in groups
    }
    members[EVERYBODY] = (1 << len(rows)) - 1
    parents: dict[str, str | None] = {EVERYBODY: None}
    if wave.shape == OutsideWave.Shape.TREE:
        above = {g.key: g.parent_key or EVERYBODY for g in groups if g.key != EVERYBODY}
        parents |= above
    return Groups(parents, members)


def _item(item: OutsideItem, rows: Sequence[OutsideResponse]) -> ItemAnswers:
    answers = {n: row.answers[item.key] for n, row in enumerate(rows) if item.key in row.answers}
    return ItemAnswers(
        item.key,
        scale_of(
            answers.values(),
            minimum=item.minimum,
            maximum=item.maximum,
            reverse=item.reverse,
            recommends=item.key in RECOMMENDS,
        ),
        answers,
        frozenset(n for n, row in enumerate(rows) if item.key in row.not_applicable),
    )


def _name(row: OutsideResponse, key: str) -> bytes:
    """What the ledger knows a respondent by: the same person with another answer is another."""
    if key in {RESPONSES, TURNOUT}:
        said: object = [sorted(row.answers.items()), sorted(row.not_applicable)]
    else:
        said = [row.answers.get(key), key in row.not_applicable]
    content = json.dumps([bytes(row.respondent).hex(), sorted(row.groups), said])
    return content.encode()


def _refuse_too_few_eligible(survey: Survey, everybody: People) -> None:
    """More answers than people who could give them: one of the two files is wrong."""
    for group, members in survey.groups.answered(everybody).items():
        if group in survey.eligible and survey.eligible[group] < count(members):
            raise BadFileError(f"the eligible file has fewer people in {group} than answered")
