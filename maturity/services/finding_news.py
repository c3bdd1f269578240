"""Tell people and systems what happened to a finding."""

from django.urls import reverse

from maturity.models import Event, Finding, FindingTransition, Notification
from maturity.selectors.words import conclusion
from maturity.services.notifications import notify
from maturity.services.titles import title_to_store

Kind = FindingTransition.Kind

_EVENTS = {
    Kind.RAISED: Event.FINDING_RAISED,
    Kind.SEVERITY: Event.FINDING_SEVERITY_RISEN,
    Kind.REOPENED: Event.FINDING_REOPENED,
    Kind.RESOLVED: Event.FINDING_RESOLVED,
    Kind.SNOOZE_ENDED: Event.FINDING_SNOOZE_ENDED,
}


def tell_step(finding: Finding, step: FindingTransition) -> None:
    """Tell of one step, once; what people decided and a severity that fell are no news."""
    event = _EVENTS.get(Kind(step.kind))
    fell = step.kind == Kind.SEVERITY and _rank(step.after) < _rank(step.before)
    if event is None or fell:
        return
    data = {
        "finding_id": finding.pk,
        "pitfall": finding.key,
        "severity": finding.severity,
        "state": finding.state,
        "unit": None if finding.unit is None else finding.unit.key,
    }
    notify(
        finding.organization,
        event,
        key=str(step.pk),
        title=title_to_store(event, data),
        # The evidence speaks of gates, tools and types, never of persons; a reason may.
        text=finding.verdict.message,
        path=reverse("admin:maturity_finding_change", args=[finding.pk]),
        data=data,
    )


def text_to_read(told: Notification) -> str:
    """What was told, in the language that is active; of a finding what its verdict says, anew."""
    if told.event not in _EVENTS.values() or not told.key.isdigit():
        return told.text
    steps = FindingTransition.objects.for_organization(told.organization)
    step = steps.filter(pk=told.key).select_related("verdict").first()
    if step is None or step.verdict.message != told.text:
        return told.text
    return conclusion(step.verdict).text


def _rank(severity: str) -> int:
    return Finding.Severity.values.index(severity)
