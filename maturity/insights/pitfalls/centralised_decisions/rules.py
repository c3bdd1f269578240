"""C, the survey beside it and the survey alone: where each test stands and what it gives."""

from collections.abc import Mapping

from maturity.insights.base import Severity, Tri
from maturity.insights.hysteresis import Band, band
from maturity.insights.pitfalls.centralised_decisions.figures import Figures
from maturity.insights.signs import both, either
from maturity.insights.thresholds import CentralisedDecisionsRules

SHARE, SHARE_AND_SURVEY, SURVEY_ALONE = "C", "C_felt", "felt"
TESTS = (SHARE, SHARE_AND_SURVEY, SURVEY_ALONE)


def readings(figures: Figures, rules: CentralisedDecisionsRules) -> dict[str, Band]:
    """Return every test's band."""
    share, interval = figures.share, figures.interval
    if share is None or interval is None:
        return dict.fromkeys(TESTS, Band.UNKNOWN)
    first, second = _against(figures)
    relieved = all(answer is not None and answer.relieved for answer in figures.answers)
    return {
        SHARE: band(
            breached=share >= rules.share_enter and interval.low >= rules.share_lower,
            beyond_exit=share < rules.share_exit,
        ),
        SHARE_AND_SURVEY: band(
            breached=both(share >= rules.felt_enter, either(first, second)),
            beyond_exit=either(share < rules.felt_exit, relieved),
        ),
        SURVEY_ALONE: band(breached=both(first, second), beyond_exit=relieved),
    }


def gives(
    figures: Figures, bands: Mapping[str, Band], rules: CentralisedDecisionsRules
) -> dict[str, Severity]:
    """Return the severity that each breached test gives."""
    share, breadth = figures.share or 0.0, figures.breadth or 0.0
    grave = share >= rules.share_critical or breadth >= rules.breadth_high
    severities: dict[str, Severity] = {
        SHARE: "high" if grave else "medium",
        SHARE_AND_SURVEY: "low",
        SURVEY_ALONE: "medium",
    }
    return {test: given for test, given in severities.items() if bands[test] is Band.BREACHED}


def is_critical(figures: Figures, rules: CentralisedDecisionsRules) -> bool:
    """Return whether so much is taken that one month is enough to raise."""
    share, interval = figures.share, figures.interval
    if share is None or interval is None:
        return False
    return share >= rules.share_critical and interval.low > rules.share_enter


def felt(figures: Figures) -> Tri:
    """Return whether PMs say so on both items."""
    return both(*_against(figures))


def _against(figures: Figures) -> tuple[Tri, Tri]:
    first, second = (None if a is None else a.unfavourable for a in figures.answers)
    return first, second
