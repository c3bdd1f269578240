"""How much one client may ask for: a token bucket per client, kept in Redis.

The bucket is GCRA (the ATM Forum's generic cell rate algorithm): one number per client, the moment
at which its bucket will be full again, read and moved by one script, so that any number of
processes share it. The clock is Redis's own.
"""

import math
from dataclasses import dataclass

import structlog
from django.conf import settings
from redis.commands.core import Script
from redis.exceptions import RedisError

from maturity.services.valkey import valkey

logger = structlog.get_logger(__name__)

MOST_WAIT_SECONDS = 120

# KEYS[1]: the bucket. ARGV: how many requests it holds, and the seconds in which it fills.
# Answers whether one was left, how many are left now, and two waits in microseconds: until one
# is there and until all are.
_TAKE = """
local quota, window = tonumber(ARGV[1]), tonumber(ARGV[2]) * 1000000
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local each = window / quota
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local due = full_at + each - window - now
if due > 0 then
    return {0, 0, math.ceil(due), math.ceil(full_at - now)}
end
full_at = full_at + each
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil(window / 1000) + 1000)
return {1, math.floor((window - (full_at - now)) / each + 0.000001), 0, math.ceil(full_at - now)}
"""


@dataclass(frozen=True)
class Policy:
    """At most `quota` requests at once, and `quota` more every `window` seconds."""

    name: str
    quota: int
    window: int


@dataclass(frozen=True)
class Standing:
    """What is left to a client. `wait`, in seconds, is set where the request is one too many."""

    policy: Policy
    remaining: int
    full_in: int
    wait: int | None = None


def policy_named(name: str) -> Policy:
    """One of the policies of RATE_LIMITS."""
    return Policy(name, settings.RATE_LIMITS[name], settings.RATE_LIMIT_WINDOW)


def take(policy: Policy, client: str) -> Standing | None:
    """Take one request out of a client's bucket; one round trip.

    None where Redis does not answer: the limit protects the API and must not take it down.
    """
    try:
        allowed, remaining, due, full = Script(valkey(), _TAKE)(
            keys=[f"plumbline:limit:{policy.name}:{client}"], args=[policy.quota, policy.window]
        )
    except RedisError as error:
        logger.warning("rate_limit_unavailable", error=str(error))
        return None
    wait = None if allowed else min(max(_seconds(due), 1), MOST_WAIT_SECONDS)
    return Standing(policy, remaining, _seconds(full), wait)


def _seconds(microseconds: int) -> int:
    return math.ceil(microseconds / 1_000_000)
