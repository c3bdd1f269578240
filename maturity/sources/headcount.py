"""How many people work in a function on a day; without a team it is the function's total."""

from maturity.sources.base import Column, Source
from maturity.sources.kinds import AMOUNT, COUNT, DAY, FUNCTION, KEY

SOURCE = Source(
    name="headcount",
    columns=(
        Column("as_of", DAY, key=True),
        Column("function", FUNCTION, key=True),
        Column("team_key", KEY, key=True, optional=True, may_be_absent=True),
        Column("headcount", COUNT),
        Column("fte", AMOUNT),
    ),
)
