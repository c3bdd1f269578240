"""Release an outside wave: the tree by the remainder rule, tags one after the other."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache

from maturity.sources import BadFileError
from surveys.models import OutsideWave, Release, ReleasedCell, ReleasedChange
from surveys.privacy import (
    HIDDEN,
    Decision,
    Rule,
    Thresholds,
    count,
    differs_safely,
    publish,
)
from surveys.services.ledger import RESPONSES, TURNOUT, Book, Register, secret_of
from surveys.services.outside.answers import OutsideAnswers
from surveys.services.releases.changes import MOST_WAVES, Side, changes_since
from surveys.services.releases.survey import Survey, cell_of, item_cells
from surveys.sources.answers import EVERYBODY


def release_outside_wave(wave: OutsideWave, *, released_at: datetime) -> Release | None:
    """Publish a wave's next version, if its people differ from the others' by nobody or by k.

    None where the earlier version stands.
    """
    answers = OutsideAnswers.of(wave)
    earlier = list(wave.releases.order_by("version"))
    secret = secret_of(wave)
    survey = Survey(
        release=Release(
            organization=wave.organization,
            outside=wave,
            version=len(earlier) + 1,
            released_at=released_at,
            eligible=answers.eligible.get(EVERYBODY),
        ),
        groups=answers.groups,
        thresholds=Thresholds(k=wave.k, k_comment=wave.k),
        eligible=answers.eligible,
        book=Book(earlier, cache(lambda key: Register(secret, answers.names(key)))),
    )
    _refuse_too_few_eligible(survey, answers)
    versions = survey.book.ledger(RESPONSES).values
    if not differs_safely(answers.everybody, versions, Rule(wave.k)):
        return None
    versions.append(answers.everybody)
    _release(survey, answers)
    survey.book.write(survey.release)
    return survey.release


def _release(survey: Survey, answers: OutsideAnswers) -> None:
    people = survey.groups.answered(answers.everybody)
    ledger = survey.book.ledger(TURNOUT)
    shown = publish(survey.groups.parents, people, Rule(survey.thresholds.k), ledger.values)
    ledger.values += [people[group] for group in shown]
    release = survey.release
    if EVERYBODY in shown:
        release.responded = len(answers.rows)
        if release.eligible is not None:
            release.response_rate = release.responded / release.eligible
    release.save(force_insert=True)
    items = answers.items()
    cells = [cell for item in items.values() for cell in item_cells(survey, item)]
    cells += _turnout_cells(survey, answers, shown)
    ReleasedCell.objects.bulk_create(cells, batch_size=1_000)
    after = Side(release, answers.scales, frozenset(), answers.groups, items)
    found = changes_since(after, _earlier(answers.wave), areas={}, down=frozenset())
    ReleasedChange.objects.bulk_create(list(found), batch_size=1_000)


def _turnout_cells(
    survey: Survey, answers: OutsideAnswers, shown: frozenset[str]
) -> Iterator[ReleasedCell]:
    for group, people in survey.groups.answered(answers.everybody).items():
        if group == EVERYBODY:
            continue
        kind, figures = ReleasedCell.Kind.TURNOUT, {}
        if group in shown:
            figures = {"n": count(people), "eligible": survey.eligible.get(group)}
        decision = Decision("shown") if group in shown else HIDDEN
        yield cell_of(survey, group, kind, "", decision, **figures)


def _earlier(wave: OutsideWave) -> Iterator[Side]:
    """The waves whose keys come before, the nearest first."""
    waves = OutsideWave.objects.for_organization(wave.organization).filter(key__lt=wave.key)
    for other in waves.order_by("-key")[:MOST_WAVES]:
        release = other.releases.order_by("-version").first()
        if release is not None:
            answers = OutsideAnswers.of(other)
            items = {} if other.answers_deleted_at else answers.items()
            yield Side(release, answers.scales, frozenset(), answers.groups, items)


def _refuse_too_few_eligible(survey: Survey, answers: OutsideAnswers) -> None:
    """More answers than people who could give them: one of the two files is wrong."""
    for group, people in survey.groups.answered(answers.everybody).items():
        if group in survey.eligible and survey.eligible[group] < count(people):
            raise BadFileError(f"the eligible file has fewer people in {group} than answered")
