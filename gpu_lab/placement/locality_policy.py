"""The rule of `locality` as a policy: it adds a job's other wishes and looks at every node.

For whole-GPU gangs on equal nodes at speed, use `locality_index`, which decides the same.
"""

from __future__ import annotations

import numpy as np

from gpu_lab.fleet.model import Ints
from gpu_lab.fleet.state import FleetState, Placement
from gpu_lab.jobs import Job
from gpu_lab.placement import best_fit
from gpu_lab.placement import locality_kernels as kernels
from gpu_lab.placement.gang import place_gang
from gpu_lab.placement.locality_index import branches_of
from gpu_lab.placement.policy import NoPlace
from gpu_lab.placement.room import room_for


class Locality:
    """Never scatters: a gang goes to one node, or to wholly free nodes near each other."""

    name = "locality"

    def choose(self, job: Job, state: FleetState, rng: np.random.Generator) -> Placement | NoPlace:
        """Choose the nearest place; a gang that would have to be scattered gets none."""
        del rng  # nothing is drawn
        if job.topology is not None and job.topology.slices:
            return NoPlace(job.name, "slices are kept by the policy topology, not by locality")
        empty = FleetState(state.fleet)
        width = int(room_for(job, empty).max(initial=0))
        if width == 0:
            return NoPlace(job.name, "no node could hold a piece of it, even empty")
        tree, starts, home = branches_of(state.fleet)

        def fill(room: Ints, need: int) -> Ints:
            if room.size != len(state.fleet):
                filled: Ints = best_fit.fill(room, need)
                return filled
            index = kernels.empty_index(np.minimum(room, width), starts, tree, home, width)
            return _nearest(index, need)

        return place_gang(job, state, fill)


def _nearest(index: kernels.Index, need: int) -> Ints:
    taken = np.zeros_like(index.free)
    width = index.width
    if need > width * taken.size:
        return taken
    nodes = np.zeros_like(taken)
    for node in nodes[: kernels.place(index, need, nodes)]:
        taken[node] = min(width, need)
        need -= int(taken[node])
    return taken
