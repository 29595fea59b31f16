"""How much a user and a project may ask: the per-user throttle and the daily quota."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.fakes.google_tasks.clock import VirtualClock
from tests.fakes.google_tasks.messages import ApiError

PACIFIC_STANDARD = timedelta(hours=-8)


@dataclass(frozen=True)
class Throttle:
    """At most `requests` per user in `seconds`; above that an error, as bulk writers met it."""

    requests: int = 100
    seconds: float = 22
    status: int = 403
    reason: str = "quotaExceeded"
    message: str = "Quota Exceeded"
    retry_after_seconds: int | None = None
    writes_only: bool = False


@dataclass
class Quota:
    """Set `throttle` and `daily_limit` at will; None means unlimited."""

    clock: VirtualClock
    throttle: Throttle | None = None
    daily_limit: int | None = 50_000
    _recent: defaultdict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    _day: str = ""
    used_today: int = 0

    def charge(self, account: str, verb: str) -> None:
        """Count one request against the day and the user, or refuse it."""
        self._charge_day()
        if self.throttle and not (self.throttle.writes_only and verb == "GET"):
            self._charge_user(account, self.throttle)

    def _charge_day(self) -> None:
        day = f"{self.clock.now().astimezone(UTC) + PACIFIC_STANDARD:%F}"
        if day != self._day:
            self._day, self.used_today = day, 0
        self.used_today += 1
        if self.daily_limit is not None and self.used_today > self.daily_limit:
            message = "Daily Limit Exceeded"
            raise ApiError(403, "dailyLimitExceeded", message, domain="usageLimits")

    def _charge_user(self, account: str, throttle: Throttle) -> None:
        recent, now = self._recent[account], self.clock.now()
        while recent and recent[0] <= now - timedelta(seconds=throttle.seconds):
            recent.popleft()
        if len(recent) >= throttle.requests:
            raise ApiError(
                throttle.status,
                throttle.reason,
                throttle.message,
                domain="usageLimits",
                headers=retry_after(throttle.retry_after_seconds),
            )
        recent.append(now)


def retry_after(seconds: int | None) -> dict[str, str]:
    """Write the Retry-After header where there is one."""
    return {} if seconds is None else {"Retry-After": str(seconds)}
