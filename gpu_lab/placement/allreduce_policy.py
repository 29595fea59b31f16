"""Place a gang where its all-reduce is cheapest; of equal places the one left least free."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gpu_lab.fleet.model import Ints
from gpu_lab.fleet.state import FleetState, Placement
from gpu_lab.jobs import Job
from gpu_lab.placement import best_fit, worst_fit
from gpu_lab.placement.allreduce import GIB, cost_of
from gpu_lab.placement.gang import Fill, place_gang
from gpu_lab.placement.policy import NoPlace
from gpu_lab.placement.room import room_for

# Best fit leaves little behind; worst fit uses the fewest nodes. Either may be the cheaper one.
FILLS: tuple[Fill, ...] = (best_fit.fill, worst_fit.fill)


class CheapestAllReduce:
    """Tries every domain of every level that holds the gang, with either fill, and compares."""

    name = "all-reduce"

    def __init__(self, size: float = 10 * GIB) -> None:
        self.size = size

    def choose(self, job: Job, state: FleetState, rng: np.random.Generator) -> Placement | NoPlace:
        """Choose by cost; wishes are kept, since each trial is a whole placement of its own."""
        del rng  # nothing is drawn
        room = room_for(job, state)
        best: tuple[float, int, Placement] | None = None
        for inside in _candidates(job, state, room):
            for fill in FILLS:
                placed = place_gang(job, state, _within(inside, fill))
                if isinstance(placed, NoPlace):
                    continue
                trial = (self._cost(state, placed), int(room[inside].sum()), placed)
                if best is None or trial[:2] < best[:2]:
                    best = trial
        return best[2] if best else place_gang(job, state, best_fit.fill)

    def _cost(self, state: FleetState, placed: Placement) -> float:
        shares = [(hold.node, len(hold.gpus)) for hold in placed.holds if hold.gpus]
        return cost_of(state.fleet, shares, self.size)


def _candidates(job: Job, state: FleetState, room: Ints) -> Iterator[NDArray[np.bool_]]:
    """Give the nodes of each domain worth a trial, narrow ones first.

    Equal single nodes are tried once: their all-reduce is the same.
    """
    everywhere = np.minimum(room, job.units)
    for depth in range(len(state.fleet.levels) - 1, -1, -1):
        domains = state.fleet.domain_of(depth)
        enough = np.flatnonzero(np.bincount(domains, weights=everywhere) >= job.units)
        if depth == len(state.fleet.levels) - 1:
            kinds = np.stack([state.fleet.type_of[enough], room[enough]], axis=1)
            enough = enough[np.unique(kinds, axis=0, return_index=True)[1]]
        for place in enough:
            yield domains == place


def _within(inside: NDArray[np.bool_], fill: Fill) -> Fill:
    def restricted(room: Ints, need: int) -> Ints:
        # Regions and slice domains have their own counts; only nodes are restricted.
        return fill(np.where(inside, room, 0) if room.size == inside.size else room, need)

    return restricted
