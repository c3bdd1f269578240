"""How long the feed's answers take: the last few hundred of each table, kept in Redis."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError

from maturity.services.valkey import valkey

logger = structlog.get_logger(__name__)

KEPT = 200
KEPT_SECONDS = 7 * 86_400


@dataclass(frozen=True)
class Durations:
    """Milliseconds of one table's last answers, at most KEPT of them."""

    table: str
    count: int
    median: float
    p95: float
    longest: float


def note_duration(table: str, seconds: float) -> None:
    """Keep how long one answer took. Never raises: this is for looking at alone."""
    pipeline = valkey().pipeline(transaction=False)
    pipeline.lpush(_key(table), round(seconds * 1_000, 1))
    pipeline.ltrim(_key(table), 0, KEPT - 1)
    pipeline.expire(_key(table), KEPT_SECONDS)
    try:
        pipeline.execute()
    except RedisError as error:
        logger.warning("durations_unavailable", error=str(error))


def durations_of(tables: Iterable[str]) -> list[Durations] | None:
    """Those of the tables that were read lately, the slowest first; None without Redis."""
    names = list(tables)
    pipeline = valkey().pipeline(transaction=False)
    for name in names:
        pipeline.lrange(_key(name), 0, -1)
    try:
        found = pipeline.execute()
    except RedisError:
        return None
    figures = [
        _figures(name, [float(text) for text in texts])
        for name, texts in zip(names, found, strict=True)
        if texts
    ]
    return sorted(figures, key=lambda each: each.p95, reverse=True)


def _figures(table: str, milliseconds: list[float]) -> Durations:
    ordered = sorted(milliseconds)
    # The nearest rank: a value that was measured.
    rank = -(-95 * len(ordered) // 100) - 1
    return Durations(table, len(ordered), statistics.median(ordered), ordered[rank], ordered[-1])


def _key(table: str) -> str:
    return f"plumbline:feed:milliseconds:{table}"
