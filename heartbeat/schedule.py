"""Ticking: the only module that knows APScheduler, which is never the memory of what ran.

A tick asks what is owed by the wall clock and the ledger, so a tick that is late, doubled or lost
changes nothing but the delay.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

LONGEST_PERIOD = timedelta(seconds=30)
ALIVE_WITHIN = timedelta(seconds=90)

log = logging.getLogger(__name__)


class Ticker:
    """Calls `tick` every few seconds on a thread of its own until it is stopped.

    An error of one tick is logged and the next one comes all the same.
    """

    def __init__(
        self,
        tick: Callable[[], object],
        *,
        now: Callable[[], datetime],
        period: timedelta = timedelta(seconds=15),
    ) -> None:
        if not timedelta(0) < period <= LONGEST_PERIOD:
            raise ValueError(f"a period of {period} is not between 0 and {LONGEST_PERIOD}")
        self._tick, self._now, self._period = tick, now, period
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self.last_tick_at: datetime | None = None

    def start(self) -> None:
        """Begin to tick, the first time at once."""
        self._scheduler.add_job(
            self.tick_once,
            "interval",
            seconds=self._period.total_seconds(),
            next_run_time=self._now(),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        self._scheduler.start()

    def stop(self) -> None:
        """Stop; a tick that is under way is waited for."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def tick_once(self) -> None:
        """Tick now; the boundary at which an error of a tick is logged."""
        try:
            self._tick()
        except Exception:
            log.exception("a tick of the clock failed; the next one comes all the same")
        finally:
            self.last_tick_at = self._now()

    def is_alive(self, now: datetime) -> bool:
        """Tell whether it ticked lately."""
        return self.last_tick_at is not None and now - self.last_tick_at <= ALIVE_WITHIN
