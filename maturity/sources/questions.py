"""One question about data, when it was answered, and whether the asker found the answer alone."""

from maturity.sources.base import Column, Source, not_before
from maturity.sources.kinds import FLAG, KEY, MOMENT

SOURCE = Source(
    name="questions",
    columns=(
        Column("question_id", KEY, key=True),
        Column("asked_at", MOMENT),
        Column("answered_at", MOMENT, optional=True),
        Column("self_served", FLAG),
    ),
    rules=(not_before("asked_at", "answered_at"),),
)
