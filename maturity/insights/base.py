"""What a judgement is made of: the inputs that a check declares, and the verdict it gives."""

from dataclasses import dataclass, field
from typing import Any, Literal

from maturity.insights.phrases import Words, said

Kind = Literal["pitfall", "sign", "readiness", "benefit"]
Severity = Literal["low", "medium", "high"]
PitfallState = Literal["not_applicable", "unknown", "clear", "watch", "raised"]
SignState = Literal["present", "absent", "unknown"]
BenefitState = Literal["better", "worse", "no_clear_change", "unknown"]
ReadinessState = Literal["not_yet", "consider", "ready", "overdue", "unknown"]

# A rule over figures that may be missing: true, false, or None for "cannot be said".
Tri = bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The import formats a check reads: without a required one it says "unknown".

    Losing an optional one lowers confidence. Neither ever clears anything.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.required) + len(self.optional)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One conclusion about one organisation at one T.

    `severity` is set for a raised pitfall only. `confidence` is 0 to 1, None where this period
    could not be judged and for signs and readiness. `missing` names import formats. `evidence`
    holds plain JSON values; `words` say the same, and `message` is their English.
    """

    kind: Kind
    key: str
    state: PitfallState | SignState | ReadinessState | BenefitState
    severity: Severity | None = None
    confidence: float | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    words: Words = ()

    @property
    def message(self) -> str:
        return said(self.words)

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as `evaluate --json` prints it."""
        return {
            "kind": self.kind,
            "key": self.key,
            "state": self.state,
            "severity": self.severity,
            "confidence": self.confidence,
            "evidence": self.evidence,
            "missing": list(self.missing),
            "message": self.message,
        }
