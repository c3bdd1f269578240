"""Who a wave asks, and as what: read from the roster as it stands on one day."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta

from maturity.models import Person, Placement
from surveys.banks import PM, PM_NEW, asked_as, merged_audiences
from surveys.models import Question, Wave
from surveys.services.roster import may_be_asked

NEW_FOR = relativedelta(months=12)


@dataclass(frozen=True)
class Audience:
    """Who is asked, each with the label their answers may carry, and who is not, and why.

    `too_few`: people of audiences too small to be shown; `unasked`: for whom no question is.
    """

    people: tuple[tuple[Person, str], ...]
    too_few: Mapping[str, int]
    unasked: Mapping[str, int]

    @property
    def labels(self) -> frozenset[str]:
        return frozenset(label for _person, label in self.people)


def audience_on(wave: Wave, questions: Collection[Question], *, on: date) -> Audience:
    """Everybody whom these questions are put to on that day; two queries.

    Nobody is told apart without a question that asks for it.
    """
    asked = {audience for question in questions for audience in question.audiences}
    placed = (
        Placement.objects.for_organization(wave.organization)
        .filter(role__in=wave.audiences, valid__contains=on)
        .filter(person__in=may_be_asked(wave, on=on))
        .select_related("person")
        .order_by("person_id")
    )
    roles = {placement.person: placement.role for placement in placed}
    if PM_NEW in asked:
        new = _new_on(roles, on)
        roles = {
            person: PM_NEW if role == PM and person.pk in new else role
            for person, role in roles.items()
        }
    labels = merged_audiences(list(roles.values()), wave.k)
    people, too_few, unasked = [], Counter[str](), Counter[str]()
    for (person, role), label in zip(roles.items(), labels, strict=True):
        if label is None:
            too_few[role] += 1
        elif asked.isdisjoint(asked_as(label)):
            unasked[role] += 1
        else:
            people.append((person, label))
    return Audience(tuple(people), dict(too_few), dict(unasked))


def questions_for(questions: Iterable[Question], labels: Iterable[str]) -> list[Question]:
    """Those of the questions that somebody with one of these labels is asked, in their order."""
    asked: frozenset[str] = frozenset().union(*(asked_as(label) for label in labels))
    return [question for question in questions if not asked.isdisjoint(question.audiences)]


def _new_on(people: Iterable[Person], on: date) -> set[int]:
    """Who came at most twelve months before that day; a start that is unknown is long ago."""
    rows = Placement.objects.filter(person__in=people).values_list("person", "valid")
    starts: dict[int, list[date | None]] = {}
    for person, valid in rows:
        starts.setdefault(person, []).append(valid.lower)
    return {
        person
        for person, dates in starts.items()
        if None not in dates and min(day for day in dates if day) >= on - NEW_FOR
    }
