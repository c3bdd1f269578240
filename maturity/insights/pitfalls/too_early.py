"""Product ops was hired before there were enough PMs to need it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maturity.insights.base import Inputs, Severity, Tri, Verdict
from maturity.insights.confidence import agreement, confidence, is_low
from maturity.insights.evidence import fixed, short
from maturity.insights.growth import Growth, growth
from maturity.insights.hysteresis import Band, band, capped, one_lower, worst
from maturity.insights.period import Period
from maturity.insights.phrases import Day, Phrase, Value, Words, phrase
from maturity.insights.pitfalls.series import Month, Series
from maturity.insights.pitfalls.verdicts import (
    cannot_be_judged,
    not_applicable,
    tests_evidence,
    verdict,
)
from maturity.insights.signs import HEADCOUNT, ORG_FACTS, OtherSigns, both, either, other_signs
from maturity.insights.survey_leg import SURVEY, Felt, waves

KEY = "too_early"
BEHAVIOURAL = ("E1", "E2", "E3")
FELT = "E4"
ITEMS = ("EAR1", "LEV2")


@dataclass(frozen=True, slots=True)
class Figures:
    """What the tests compare: P, O, R = P / O (None without product ops), D, growth, survey."""

    pms: float | None
    ops: float | None
    signs: OtherSigns
    growth: Growth
    answers: tuple[Felt | None, ...]

    @property
    def ratio(self) -> float | None:
        return self.pms / self.ops if self.pms is not None and self.ops else None

    @property
    def felt(self) -> Tri:
        """Whether PMs say so on every item of the survey leg."""
        first, second = (None if a is None else a.unfavourable for a in self.answers)
        return both(first, second)

    def as_evidence(self) -> dict[str, Any]:
        return {
            "P": self.pms,
            "O": self.ops,
            "R": self.ratio,
            "D": self.signs.as_evidence(),
            "signs": self.signs.states,
            "growth": self.growth.as_evidence(),
            "survey": {a.item_key: a.as_evidence() for a in self.answers if a is not None},
        }


class TooEarly:
    """The pitfall with its memory over the months of one replay."""

    key = KEY
    inputs = Inputs(required=(HEADCOUNT,), optional=(ORG_FACTS, SURVEY))
    memory: Series

    def __init__(self) -> None:
        self.memory = Series()

    def __call__(self, period: Period) -> Verdict:
        """Judge the next month."""
        figures = measure(period)
        if period.has_no_product_ops:
            self.memory = Series()
            return not_applicable(KEY, period, figures.as_evidence())
        readings = read_tests(figures, period)
        because = _unknown_because(period, readings)
        month = _month(figures, readings, because, period)
        self.memory = self.memory.after(month, period)
        point = capped(
            worst(month.gives.values()),
            low_confidence=is_low(month.certainty, period.thresholds.frame),
        )
        return verdict(
            KEY,
            period,
            self.memory.standing,
            confidence=month.certainty,
            evidence={
                **figures.as_evidence(),
                "point": point,
                **tests_evidence(readings, self.memory.latches),
                "breached": sorted(month.gives),
                "unknown_because": because,
            },
            missing=_missing(figures, period),
            words=_words(figures, period, because),
        )


def _month(figures: Figures, readings: Mapping[str, Band], because: Words, period: Period) -> Month:
    gives = {} if because else _gives(figures, readings, period)
    felt = (answer for answer in figures.answers if answer is not None)
    return Month(
        readings=readings,
        gives=gives,
        certainty=None if because else _confidence(figures, readings, period),
        survey_tests=frozenset((FELT,)),
        wave=waves(felt) if FELT in gives else None,
    )


def measure(period: Period) -> Figures:
    return Figures(
        pms=period.pms.value,
        ops=period.product_ops.value,
        signs=other_signs(period),
        growth=growth(period),
        answers=tuple(period.felt(item) for item in ITEMS),
    )


def read_tests(figures: Figures, period: Period) -> dict[str, Band]:
    """Return where each test stands; without usable head-count none can be told."""
    pms, ops, rules = period.pms.known, period.product_ops.known, period.thresholds.too_early
    if pms is None or ops is None:
        return dict.fromkeys((*BEHAVIOURAL, FELT), Band.UNKNOWN)
    if ops < rules.ops_min:
        return dict.fromkeys((*BEHAVIOURAL, FELT), Band.BEYOND_EXIT)
    enough = figures.signs.at_least(rules.e2_signs)
    grey = rules.e1_pms_enter <= pms < rules.e2_pms_enter
    ratio = pms / ops
    return {
        "E1": band(breached=pms < rules.e1_pms_enter, beyond_exit=pms >= rules.e1_pms_exit),
        "E2": band(
            breached=both(grey, None if enough is None else not enough),
            beyond_exit=either(pms >= rules.e2_pms_exit, enough),
        ),
        "E3": band(breached=ratio < rules.e3_ratio_enter, beyond_exit=ratio >= rules.e3_ratio_exit),
        "E4": band(breached=figures.felt, beyond_exit=figures.felt is False),
    }


def _gives(figures: Figures, readings: Mapping[str, Band], period: Period) -> dict[str, Severity]:
    """Return the severity that each breached test gives, growth considered."""
    rules = period.thresholds.too_early
    many_signs = figures.signs.at_least(rules.e1_signs_medium)
    few = figures.ratio is not None and figures.ratio < rules.e3_ratio_high
    severities: dict[str, Severity] = {
        "E1": "medium" if many_signs else "high",
        "E2": "medium",
        "E3": "high" if few else "medium",
        "E4": "low",
    }
    return {
        test: one_lower(severity) if figures.growth.exempts else severity
        for test, severity in severities.items()
        if readings[test] is Band.BREACHED
    }


def _unknown_because(period: Period, readings: Mapping[str, Band]) -> Words:
    faults = [fte.because for fte in (period.pms, period.product_ops) if fte.because]
    if faults:
        return tuple(dict.fromkeys(faults))
    undecided = readings["E2"] is Band.UNKNOWN and _in_grey_zone(period)
    if undecided and Band.BREACHED not in readings.values():
        open_ = phrase("needs organisation facts: whether other signs outweigh the few PMs is open")
        return (open_,)
    return ()


def _in_grey_zone(period: Period) -> bool:
    pms, rules = period.pms.known, period.thresholds.too_early
    return pms is not None and rules.e1_pms_enter <= pms < rules.e2_pms_enter


def _confidence(figures: Figures, readings: Mapping[str, Band], period: Period) -> float:
    rules = period.thresholds
    return confidence(
        usable=1 + figures.signs.any_known + (figures.felt is not None),
        declared=TooEarly.inputs.count,
        n=min(period.pms.snapshots, period.product_ops.snapshots),
        n_min=rules.headcount.n_min,
        agreement=agreement(
            any(readings[test] is Band.BREACHED for test in BEHAVIOURAL),
            figures.felt,
            rules.frame,
        ),
    )


def _missing(figures: Figures, period: Period) -> list[str]:
    missing = []
    if not (period.pms.usable and period.product_ops.usable):
        missing.append(HEADCOUNT)
    if "unknown" in figures.signs.states.values():
        missing.append(ORG_FACTS)
    if figures.felt is None:
        missing.append(SURVEY)
    return missing


def _words(figures: Figures, period: Period, because: Words) -> Words:
    if because:
        return (cannot_be_judged(because),)
    words = [
        _scale(figures, period),
        phrase("Under 15 PMs, PMs usually run their own ops."),
    ]
    rules = period.thresholds.too_early
    if figures.ops is not None and figures.ops < rules.ops_min:
        words.append(phrase("Product ops is part-time, so no test applies."))
    if figures.growth.exempts:
        words.append(
            phrase(
                "%(goal)s PMs are in sight within 6 months: one severity lower.",
                goal=short(rules.growth_goal),
            )
        )
    return tuple(words)


def _scale(figures: Figures, period: Period) -> Phrase:
    places: dict[str, Value] = {
        "ops": short(figures.ops or 0.0),
        "pms": short(figures.pms or 0.0),
        "since": Day(period.product_ops.present_since or period.end),
        "signs": figures.signs.count,
    }
    if figures.ratio is None:
        return phrase(
            "%(ops)s product-ops FTE for %(pms)s PMs since %(since)s; %(signs)s of 4 other scale "
            "signs present.",
            **places,
        )
    return phrase(
        "%(ops)s product-ops FTE for %(pms)s PMs (1:%(ratio)s) since %(since)s; %(signs)s of 4 "
        "other scale signs present.",
        **places,
        ratio=fixed(figures.ratio, 1),
    )
