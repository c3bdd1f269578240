"""One JSON line per event, on stderr, without keys and addresses that carry secrets."""

from typing import Any

import structlog

from config.redaction import mask_keys

_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]
structlog.configure(
    processors=[*_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)


def logging_at(level: str) -> dict[str, Any]:
    """Return Django's LOGGING; nothing below this level is written."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                    mask_keys,
                ],
                "foreign_pre_chain": _PROCESSORS,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": [], "propagate": True},
            # Its own handlers would write addresses as they came, keys included.
            "gunicorn.access": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            "gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            # The addresses that they would write at lower levels carry secrets.
            "apprise": {"level": "CRITICAL"},
            "urllib3": {"level": "ERROR"},
        },
    }
