"""What reporting refuses, in words for the person who tried."""

from maturity.errors import DomainError


class ScheduleEnded(DomainError):
    """The schedule was ended for good."""

    code = "schedule_ended"
