"""Tell people and systems what happened to a finding."""

from collections.abc import Sequence

from django.urls import reverse

from maturity.insights.phrases import ENGLISH
from maturity.models import Event, Finding, FindingTransition, Notification, VerdictRecord
from maturity.selectors.words import active_language, conclusion
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


def texts_to_read(news: Sequence[Notification]) -> list[str]:
    """What was told, in the language that is active; of findings what their verdicts say, anew.

    One query, none in English.
    """
    if active_language() is ENGLISH:
        return [told.text for told in news]
    keys = [told.key for told in news if told.event in _EVENTS.values() and told.key.isdigit()]
    organizations = {told.organization_id for told in news}
    steps = FindingTransition.objects.filter(organization__in=organizations, pk__in=keys)
    verdicts = {str(step.pk): step.verdict for step in steps.select_related("verdict")}
    return [_text(told, verdicts.get(told.key)) for told in news]


def _text(told: Notification, verdict: VerdictRecord | None) -> str:
    """Keys are unique among one event's news alone, so the verdict has to be the one told of."""
    if verdict is None or verdict.message != told.text:
        return told.text
    return conclusion(verdict).text


def _rank(severity: str) -> int:
    return Finding.Severity.values.index(severity)
