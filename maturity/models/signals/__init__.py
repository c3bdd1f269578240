"""What was imported: one table per format, every row a version that is never rewritten."""

from maturity.models.signals.careers import LadderGrade, PeopleMove, PmRamp
from maturity.models.signals.decisions import Decision, DecisionRight
from maturity.models.signals.gates import Gate, GateRequest
from maturity.models.signals.organization import Headcount, Holiday, OrgFacts
from maturity.models.signals.outcomes import DataQuestion, Insight, Launch
from maturity.models.signals.tools import Tool, ToolUsage
from maturity.models.versions import SignalVersion

# The table of each format that is imported, by the format's name.
SIGNAL_TABLES: dict[str, type[SignalVersion]] = {
    "headcount": Headcount,
    "gates": Gate,
    "gate_requests": GateRequest,
    "decision_log": Decision,
    "decision_rights": DecisionRight,
    "tools": Tool,
    "tool_usage": ToolUsage,
    "people_moves": PeopleMove,
    "ladder": LadderGrade,
    "pm_ramp": PmRamp,
    "launches": Launch,
    "insights": Insight,
    "questions": DataQuestion,
    "org_facts": OrgFacts,
    "holidays": Holiday,
}

__all__ = [
    "SIGNAL_TABLES",
    "DataQuestion",
    "Decision",
    "DecisionRight",
    "Gate",
    "GateRequest",
    "Headcount",
    "Holiday",
    "Insight",
    "LadderGrade",
    "Launch",
    "OrgFacts",
    "PeopleMove",
    "PmRamp",
    "Tool",
    "ToolUsage",
]
