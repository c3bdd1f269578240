"""Product ops is no part of the PM career path."""

from maturity.insights.base import Inputs, Verdict
from maturity.insights.confidence import agreement, confidence, is_low
from maturity.insights.hysteresis import Band, capped, worst
from maturity.insights.period import Period
from maturity.insights.phrases import Words, phrase
from maturity.insights.pitfalls.separate_career_path.figures import Figures, measure
from maturity.insights.pitfalls.separate_career_path.message import message
from maturity.insights.pitfalls.separate_career_path.rules import (
    FELT,
    FLOW,
    PARITY,
    STRUCTURE,
    against,
    gives,
    readings,
)
from maturity.insights.pitfalls.series import Month, Series
from maturity.insights.pitfalls.verdicts import not_applicable, tests_evidence, verdict
from maturity.insights.signs import HEADCOUNT
from maturity.insights.survey_leg import SURVEY, waves

KEY = "separate_career_path"
LADDER, PEOPLE_MOVES = "ladder", "people_moves"
TESTS = (STRUCTURE, FLOW, PARITY, FELT)


class SeparateCareerPath:
    """The pitfall with its memory over the months of one replay."""

    key = KEY
    inputs = Inputs(required=(LADDER, HEADCOUNT), optional=(PEOPLE_MOVES, SURVEY))
    memory: Series

    def __init__(self) -> None:
        self.memory = Series()

    def __call__(self, period: Period) -> Verdict:
        """Judge the next month."""
        figures = measure(period)
        if period.has_no_product_ops:
            self.memory = Series()
            return not_applicable(KEY, period, figures.as_evidence())
        because = _faults(figures, period)
        month = _month(figures, because, period)
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
                **tests_evidence(month.readings, self.memory.latches),
                "unknown_because": because,
            },
            missing=_missing(figures, period),
            words=message(figures, because, period),
        )


def _month(figures: Figures, because: Words, period: Period) -> Month:
    survey_tests = frozenset((FELT,))
    if because:
        unknown = dict.fromkeys(TESTS, Band.UNKNOWN)
        return Month(readings=unknown, gives={}, certainty=None, survey_tests=survey_tests)
    bands = readings(figures, period.thresholds.separate_career_path)
    given = gives(figures, bands)
    answers = [answer for answer in figures.answers if answer is not None]
    return Month(
        readings=bands,
        gives=given,
        certainty=_confidence(figures, bool(given.keys() - {FELT}), period),
        survey_tests=survey_tests,
        wave=waves(answers) if FELT in given else None,
    )


def _faults(figures: Figures, period: Period) -> Words:
    faults = []
    if figures.equal is None:
        faults.append(phrase("no ladder with product-ops grades"))
    if period.product_ops.because is not None:
        faults.append(period.product_ops.because)
    elif figures.months_existing < (least := _least_months(period)):
        faults.append(
            phrase(
                "product ops exists for %(months)s months, %(least)s needed",
                months=figures.months_existing,
                least=least,
            )
        )
    return tuple(faults)


def _confidence(figures: Figures, behaviour: bool, period: Period) -> float:
    said = against(figures)
    return confidence(
        usable=2 + (figures.flow is not None) + (said is not None),
        declared=SeparateCareerPath.inputs.count,
        n=figures.months_existing,
        n_min=_least_months(period),
        agreement=agreement(behaviour, said, period.thresholds.frame),
    )


def _least_months(period: Period) -> int:
    return period.thresholds.separate_career_path.exists_months


def _missing(figures: Figures, period: Period) -> list[str]:
    missing = []
    if figures.equal is None:
        missing.append(LADDER)
    if not period.product_ops.usable:
        missing.append(HEADCOUNT)
    if figures.flow is None:
        missing.append(PEOPLE_MOVES)
    if against(figures) is None:
        missing.append(SURVEY)
    return missing
