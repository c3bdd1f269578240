"""The operations of /api/v1/orgs/<slug>/…, for the table of who may do what."""

from tests.operations.kinds import OPS_LEAD, OWNER, VIEWER, Operation, Write, results
from tests.operations.reads import READS
from tests.operations.rows import partial_assessment, shipped_rubric
from tests.operations.writes import PLACED, WRITES

__all__ = [
    "OPS_LEAD",
    "OWNER",
    "PLACED",
    "READS",
    "VIEWER",
    "WRITES",
    "Operation",
    "Write",
    "partial_assessment",
    "results",
    "shipped_rubric",
]
