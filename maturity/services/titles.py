"""The one line that says what happened: stored in English, mailed in each reader's language."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from maturity.models import Event, Finding, Notification
from maturity.models.notifications import REPORT_SCHEDULED

_PITFALLS: dict[str, Promise] = {
    "too_early": _("Too early"),
    "gatekeeper": _("Gatekeeper"),
    "centralised_decisions": _("Centralised decisions"),
    "unused_tools": _("Unused tools"),
    "separate_career_path": _("Separate career path"),
}
_SENTENCES: dict[str, Promise] = {
    Event.FINDING_RAISED: _("%(pitfall)s was raised (%(severity)s)"),
    Event.FINDING_SEVERITY_RISEN: _("%(pitfall)s is more severe now (%(severity)s)"),
    Event.FINDING_REOPENED: _("%(pitfall)s is open again (%(severity)s)"),
    Event.FINDING_SNOOZE_ENDED: _("%(pitfall)s is back from its snooze (%(severity)s)"),
    Event.FINDING_RESOLVED: _("%(pitfall)s is resolved"),
    Event.INITIATIVE_OVERDUE: _("Overdue: %(name)s"),
    Event.WAVE_CLOSED: _("The survey “%(name)s” is closed"),
    Event.RESULTS_RELEASED: _("The results of “%(name)s” are released"),
    Event.ENDPOINT_DISABLED: _("The channel %(name)s was switched off"),
    REPORT_SCHEDULED: _("Board report, %(day)s"),
}


def title_to_store(event: str, data: Mapping[str, Any]) -> str:
    """What systems and the record are told, whoever's request it happened in."""
    with translation.override(settings.LANGUAGE_CODE):
        return _title(event, data)


def title_to_read(told: Notification) -> str:
    """The same in the language that is active; as it was stored where nothing says it anew."""
    if translation.get_language() == settings.LANGUAGE_CODE or told.event not in _SENTENCES:
        return told.title
    try:
        return _title(told.event, told.data)
    except KeyError:
        # Told before its data named everything.
        return told.title


def _title(event: str, data: Mapping[str, Any]) -> str:
    words = dict(data)
    if "pitfall" in data:
        words["pitfall"] = _PITFALLS.get(data["pitfall"], data["pitfall"])
        words["severity"] = Finding.Severity(data["severity"]).label
    if "day" in data:
        words["day"] = date_format(date.fromisoformat(data["day"]))
    return str(_SENTENCES[event]) % words
