"""Release a wave of our own: turnout, items, indexes, comments; the PMs' to the detectors."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from surveys.banks import PM, PM_NEW, BankRules
from surveys.models import Question, Release, ReleasedCell, Wave, WaveGroup
from surveys.privacy import (
    DETAIL_FROM,
    HIDDEN,
    Decision,
    Groups,
    Rule,
    Thresholds,
    count,
    differs_safely,
    publish,
)
from surveys.services.groups import AUDIENCE_KEY, POOLED_KEY, PRODUCT_OPS
from surveys.services.ledger import RESPONSES, TURNOUT, Book, Register, secret_of
from surveys.services.releases.answers import WaveAnswers, is_for
from surveys.services.releases.comments import release_comments
from surveys.services.releases.comparisons import compare_wave
from surveys.services.releases.detectors import hand_down
from surveys.services.releases.indexes import index_cells
from surveys.services.releases.survey import Survey, cell_of, item_cells

Kind = ReleasedCell.Kind


def release_wave(wave: Wave, *, released_at: datetime) -> Release | None:
    """Compute and store what may be shown of a wave, and hand the PMs' items to the detectors.

    Runs in the transaction that closes the wave, after its answers were collected. A wave that
    was open again is published once more only if its people differ from those of every earlier
    version by nobody or by k of them; else None, and the earlier version stands.
    """
    answers = WaveAnswers.of(wave)
    register = Register(secret_of(wave), (r.pk.bytes for r in answers.responses))
    earlier = list(wave.releases.order_by("version"))
    survey = Survey(
        release=Release(
            organization=wave.organization,
            wave=wave,
            version=len(earlier) + 1,
            released_at=released_at,
        ),
        groups=answers.groups,
        thresholds=Thresholds(k=wave.k, k_comment=wave.k_comment),
        eligible=answers.eligible(),
        book=Book(earlier, lambda _key: register),
    )
    versions = survey.book.ledger(RESPONSES).values
    if not differs_safely(answers.everybody, versions, Rule(wave.k)):
        return None
    versions.append(answers.everybody)
    cells = _release(survey, answers)
    survey.book.write(survey.release)
    hand_down(survey, wave, answers.items(), cells)
    compare_wave(answers, survey.release)
    return survey.release


def _release(survey: Survey, answers: WaveAnswers) -> list[ReleasedCell]:
    shown = _turnout(survey, answers)
    release = survey.release
    release.save(force_insert=True)
    items = answers.items()
    cells = [
        cell
        for question in answers.questions
        if question.key in items
        for cell in item_cells(_narrowed(survey, answers, question, shown), items[question.key])
    ]
    cells += [
        *_turnout_cells(survey, answers, shown),
        *index_cells(survey, answers.questions, items, cells),
        *release_comments(answers.wave, release, answers.questions, survey.thresholds),
    ]
    ReleasedCell.objects.bulk_create(cells, batch_size=1_000)
    return cells


def _turnout(survey: Survey, answers: WaveAnswers) -> frozenset[str]:
    """Fill in the release's own figures; return the groups whose response count may be told."""
    counted = answers.counted()
    people = survey.groups.answered(counted)
    ledger = survey.book.ledger(TURNOUT)
    rule = Rule(survey.thresholds.k)
    shown = publish(survey.groups.parents, people, rule, ledger.values)
    ledger.values += [people[group] for group in shown]
    release = survey.release
    release.eligible = survey.eligible.get(ReleasedCell.ORGANIZATION, answers.wave.eligible or 0)
    if ReleasedCell.ORGANIZATION not in shown:
        return shown
    pms = people[ReleasedCell.ORGANIZATION]
    release.responded = count(pms)
    release.response_rate = release.responded / release.eligible
    release.band = _band(release.response_rate, answers.rules)
    detailed = publish({}, {"": pms}, Rule(DETAIL_FROM), ledger.details)
    if detailed:
        ledger.details.append(pms)
        release.straightlining = count(pms & answers.straight()) / count(pms)
    return shown


def _band(rate: float, rules: BankRules) -> Release.Band:
    bands = rules.rules.response_rate.bands
    if rate >= bands.good:
        return Release.Band.GOOD
    return Release.Band.USABLE if rate >= bands.usable else Release.Band.DIRECTIONAL


def _narrowed(
    survey: Survey, answers: WaveAnswers, question: Question, shown: frozenset[str]
) -> Survey:
    """The groups that were asked a question; nobody where not even the responses are told."""
    groups = {row.key: row for row in answers.rows if _was_asked(row, question)}
    members = {
        key: survey.groups.members[key] if _top(row) in shown else 0 for key, row in groups.items()
    }
    parents = {key: above for key, above in survey.groups.parents.items() if key in groups}
    return replace(survey, groups=Groups(parents, members), eligible=answers.eligible(question))


def _was_asked(row: WaveGroup, question: Question) -> bool:
    pms = is_for(question, PM) or is_for(question, PM_NEW)
    if row.key == POOLED_KEY:
        return pms and is_for(question, PRODUCT_OPS)
    if row.kind == WaveGroup.Kind.AUDIENCE and row.key != AUDIENCE_KEY.format(PM_NEW):
        return is_for(question, row.key.partition(":")[2])
    return pms


def _top(row: WaveGroup) -> str:
    """The group whose response count stands for this one's."""
    is_apart = row.kind == WaveGroup.Kind.AUDIENCE and row.key not in {
        AUDIENCE_KEY.format(PM_NEW),
        POOLED_KEY,
    }
    return row.key if is_apart else ReleasedCell.ORGANIZATION


def _turnout_cells(
    survey: Survey, answers: WaveAnswers, shown: frozenset[str]
) -> Iterator[ReleasedCell]:
    """How many responded in each group; the organisation's own is in the release."""
    people = survey.groups.answered(answers.counted())
    for row in answers.rows:
        if row.key == ReleasedCell.ORGANIZATION:
            continue
        if row.key in shown:
            decision = Decision("shown")
            figures = {"n": count(people[row.key]), "eligible": row.eligible}
        else:
            decision, figures = HIDDEN, {}
        yield cell_of(survey, row.key, Kind.TURNOUT, "", decision, **figures)
