from maturity.models.area_levels import AreaLevelRecord
from maturity.models.assessments import Assessment, Disagreement, Validation
from maturity.models.benefit_metrics import BenefitMetric
from maturity.models.changes import SyncChange, SyncClock, SyncHorizon
from maturity.models.checkpoints import ReplayCheckpoint
from maturity.models.drafts import AssessmentDraft
from maturity.models.endpoints import Endpoint, EndpointSecret
from maturity.models.erasures import Erasure
from maturity.models.evaluations import Evaluation, VerdictRecord
from maturity.models.evidence import Evidence, EvidenceFile
from maturity.models.exemptions import Exemption, ExemptionDecision
from maturity.models.findings import Finding, FindingNote, FindingTransition
from maturity.models.idempotency import IdempotentAnswer
from maturity.models.import_jobs import ImportJob
from maturity.models.imports import ImportRun, QuarantinedRow
from maturity.models.initiatives import Initiative, InitiativeFinding
from maturity.models.keys import ApiKey
from maturity.models.notifications import (
    Delivery,
    DeliveryAttempt,
    Event,
    Notification,
    NotificationChoice,
)
from maturity.models.people import Person, Placement, Unit, UnitVersion
from maturity.models.revisions import SHARED, Revision
from maturity.models.rubric_uses import AreaUse, CapabilityUse
from maturity.models.rubrics import Area, Capability, CapabilityLevel, RubricVersion
from maturity.models.scores import Score, ScoreConfidence, ScoreEvidence
from maturity.models.signals import (
    SIGNAL_TABLES,
    DataQuestion,
    Decision,
    DecisionRight,
    Gate,
    GateRequest,
    Headcount,
    Holiday,
    Insight,
    LadderGrade,
    Launch,
    OrgFacts,
    PeopleMove,
    PmRamp,
    Tool,
    ToolUsage,
)
from maturity.models.survey_results import SurveyFigureResult, SurveyItemResult
from maturity.models.targets import Target
from maturity.models.tenancy import (
    Membership,
    Organization,
    OrganizationScopedQuerySet,
    RecordClock,
    User,
)
from maturity.models.thresholds import ThresholdsTrial, ThresholdsVersion
from maturity.models.unit_changes import UnitChange
from maturity.models.versions import SignalVersion

__all__ = [
    "SHARED",
    "SIGNAL_TABLES",
    "ApiKey",
    "Area",
    "AreaLevelRecord",
    "AreaUse",
    "Assessment",
    "AssessmentDraft",
    "BenefitMetric",
    "Capability",
    "CapabilityLevel",
    "CapabilityUse",
    "DataQuestion",
    "Decision",
    "DecisionRight",
    "Delivery",
    "DeliveryAttempt",
    "Disagreement",
    "Endpoint",
    "EndpointSecret",
    "Erasure",
    "Evaluation",
    "Event",
    "Evidence",
    "EvidenceFile",
    "Exemption",
    "ExemptionDecision",
    "Finding",
    "FindingNote",
    "FindingTransition",
    "Gate",
    "GateRequest",
    "Headcount",
    "Holiday",
    "IdempotentAnswer",
    "ImportJob",
    "ImportRun",
    "Initiative",
    "InitiativeFinding",
    "Insight",
    "LadderGrade",
    "Launch",
    "Membership",
    "Notification",
    "NotificationChoice",
    "OrgFacts",
    "Organization",
    "OrganizationScopedQuerySet",
    "PeopleMove",
    "Person",
    "Placement",
    "PmRamp",
    "QuarantinedRow",
    "RecordClock",
    "ReplayCheckpoint",
    "Revision",
    "RubricVersion",
    "Score",
    "ScoreConfidence",
    "ScoreEvidence",
    "SignalVersion",
    "SurveyFigureResult",
    "SurveyItemResult",
    "SyncChange",
    "SyncClock",
    "SyncHorizon",
    "Target",
    "ThresholdsTrial",
    "ThresholdsVersion",
    "Tool",
    "ToolUsage",
    "Unit",
    "UnitChange",
    "UnitVersion",
    "User",
    "Validation",
    "VerdictRecord",
]
