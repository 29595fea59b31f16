"""How often Google may be asked: pure arithmetic on instants. Nothing here waits or asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

DAILY_REQUESTS = 50_000
"""Google's courtesy limit for one client id, over all its users."""

LEAST_RATE = 0.1
_CALIFORNIA = "America/Los_Angeles"
_ACTIVE_SECONDS, _IDLE_SECONDS, _NIGHT_SECONDS = 15.0, 60.0, 300.0
_ACTIVE_FOR = timedelta(minutes=5)
_LONGEST_BACKOFF_SECONDS = 300.0


@dataclass(frozen=True)
class Bucket:
    """Tokens for changing calls: a burst, then a steady pace; halved when Google complains."""

    rate: float = 2.0
    burst: float = 10.0
    tokens: float = 10.0
    at: datetime | None = None

    def take(self, now: datetime) -> tuple[Bucket, float]:
        """Take one token; give the bucket after and the seconds to wait before using it."""
        passed = max(0.0, (now - self.at).total_seconds()) if self.at else 0.0
        tokens = min(self.burst, self.tokens + passed * self.rate) - 1
        after = replace(self, tokens=tokens, at=now)
        return after, max(0.0, -tokens / self.rate)

    def slower(self) -> Bucket:
        """Halve the pace and give up the burst."""
        return replace(self, rate=max(LEAST_RATE, self.rate / 2), tokens=min(self.tokens, 0.0))

    def recovered(self, full_rate: float = 2.0) -> Bucket:
        """Speed up a little after a call that went well."""
        return replace(self, rate=min(full_rate, self.rate * 1.05))


def backoff_seconds(
    tries: int,
    rng: Random,
    *,
    asked: float | None = None,
    longest: float = _LONGEST_BACKOFF_SECONDS,
) -> float:
    """Give how long to wait after `tries` failures: full jitter, but never less than asked for."""
    ceiling = min(longest, 2.0 ** min(tries, 16))
    return min(longest, max(asked or 0.0, rng.uniform(ceiling / 2, ceiling)))


def quota_day(now: datetime) -> date:
    """Give the day that Google counts requests on: the day in California."""
    return now.astimezone(ZoneInfo(_CALIFORNIA)).date()


def next_quota_day(now: datetime) -> datetime:
    """Give the instant at which Google starts counting anew."""
    zone = ZoneInfo(_CALIFORNIA)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)


def poll_seconds(
    now: datetime, last_activity: datetime | None, *, night: bool, used: int, daily: int
) -> float:
    """Give the time between two syncs: short while the person is active, long at night.

    Past 60 % of the day's requests twice as long, past 80 % four times, past 95 % until the
    person does something, every half hour.
    """
    share = used / daily if daily else 1.0
    if share >= 0.95:
        return 1800.0
    stretch = 4.0 if share >= 0.8 else 2.0 if share >= 0.6 else 1.0
    if last_activity is not None and now - last_activity <= _ACTIVE_FOR:
        return _ACTIVE_SECONDS * stretch
    return (_NIGHT_SECONDS if night else _IDLE_SECONDS) * stretch
