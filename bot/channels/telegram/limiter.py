"""Not faster than Telegram likes: a bucket of sends for one chat. Nothing here sends."""

from __future__ import annotations

import asyncio


class Limiter:
    """Lets `burst` sends go at once and then one each `seconds`."""

    def __init__(self, seconds: float, burst: int) -> None:
        self._seconds, self._burst = seconds, burst
        self._free_at = float("-inf")

    async def turn(self) -> None:
        """Wait until a send may go."""
        wait = self.take(asyncio.get_running_loop().time())
        if wait > 0:
            await asyncio.sleep(wait)

    def take(self, moment: float) -> float:
        """Take the next turn at a moment (seconds); give how long it has to wait."""
        earliest = moment - self._seconds * (self._burst - 1)
        due = max(self._free_at, earliest)
        self._free_at = due + self._seconds
        return max(0.0, due - moment)
