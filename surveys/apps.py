"""Asking people. At start-up the log is told to know nothing about who answers."""

import logging
import re
import traceback

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# Whoever logs requests would note the link, the address and the moment of every answer.
REQUEST_LOGGERS = (
    "django_structlog.middlewares.request",
    "django.request",
    "django.server",
    "gunicorn.access",
)
# A link to answer by, to stop mails, or to results: who reads those was asked, and when they did
# is theirs.
ANSWER_LINK = re.compile(r"/(?:s/(?:results/)?|o/)[\w:-]{16,}")


class AnswerPathFilter(logging.Filter):
    """Keep answering out of the logs: no link, no address, no browser, no time, no content.

    A fault of ours is still reported, as the place in the code and the kind of exception: the
    text of a database error may quote the answer.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if not ANSWER_LINK.search(record.getMessage()):
            return True
        if record.exc_info is None or record.exc_info[1] is None:
            return False
        error = record.exc_info[1]
        places = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
        record.msg = "An answer page failed: %s at %s"
        record.args = (type(error).__name__, " < ".join(reversed(places)))
        record.exc_info = record.exc_text = None
        record.__dict__["request"] = None  # a mailed error report would quote the form
        return True


class SurveysConfig(AppConfig):
    """Surveys that people answer without logging in."""

    name = "surveys"
    verbose_name = _("Surveys")

    def ready(self) -> None:
        for name in REQUEST_LOGGERS:
            logging.getLogger(name).addFilter(AnswerPathFilter())
