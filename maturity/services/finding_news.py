"""Tell people and systems what happened to a finding."""

from django.urls import reverse
from django.utils.translation import gettext as _

from maturity.models import Event, Finding, FindingTransition
from maturity.services.notifications import notify

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
    notify(
        finding.organization,
        event,
        key=str(step.pk),
        title=_title(finding, Kind(step.kind)),
        # The evidence speaks of gates, tools and types, never of persons; a reason may.
        text=finding.verdict.message,
        path=reverse("admin:maturity_finding_change", args=[finding.pk]),
        data={
            "finding_id": finding.pk,
            "pitfall": finding.key,
            "severity": finding.severity,
            "state": finding.state,
            "unit": None if finding.unit is None else finding.unit.key,
        },
    )


def _title(finding: Finding, kind: FindingTransition.Kind) -> str:
    values = {
        "pitfall": finding.key.replace("_", " ").capitalize(),
        "severity": finding.get_severity_display(),
    }
    match kind:
        case Kind.RAISED:
            return _("%(pitfall)s was raised (%(severity)s)") % values
        case Kind.SEVERITY:
            return _("%(pitfall)s is more severe now (%(severity)s)") % values
        case Kind.REOPENED:
            return _("%(pitfall)s is open again (%(severity)s)") % values
        case Kind.SNOOZE_ENDED:
            return _("%(pitfall)s is back from its snooze (%(severity)s)") % values
    return _("%(pitfall)s is resolved") % values


def _rank(severity: str) -> int:
    return Finding.Severity.values.index(severity)
