"""The gate: one item, all groups, and whatever was published of it before.

First the fixed tree by the remainder rule, then every other cut in a fixed order, each only if
it is safe beside all that is published by then: by the overlap rule and by the span rule.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from surveys.privacy.decisions import DETAIL_FROM, HIDDEN, Decision, Thresholds, decide
from surveys.privacy.overlap import differs_safely, is_large_enough
from surveys.privacy.people import People, Rule, count
from surveys.privacy.span import exposes_few
from surveys.privacy.tree import Parents, release


@dataclass(frozen=True, slots=True)
class Groups:
    """Who belongs where: a fixed tree of groups and cuts that overlap with it.

    `parents` holds the tree (several roots are several trees); every other group of `members`
    is a cut of its own.
    """

    parents: Parents
    members: Mapping[str, People]

    def answered(self, people: People) -> dict[str, People]:
        return {group: members & people for group, members in self.members.items()}


@dataclass(frozen=True, slots=True)
class Answers:
    """Who gave a valid answer to an item, who of them a favourable one, whom it did not concern.

    `favourable` is None where answers have no sides.
    """

    valid: People
    favourable: People | None = None
    not_applicable: People = 0


@dataclass(slots=True)
class Ledger:
    """The sets of people behind what is published of one item, by kind of figure.

    `values`: n, shares, means, spread; `details`: distributions and recommendation scores;
    `concerned`: those who answered or said that it does not apply.
    """

    values: list[People] = field(default_factory=list)
    details: list[People] = field(default_factory=list)
    concerned: list[People] = field(default_factory=list)


def judge_item(
    groups: Groups, answers: Answers, thresholds: Thresholds, ledger: Ledger
) -> dict[str, Decision]:
    """Decide for each group, and enter what is published into the ledger."""
    rule = Rule(thresholds.k, answers.favourable)
    valid = groups.answered(answers.valid)
    visible = publish(groups.parents, valid, rule, ledger.values)
    plain = {group for group in visible if not rule.is_one_sided(valid[group])}
    ledger.values += [valid[group] for group in plain]
    detailed = publish(groups.parents, valid, Rule(DETAIL_FROM), ledger.details, among=plain)
    ledger.details += [valid[group] for group in detailed]
    concerned = groups.answered(answers.valid | answers.not_applicable)
    counted = publish(groups.parents, concerned, Rule(thresholds.k), ledger.concerned, among=plain)
    ledger.concerned += [concerned[group] for group in counted]
    return {
        group: _decision(valid[group], answers, thresholds, group in detailed, group in counted)
        if group in visible
        else HIDDEN
        for group in groups.members
    }


def publish(
    parents: Parents,
    people: Mapping[str, People],
    rule: Rule,
    published: Sequence[People],
    *,
    among: Iterable[str] | None = None,
) -> frozenset[str]:
    """Which groups may be published beside what is published already.

    A tree on its own is settled by the remainder rule. Other cuts, and all groups where an
    earlier version is out, come one by one: roots first, then by size, then by key.
    """
    wanted = frozenset(people if among is None else among)
    shown: set[str] = set()
    if not published:
        shown |= release(parents, people, rule, among=wanted)
    order = sorted(
        wanted - (shown if published else parents.keys()),
        key=lambda group: (parents.get(group, "") is not None, -count(people[group]), group),
    )
    beside = [*published, *(people[group] for group in shown)]
    for group in order:
        if may_publish(people[group], beside, rule):
            shown.add(group)
            beside.append(people[group])
    return frozenset(shown)


def may_publish(candidate: People, published: Sequence[People], rule: Rule) -> bool:
    """Whether figures of these people may be published beside those of the published sets.

    A set that is all on one side is told as a bound, so it enters no sum; whether it is told
    must still be safe, as if it did.
    """
    if not is_large_enough(candidate, rule):
        return False
    if not differs_safely(candidate, published, rule):
        return False
    if candidate in published:
        return True
    others = [people for people in published if not rule.is_one_sided(people)]
    if rule.is_one_sided(candidate):
        return not exposes_few([*published, candidate], Rule(rule.k))
    return not exposes_few([*others, candidate], rule)


def _decision(
    valid: People, answers: Answers, thresholds: Thresholds, detailed: bool, counted: bool
) -> Decision:
    favourable = None if answers.favourable is None else count(valid & answers.favourable)
    decision = decide(count(valid), favourable, thresholds)
    if decision.state != "shown":
        return decision
    return Decision("shown", detail=detailed, not_applicable=counted)
