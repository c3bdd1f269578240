"""Whose decision a type of decision is. What an organisation has not agreed is seeded."""

from maturity.sources.base import Column, Source
from maturity.sources.kinds import DAY, KEY, one_of

HOLDERS = ("pm", "product_ops", "other")

SOURCE = Source(
    name="decision_rights",
    columns=(
        Column("decision_type", KEY, key=True),
        Column("function", one_of(*HOLDERS, noun="function")),
        Column("agreed_on", DAY, optional=True),
    ),
)
