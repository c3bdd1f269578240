"""What the feed holds: one file a table."""

from reports.feed.tables.base import Column, Table
from reports.feed.tables.scores import SCORES

TABLES = (SCORES,)

__all__ = ["SCORES", "TABLES", "Column", "Table"]
