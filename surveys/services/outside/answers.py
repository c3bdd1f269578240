"""What an outside wave's respondents answered, as numbers in groups; read by the release alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from surveys.models import OutsideGroup, OutsideItem, OutsideResponse, OutsideWave
from surveys.privacy import Groups, People
from surveys.scoring import scale_of
from surveys.services.ledger import RESPONSES, TURNOUT
from surveys.services.releases.survey import ItemAnswers, people_of
from surveys.sources.answers import EVERYBODY

# The recommendation item of the shipped bank: on 0 to 10 it has promoters, wherever it was asked.
RECOMMENDS = frozenset({"REC0"})


@dataclass(frozen=True)
class OutsideAnswers:
    """A wave's responses, in the order of their random ids; a number is a place in it."""

    wave: OutsideWave
    rows: Sequence[OutsideResponse]
    asked: Sequence[OutsideItem]
    group_rows: Mapping[str, OutsideGroup]

    @classmethod
    def of(cls, wave: OutsideWave) -> "OutsideAnswers":
        """Read them; three queries."""
        return cls(
            wave=wave,
            rows=list(wave.responses.order_by("pk")),
            asked=list(wave.items.all()),
            group_rows={group.key: group for group in wave.groups.all()},
        )

    @property
    def everybody(self) -> People:
        return (1 << len(self.rows)) - 1

    @cached_property
    def groups(self) -> Groups:
        """Everybody, and the groups: a tree, or cuts of their own. A tag is nobody's part."""
        members = {
            key: people_of(number for number, row in enumerate(self.rows) if key in row.groups)
            for key in self.group_rows
        }
        members[EVERYBODY] = self.everybody
        parents: dict[str, str | None] = {EVERYBODY: None}
        if self.wave.shape == OutsideWave.Shape.TREE:
            rows = self.group_rows.values()
            parents |= {g.key: g.parent_key or EVERYBODY for g in rows if g.key != EVERYBODY}
        return Groups(parents, members)

    @property
    def eligible(self) -> dict[str, int]:
        rows = self.group_rows.items()
        return {key: row.eligible for key, row in rows if row.eligible is not None}

    @property
    def scales(self) -> dict[str, object]:
        return {item.key: (item.minimum, item.maximum, item.reverse) for item in self.asked}

    def items(self) -> dict[str, ItemAnswers]:
        return {item.key: self._item(item) for item in self.asked}

    def names(self, key: str) -> list[bytes]:
        """What the ledger knows each respondent by, for one item or for all that was said.

        The same person with another answer, or in another group, is somebody else: what
        changed could be worked out otherwise.
        """
        return [_name(row, key) for row in self.rows]

    def _item(self, item: OutsideItem) -> ItemAnswers:
        key, rows = item.key, list(enumerate(self.rows))
        answers = {number: row.answers[key] for number, row in rows if key in row.answers}
        return ItemAnswers(
            key,
            scale_of(
                answers.values(),
                minimum=item.minimum,
                maximum=item.maximum,
                reverse=item.reverse,
                recommends=key in RECOMMENDS,
            ),
            answers,
            frozenset(number for number, row in rows if key in row.not_applicable),
        )


def _name(row: OutsideResponse, key: str) -> bytes:
    if key in {RESPONSES, TURNOUT}:
        said: object = [sorted(row.answers.items()), sorted(row.not_applicable)]
    else:
        said = [row.answers.get(key), key in row.not_applicable]
    return json.dumps([bytes(row.respondent).hex(), sorted(row.groups), said]).encode()
