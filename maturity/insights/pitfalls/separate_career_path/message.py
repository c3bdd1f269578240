"""The career path in words: counts and grades, never persons."""

from maturity.insights.evidence import listed, plural
from maturity.insights.period import Period
from maturity.insights.pitfalls.separate_career_path.figures import Figures


def message(figures: Figures, because: tuple[str, ...], period: Period) -> str:
    """Return what a reader needs to follow the verdict."""
    if because:
        return f"Cannot be judged: {'; '.join(because)}."
    sentences = [_structure(figures)]
    rules = period.thresholds.separate_career_path
    if figures.hidden:
        sentences.append(
            f"Moves, promotions and answers are not shown: under {rules.hidden_below_years:g} "
            "person-years of product ops they would be about persons."
        )
    else:
        sentences += [_flow(figures, rules.window_months), _parity(figures)]
    return " ".join(sentence for sentence in sentences if sentence)


def _structure(figures: Figures) -> str:
    if figures.equal:
        return "Every product-ops grade has an equivalent PM grade, up to a senior product role."
    faults = []
    if figures.without_equivalent:
        faults.append(
            f"product-ops grades without an equivalent PM grade: "
            f"{listed(figures.without_equivalent)}"
        )
    if not figures.reaches_senior:
        faults.append("no product-ops grade is or maps to a senior product role")
    text = "; ".join(faults)
    return f"{text[0].upper()}{text[1:]}."


def _flow(figures: Figures, months: int) -> str:
    if figures.flow is None:
        return "Moves between product ops and PM are unknown."
    moves = plural(figures.flow.moves, "move", "moves")
    return (
        f"{moves} between product ops and PM in {months} months "
        f"({figures.years:.1f} person-years of product ops)."
    )


def _parity(figures: Figures) -> str:
    if figures.flow is None or figures.parity is None:
        return ""
    interval = figures.parity.interval
    return (
        f"Promotions: {figures.flow.promotions} in product ops, {figures.flow.pm_promotions} of "
        f"PMs; per person-year {figures.parity.value:.2f} times as often "
        f"(95 % {interval.low:.2f} to {interval.high:.2f})."
    )
