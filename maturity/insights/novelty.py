"""What a later verdict shows that an earlier one did not: when a dismissal no longer holds.

New evidence is a higher severity, or a test breached or latched at a gate, tool or type where it
was neither before. The same tests with worse figures, and another month of the same, are not.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from maturity.insights.base import Severity
from maturity.insights.hysteresis import rank

_TESTS = ("breached", "latched")


def new_evidence(
    *,
    before: Mapping[str, Any],
    severity_before: Severity | None,
    after: Mapping[str, Any],
    severity_after: Severity | None,
) -> list[str]:
    """Return in words what is new; empty where nothing is."""
    new = [test.strip(": ") for test in sorted(breaches_in(after) - breaches_in(before))]
    if rank(severity_after) > rank(severity_before):
        new.insert(0, f"severity {severity_before or 'none'} → {severity_after}")
    return new


def breaches_in(evidence: Mapping[str, Any]) -> frozenset[str]:
    """Return "subject: test" for every test that is breached or latched, and every red tool.

    Where gates, tools or types have tests of their own, those of the whole only repeat them.
    """
    return frozenset(_tests("", evidence))


def _tests(subject: str, node: Mapping[str, Any]) -> Iterator[str]:
    inner = [
        test
        for name, child in node.items()
        if isinstance(child, Mapping)
        for key, one in child.items()
        if isinstance(one, Mapping)
        for test in _tests(f"{name} {key}", one)
    ]
    if inner:
        yield from inner
        return
    for name in _TESTS:
        yield from (f"{subject}: {test}" for test in node.get(name) or ())
    if node.get("state") == "red":
        yield f"{subject}: red"
