"""Running the protocol: a world and a policy in, placements and curves out.

Reads no file; `scores` and `kernels` do the placing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gpu_lab.placement.protocol import kernels
from gpu_lab.placement.protocol.kernels import Trail
from gpu_lab.placement.protocol.scoring import Memo, Points, Rules
from gpu_lab.placement.protocol.world import Floats, Ints, Policy, World

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
    fragment_milli: Floats
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
    rules = rules_of(world, policy, steps)
    draws = rng.random((len(world.arrivals) if policy is Policy.RANDOM else 0, 2))
    memo = memo_for(world, steps, len(world.arrivals))
    fleet = world.fleet.copy()
    pods = len(world.arrivals)
    trail = Trail(
        np.full(pods, -1, np.int64),
        np.zeros(pods, np.int64),
        np.zeros(pods, np.int64),
        np.zeros(pods, np.int64),
    )
    kernels.replay(rules, fleet, world.shapes, world.arrivals, draws, memo, trail, keep)
    return outcome_of(world, trail)


def rules_of(world: World, policy: Policy, steps: float = PUBLISHED_STEPS) -> Rules:
    """Say what is scored by."""
    typical = world.typical
    return Rules(int(policy), float(steps), typical.pods, typical.share, typical.groups)


def memo_for(world: World, steps: float, changes: int) -> Memo:
    """Make the empty memo of one run, with room for so many changes of a node."""
    shapes, nodes = len(world.shapes), len(world.fleet)
    points: Points = np.empty((shapes, nodes), np.int32)
    if not steps:
        points = np.empty((shapes, nodes), np.float64)
    return Memo(
        points,
        np.empty((shapes, nodes), np.int8),
        np.full(shapes, -1, np.int64),
        np.empty(changes, np.int64),
        np.full(nodes, -1, np.int64),
    )


def outcome_of(world: World, trail: Trail) -> Outcome:
    """Turn what happened into curves."""
    total = world.total_milli
    fragment = trail.fragment / world.typical.occurrences
    curves = curves_of(world.arrivals[:, 2], trail.used, fragment, total)
    return Outcome(trail.node, trail.gpus, trail.used, fragment, total, curves)


def curves_of(milli: Ints, used: Ints, fragment: Floats, total: int) -> Curves:
    """Average the reports of all pods whose arrived percent rounds to the same number.

    Each report is rounded to two digits first, because the published ones are.
    """
    arrived = np.round(np.cumsum(milli) / (total / 100)).astype(np.int64)
    idle = np.maximum(total - used, 1)
    allocation = np.round(used / total * 100, 2)
    fragmentation = np.round(fragment / idle * 100, 2)
    # Arrivals only grow, so each percent is one slice; NumPy's pairwise mean and its rounding
    # are what the published means were made with, to the last printed digit.
    ends = np.searchsorted(arrived, np.arange(PERCENTS + 1))
    return Curves(_means(allocation, ends, 2), _means(fragmentation, ends, 4))


def _means(values: Floats, ends: Ints, digits: int) -> tuple[float, ...]:
    slices = (values[start:end] for start, end in pairwise(ends))
    return tuple(float(np.round(v.mean(), digits)) if len(v) else math.nan for v in slices)
