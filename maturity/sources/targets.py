"""Targets: the level that a capability is to reach by a day, for the whole or for one unit.

A row with neither level nor day takes the target back. An empty `scope_key` is the whole
organisation, an empty `valid_from` today, an empty `rubric` the one that the organisation uses.
"""

from datetime import date

from maturity.sources.base import Column, RowRule, Source
from maturity.sources.cells import in_sheets
from maturity.sources.kinds import DAY, KEY, LEVEL, NOTE, SLUG, TEXT


def _both_or_neither(level: int | None, due_on: date | None) -> str | None:
    if (level is None) == (due_on is None):
        return None
    return "is empty, but there is a level" if due_on is None else "stands without a level"


SOURCE = Source(
    name="targets",
    columns=in_sheets(
        Column("capability_key", KEY, key=True),
        Column("scope_key", SLUG, key=True, optional=True),
        Column("valid_from", DAY, key=True, optional=True, may_be_absent=True),
        Column("level", LEVEL, optional=True),
        Column("due_on", DAY, optional=True),
        Column("owner", TEXT, optional=True),
        Column("reason", NOTE),
        Column("rubric", KEY, key=True, optional=True, may_be_absent=True),
    ),
    rules=(RowRule(("level", "due_on"), _both_or_neither),),
)
