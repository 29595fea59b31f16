"""Planning padded batches of many models under a memory cost. Nothing here waits or runs a model.

A batch holds requests of one model, padded to its longest; its cost is a function of (requests,
longest), which for memory is not the number of tokens. A plan is a permutation with offsets, so
that results find their request, and so their application.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from gpu_lab.packing.bins import Oversized
from gpu_lab.packing.errors import CostRefused, PolicyRefused, RequestTooLarge, UnknownModel

T = TypeVar("T")
Lengths: TypeAlias = NDArray[Any]
Int32s: TypeAlias = NDArray[np.int32]

# What a batch costs beside its tokens (launches, copies), as a share of a full one. It keeps
# batches from becoming small for the sake of a little less padding.
OVERHEAD = 0.05


@dataclass(frozen=True)
class Cost:
    """What a batch costs (any unit), and the most that one batch may cost.

    `of(requests, longest)` must not fall when either grows.
    """

    of: Callable[[int, int], int]
    capacity: int

    def most_requests(self, longest: int) -> int:
        """Give how many requests padded to `longest` one batch may hold; 0 if not even one."""
        if self.of(1, longest) > self.capacity:
            return 0
        most = 1
        while self.of(2 * most, longest) <= self.capacity:
            most *= 2
        step = most
        while step := step // 2:
            if self.of(most + step, longest) <= self.capacity:
                most += step
        return most


def padded_tokens(requests: int, longest: int) -> int:
    """Give the cost that counts padded tokens only."""
    return requests * longest


@dataclass(frozen=True)
class Plan:
    """Batches of requests: batch b holds order[offsets[b] : offsets[b + 1]], longest first."""

    order: Int32s
    offsets: Int32s
    models: tuple[str, ...]
    longest: Int32s
    tokens: int

    @property
    def padded(self) -> int:
        """Count the tokens of all batches, padding included."""
        return int((np.diff(self.offsets).astype(np.int64) * self.longest).sum())

    @property
    def waste(self) -> float:
        """Give padded tokens over real tokens; 1 is no waste."""
        return self.padded / self.tokens if self.tokens else 1.0

    def scattered(self, results: Sequence[T]) -> list[T]:
        """Bring results, one for each request in batch order, back to the requests' order."""
        found: list[T] = list(results)
        for result, request in zip(results, self.order, strict=True):
            found[request] = result
        return found


def by_application(results: Sequence[T], applications: Sequence[str]) -> dict[str, list[T]]:
    """Give each application its results, in the order of its requests."""
    owned: dict[str, list[T]] = {name: [] for name in dict.fromkeys(applications)}
    for result, name in zip(results, applications, strict=True):
        owned[name].append(result)
    return owned


def plan_batches(
    lengths: Lengths,
    models: Sequence[str] | str,
    costs: Mapping[str, Cost],
    window: int,
    oversized: Oversized = Oversized.REFUSE,
) -> Plan:
    """Cut each model's requests, sorted by length within windows, into batches under its cost.

    `lengths` are tokens; `models` names the model of each request, or of all. A window's last
    batch, which would go out short, waits for the next window. Raises UnknownModel, CostRefused
    (a length below 1), PolicyRefused, or RequestTooLarge for a request that does not fit alone
    (with OWN_BIN it gets a batch of its own).
    """
    if window < 1:
        raise PolicyRefused(setting="window", value=window, why="it must be 1 or more")
    short = np.flatnonzero(lengths < 1)
    if short.size:
        raise CostRefused(int(short[0]), lengths[short[0]], "a request has 1 token or more")
    batches: list[tuple[str, Int32s]] = []
    for model, members in _members(lengths.size, models, costs):
        cut = _cut(lengths, members, _Limit(model, costs[model], oversized), window)
        batches.extend((model, batch) for batch in cut)
    parts = [batch for _, batch in batches]
    sizes = np.cumsum([0, *(part.size for part in parts)])
    return Plan(
        np.concatenate([np.empty(0, dtype=np.int32), *parts]).astype(np.int32),
        sizes.astype(np.int32),
        tuple(model for model, _ in batches),
        np.asarray([lengths[part[0]] for part in parts], dtype=np.int32),
        int(lengths.sum()),
    )


@dataclass(frozen=True)
class _Limit:
    model: str
    cost: Cost
    oversized: Oversized

    def most(self, longest: int, request: int) -> int:
        most = self.cost.most_requests(longest)
        if most == 0 and self.oversized is Oversized.REFUSE:
            raise RequestTooLarge(
                request=request,
                tokens=longest,
                cost=self.cost.of(1, longest),
                model=self.model,
                capacity=self.cost.capacity,
            )
        return max(most, 1)


def _members(
    requests: int, models: Sequence[str] | str, costs: Mapping[str, Cost]
) -> list[tuple[str, Int32s]]:
    if isinstance(models, str):
        models = [models] * min(requests, 1) if requests == 0 else (models,) * requests
    members: dict[str, list[int]] = {}
    for request, model in enumerate(models):
        if model not in costs:
            known = ", ".join(costs)
            raise UnknownModel(request=request, model=model, known=known)
        members.setdefault(model, []).append(request)
    return [(model, np.asarray(found, dtype=np.int32)) for model, found in members.items()]


def _cut(lengths: Lengths, members: Int32s, limit: _Limit, window: int) -> list[Int32s]:
    """Cut one model's requests; the short end of each window joins the next one."""
    batches: list[Int32s] = []
    waiting = members[:0]
    for start in range(0, members.size, window):
        is_last = start + window >= members.size
        waiting = np.concatenate((waiting, members[start : start + window]))
        waiting = waiting[np.argsort(-lengths[waiting].astype(np.int64), kind="stable")]
        place = 0
        while place < waiting.size:
            most = limit.most(int(lengths[waiting[place]]), int(waiting[place]))
            if place + most >= waiting.size and not is_last:
                break
            size = _best_size(lengths[waiting[place : place + most]], most)
            batches.append(waiting[place : place + size])
            place += size
        waiting = waiting[place:]
    return batches


def _best_size(lengths: Lengths, most: int) -> int:
    """Give how many of these, longest first, make the batch with the most real work in its cost."""
    real = np.cumsum(lengths, dtype=np.float64)
    padded = (np.arange(1, lengths.size + 1) + OVERHEAD * most) * float(lengths[0])
    return int(np.argmax(real / padded)) + 1
