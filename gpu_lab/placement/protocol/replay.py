"""Running the protocol: a world and a policy in, placements and curves out.

Reads no file; `scores` and `kernels` do the placing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gpu_lab.placement.protocol.world import MILLI, Fleet, Ints, Policy, World

if TYPE_CHECKING:
    from gpu_lab.placement.protocol.kernels import Trail

PERCENTS = 131
PUBLISHED_STEPS = 100.0


@dataclass(frozen=True)
class Outcome:
    """One run. `nodes` (pods,) the rank of each pod's node or -1; `gpus` (pods,) its GPUs as
    bits; `used_milli` (pods,) in use after it; `fragment_milli` (pods,) the expected idle milli
    of the fleet that a typical pod could not use."""

    nodes: Ints
    gpus: Ints
    used_milli: Ints
    fragment_milli: npt.NDArray[np.float64]
    total_milli: int
    curves: Curves

    @property
    def failed(self) -> int:
        """Count the pods that found no place."""
        return int((self.nodes < 0).sum())


@dataclass(frozen=True)
class Curves:
    """The published curves: one number per arrived percent 0..130, NaN where nothing arrived.

    `allocation` is the GPU milli in use in percent of all, `fragmentation` the fragment in
    percent of what is idle.
    """

    allocation: tuple[float, ...]
    fragmentation: tuple[float, ...]


def run(
    world: World,
    policy: Policy,
    rng: np.random.Generator,
    *,
    steps: float = PUBLISHED_STEPS,
    keep: bool = True,
) -> Outcome:
    """Place every arrival of `world` once, compiled.

    `rng` is asked only by the random policy. `steps` is the resolution of FGD's score, 0 for
    the raw gain; `keep` False rescores every node for every pod and decides the same.
    """
    from gpu_lab.placement.protocol import kernels  # noqa: PLC0415 -- the compiler is heavy

    draws = rng.random((len(world.arrivals.shape) if policy is Policy.RANDOM else 0, 2))
    trail = kernels.replay(
        int(policy), float(steps), fresh(world.fleet), world.shapes, world.typical,
        world.arrivals, draws, memo_for(world, steps), keep,
    )
    return outcome_of(world, trail)


def fresh(fleet: Fleet) -> Fleet:
    """Copy a fleet, since a run changes its own."""
    return Fleet(*(column.copy() for column in fleet))


def memo_for(world: World, steps: float) -> kernels.Memo:
    """Make the empty memo of one run."""
    from gpu_lab.placement.protocol import kernels  # noqa: PLC0415 -- the compiler is heavy

    shapes, nodes = len(world.shapes.cpu), len(world.fleet.cpu)
    return kernels.Memo(
        np.empty((shapes, nodes), np.int32 if steps else np.float64),
        np.empty((shapes, nodes), np.int8),
        np.full(shapes, -1, np.int64),
        np.empty(len(world.arrivals.shape), np.int64),
        np.full(nodes, -1, np.int64),
    )


def outcome_of(world: World, trail: Trail) -> Outcome:
    """Turn what happened into curves."""
    total = int(world.fleet.gpus.sum()) * MILLI
    fragment = trail.fragment / world.typical.count.sum()
    curves = curves_of(world.arrivals.milli, trail.used, fragment, total)
    return Outcome(trail.node, trail.gpus, trail.used, fragment, total, curves)


def curves_of(
    milli: Ints, used: Ints, fragment: npt.NDArray[np.float64], total: int
) -> Curves:
    """Average the reports of all pods whose arrived percent rounds to the same number.

    Each report is rounded to two digits first, because the published ones are.
    """
    arrived = np.round(np.cumsum(milli) / (total / 100)).astype(np.int64)
    idle = np.maximum(total - used, 1)
    allocation = _means(arrived, np.round(used / total * 100, 2))
    fragmentation = _means(arrived, np.round(fragment / idle * 100, 2))
    return Curves(_rounded(allocation, 2), _rounded(fragmentation, 4))


def _means(
    places: Ints, values: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    inside = places < PERCENTS
    count = np.bincount(places[inside], minlength=PERCENTS)
    total = np.bincount(places[inside], values[inside], minlength=PERCENTS)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _rounded(values: npt.NDArray[np.float64], digits: int) -> tuple[float, ...]:
    return tuple(math.nan if math.isnan(v) else round(float(v), digits) for v in values)
