"""The pages of people who log in, one file a noun."""

from reports.views.connect import connect
from reports.views.dashboards import organization, portfolio, verdict
from reports.views.operation import operation

__all__ = ["connect", "operation", "organization", "portfolio", "verdict"]
