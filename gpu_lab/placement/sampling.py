"""Scheduling by samples: look at d random nodes, perhaps in an old copy of the truth.

It measures what that costs gangs (power of d choices, Sparrow) against one scheduler that sees
every node. It is an experiment of its own, not a policy for jobs with further wishes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit

from gpu_lab.fleet.model import Ints

SIZES = (1, 2, 4, 8)
MIX = (0.70, 0.10, 0.08, 0.12)
LARGEST_DRAW = 2_147_483_647
NOWHERE = -1


class Rule(IntEnum):
    """Which of the sampled nodes with room is taken."""

    LEAST_LOADED = 0
    BEST_FIT = 1


@dataclass(frozen=True)
class Sampler:
    """A way of scheduling: `probes` = 0 looks at every node; the view is renewed every
    `stale_gangs` arrivals, or always for 0.
    """

    probes: int
    rule: Rule = Rule.BEST_FIT
    stale_gangs: int = 0


@dataclass(frozen=True)
class SamplingResult:
    """What came of it: first-try success by gang size, and where the idle GPUs are.

    `scattered_idle` is the share of idle GPUs that are not in an empty node; `conflicts` the
    share of arrivals whose node turned out to be taken.
    """

    success: tuple[float, ...]
    scattered_idle: float
    conflicts: float


def choose_plainly(view: Sequence[int], gpus: int, probes: Sequence[int], rule: Rule) -> int:
    """Choose among the probed nodes that seem to have room; the first on ties, -1 for none."""
    fitting = [node for node in probes if view[node] >= gpus]
    sign = 1 if rule is Rule.BEST_FIT else -1
    return min(fitting, key=lambda node: sign * view[node], default=NOWHERE)


class Trial(NamedTuple):
    """One run's arrays. `free` and `seen` (its old copy) are GPUs per node; `sizes` the gangs in
    order; `node_of` where each runs; `running` those that do; `draw` the generator's state.

    `tries`, `hits` count by gang size; `tally` holds conflicts, idle GPUs and scattered ones.
    """

    free: Ints
    seen: Ints
    sizes: Ints
    node_of: Ints
    running: Ints
    draw: Ints
    tries: Ints
    hits: Ints
    tally: Ints


CONFLICTS, IDLE, SCATTERED = range(3)


def run_sampling(
    sampler: Sampler, load: float, rng: np.random.Generator, nodes: int = 1280, gangs: int = 300_000
) -> SamplingResult:
    """Let gangs arrive at an empty fleet of 8-GPU nodes; random ones leave to keep the load.

    A gang that fails on its first try is gone. Success counts over the whole run, idle GPUs
    over its second half.
    """
    trial = Trial(
        free=np.full(nodes, SIZES[-1], dtype=np.int64),
        seen=np.full(nodes, SIZES[-1], dtype=np.int64),
        sizes=rng.choice(SIZES, p=MIX, size=gangs).astype(np.int64),
        node_of=np.full(gangs, NOWHERE, dtype=np.int64),
        running=np.zeros(gangs, dtype=np.int64),
        draw=rng.integers(1, LARGEST_DRAW, size=1),
        tries=np.zeros(SIZES[-1] + 1, dtype=np.int64),
        hits=np.zeros(SIZES[-1] + 1, dtype=np.int64),
        tally=np.zeros(3, dtype=np.int64),
    )
    limit = int(load * nodes * SIZES[-1])
    run_trial(trial, sampler.probes, int(sampler.rule), sampler.stale_gangs, limit)
    return SamplingResult(
        success=tuple(float(trial.hits[size] / max(trial.tries[size], 1)) for size in SIZES),
        scattered_idle=float(trial.tally[SCATTERED] / max(trial.tally[IDLE], 1)),
        conflicts=float(trial.tally[CONFLICTS] / gangs),
    )


@njit(cache=True)
def run_trial(trial: Trial, probes: int, rule: int, stale_gangs: int, limit: int) -> None:
    """Let every gang arrive once."""
    used = running = 0
    for gang in range(trial.sizes.size):
        gpus = trial.sizes[gang]
        while used + gpus > limit and running > 0:
            used -= leave(trial, running)
            running -= 1
        # A view without delay is the truth itself; copying it each time would only cost time.
        if stale_gangs > 0 and gang % stale_gangs == 0:
            for copied in range(trial.free.size):
                trial.seen[copied] = trial.free[copied]
        view = trial.seen if stale_gangs > 0 else trial.free
        node = choose(view, gpus, probes, rule, trial.draw)
        trial.tries[gpus] += 1
        if node != NOWHERE and trial.free[node] < gpus:
            trial.tally[CONFLICTS] += 1
        elif node != NOWHERE:
            trial.hits[gpus] += 1
            trial.free[node] -= gpus
            trial.node_of[gang] = node
            trial.running[running] = gang
            used, running = used + gpus, running + 1
        if gang % 500 == 0 and gang * 2 >= trial.sizes.size:
            count_idle(trial)


@njit(cache=True)
def choose(view: Ints, gpus: int, probes: int, rule: int, draw: Ints) -> int:
    """Choose as `choose_plainly` among nodes drawn at random, or among all for no probes."""
    best = NOWHERE
    for turn in range(probes if probes > 0 else view.size):
        node = next_draw(draw, view.size) if probes > 0 else turn
        if view[node] < gpus:
            continue
        tighter = best != NOWHERE and view[node] < view[best]
        emptier = best != NOWHERE and view[node] > view[best]
        if best == NOWHERE or (tighter if rule == 1 else emptier):
            best = node
    return best


@njit(cache=True)
def next_draw(draw: Ints, below: int) -> int:
    """Draw a number under `below` (the minimal standard generator of Park and Miller)."""
    draw[0] = draw[0] * 48_271 % LARGEST_DRAW
    drawn: int = draw[0] % below
    return drawn


@njit(cache=True)
def leave(trial: Trial, running: int) -> int:
    """Let a random running gang end; return the GPUs it gives back."""
    place = next_draw(trial.draw, running)
    gang = trial.running[place]
    trial.running[place] = trial.running[running - 1]
    trial.free[trial.node_of[gang]] += trial.sizes[gang]
    gpus: int = trial.sizes[gang]
    return gpus


@njit(cache=True)
def count_idle(trial: Trial) -> None:
    """Add the idle GPUs now, and those of them in nodes that are partly used."""
    for free in trial.free:
        trial.tally[IDLE] += free
        if free < 8:
            trial.tally[SCATTERED] += free
