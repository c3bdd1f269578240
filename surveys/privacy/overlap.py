"""The overlap rule: a second cut through the same answers, compared with every published one."""

from collections.abc import Iterable

from surveys.privacy.people import People, Rule, count


def differs_safely(candidate: People, published: Iterable[People], rule: Rule) -> bool:
    """Whether neither of two sets less the other leaves people whose figures would be found out.

    Necessary, not sufficient: what more than two sets reveal together, span.py finds.
    """
    return not any(
        rule.is_exposed(candidate & ~other) or rule.is_exposed(other & ~candidate)
        for other in published
        if candidate & other
    )


def is_large_enough(candidate: People, rule: Rule) -> bool:
    return count(candidate) >= rule.k
