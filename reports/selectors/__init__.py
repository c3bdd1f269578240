from reports.selectors.dashboard import Dashboard, dashboard_of
from reports.selectors.portfolio import (
    HeatMap,
    PortfolioRow,
    Wanted,
    days_of,
    heat_map_of,
    portfolio_of,
)
from reports.selectors.profile import AreaRow, Profile
from reports.selectors.survey import ItemResult, WaveResults
from reports.selectors.trend import Round, Step, Trend
from reports.selectors.verdicts import Conclusions, PitfallRow, Readiness, SignRow

__all__ = [
    "AreaRow",
    "Conclusions",
    "Dashboard",
    "HeatMap",
    "ItemResult",
    "PitfallRow",
    "PortfolioRow",
    "Profile",
    "Readiness",
    "Round",
    "SignRow",
    "Step",
    "Trend",
    "Wanted",
    "WaveResults",
    "dashboard_of",
    "days_of",
    "heat_map_of",
    "portfolio_of",
]
