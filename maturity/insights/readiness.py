"""Does this organisation need product ops: not yet, consider, ready or overdue."""

from dataclasses import dataclass, replace

from maturity.insights.base import Inputs, ReadinessState, Verdict
from maturity.insights.evidence import plain, short
from maturity.insights.names import FORMATS, SIGNS, all_named
from maturity.insights.period import Period
from maturity.insights.phrases import Phrase, Words, listed, phrase
from maturity.insights.signs import HEADCOUNT, ORG_FACTS, OtherSigns, other_signs
from maturity.insights.thresholds import ReadinessRules

KEY = "readiness"

_WORDS: dict[ReadinessState, Phrase] = {
    "not_yet": phrase("PMs can run their own ops."),
    "consider": phrase("A part-time or rotating owner is enough, no dedicated hire."),
    "ready": phrase("A dedicated product-ops hire is worth it."),
    "overdue": phrase("A dedicated product-ops hire is overdue."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What one month hands to the next."""

    ready: bool = False
    months_below: int = 0


class Readiness:
    """The verdict with its memory: being ready is lost only after two quarters of few PMs.

    Signs without a source make D a range, which matters only where its ends disagree.
    """

    key = KEY
    inputs = Inputs(required=(HEADCOUNT,), optional=(ORG_FACTS,))
    memory: Memory

    def __init__(self) -> None:
        self.memory = Memory()

    def __call__(self, period: Period) -> Verdict:
        """Judge the next month. A month without a known P changes nothing."""
        pms, signs = period.pms.known, other_signs(period)
        if pms is None:
            return _verdict(period, signs, "unknown", needs=[HEADCOUNT], held=False)
        held = self._still_ready(pms, period)
        judged_by = max(pms, period.thresholds.readiness.ready_pms) if held else pms
        state, needs = _state(judged_by, signs, period)
        if state != "unknown":
            self.memory = replace(self.memory, ready=state in {"ready", "overdue"})
        return _verdict(period, signs, state, needs=needs, held=judged_by != pms)

    def _still_ready(self, pms: float, period: Period) -> bool:
        rules = period.thresholds.readiness
        below = self.memory.months_below + 1 if pms < rules.fall_below_pms else 0
        ready = self.memory.ready and below < rules.fall_after_months
        self.memory = Memory(ready=ready, months_below=below)
        return ready


def _state(pms: float, signs: OtherSigns, period: Period) -> tuple[ReadinessState, list[str]]:
    """Return the verdict if all that is unknown cannot change it, else what it needs."""
    rules, no_ops = period.thresholds.readiness, _no_product_ops(period)
    by_signs = {_point(pms, d, rules, no_ops=bool(no_ops)) for d in (signs.low, signs.high)}
    by_ops = {_point(pms, signs.high, rules, no_ops=guess) for guess in (True, False)}
    needs = [ORG_FACTS] if len(by_signs) > 1 else []
    if no_ops is None and len(by_ops) > 1:
        needs.append(HEADCOUNT)
    if needs:
        return "unknown", needs
    return _point(pms, signs.low, rules, no_ops=bool(no_ops)), []


def _point(pms: float, signs: int, rules: ReadinessRules, *, no_ops: bool) -> ReadinessState:
    if pms < rules.not_yet_pms:
        return "not_yet"
    if pms < rules.ready_pms:
        return "not_yet" if signs < rules.grey_zone_signs else "consider"
    if signs >= rules.overdue_signs and no_ops:
        return "overdue"
    return "ready" if signs >= rules.ready_signs else "consider"


def _no_product_ops(period: Period) -> bool | None:
    """Return whether O is 0; None where it is unknown."""
    if period.has_no_product_ops:
        return True
    return None if period.product_ops.known is None else period.product_ops.known == 0


def _verdict(
    period: Period,
    signs: OtherSigns,
    state: ReadinessState,
    *,
    needs: list[str],
    held: bool,
) -> Verdict:
    return Verdict(
        kind="readiness",
        key=KEY,
        state=state,
        evidence=plain(
            {
                "T": period.end,
                "thresholds_version": period.thresholds.version,
                "P": period.pms.value,
                "O": period.product_ops.value,
                "D": signs.as_evidence(),
                "signs": signs.states,
                "held_by_hysteresis": held,
                "unknown_because": [f"needs {name}" for name in needs],
            }
        ),
        missing=tuple(needs),
        words=_words(period, signs, state, needs),
    )


def _words(period: Period, signs: OtherSigns, state: ReadinessState, needs: list[str]) -> Words:
    pms = period.pms.value
    if state == "unknown" or pms is None:
        names = listed(all_named(FORMATS, needs))
        return (phrase("Cannot be judged: needs %(inputs)s.", inputs=names),)
    counted = phrase(
        "%(pms)s PMs, %(signs)s of 4 other signs present.", pms=short(pms), signs=signs.count
    )
    if state == "ready" and period.product_ops.value:
        return counted, phrase("Dedicated product ops is worth it.")
    if state != "not_yet":
        return counted, _WORDS[state]
    goal = phrase("%(pms)s PMs", pms=short(period.thresholds.readiness.ready_pms))
    later = all_named(SIGNS, (key for key, sign in signs.states.items() if sign != "present"))
    return (
        counted,
        _WORDS[state],
        phrase("Signs that would matter later: %(signs)s.", signs=listed([goal, *later])),
    )
