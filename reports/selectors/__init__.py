from reports.selectors.dashboard import Dashboard, dashboard_of
from reports.selectors.portfolio import portfolio_of
from reports.selectors.profile import AreaRow, Profile
from reports.selectors.survey import ItemResult, WaveResults
from reports.selectors.trend import Round, Step, Trend
from reports.selectors.verdicts import Conclusions, PitfallRow, Readiness, SignRow

__all__ = [
    "AreaRow",
    "Conclusions",
    "Dashboard",
    "ItemResult",
    "PitfallRow",
    "Profile",
    "Readiness",
    "Round",
    "SignRow",
    "Step",
    "Trend",
    "WaveResults",
    "dashboard_of",
    "portfolio_of",
]
