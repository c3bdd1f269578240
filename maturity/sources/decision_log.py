"""One decision: who took it, and whether the team it belonged to had handed it up.

`decided_on` may be empty: many logs were kept without dates. Such a row is kept and counted as
undated; it lies in no window, so a log of them leaves its check unknown.
"""

from maturity.sources.base import Column, Source
from maturity.sources.kinds import DAY, FLAG, FUNCTION, KEY

SOURCE = Source(
    name="decision_log",
    columns=(
        Column("decision_id", KEY, key=True),
        Column("decided_on", DAY, optional=True),
        Column("decision_type", KEY),
        Column("team_key", KEY, optional=True),
        Column("decider_key", KEY, optional=True),
        Column("decider_function", FUNCTION, optional=True),
        Column("escalated", FLAG),
        Column("reversed", FLAG),
    ),
)
