"""Deciding which waiting requests go out together, and when. It reads no clock and runs nothing.

Applications get shares of the work: every batch is built around one request, the oldest of the
application that has had the least work for its share (of those with overdue requests, if there
are any), and is filled with requests of like length. So nobody starves, whoever floods. Who comes
after a pause counts from the least of those who wait, and cannot save up a claim.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from gpu_lab.packing.batches import OVERHEAD, Cost
from gpu_lab.packing.errors import CostRefused, PolicyRefused, RequestTooLarge, UnknownModel

# How much dearer the work of the application whose turn it is counts than that of those who only
# fill its batch: an application of many small requests then gets several of them into one batch.
PREFERENCE = 4


@dataclass(frozen=True)
class Policy:
    """How long requests may wait, how many are compared, and each application's share.

    A batch that is not full goes out when its oldest has waited `linger` seconds. A request
    that has waited `overdue` seconds goes before those that have not. Shares not named are 1.
    """

    window: int = 4096
    linger: float = 0.0
    overdue: float = math.inf
    shares: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.window < 1:
            raise PolicyRefused(setting="window", value=self.window, why="it must be 1 or more")
        for setting in ("linger", "overdue"):
            if not getattr(self, setting) >= 0:
                why = "it must be 0 seconds or more"
                raise PolicyRefused(setting=setting, value=getattr(self, setting), why=why)
        for name, share in self.shares.items():
            if not (share > 0 and math.isfinite(share)):
                why = "a share must be a number above 0"
                raise PolicyRefused(setting=f"the share of {name!r}", value=share, why=why)


@dataclass(frozen=True)
class Request:
    """One text to be run: for whom, by which model, how many tokens."""

    application: str
    model: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A request that waits since a time in seconds; `number` counts all that ever came in."""

    number: int
    since: float
    request: Request


@dataclass(frozen=True)
class Batch:
    """Requests of one model that go out together, padded to the longest."""

    model: str
    entries: tuple[Entry, ...]
    longest: int

    @property
    def padded(self) -> int:
        """Count its tokens, padding included."""
        return self.longest * len(self.entries)


@dataclass(frozen=True)
class NotYet:
    """Nothing needs to go out before this time; infinity when nobody waits."""

    until: float


Next: TypeAlias = Batch | NotYet
Line: TypeAlias = tuple[str, str]


class WaitingRoom:
    """The requests that wait, one line for each model and application. Not thread-safe."""

    def __init__(self, costs: Mapping[str, Cost], policy: Policy) -> None:
        self._costs = costs
        self._policy = policy
        self._lines: dict[Line, list[Entry]] = {}
        # Work that each application has had, divided by its share; `_level` is the last least one.
        self._had: dict[str, float] = {}
        self._level = 0.0
        self._numbers = 0
        self._most: dict[tuple[str, int], int] = {}

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def enter(self, request: Request, now: float) -> Entry:
        """Take a request in. Raises UnknownModel, CostRefused or RequestTooLarge."""
        self._check(request)
        name = request.application
        waiting = {who for _, who in self._lines}
        if name not in waiting:
            level = min((self._had[who] for who in waiting), default=self._level)
            self._had[name] = max(self._had.get(name, 0.0), level)
        entry = Entry(self._numbers, now, request)
        self._numbers += 1
        self._lines.setdefault((request.model, name), []).append(entry)
        return entry

    def leave(self, entry: Entry) -> None:
        """Take a request out that nobody waits for any more."""
        line = (entry.request.model, entry.request.application)
        self._lines[line].remove(entry)
        if not self._lines[line]:
            del self._lines[line]

    def next_batch(self, now: float) -> Next:
        """Give the batch that should go out now and forget its requests, or say until when not."""
        heads = [line[0] for line in self._lines.values()]
        if not heads:
            return NotYet(math.inf)
        oldest = min(heads, key=lambda entry: (entry.since, entry.number))
        # Among the overdue it is by turns too: one that floods has overdue requests all the time.
        overdue = [head for head in heads if now - head.since >= self._policy.overdue]
        anchor = min(overdue or heads, key=self._turn)
        batch, is_full = self._around(anchor)
        due = oldest.since + min(self._policy.linger, self._policy.overdue)
        # Compared as a time: `due - now` of two floats can stay above 0 for ever.
        if not is_full and now < due:
            return NotYet(due)
        self._send(batch)
        return batch

    def _around(self, anchor: Entry) -> tuple[Batch, bool]:
        """Fill a batch around one request, and say whether waiting could not make it fuller."""
        model = anchor.request.model
        near = self._window(anchor)
        place = bisect_left(near, _by_length(anchor), key=_by_length)
        sums = [0]
        for entry in near:
            weight = PREFERENCE if entry.request.application == anchor.request.application else 1
            sums.append(sums[-1] + weight * entry.request.tokens)
        best = (0.0, 0, 0)
        cost = self._costs[model]
        for last in range(place, len(near)):
            most = self._most_requests(model, near[last].request.tokens)
            first = max(0, last + 1 - most)
            if first > place:
                break
            spent = cost.of(last + 1 - first, near[last].request.tokens) + OVERHEAD * cost.capacity
            best = max(best, ((sums[last + 1] - sums[first]) / spent, first, last + 1))
        _, first, end = best
        chosen = tuple(near[first:end])
        longest = chosen[-1].request.tokens
        is_full = len(chosen) >= self._most_requests(model, longest)
        return Batch(model, chosen, longest), is_full

    def _window(self, anchor: Entry) -> list[Entry]:
        """List the model's requests that are compared, from short to long.

        Each application has a part of the window like its share, from its oldest on.
        """
        model = anchor.request.model
        lines = [
            self._by_turn(line, self._share(name))
            for (of, name), line in self._lines.items()
            if of == model
        ]
        turns = islice(heapq.merge(*lines), self._policy.window)
        near = {number: entry for _, number, entry in turns}
        if anchor.number not in near:
            near.popitem()
            near[anchor.number] = anchor
        return sorted(near.values(), key=_by_length)

    def _by_turn(self, line: list[Entry], share: float) -> Iterator[tuple[float, int, Entry]]:
        for place, entry in enumerate(line[: self._policy.window]):
            yield place / share, entry.number, entry

    def _turn(self, head: Entry) -> tuple[float, int]:
        return self._had[head.request.application], head.number

    def _share(self, name: str) -> float:
        return self._policy.shares.get(name, 1.0)

    def _send(self, batch: Batch) -> None:
        self._level = min(self._had[name] for _, name in self._lines)
        for entry in batch.entries:
            name = entry.request.application
            self._had[name] += entry.request.tokens / self._share(name)
        gone = {entry.number for entry in batch.entries}
        for name in {entry.request.application for entry in batch.entries}:
            line = self._lines[batch.model, name]
            head = line[: self._policy.window]
            line[: len(head)] = [entry for entry in head if entry.number not in gone]
            if not line:
                del self._lines[batch.model, name]

    def _most_requests(self, model: str, longest: int) -> int:
        if (model, longest) not in self._most:
            self._most[model, longest] = self._costs[model].most_requests(longest)
        return self._most[model, longest]

    def _check(self, request: Request) -> None:
        if request.model not in self._costs:
            known = ", ".join(self._costs)
            raise UnknownModel(request=self._numbers, model=request.model, known=known)
        if request.tokens < 1:
            raise CostRefused(self._numbers, request.tokens, "a request has 1 token or more")
        if not self._most_requests(request.model, request.tokens):
            cost = self._costs[request.model]
            raise RequestTooLarge(
                request=self._numbers,
                tokens=request.tokens,
                cost=cost.of(1, request.tokens),
                model=request.model,
                capacity=cost.capacity,
            )


def _by_length(entry: Entry) -> tuple[int, int]:
    return entry.request.tokens, entry.number
