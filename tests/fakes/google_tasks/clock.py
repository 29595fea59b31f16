"""The server's idea of now: set, moved by hand, or following a caller's clock. It never waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

MILLISECOND = timedelta(milliseconds=1)


class VirtualClock:
    """A clock that stands still but for `step` per request, `set`, `advance` and `follow`."""

    def __init__(self, start: datetime) -> None:
        self.step = 5 * MILLISECOND
        self.on_change: Callable[[], None] = lambda: None
        self._source: Callable[[], datetime] = lambda: start
        self._offset = timedelta(0)
        self._steps = True

    def now(self) -> datetime:
        """Return the moment in UTC, whole milliseconds."""
        moment = self._source().astimezone(UTC) + self._offset
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def set(self, moment: datetime) -> None:
        """Stand still at `moment`."""
        self._source, self._offset, self._steps = (lambda: moment), timedelta(0), True
        self.on_change()

    def advance(self, by: timedelta | None = None, **units: float) -> None:
        """Move on by a timedelta or by its keywords: `advance(days=91)`."""
        self._offset += by if by is not None else timedelta(**units)
        self.on_change()

    def follow(self, source: Callable[[], datetime], skew: timedelta = timedelta(0)) -> None:
        """Show the caller's clock plus `skew` from now on; requests no longer move it."""
        self._source, self._offset, self._steps = source, skew, False
        self.on_change()

    def tick(self) -> None:
        """Let a request take its `step`, unless a caller's clock is followed."""
        if self._steps:
            self._offset += self.step


def timestamp(moment: datetime) -> str:
    """Write a moment as Google does: RFC 3339, milliseconds, Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def milliseconds(moment: datetime) -> int:
    """Return whole milliseconds since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // MILLISECOND
