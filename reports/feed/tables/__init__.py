"""What the feed holds: one file a table."""

from reports.feed.tables.area_levels import AREA_LEVELS
from reports.feed.tables.areas import AREAS
from reports.feed.tables.base import Column, Table
from reports.feed.tables.benefits import BENEFITS
from reports.feed.tables.capabilities import CAPABILITIES
from reports.feed.tables.decisions import DECISIONS
from reports.feed.tables.findings import FINDINGS
from reports.feed.tables.gate_requests import GATE_REQUESTS
from reports.feed.tables.headcounts import HEADCOUNTS
from reports.feed.tables.initiatives import INITIATIVES
from reports.feed.tables.org_facts import ORG_FACTS
from reports.feed.tables.organizations import ORGANIZATIONS
from reports.feed.tables.scores import SCORES
from reports.feed.tables.signs import SIGNS
from reports.feed.tables.survey_results import SURVEY_RESULTS
from reports.feed.tables.survey_waves import SURVEY_WAVES
from reports.feed.tables.targets import TARGETS
from reports.feed.tables.tool_usage import TOOL_USAGE
from reports.feed.tables.tools import TOOLS
from reports.feed.tables.units import UNITS

# In the contract's order.
TABLES = (
    ORGANIZATIONS,
    UNITS,
    AREAS,
    CAPABILITIES,
    SCORES,
    AREA_LEVELS,
    TARGETS,
    ORG_FACTS,
    HEADCOUNTS,
    SIGNS,
    BENEFITS,
    FINDINGS,
    TOOLS,
    TOOL_USAGE,
    GATE_REQUESTS,
    DECISIONS,
    SURVEY_WAVES,
    SURVEY_RESULTS,
    INITIATIVES,
)

__all__ = ["SCORES", "TABLES", "Column", "Table"]
