from maturity.models.assessments import Assessment, Score
from maturity.models.changes import SyncChange, SyncClock, SyncHorizon
from maturity.models.findings import Evaluation, Finding, VerdictRecord
from maturity.models.imports import ImportRun, QuarantinedRow
from maturity.models.people import Person, Placement, Unit, UnitVersion
from maturity.models.rubrics import Area, Capability, CapabilityLevel, RubricVersion
from maturity.models.signals import (
    SIGNAL_TABLES,
    Gate,
    GateRequest,
    Headcount,
    Holiday,
    OrgFacts,
    Tool,
    ToolUsage,
)
from maturity.models.survey_results import SurveyItemResult
from maturity.models.tenancy import (
    ApiKey,
    Membership,
    Organization,
    OrganizationScopedQuerySet,
    RecordClock,
    User,
)
from maturity.models.versions import SignalVersion

__all__ = [
    "SIGNAL_TABLES",
    "ApiKey",
    "Area",
    "Assessment",
    "Capability",
    "CapabilityLevel",
    "Evaluation",
    "Finding",
    "Gate",
    "GateRequest",
    "Headcount",
    "Holiday",
    "ImportRun",
    "Membership",
    "OrgFacts",
    "Organization",
    "OrganizationScopedQuerySet",
    "Person",
    "Placement",
    "QuarantinedRow",
    "RecordClock",
    "RubricVersion",
    "Score",
    "SignalVersion",
    "SurveyItemResult",
    "SyncChange",
    "SyncClock",
    "SyncHorizon",
    "Tool",
    "ToolUsage",
    "Unit",
    "UnitVersion",
    "User",
    "VerdictRecord",
]
