"""What somebody has to approve before work goes on, and whose gate that is."""

from maturity.sources.base import Column, RowRule, Source
from maturity.sources.kinds import DAY, FUNCTION, KEY, TEXT, one_of

OUTCOMES = ("all", "approved_only")


def _not_itself(gate: str, compared: str | None) -> str | None:
    return "names the gate itself; compare it with other work" if gate == compared else None


SOURCE = Source(
    name="gates",
    columns=(
        Column("gate_key", KEY, key=True),
        Column("name", TEXT),
        Column("owner_function", FUNCTION),
        Column("started_on", DAY, optional=True),
        Column("outcomes_recorded", one_of(*OUTCOMES)),
        Column("compared_gate_key", KEY, optional=True),
    ),
    rules=(RowRule(("gate_key", "compared_gate_key"), _not_itself),),
)
