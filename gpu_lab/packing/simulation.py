"""Latency and waste of the waiting room over a simulated time. No clock, no model, no event loop.

One worker runs a batch in `fixed + per_token * padded` seconds. The added latency of a request is
the time from its arrival until its batch starts, waiting for the busy worker included.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_lab.packing.waiting import Batch, Request, WaitingRoom


@dataclass(frozen=True)
class Worker:
    """How long a batch runs: seconds fixed, and for each padded token."""

    fixed: float
    per_token: float

    def seconds(self, batch: Batch) -> float:
        """Give the time that a batch takes."""
        return self.fixed + self.per_token * batch.padded


@dataclass(frozen=True)
class Arrival:
    """A request and when it comes, in seconds."""

    at: float
    request: Request


@dataclass(frozen=True)
class Simulated:
    """What came of it; `added[i]` is the added latency of arrival i in seconds."""

    added: NDArray[np.float64]
    batches: int
    real: int
    padded: int
    busy: float
    work: dict[str, int]

    @property
    def waste(self) -> float:
        """Give padded tokens over real tokens."""
        return self.padded / self.real if self.real else 1.0

    def added_at(self, percent: float) -> float:
        """Give a percentile of the added latency, in seconds."""
        return float(np.percentile(self.added, percent))


def simulate(
    room: WaitingRoom, arrivals: Sequence[Arrival], worker: Worker, until: float = math.inf
) -> Simulated:
    """Let requests arrive (in order of time) and be served until nobody waits, or until a time.

    Requests not served by then have an infinite latency. `busy` is the worker's share of the time.
    """
    added = np.full(len(arrivals), math.inf)
    index_of: dict[int, int] = {}
    now, busy, real, padded, batches, next_arrival = 0.0, 0.0, 0, 0, 0, 0
    work: Counter[str] = Counter()
    while now < until:
        while next_arrival < len(arrivals) and arrivals[next_arrival].at <= now:
            came = arrivals[next_arrival]
            index_of[room.enter(came.request, came.at).number] = next_arrival
            next_arrival += 1
        decided = room.next_batch(now)
        if not isinstance(decided, Batch):
            coming = arrivals[next_arrival].at if next_arrival < len(arrivals) else math.inf
            if (now := min(decided.until, coming)) == math.inf:
                break
            continue
        for entry in decided.entries:
            added[index_of.pop(entry.number)] = now - entry.since
            work[entry.request.application] += entry.request.tokens
        batches += 1
        real += sum(entry.request.tokens for entry in decided.entries)
        padded += decided.padded
        busy += worker.seconds(decided)
        now += worker.seconds(decided)
    ended = now if now < math.inf else max(arrivals[-1].at if arrivals else 0.0, busy)
    return Simulated(added, batches, real, padded, busy / ended if ended else 0.0, dict(work))


def poisson(
    rng: np.random.Generator, requests: Sequence[Request], per_second: float
) -> list[Arrival]:
    """Let requests arrive one after another, independently, so many a second on average."""
    times = np.cumsum(rng.exponential(1.0 / per_second, len(requests)))
    return [Arrival(float(at), request) for at, request in zip(times, requests, strict=True)]
