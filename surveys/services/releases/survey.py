"""A survey's answers while they are being released, whoever ran it. Respondents are numbers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from surveys.models import Release, ReleasedCell
from surveys.privacy import (
    Answers,
    Decision,
    Groups,
    People,
    Thresholds,
    judge_item,
)
from surveys.scoring import ItemScale, ScoredItem
from surveys.services.ledger import Book
from surveys.services.releases.figures import figures_of


@dataclass(frozen=True)
class ItemAnswers:
    """What respondents answered to one item, and to whom it does not apply."""

    key: str
    scale: ItemScale
    answers: Mapping[int, float]
    not_applicable: frozenset[int] = frozenset()

    def sides(self) -> Answers:
        """Who answered, and how, as the gate wants to know it."""
        favourable = None
        if self.scale.has_sides:
            favourable = people_of(
                who for who, answer in self.answers.items() if self.scale.is_favourable(answer)
            )
        return Answers(people_of(self.answers), favourable, people_of(self.not_applicable))

    def within(self, group: People) -> ScoredItem:
        """The answers of one group."""
        return ScoredItem(
            self.scale,
            tuple(answer for who, answer in self.answers.items() if group >> who & 1),
            sum(group >> who & 1 for who in self.not_applicable),
        )


@dataclass(frozen=True)
class Survey:
    """Groups and items to release; `eligible` by group, unknown where it is missing."""

    release: Release
    groups: Groups
    thresholds: Thresholds
    eligible: Mapping[str, int]
    book: Book


def item_cells(survey: Survey, item: ItemAnswers) -> Iterator[ReleasedCell]:
    """One cell per group, through the gate."""
    decisions = judge_item(
        survey.groups, item.sides(), survey.thresholds, survey.book.ledger(item.key)
    )
    for group, decision in decisions.items():
        yield cell_of(
            survey,
            group,
            ReleasedCell.Kind.ITEM,
            item.key,
            decision,
            **figures_of(
                item.within(survey.groups.members[group]), decision, survey.eligible.get(group)
            ),
        )


def cell_of(
    survey: Survey,
    group: str,
    kind: ReleasedCell.Kind,
    key: str,
    decision: Decision,
    **figures: object,
) -> ReleasedCell:
    return ReleasedCell(
        organization=survey.release.organization,
        release=survey.release,
        group_key=group,
        kind=kind,
        key=key,
        state=decision.state,
        at_least=decision.at_least,
        at_most=decision.at_most,
        **figures,
    )


def people_of(numbers: Iterable[int]) -> People:
    """The set of these respondents."""
    people = 0
    for number in numbers:
        people |= 1 << number
    return people
