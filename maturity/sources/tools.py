"""A tool that was built or bought for PMs, how often it is meant to be used, and by whose will."""

from maturity.sources.base import Column, Source, not_before
from maturity.sources.kinds import DAY, FLAG, FUNCTION, KEY, TEXT, one_of

CADENCES = ("daily", "weekly", "monthly", "quarterly")

SOURCE = Source(
    name="tools",
    columns=(
        Column("tool_key", KEY, key=True),
        Column("name", TEXT),
        Column("owner_function", FUNCTION),
        Column("launched_on", DAY, optional=True),
        Column("retired_on", DAY, optional=True),
        Column("cadence", one_of(*CADENCES, noun="cadence")),
        Column("mandatory", FLAG),
        Column("confirmed_on", DAY, optional=True),
        Column("cost_known", FLAG),
    ),
    rules=(not_before("launched_on", "retired_on"),),
)
