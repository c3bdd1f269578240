"""The roster: who is there, in which role and unit, over which span of days.

A row is one placement of one person; it holds until `valid_until` (that day not included), or
where that is empty until the person's next placement. A row without a role only names the
person. Faults never repeat what a row says, because it names people.
"""

from datetime import date

from maturity.sources.base import Column, RowRule, Source
from maturity.sources.cells import in_sheets
from maturity.sources.kinds import DAY, EMAIL, LANGUAGE, SLUG, TEXT, one_of
from maturity.sources.units import ENDS_LATER

ROLES = ("pm", "partner", "product_ops")


def _role_first(
    role: str | None, start: date | None, end: date | None, unit: str | None
) -> str | None:
    if role is None and (start or end or unit):
        return "stands in a row without a role"
    return None


SOURCE = Source(
    name="roster",
    columns=in_sheets(
        Column("email", EMAIL, key=True),
        Column("valid_from", DAY, key=True, optional=True),
        Column("valid_until", DAY, optional=True, may_be_absent=True),
        Column("role", one_of(*ROLES, noun="role"), optional=True),
        Column("unit_key", SLUG, optional=True),
        Column("name", TEXT, optional=True, may_be_absent=True),
        Column("timezone", TEXT, optional=True, may_be_absent=True),
        Column("language", LANGUAGE, optional=True, may_be_absent=True),
    ),
    rules=(
        RowRule(("role", "valid_from", "valid_until", "unit_key"), _role_first),
        ENDS_LATER,
    ),
    shows_values=False,
)
