"""Days on which nobody works although they are not a weekend."""

from maturity.sources.base import Column, Source
from maturity.sources.kinds import DAY, TEXT

SOURCE = Source(
    name="holidays",
    columns=(
        Column("day", DAY, key=True),
        Column("name", TEXT, optional=True, may_be_absent=True),
    ),
)
