"""The pages of people who log in, and what other sites embed; one file a noun."""

from reports.views.connect import connect
from reports.views.embeds import badge, chart
from reports.views.first_steps import first_steps, start
from reports.views.operation import operation
from reports.views.organizations import capability, organization
from reports.views.portfolio import portfolio
from reports.views.verdicts import verdict

__all__ = [
    "badge",
    "capability",
    "chart",
    "connect",
    "first_steps",
    "operation",
    "organization",
    "portfolio",
    "start",
    "verdict",
]
