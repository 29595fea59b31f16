"""Misbehaviour on request: what happens to the next calls of a method."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True)
class LoseAnswer:
    """Do what was asked, then hang up without a word."""


@dataclass(frozen=True)
class DelayAnswer:
    """Do what was asked, then answer late."""

    seconds: float


@dataclass(frozen=True)
class DropRequest:
    """Hang up before anything is done."""


@dataclass(frozen=True)
class TooMany:
    """429 with `retry_after`; nothing is done."""

    seconds: int


@dataclass(frozen=True)
class BlockedByUser:
    """403; nothing is done."""


@dataclass(frozen=True)
class ServerTrouble:
    """A web server's 5xx page; `done` when the call went through all the same."""

    status: int = 502
    done: bool = False


Fault = LoseAnswer | DelayAnswer | DropRequest | TooMany | BlockedByUser | ServerTrouble


class Faults:
    """Faults that wait for their call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[Fault]] = {}

    def next(self, method: str, fault: Fault, *, times: int = 1) -> None:
        with self._lock:
            self._waiting.setdefault(method.lower(), deque()).extend([fault] * times)

    def take(self, method: str) -> Fault | None:
        with self._lock:
            queue = self._waiting.get(method.lower())
            return queue.popleft() if queue else None

    def waiting(self) -> int:
        with self._lock:
            return sum(len(queue) for queue in self._waiting.values())
