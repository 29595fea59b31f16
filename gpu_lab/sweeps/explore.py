"""How far each opening of the FGD protocol goes: repair, order, departures, retries, migration.

Measures; promises nothing. The bounds are computed by `gpu_lab.bounds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gpu_lab.placement.protocol import replay
from gpu_lab.placement.protocol.opened import Opening, replay_opened
from gpu_lab.placement.protocol.world import SHAPE_MILLI, Ints, Policy, World
from gpu_lab.sweeps.worlds import inflation_worlds

CLOSED = Opening(repair=False, retry=False, lasting=False)


@dataclass(frozen=True)
class Found:
    """One opening over all seeds: GPU allocation in percent, its gain over the published rule
    (seed by seed), and the moves of running pods per run."""

    name: str
    allocation: float
    spread: float
    gain: float
    gain_spread: float
    moves: float


Variant = Callable[[World, int], tuple[float, int]]


def openings() -> dict[str, Variant]:
    """Name every opening of the protocol where pods come and stay."""
    return {
        "as published (FGD)": _published(Policy.FGD),
        "best-fit instead": _published(Policy.BEST_FIT),
        "one-move repair": _opened(Policy.FGD, Opening(repair=True, retry=False, lasting=False)),
        "best-fit with one-move repair": _opened(
            Policy.BEST_FIT, Opening(repair=True, retry=False, lasting=False)
        ),
        "window of 20, largest first": _reordered(20),
        "window of 100, largest first": _reordered(100),
        "window of 1000, largest first": _reordered(1000),
        "all known, largest first": _reordered(10**9),
        "all known, largest first, one-move repair": _reordered(
            10**9, Opening(repair=True, retry=False, lasting=False)
        ),
    }


def lasting_openings() -> dict[str, Variant]:
    """Name every opening of the lasting protocol, where pods leave again."""
    return {
        "departures, failed pods are lost": _lasting(retry=False, repair=False),
        "departures, failed pods wait": _lasting(retry=True, repair=False),
        "departures, lost, one-move migration": _lasting(retry=False, repair=True),
        "departures, wait, one-move migration": _lasting(retry=True, repair=True),
        "departures, wait, best-fit": _lasting(retry=True, repair=False, policy=Policy.BEST_FIT),
    }


def explore(
    folder: Path,
    sequence: Path | None,
    workload: str,
    seeds: Sequence[int],
    variants: dict[str, Variant],
) -> Iterator[Found]:
    """Measure each variant on every seed; the first is what the others are compared with."""
    worlds = list(inflation_worlds(folder, workload, seeds, sequence))
    base: list[float] = []
    for name, variant in variants.items():
        runs = [variant(world, seed) for seed, world in worlds]
        values = [value for value, _ in runs]
        base = base or values
        gains = np.subtract(values, base)
        moves = float(np.mean([moved for _, moved in runs]))
        yield Found(
            name, float(np.mean(values)), float(np.std(values)), float(gains.mean()),
            float(gains.std()), moves,
        )  # fmt: skip


def _published(policy: Policy) -> Variant:
    def measured(world: World, seed: int) -> tuple[float, int]:
        outcome = replay.run(world, policy, np.random.default_rng(seed))
        return float(outcome.used_milli[-1]) / world.total_milli * 100, 0

    return measured


def _opened(policy: Policy, opening: Opening) -> Variant:
    def measured(world: World, _: int) -> tuple[float, int]:
        never = np.full(len(world.arrivals), np.iinfo(np.int64).max)
        opened = _run(world, policy, opening, never)
        return float(opened[0][-1]) / world.total_milli * 100, opened[1]

    return measured


def _reordered(window: int, opening: Opening = CLOSED) -> Variant:
    def measured(world: World, seed: int) -> tuple[float, int]:
        return _opened(Policy.FGD, opening)(_largest_first(world, window), seed)

    return measured


def _largest_first(world: World, window: int) -> World:
    # Whole GPUs before shares, larger before smaller, within each window of arrivals.
    arrivals = world.arrivals
    each = world.shapes[arrivals[:, 0], SHAPE_MILLI]
    place = np.arange(len(arrivals))
    order = np.lexsort((place, -each, -arrivals[:, 2], place // window))
    return replace(world, arrivals=np.ascontiguousarray(arrivals[order]))


def _lasting(*, retry: bool, repair: bool, policy: Policy = Policy.FGD) -> Variant:
    opening = Opening(repair=repair, retry=retry, lasting=True)

    def measured(world: World, seed: int) -> tuple[float, int]:
        lasting, leaves = _stream(world, seed)
        used, moves = _run(lasting, policy, opening, leaves)
        # The first half fills the fleet; the second is the steady state.
        steady = used[len(used) // 2 :]
        return float(steady.mean()) / world.total_milli * 100, moves

    return measured


def _stream(world: World, seed: int, times: int = 2, load: float = 1.1) -> tuple[World, Ints]:
    """Repeat the arrivals and give each pod a life, so that demand stands at `load` of the fleet.

    Lives are drawn evenly between a half and one and a half of the mean, in arrivals.
    """
    rng = np.random.default_rng(seed)
    arrivals = np.concatenate([rng.permutation(world.arrivals) for _ in range(times)])
    mean = load * world.total_milli / float(arrivals[:, 2].mean())
    lives = np.round(mean * (0.5 + rng.random(len(arrivals)))).astype(np.int64)
    stream = replace(world, arrivals=np.ascontiguousarray(arrivals))
    return stream, np.arange(len(arrivals)) + np.maximum(lives, 1)


def _run(world: World, policy: Policy, opening: Opening, leaves: Ints) -> tuple[Ints, int]:
    memo = replay.memo_for(world, replay.PUBLISHED_STEPS, 4 * len(world.arrivals))
    opened = replay_opened(
        replay.rules_of(world, policy), opening, world.fleet.copy(), world.shapes,
        world.arrivals, leaves, np.argsort(leaves, kind="stable"), memo,
    )  # fmt: skip
    return opened.used, int(opened.moves)
