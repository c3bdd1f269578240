"""The five signs that an organisation needs product ops."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from maturity.insights.base import Inputs, SignState, Tri, Verdict
from maturity.insights.evidence import plain, short
from maturity.insights.names import named
from maturity.insights.period import Period
from maturity.insights.phrases import Number, Phrase, Value, noop, phrase

HEADCOUNT = "headcount"
ORG_FACTS = "org_facts"
PM_COUNT = "pm_count"

_UNKNOWN = phrase("unknown")
# What the format says of being listed.
_LISTINGS = {"no": noop("no"), "within_12m": noop("within 12 months"), "yes": noop("yes")}
_STATES: dict[Tri, SignState] = {True: "present", False: "absent", None: "unknown"}


@dataclass(frozen=True, slots=True)
class Reading:
    """Whether one sign is present, from which format, and on what figures."""

    present: Tri
    source: str
    figures: dict[str, Any]
    words: Phrase


def pm_count(period: Period) -> Reading:
    """15 or more PMs, by the median FTE of the last quarter."""
    pms, least = period.pms, period.thresholds.signs.pms
    shown = _UNKNOWN if pms.value is None else short(pms.value)
    return Reading(
        present=None if pms.known is None else pms.known >= least,
        source=HEADCOUNT,
        figures={"P": pms.value, "threshold": least, "unknown_because": pms.because},
        words=phrase("PM FTE: %(fte)s; the sign needs %(least)s.", fte=shown, least=short(least)),
    )


def multi_product(period: Period) -> Reading:
    """Several products that have PMs of their own, or several business units."""
    rules = period.thresholds.signs
    products = _newest(period, "products", rules.org_facts_days)
    units = _newest(period, "business_units", rules.org_facts_days)
    several = _at_least(products, rules.products)
    # However they are spread, this few PMs cannot staff several products.
    if period.pms.known is not None:
        enough = period.pms.known >= rules.products * rules.pms_per_product
        several = both(several, enough)
    return Reading(
        present=either(several, _at_least(units, rules.business_units)),
        source=ORG_FACTS,
        figures={"products": products, "business_units": units, "P": period.pms.known},
        words=phrase(
            "Products: %(products)s; business units: %(units)s.",
            products=_shown(products),
            units=_shown(units),
        ),
    )


def experimentation(period: Period) -> Reading:
    """Many finished experiments in 90 days, by several teams."""
    rules = period.thresholds.signs
    finished = _newest(period, "experiments_finished_90d", rules.experiments_days)
    teams = _newest(period, "teams_running_experiments", rules.experiments_days)
    return Reading(
        present=both(
            _at_least(finished, rules.experiments), _at_least(teams, rules.experiment_teams)
        ),
        source=ORG_FACTS,
        figures={"experiments_finished_90d": finished, "teams_running_experiments": teams},
        words=phrase(
            "Experiments finished in 90 days: %(experiments)s; teams: %(teams)s.",
            experiments=_shown(finished),
            teams=_shown(teams),
        ),
    )


def global_operations(period: Period) -> Reading:
    """Several markets with local work, far apart."""
    rules = period.thresholds.signs
    markets = _newest(period, "markets", rules.org_facts_days)
    span = _newest(period, "timezone_span_hours", rules.org_facts_days)
    return Reading(
        present=both(_at_least(markets, rules.markets), _at_least(span, rules.timezone_span_hours)),
        source=ORG_FACTS,
        figures={"markets": markets, "timezone_span_hours": span},
        words=_spread(markets, span),
    )


def _spread(markets: int | None, span: float | None) -> Phrase:
    if span is None:
        return phrase(
            "Markets with local work: %(markets)s; time zones span unknown h.",
            markets=_shown(markets),
        )
    return phrase(
        "Markets with local work: %(markets)s; time zones span %(hours)s h.",
        markets=_shown(markets),
        hours=_shown(span),
    )


def public_company(period: Period) -> Reading:
    """Listed, or about to be within a year."""
    listing = _newest(period, "public_company", period.thresholds.signs.org_facts_days)
    return Reading(
        present=None if listing is None else listing != "no",
        source=ORG_FACTS,
        figures={"public_company": listing},
        words=phrase(
            "Public company: %(listing)s.",
            listing=_UNKNOWN if listing is None else named(_LISTINGS, listing),
        ),
    )


OTHER_SIGNS: dict[str, Callable[[Period], Reading]] = {
    "multi_product": multi_product,
    "experimentation": experimentation,
    "global": global_operations,
    "public_company": public_company,
}
SIGNS: dict[str, Callable[[Period], Reading]] = {PM_COUNT: pm_count, **OTHER_SIGNS}


class Sign:
    """One sign as a check. Signs have no memory: each period speaks for itself."""

    memory: None = None

    def __init__(self, key: str) -> None:
        self.key = key
        self.inputs = Inputs(required=(HEADCOUNT if key == PM_COUNT else ORG_FACTS,))

    def __call__(self, period: Period) -> Verdict:
        reading = SIGNS[self.key](period)
        return Verdict(
            kind="sign",
            key=self.key,
            state=_STATES[reading.present],
            evidence=plain(
                {
                    "T": period.end,
                    "thresholds_version": period.thresholds.version,
                    **reading.figures,
                }
            ),
            missing=(reading.source,) if reading.present is None else (),
            words=(reading.words,),
        )


@dataclass(frozen=True, slots=True)
class OtherSigns:
    """D, the number of signs beside the PM count, as a range while some are unknown."""

    low: int
    high: int
    states: dict[str, SignState]

    @property
    def count(self) -> Value:
        """D for a sentence."""
        if self.low == self.high:
            return Number(f"{self.low}")
        return phrase("%(low)s to %(high)s", low=self.low, high=self.high)

    @property
    def any_known(self) -> bool:
        return any(state != "unknown" for state in self.states.values())

    def at_least(self, count: int) -> Tri:
        """Return whether D >= count, None where the range does not settle it."""
        return True if self.low >= count else None if self.high >= count else False

    def as_evidence(self) -> Any:
        return self.low if self.low == self.high else {"low": self.low, "high": self.high}


def other_signs(period: Period) -> OtherSigns:
    """Count the four signs beside the PM count."""
    states = {key: _STATES[read(period).present] for key, read in OTHER_SIGNS.items()}
    present = sum(state == "present" for state in states.values())
    unknown = sum(state == "unknown" for state in states.values())
    return OtherSigns(present, present + unknown, states)


def both(first: Tri, second: Tri) -> Tri:
    """Return "and" of two answers that may be unknown: one false settles it."""
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


def either(first: Tri, second: Tri) -> Tri:
    """Return "or" of two answers that may be unknown: one true settles it."""
    if first or second:
        return True
    return None if first is None or second is None else False


def _newest(period: Period, column: str, fresh_days: int) -> Any:
    """Return the newest value that anybody gave, None where it is too old or absent."""
    rows = [row for row in period.facts.org_facts if getattr(row, column) is not None]
    newest = max(rows, key=lambda row: row.as_of, default=None)
    if newest is None or (period.end - newest.as_of).days > fresh_days:
        return None
    return getattr(newest, column)


def _at_least(value: float | None, least: float) -> Tri:
    return None if value is None else value >= least


def _shown(value: float | None) -> Value:
    return _UNKNOWN if value is None else Number(f"{value}")
