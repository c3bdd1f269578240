"""What a file says about each round, checked for one story per person, item and group."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from maturity.sources import BadFileError, Fault
from surveys.sources import Answer

# All of a file is held in memory until it is whole, and a release takes groups of people apart as
# sets: more than this belongs into several files. At these limits the answers take less than
# MAX_BYTES of memory, be they many of few people or few of many.
MAX_ANSWERS, MAX_PEOPLE = 500_000, 50_000
MAX_BYTES = 256 * 1024 * 1024


@dataclass
class Round:
    """One round of a file. `answers`: respondent to item to value, None for "does not apply"."""

    key: str
    is_tree: bool
    scales: dict[str, tuple[int, int, bool]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    answers: dict[str, dict[str, float | None]] = field(default_factory=dict)
    # The line of each answer that counts, and those of the earlier ones that it took back.
    lines: dict[str, dict[str, int]] = field(default_factory=dict)
    repeated: list[int] = field(default_factory=list)
    lists: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    def add(self, answer: Answer) -> None:
        """Take an answer in; raises ValueError (column, reason) where it contradicts the rest.

        A later row of the same identity wins.
        """
        if self.scales.get(answer.item_key, answer.scale) != answer.scale:
            raise ValueError("scale_min", "is another scale than that of the item's first row")
        person = answer.respondent_key
        if self.groups.get(person, answer.groups) != answer.groups:
            raise ValueError("group_keys", "are others than in the respondent's first row")
        self._place(answer.groups)
        self.scales[answer.item_key] = answer.scale
        # One list for all who share it: there are far fewer places than people.
        self.groups[person] = self.lists.setdefault(answer.groups, answer.groups)
        given = self.answers.setdefault(person, {})
        lines = self.lines.setdefault(person, {})
        if answer.item_key in given:
            self.repeated.append(lines[answer.item_key])
        given[answer.item_key] = answer.value
        lines[answer.item_key] = answer.line

    def _place(self, groups: tuple[str, ...]) -> None:
        above = ""
        found = {}
        for group in groups:
            found[group] = above
            above = group if self.is_tree else ""
        if any(self.parents.get(group, parent) != parent for group, parent in found.items()):
            raise ValueError("group_keys", "put a group below another one than before")
        self.parents |= found


def rounds_of(
    answers: Iterable[Answer], *, is_tree: bool, on_fault: Callable[[Fault], None]
) -> dict[str, Round]:
    """Gather a file's answers by round; contradictions are set aside."""
    rounds: dict[str, Round] = {}
    people = 0
    for number, answer in enumerate(answers, start=1):
        if number > MAX_ANSWERS:
            raise BadFileError(f"more than {MAX_ANSWERS} answers; import one round at a time")
        found = rounds.setdefault(answer.round_key, Round(answer.round_key, is_tree))
        is_new = answer.respondent_key not in found.groups
        try:
            found.add(answer)
        except ValueError as exc:
            column, reason = exc.args
            on_fault(Fault(answer.line, column, reason, ""))
            continue
        people += is_new
        if people > MAX_PEOPLE:
            raise BadFileError(f"more than {MAX_PEOPLE} respondents; import one round at a time")
    return {key: found for key, found in rounds.items() if found.answers}
