from maturity.views.evidence import evidence_file
from maturity.views.language import language
from maturity.views.notifications import notifications, unsubscribe

__all__ = ["evidence_file", "language", "notifications", "unsubscribe"]
