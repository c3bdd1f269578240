"""The remainder rule: a fixed tree of groups, of which nobody can subtract one from another."""

from collections.abc import Collection, Iterator, Mapping

from surveys.privacy.people import People, Rule, count, union

Parents = Mapping[str, str | None]


def release(
    parents: Parents,
    people: Mapping[str, People],
    rule: Rule,
    *,
    among: Collection[str] | None = None,
) -> frozenset[str]:
    """Which groups of the tree may be told of, masked ones included.

    `parents`: the group above each group, None above a root. `people`: who of each group
    answered. `among`: other groups stay hidden whatever their size.

    What is left of a group when the groups told of below it are taken away (its remainder)
    must be nobody, or a set that the rule lets be known; otherwise the smallest of those
    groups is hidden, and all is looked at again. A group under DETAIL_FROM people that is all
    on one side is told as a bound only, so the same must hold with it taken for hidden.
    """
    visible = {
        group
        for group in parents
        if count(people[group]) >= rule.k and (among is None or group in among)
    }
    while (hidden := _one_to_hide(parents, people, rule, visible)) is not None:
        visible.remove(hidden)
    return frozenset(visible)


def _one_to_hide(
    parents: Parents, people: Mapping[str, People], rule: Rule, visible: Collection[str]
) -> str | None:
    plain = {group for group in visible if not rule.is_one_sided(people[group])}
    for shown in (visible, plain):
        for group, below in _nearest_below(parents, people, shown):
            rest = people[group] & ~union(people[child] for child in below)
            if below and rule.is_exposed(rest):
                return min(below, key=lambda child: (count(people[child]), child))
    return None


def _nearest_below(
    parents: Parents, people: Mapping[str, People], shown: Collection[str]
) -> Iterator[tuple[str, list[str]]]:
    """Each shown group, the smallest first, with the shown groups right below it."""
    below: dict[str, list[str]] = {group: [] for group in shown}
    for group in shown:
        above = parents[group]
        while above is not None and above not in below:
            above = parents[above]
        if above is not None:
            below[above].append(group)
    for group in sorted(below, key=lambda group: (count(people[group]), group)):
        yield group, below[group]
