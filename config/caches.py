"""The cache of parts of pages: without Redis there is none, and every page is made anew."""

from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)


class OptionalRedisCache(RedisCache):
    """A Redis cache that finds nothing and keeps nothing while Redis is away."""

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except RedisError as error:
            logger.warning("cache_unreachable", error=str(error))
            return default

    def set(self, key: str, value: Any, *args: Any, **kwargs: Any) -> None:
        try:
            super().set(key, value, *args, **kwargs)
        except RedisError as error:
            logger.warning("cache_unreachable", error=str(error))
