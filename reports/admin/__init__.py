"""What an ops lead hands on: reports and embeds; registering happens on import."""

from reports.admin import boards, embeds, schedules

__all__ = ["boards", "embeds", "schedules"]
