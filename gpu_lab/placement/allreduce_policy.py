"""Place a gang where its all-reduce is cheapest; of equal places the one left least free."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gpu_lab.fleet.model import Ints
from gpu_lab.fleet.state import FleetState, Placement
from gpu_lab.jobs import Job
from gpu_lab.placement import best_fit
from gpu_lab.placement.allreduce import GIB, cost_of
from gpu_lab.placement.gang import place_gang
from gpu_lab.placement.policy import NoPlace
from gpu_lab.placement.room import room_for


class CheapestAllReduce:
    """Tries the best fit inside every domain of the narrowest level that has any with room."""

    name = "all-reduce"

    def __init__(self, size: float = 10 * GIB) -> None:
        self.size = size

    def choose(self, job: Job, state: FleetState, rng: np.random.Generator) -> Placement | NoPlace:
        """Choose by cost; wishes are kept, since each trial is a whole placement of its own."""
        del rng  # nothing is drawn
        room = room_for(job, state)
        for domains in _by_level(state):
            totals = np.bincount(domains, weights=np.minimum(room, job.units))
            trials = [
                self._trial(job, state, domains == place)
                for place in np.flatnonzero(totals >= job.units)
            ]
            found = [trial for trial in trials if isinstance(trial[-1], Placement)]
            if found:
                return min(found, key=lambda trial: trial[:2])[-1]
        return place_gang(job, state, best_fit.fill)

    def _trial(
        self, job: Job, state: FleetState, inside: np.ndarray
    ) -> tuple[float, int, Placement | NoPlace]:
        def fill(room: Ints, need: int) -> Ints:
            here = np.where(inside, room, 0) if room.size == inside.size else room
            filled: Ints = best_fit.fill(here, need)
            return filled

        placed = place_gang(job, state, fill)
        if isinstance(placed, NoPlace):
            return float("inf"), 0, placed
        shares = [(hold.node, len(hold.gpus)) for hold in placed.holds if hold.gpus]
        left = int(state.free_gpus[inside].sum()) - job.gpus
        return cost_of(state.fleet, shares, self.size), left, placed


def _by_level(state: FleetState) -> Iterator[Ints]:
    for depth in range(len(state.fleet.levels) - 1, -1, -1):
        yield state.fleet.domain_of(depth)
