"""What waits for a lead: findings, initiatives, evidence, exemptions, validations, drafts."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import OuterRef, Q, Subquery

from maturity.models import (
    Assessment,
    AssessmentDraft,
    Disagreement,
    Exemption,
    ExemptionDecision,
    Finding,
    FindingTransition,
    Initiative,
    Organization,
    Score,
    Validation,
)
from maturity.rubrics.conventions import conventions
from maturity.selectors.confidence import confidence_in_force
from maturity.selectors.exemptions import exemptions_known, verdict_of
from maturity.selectors.scores import effective_scores_of_all


@dataclass(frozen=True)
class WorkList:
    """An organisation's open tasks. `stale` are scores in force.

    Initiatives and findings are those of now, whatever moment the rest is known at. A finding
    stands once: what came back from a snooze does not stand again among those without an owner.
    """

    stale: tuple[Score, ...]
    expired_exemptions: tuple[Exemption, ...]
    pending_exemptions: tuple[Exemption, ...]
    disagreements: tuple[Disagreement, ...]
    awaiting_validation: tuple[Assessment, ...]
    drafts: tuple[AssessmentDraft, ...]
    overdue_initiatives: tuple[Initiative, ...]
    returned_findings: tuple[Finding, ...]
    unowned_findings: tuple[Finding, ...]

    def __len__(self) -> int:
        return (
            len(self.stale)
            + len(self.expired_exemptions)
            + len(self.pending_exemptions)
            + len(self.disagreements)
            + len(self.awaiting_validation)
            + len(self.drafts)
            + len(self.overdue_initiatives)
            + len(self.returned_findings)
            + len(self.unowned_findings)
        )


def work_list(
    organization: Organization, *, as_of: date, known_at: datetime | None = None
) -> WorkList:
    """All of it in eight queries, whatever the amount of data."""
    scores = effective_scores_of_all(organization, as_of=as_of, known_at=known_at)
    confidence = confidence_in_force(organization, as_of=as_of, known_at=known_at, scores=scores)
    known = exemptions_known(organization, known_at=known_at)
    exemptions = list(known.select_related("capability", "unit", "requested_by"))
    drafts = AssessmentDraft.objects.for_organization(organization)
    late = Initiative.objects.for_organization(organization).overdue(on=as_of)
    returned, unowned = _findings(organization)
    return WorkList(
        stale=tuple(row for row in scores if row.pk in confidence and confidence[row.pk].stale),
        expired_exemptions=tuple(_expired(exemptions, as_of)),
        pending_exemptions=tuple(row for row in exemptions if verdict_of(row) is None),
        disagreements=tuple(_open_disagreements(organization, known_at)),
        awaiting_validation=tuple(_awaiting_validation(organization, scores, known_at)),
        drafts=tuple(drafts.select_related("author", "unit")),
        overdue_initiatives=tuple(late.select_related("owner").order_by("due_on", "pk")),
        returned_findings=returned,
        unowned_findings=unowned,
    )


def _findings(organization: Organization) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Open findings whose last step ended a snooze, and the others that nobody owns; one query."""
    last = FindingTransition.objects.filter(finding=OuterRef("pk")).order_by("-pk")
    rows = list(
        Finding.objects.for_organization(organization)
        .open()
        .annotate(last_step=Subquery(last.values("kind")[:1]))
        .filter(Q(owner=None) | Q(last_step=FindingTransition.Kind.SNOOZE_ENDED))
        .order_by("opened_on", "pk")
    )
    returned = tuple(row for row in rows if row.last_step == FindingTransition.Kind.SNOOZE_ENDED)
    return returned, tuple(row for row in rows if row not in returned)


def _expired(exemptions: list[Exemption], as_of: date) -> list[Exemption]:
    """Approved ones whose end has come and that no later one of their scope continues."""
    approved = [row for row in exemptions if verdict_of(row) == ExemptionDecision.Verdict.APPROVED]
    newest = {(row.unit_id, row.capability_id): row for row in approved}
    return [row for row in newest.values() if row.ends_on <= as_of]


def _open_disagreements(
    organization: Organization, known_at: datetime | None
) -> list[Disagreement]:
    rows = Disagreement.objects.for_organization(organization)
    if known_at is None:
        rows = rows.filter(settled_at=None)
    else:
        unsettled = Q(settled_at=None) | Q(settled_at__gt=known_at)
        rows = rows.filter(unsettled, recorded_at__lte=known_at)
    return list(rows.select_related("capability", "assessment__unit"))


def _awaiting_validation(
    organization: Organization, scores: list[Score], known_at: datetime | None
) -> list[Assessment]:
    """Assessments whose level in force needs a validator and has not had one since."""
    validations = Validation.objects.for_organization(organization)
    if known_at is not None:
        validations = validations.filter(recorded_at__lte=known_at)
    newest = dict(validations.order_by("recorded_at").values_list("assessment_id", "recorded_at"))
    floor = conventions().validated_from_level
    waiting = {}
    for score in scores:
        moment = newest.get(score.assessment_id)
        if (score.level or 0) >= floor and (moment is None or moment < score.recorded_at):
            waiting[score.assessment_id] = score.assessment
    return list(waiting.values())
