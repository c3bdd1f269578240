from reports.models.boards import BoardReport, Brand
from reports.models.embeds import Embed
from reports.models.first_steps import HiddenGuide
from reports.models.schedules import ReportRecipient, ReportSchedule, ScheduledReport

__all__ = [
    "BoardReport",
    "Brand",
    "Embed",
    "HiddenGuide",
    "ReportRecipient",
    "ReportSchedule",
    "ScheduledReport",
]
