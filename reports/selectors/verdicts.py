"""What was concluded: pitfalls, readiness signs and the readiness verdict."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from maturity.insights.names import FORMATS
from maturity.models import Evaluation, Organization, VerdictRecord
from maturity.selectors.words import Said, conclusion
from reports.selectors.benefits import Benefits, benefits_in
from reports.selectors.findings import Stood, findings_then

Text = str | Promise

PITFALLS: dict[str, tuple[Text, Text]] = {
    "too_early": (
        _("Too early"),
        _("Product ops was built before there are enough PMs to need it."),
    ),
    "gatekeeper": (
        _("Gatekeeper"),
        _("PMs wait for product ops before they can take the next step."),
    ),
    "centralised_decisions": (
        _("Centralised decisions"),
        _("Product ops takes decisions that belong to PMs."),
    ),
    "unused_tools": (
        _("Unused tools"),
        _("Product ops builds tools that hardly anybody uses."),
    ),
    "separate_career_path": (
        _("Separate career path"),
        _("Product ops has no way into or out of the PM career ladder."),
    ),
}
PITFALL_STATES: dict[str, Text] = {
    "raised": _("Raised"),
    "watch": _("Watch"),
    "unknown": _("Unknown"),
    "clear": pgettext_lazy("of a pitfall", "Clear"),
    "not_applicable": _("Not applicable"),
}
# Their own context: other languages name the noun that an adjective goes with.
SEVERITIES: dict[str, Text] = {
    "high": pgettext_lazy("severity", "high"),
    "medium": pgettext_lazy("severity", "medium"),
    "low": pgettext_lazy("severity", "low"),
}
CONFIDENCES: dict[str, Text] = {"high": _("high"), "medium": _("medium"), "low": _("low")}

SIGNS: dict[str, Text] = {
    "pm_count": _("15 or more PMs"),
    "multi_product": _("Several products or business units"),
    "experimentation": _("A heavy experimentation culture"),
    "global": _("Global operations"),
    "public_company": _("Public-company discipline"),
}
SIGN_STATES: dict[str, Text] = {
    "present": _("Present"),
    "absent": _("Absent"),
    "unknown": _("Unknown"),
}
# Titles answer "Is product ops needed?".
READINESS: dict[str, tuple[Text, Text]] = {
    "not_yet": (_("Not yet"), _("PMs can run their own operations for now.")),
    "consider": (_("Consider"), _("A part-time or rotating owner, no dedicated hire yet.")),
    "ready": (
        pgettext_lazy("product ops is needed", "Yes"),
        _("The scale justifies dedicated product operations."),
    ),
    "overdue": (_("Overdue"), _("The scale is there and nobody runs product operations.")),
    "unknown": (_("Unknown"), _("An input is missing, so no verdict is printed.")),
}
# A verdict names the import formats it would need.
INPUTS: dict[str, Text] = {key: _(name) for key, name in FORMATS.items()}
# What needs action stands first; what is not known stands before what is fine.
_PITFALL_ORDER = tuple(PITFALL_STATES)
_SEVERITY_ORDER = tuple(SEVERITIES)


@dataclass(frozen=True)
class PitfallRow:
    """One pitfall's newest verdict. `confidence` is 0 to 1, or None where nothing was judged."""

    key: str
    state: str
    severity: str | None
    confidence: float | None
    message: Said
    missing: tuple[Text, ...]
    finding: Stood | None

    @property
    def since(self) -> date | None:
        return None if self.finding is None else self.finding.since

    @property
    def is_held(self) -> bool:
        """The state is an earlier month's: this one could not be judged and changed nothing."""
        return self.state in {"raised", "watch", "clear"} and self.confidence is None

    @property
    def look(self) -> str:
        """The state to show. A clear that this month could not confirm must not look clear."""
        return "unknown" if self.is_held and self.state == "clear" else self.state

    @property
    def title(self) -> Text:
        return PITFALLS[self.key][0] if self.key in PITFALLS else self.key

    @property
    def meaning(self) -> Text:
        return PITFALLS[self.key][1] if self.key in PITFALLS else ""

    @property
    def state_label(self) -> Text:
        return PITFALL_STATES.get(self.state, self.state)

    @property
    def severity_label(self) -> Text:
        return SEVERITIES[self.severity] if self.severity else ""

    @property
    def confidence_label(self) -> Text:
        """High from .7, medium from .4, else low (domain definitions 3)."""
        if self.confidence is None:
            return ""
        if self.confidence >= 0.7:
            return CONFIDENCES["high"]
        return CONFIDENCES["medium" if self.confidence >= 0.4 else "low"]

    @property
    def rank(self) -> tuple[int, int]:
        severity = _SEVERITY_ORDER.index(self.severity) if self.severity else len(_SEVERITY_ORDER)
        # A word of an earlier version of the checks stands last.
        known = self.look in _PITFALL_ORDER
        place = _PITFALL_ORDER.index(self.look) if known else len(_PITFALL_ORDER)
        return place, severity


@dataclass(frozen=True)
class SignRow:
    """One readiness sign: present, absent, or unknown with what is missing."""

    key: str
    state: str
    message: Said
    missing: tuple[Text, ...]

    @property
    def title(self) -> Text:
        return SIGNS.get(self.key, self.key)

    @property
    def state_label(self) -> Text:
        return SIGN_STATES.get(self.state, self.state)


@dataclass(frozen=True)
class Readiness:
    """Does this organisation need product operations, and by which signs?"""

    state: str
    message: Said
    missing: tuple[Text, ...]
    signs: tuple[SignRow, ...]

    @property
    def title(self) -> Text:
        return READINESS[self.state][0] if self.state in READINESS else self.state

    @property
    def meaning(self) -> Text:
        return READINESS[self.state][1] if self.state in READINESS else ""

    @property
    def signs_present(self) -> int:
        return sum(sign.state == "present" for sign in self.signs)

    @property
    def signs_unknown(self) -> int:
        return sum(sign.state == "unknown" for sign in self.signs)


@dataclass(frozen=True)
class Conclusions:
    """The newest evaluation. `period_end` is exclusive: all windows end as that day begins."""

    evaluation_id: int
    period_end: date
    thresholds: str
    readiness: Readiness | None
    pitfalls: tuple[PitfallRow, ...]
    benefits: Benefits | None

    @property
    def last_day(self) -> date:
        return self.period_end - timedelta(days=1)

    def count(self, state: str) -> int:
        return sum(row.look == state for row in self.pitfalls)

    @property
    def raised(self) -> int:
        return self.count("raised")

    @property
    def watched(self) -> int:
        return self.count("watch")

    @property
    def unknown(self) -> int:
        return self.count("unknown")

    @property
    def clear(self) -> int:
        return self.count("clear")


def conclusions_of(
    organization: Organization, *, as_of: date, known_at: datetime
) -> Conclusions | None:
    """The newest evaluation up to `as_of`; three queries, one where there is none yet."""
    evaluation: Evaluation | None = (
        Evaluation.objects.for_organization(organization)
        .filter(period_end__lte=as_of, computed_at__lte=known_at)
        .order_by("-period_end", "-pk")
        .first()
    )
    if evaluation is None:
        return None
    verdicts = list(
        VerdictRecord.objects.for_organization(organization).filter(evaluation=evaluation)
    )
    stood = findings_then(organization, known_at)
    pitfalls = [_pitfall(row, stood.get(row.key)) for row in verdicts if row.kind == "pitfall"]
    return Conclusions(
        evaluation_id=evaluation.pk,
        period_end=evaluation.period_end,
        thresholds=evaluation.thresholds_version,
        readiness=_readiness(verdicts),
        pitfalls=tuple(sorted(pitfalls, key=lambda row: row.rank)),
        benefits=benefits_in(verdicts),
    )


def evaluated_from(organization: Organization, *, as_of: date, known_at: datetime) -> date | None:
    """The first day after `as_of` from which on there is an evaluation; one query."""
    found: date | None = (
        Evaluation.objects.for_organization(organization)
        .filter(period_end__gt=as_of, computed_at__lte=known_at)
        .order_by("period_end")
        .values_list("period_end", flat=True)
        .first()
    )
    return found


def _pitfall(row: VerdictRecord, finding: Stood | None) -> PitfallRow:
    return PitfallRow(
        key=row.key,
        state=row.state,
        severity=row.severity if row.state == "raised" else None,
        confidence=row.confidence,
        message=conclusion(row),
        missing=_inputs(row.missing),
        finding=finding,
    )


def _readiness(verdicts: list[VerdictRecord]) -> Readiness | None:
    verdict = next((row for row in verdicts if row.kind == "readiness"), None)
    if verdict is None:
        return None
    signs = [
        SignRow(row.key, row.state, conclusion(row), _inputs(row.missing))
        for row in verdicts
        if row.kind == "sign"
    ]
    places = {key: place for place, key in enumerate(SIGNS)}
    signs.sort(key=lambda sign: places.get(sign.key, len(places)))
    return Readiness(verdict.state, conclusion(verdict), _inputs(verdict.missing), tuple(signs))


def _inputs(names: list[str]) -> tuple[Text, ...]:
    return tuple(INPUTS.get(name, name) for name in names)
