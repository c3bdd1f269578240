"""The career path in words: counts and grades, never persons."""

from maturity.insights.evidence import fixed, short
from maturity.insights.period import Period
from maturity.insights.phrases import Phrase, Words, listed, nphrase, phrase
from maturity.insights.pitfalls.separate_career_path.figures import Figures
from maturity.insights.pitfalls.verdicts import cannot_be_judged


def message(figures: Figures, because: Words, period: Period) -> Words:
    """Return what a reader needs to follow the verdict."""
    if because:
        return (cannot_be_judged(because),)
    rules = period.thresholds.separate_career_path
    if not figures.hidden:
        return _structure(figures), _flow(figures, rules.window_months), *_parity(figures)
    hidden = phrase(
        "Moves, promotions and answers are not shown: under %(years)s person-years of product ops "
        "they would be about persons.",
        years=short(rules.hidden_below_years),
    )
    return _structure(figures), hidden


def _structure(figures: Figures) -> Phrase:
    grades = listed(figures.without_equivalent)
    if figures.equal:
        return phrase(
            "Every product-ops grade has an equivalent PM grade, up to a senior product role."
        )
    if figures.reaches_senior:
        return phrase(
            "Product-ops grades without an equivalent PM grade: %(grades)s.", grades=grades
        )
    if not figures.without_equivalent:
        return phrase("No product-ops grade is or maps to a senior product role.")
    return phrase(
        "Product-ops grades without an equivalent PM grade: %(grades)s; no product-ops grade is "
        "or maps to a senior product role.",
        grades=grades,
    )


def _flow(figures: Figures, months: int) -> Phrase:
    if figures.flow is None:
        return phrase("Moves between product ops and PM are unknown.")
    return nphrase(
        "%(count)s move between product ops and PM in %(months)s months (%(years)s person-years "
        "of product ops).",
        "%(count)s moves between product ops and PM in %(months)s months (%(years)s person-years "
        "of product ops).",
        figures.flow.moves,
        months=months,
        years=fixed(figures.years, 1),
    )


def _parity(figures: Figures) -> Words:
    if figures.flow is None or figures.parity is None:
        return ()
    interval = figures.parity.interval
    compared = phrase(
        "Promotions: %(ours)s in product ops, %(theirs)s of PMs; per person-year %(ratio)s times "
        "as often (95 %% %(low)s to %(high)s).",
        ours=figures.flow.promotions,
        theirs=figures.flow.pm_promotions,
        ratio=fixed(figures.parity.value, 2),
        low=fixed(interval.low, 2),
        high=fixed(interval.high, 2),
    )
    return (compared,)
