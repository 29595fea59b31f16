"""Updates that wait to be fetched, repeated until confirmed, as Telegram's server does it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.fakes.telegram.errors import OTHER_POLLER, WEBHOOK_IS_SET, conflict

MESSAGE_LASTS, TAP_LASTS = 86_400.0, 150.0
LONGEST_POLL, LONGEST_ANSWER = 50, 4 << 20
UNASKED = {"message_reaction", "message_reaction_count", "chat_member"}
"""Kinds that come only when they are named."""


@dataclass(frozen=True)
class Waiting:
    """An update that is not confirmed; a stubborn one comes once more whatever was confirmed."""

    update: dict[str, Any]
    until: float
    stubborn: bool = False

    @property
    def number(self) -> int:
        return int(self.update["update_id"])


class UpdateQueue:
    """The updates of one bot."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._changed = threading.Condition()
        self._waiting: list[Waiting] = []
        self._poll = 0
        self._last_conflict = float("-inf")
        self._last_offset: int | None = None
        self._last_offset_at = float("-inf")
        self.next_number = 700_000_001
        self.allowed: set[str] | None = None
        self.webhook = ""
        self.history: list[dict[str, Any]] = []

    # --- filling ---

    def put(self, kind: str, body: dict[str, Any], *, lasts: float = MESSAGE_LASTS) -> int:
        """Add an update of a kind the bot asked for; gives its number."""
        with self._changed:
            number = self.next_number
            self.next_number += 1
            wanted = kind in self.allowed if self.allowed else kind not in UNASKED
            if wanted:
                self._add({"update_id": number, kind: body}, lasts)
            return number

    def put_raw(self, update: dict[str, Any], *, lasts: float = MESSAGE_LASTS) -> None:
        """Add an update as it is, be it unreadable or out of order."""
        with self._changed:
            self._add(update, lasts)

    def repeat(self, number: int) -> None:
        """Deliver an update once more that was confirmed already."""
        with self._changed:
            update = next(each for each in self.history if each["update_id"] == number)
            self._waiting.append(Waiting(update, self._now() + MESSAGE_LASTS, stubborn=True))
            self._changed.notify_all()

    def _add(self, update: dict[str, Any], lasts: float) -> None:
        self.history.append(update)
        self._waiting.append(Waiting(update, self._now() + lasts))
        self._changed.notify_all()

    # --- fetching ---

    def unconfirmed(self) -> int:
        with self._changed:
            self._expire()
            return len(self._waiting)

    def hang_up(self) -> None:
        """End every long poll that waits."""
        with self._changed:
            self._poll += 1
            self._changed.notify_all()

    def get(self, offset: int, limit: int, timeout: int) -> list[dict[str, Any]]:
        """Confirm what is below `offset`, then give what waits, or wait for it."""
        if self.webhook:
            raise conflict(WEBHOOK_IS_SET)
        timeout = min(max(timeout, 0), LONGEST_POLL)
        limit = limit if 1 <= limit <= 100 else 100
        with self._changed:
            self._poll += 1
            mine = self._poll
            self._changed.notify_all()
            timeout, limit = self._slow_down(offset, timeout, limit)
            self._forget(offset)
            deadline = time.monotonic() + timeout
            while True:
                self._expire()
                if self._waiting:
                    return self._answer(limit)
                left = deadline - time.monotonic()
                if left <= 0:
                    return []
                self._changed.wait(left)
                if self._poll != mine:
                    break
        self._refuse_older()
        return []

    def _slow_down(self, offset: int, timeout: int, limit: int) -> tuple[int, int]:
        """The same offset again in short order is a client in a loop."""
        ago = time.monotonic() - self._last_offset_at
        again = offset == self._last_offset
        self._last_offset, self._last_offset_at = offset, time.monotonic()
        if again and ago < 3 and timeout < 3:
            timeout = 3
        if again and ago < 0.5:
            limit = 1
        return timeout, limit

    def _forget(self, offset: int) -> None:
        if offset < 0:
            self._waiting = self._waiting[offset:]
        elif offset > 0:
            self._waiting = [
                each for each in self._waiting if each.number >= offset or each.stubborn
            ]

    def _expire(self) -> None:
        self._waiting = [each for each in self._waiting if each.until > self._now()]

    def _answer(self, limit: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        size = 0
        for each in self._waiting[:limit]:
            size += len(json.dumps(each.update))
            if found and size > LONGEST_ANSWER:
                break
            found.append(each.update)
        given = len(found)
        # A stubborn one was shown now; from here on it is confirmed as any other.
        shown = [replace(each, stubborn=False) for each in self._waiting[:given]]
        self._waiting[:given] = shown
        return found

    def _refuse_older(self) -> None:
        """End the older of two pollers; not more than one at once in three seconds."""
        with self._changed:
            soon = time.monotonic() - self._last_conflict < 3
            if not soon:
                self._last_conflict = time.monotonic()
        if soon:
            time.sleep(3)
        raise conflict(OTHER_POLLER)
