"""From ticked checks to the level they propose: stairs, every one below must hold. Pure."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

Answer = Literal["pass", "fail", "not_applicable", "unknown"]
ANSWERS: tuple[str, ...] = get_args(Answer)
# What lets a level stand. A check that does not apply asks for nothing; one that nobody could
# answer does.
_HOLDS = ("pass", "not_applicable")
LOWEST, HIGHEST = 1, 5


def proposed_level(answers: Mapping[str, Sequence[str]], counts: Mapping[int, int]) -> int:
    """The highest level whose checks up to it all hold.

    `answers` by level, in the rubric's order; `counts` says how many checks each level has.
    A check without an answer is unknown.
    """
    reached = LOWEST
    for level in range(LOWEST + 1, HIGHEST + 1):
        given = answers.get(str(level), ())
        if len(given) < counts.get(level, 0) or any(answer not in _HOLDS for answer in given):
            return reached
        reached = level
    return reached


def faults(answers: object, counts: Mapping[int, int]) -> str:
    """What is wrong with the shape of the answers, in words; empty where nothing is."""
    if not isinstance(answers, dict):
        return "the checks are not given by level"
    for level, given in answers.items():
        if level not in {str(known) for known in range(LOWEST + 1, HIGHEST + 1)}:
            return f"level {level} has no checks"
        if not isinstance(given, list) or len(given) > counts.get(int(level), 0):
            return f"level {level} has {counts.get(int(level), 0)} checks"
        if unknown := [answer for answer in given if answer not in ANSWERS]:
            return f"a check is answered with {', '.join(ANSWERS)}, not {unknown[0]}"
    return ""
