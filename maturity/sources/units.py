"""The unit tree: what a unit is called and where it stands, from a day on.

A row holds until `valid_until` (that day not included); where that is empty, until the unit's
next row in the file or on the record. A unit without a parent stands at the top.
"""

from datetime import date

from maturity.sources.base import Column, RowRule, Source
from maturity.sources.cells import in_sheets
from maturity.sources.kinds import DAY, SLUG, TEXT


def _not_below_itself(unit: str, parent: str | None) -> str | None:
    return "names the unit itself" if unit == parent else None


def _ends_later(start: date | None, end: date | None) -> str | None:
    """An open start ends whenever it does."""
    if start is not None and end is not None and end <= start:
        return "is not after valid_from"
    return None


ENDS_LATER = RowRule(("valid_from", "valid_until"), _ends_later)

SOURCE = Source(
    name="units",
    columns=in_sheets(
        Column("unit_key", SLUG, key=True),
        Column("valid_from", DAY, key=True),
        Column("valid_until", DAY, optional=True, may_be_absent=True),
        Column("name", TEXT),
        Column("parent_key", SLUG, optional=True),
    ),
    rules=(RowRule(("unit_key", "parent_key"), _not_below_itself), ENDS_LATER),
)
