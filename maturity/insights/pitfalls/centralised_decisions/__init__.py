"""Decisions that belong to PMs are taken by product ops or centrally."""

from collections.abc import Mapping

from maturity.insights.base import Inputs, Verdict
from maturity.insights.confidence import agreement, confidence, is_low
from maturity.insights.evidence import fixed, short, some_in_words
from maturity.insights.hysteresis import Band, capped, worst
from maturity.insights.period import Period
from maturity.insights.phrases import Number, Phrase, Words, phrase
from maturity.insights.pitfalls.centralised_decisions.figures import Figures, measure
from maturity.insights.pitfalls.centralised_decisions.message import message
from maturity.insights.pitfalls.centralised_decisions.rules import (
    SHARE_AND_SURVEY,
    SURVEY_ALONE,
    TESTS,
    felt,
    gives,
    is_critical,
    readings,
)
from maturity.insights.pitfalls.series import Month, Series
from maturity.insights.pitfalls.verdicts import not_applicable, tests_evidence, verdict
from maturity.insights.signs import HEADCOUNT
from maturity.insights.survey_leg import SURVEY, waves

KEY = "centralised_decisions"
DECISION_LOG, DECISION_RIGHTS = "decision_log", "decision_rights"
UNDATED = "decision_log.decided_on"
# Two breaches in a row of these need two different waves.
SURVEY_TESTS = frozenset((SHARE_AND_SURVEY, SURVEY_ALONE))


class CentralisedDecisions:
    """The pitfall with its memory over the months of one replay."""

    key = KEY
    inputs = Inputs(required=(DECISION_LOG, HEADCOUNT), optional=(DECISION_RIGHTS, SURVEY))
    memory: Series

    def __init__(self) -> None:
        self.memory = Series()

    def __call__(self, period: Period) -> Verdict:
        """Judge the next month."""
        figures = measure(period)
        if period.has_no_product_ops:
            self.memory = Series()
            return not_applicable(KEY, period, figures.as_evidence())
        month = _month(figures, because := _faults(figures, period), period)
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
            words=message(figures, because),
        )


def _month(figures: Figures, because: Words, period: Period) -> Month:
    rules = period.thresholds.centralised_decisions
    if because:
        unknown = dict.fromkeys(TESTS, Band.UNKNOWN)
        return Month(readings=unknown, gives={}, certainty=None, survey_tests=SURVEY_TESTS)
    bands = readings(figures, rules)
    given = gives(figures, bands, rules)
    answers = [answer for answer in figures.answers if answer is not None]
    return Month(
        readings=bands,
        gives=given,
        certainty=_confidence(figures, bands, period),
        survey_tests=SURVEY_TESTS,
        wave=waves(answers) if SURVEY_TESTS & given.keys() else None,
        critical=is_critical(figures, rules),
    )


def _faults(figures: Figures, period: Period) -> Words:
    """Say why the log cannot be judged by; an empty log is not autonomy."""
    stopped = _log_fault(figures, period)
    if stopped or period.pms.because:
        return tuple(filter(None, (stopped, period.pms.because)))
    least = period.thresholds.centralised_decisions.logged_min
    if figures.per_pm_month is None or figures.per_pm_month < least:
        logged = figures.per_pm_month or 0.0
        return (
            phrase(
                "log incomplete: %(logged)s decisions per PM and month, %(least)s needed",
                logged=fixed(logged, 2),
                least=short(least),
            ),
        )
    return tuple(_too_few(figures, period))


def _log_fault(figures: Figures, period: Period) -> Phrase | None:
    if figures.newest is None:
        if not figures.undated:
            return phrase("no decision log")
        return phrase("none of %(decisions)s decisions has a date", decisions=figures.undated)
    age, limit = (period.end - figures.newest).days, period.thresholds.frame.event_log_days
    if age > limit:
        return phrase(
            "newest entry of the decision log %(age)s days old, at most %(limit)s",
            age=age,
            limit=limit,
        )
    return None


def _too_few(figures: Figures, period: Period) -> list[Phrase]:
    rules, faults = period.thresholds.centralised_decisions, []
    if len(figures.belong) < rules.n_min:
        faults.append(
            phrase(
                "%(decisions)s decisions that belong to PMs in %(days)s days, at least %(least)s "
                "needed",
                decisions=some_in_words(len(figures.belong)),
                days=rules.window_days,
                least=rules.n_min,
            )
        )
    if len(figures.teams) < rules.teams_min:
        faults.append(phrase("fewer than %(teams)s teams", teams=rules.teams_min))
    if figures.belong and figures.decider_known < rules.decider_known_min:
        least = Number(f"{rules.decider_known_min:.0%}")
        faults.append(phrase("the decider of fewer than %(share)s is known", share=least))
    return faults


def _confidence(figures: Figures, bands: Mapping[str, Band], period: Period) -> float:
    rules = period.thresholds
    breached = {test for test, reading in bands.items() if reading is Band.BREACHED}
    said = felt(figures)
    value = confidence(
        usable=2 + figures.agreed + (said is not None),
        declared=CentralisedDecisions.inputs.count,
        n=len(figures.known),
        n_min=rules.centralised_decisions.n_min,
        agreement=agreement(bool(breached - {SURVEY_ALONE}), said, rules.frame),
    )
    if breached == {SURVEY_ALONE}:
        return min(value, rules.centralised_decisions.survey_alone_confidence)
    return value


def _missing(figures: Figures, period: Period) -> list[str]:
    missing = []
    if set(_faults(figures, period)) - {period.pms.because}:
        missing.append(DECISION_LOG)
    if figures.undated:
        missing.append(UNDATED)
    if not figures.agreed or figures.unknown_types:
        missing.append(DECISION_RIGHTS)
    if not period.pms.usable:
        missing.append(HEADCOUNT)
    if felt(figures) is None:
        missing.append(SURVEY)
    return missing
