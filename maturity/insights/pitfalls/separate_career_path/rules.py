"""S1 to S4: where each test stands, and the severity that each gives."""

from collections.abc import Mapping

from maturity.insights.base import Severity, Tri
from maturity.insights.hysteresis import Band, band
from maturity.insights.pitfalls.separate_career_path.figures import Figures
from maturity.insights.signs import both, either
from maturity.insights.thresholds import SeparateCareerPathRules

STRUCTURE, FLOW, PARITY, FELT = "S1", "S2", "S3", "S4"


def readings(figures: Figures, rules: SeparateCareerPathRules) -> dict[str, Band]:
    """Return every test's band. All share one exit: an equal ladder that people use or believe."""
    left = both(figures.equal, either(_moved(figures), _relieved(figures)))
    return {
        STRUCTURE: band(breached=_not(figures.equal), beyond_exit=left),
        FLOW: band(breached=_no_flow(figures, rules), beyond_exit=left),
        PARITY: band(breached=_unequal_promotions(figures, rules), beyond_exit=left),
        FELT: band(breached=against(figures), beyond_exit=left),
    }


def gives(figures: Figures, bands: Mapping[str, Band]) -> dict[str, Severity]:
    """Return the severity that each breached test gives."""
    severities: dict[str, Severity] = {
        STRUCTURE: "medium",
        FLOW: "medium" if figures.equal else "high",
        PARITY: "medium",
        FELT: "low",
    }
    return {test: given for test, given in severities.items() if bands[test] is Band.BREACHED}


def against(figures: Figures) -> Tri:
    """Return whether the survey speaks against the career path on both items."""
    first, second = (None if a is None else a.unfavourable for a in figures.answers)
    return both(first, second)


def _no_flow(figures: Figures, rules: SeparateCareerPathRules) -> Tri:
    """Return whether nobody moved although so many person-years passed.

    With fewer person-years the absence of moves says nothing.
    """
    moved = _moved(figures)
    if moved is not False or figures.equal is None:
        return None if moved is None or figures.equal is None else False
    needed = rules.flow_years_equal if figures.equal else rules.flow_years_unequal
    return True if figures.years >= needed else None


def _unequal_promotions(figures: Figures, rules: SeparateCareerPathRules) -> Tri:
    flow, parity = figures.flow, figures.parity
    if flow is None or parity is None:
        return None
    if flow.promotions + flow.pm_promotions < rules.promotions_min:
        return None
    return parity.interval.high < rules.parity_below


def _moved(figures: Figures) -> Tri:
    return None if figures.flow is None else figures.flow.moves > 0


def _relieved(figures: Figures) -> Tri:
    first, second = (None if a is None else a.relieved for a in figures.answers)
    return both(first, second)


def _not(value: Tri) -> Tri:
    return None if value is None else not value
