from maturity.views.evidence import evidence_file
from maturity.views.notifications import notifications, unsubscribe

__all__ = ["evidence_file", "notifications", "unsubscribe"]
