"""One grade of a function's career ladder, and which PM grade it is as good as."""

from maturity.sources.base import Column, Source
from maturity.sources.kinds import FLAG, FUNCTION, KEY

SOURCE = Source(
    name="ladder",
    columns=(
        Column("function", FUNCTION, key=True),
        Column("grade", KEY, key=True),
        Column("equivalent_pm_grade", KEY, optional=True),
        Column("is_senior_product_role", FLAG),
    ),
)
