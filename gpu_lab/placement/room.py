"""How much of a job each node can hold right now. It chooses nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpu_lab.fleet.model import NO_NVLINK, Fleet, Ints
from gpu_lab.fleet.state import WHOLE, FleetState, Hold
from gpu_lab.jobs import Job
from gpu_lab.placement import mig


def room_for(job: Job, state: FleetState) -> Ints:
    """Count, for every node, the job's pieces (see Job.units) that fit in what is free."""
    room = _by_gpus(job, state)
    for each, free in (
        (job.cpus_per_unit, state.free_cpus),
        (job.ram_mib_per_unit, state.free_ram_mib),
        (job.nics_per_unit, state.free_nics),
    ):
        if each:
            room = np.minimum(room, free // each)
    return np.where(suits(job, state.fleet), room, 0)


def suits(job: Job, fleet: Fleet) -> NDArray[np.bool_]:
    """Say which nodes are of the right kind, whatever is free on them."""
    fitting = fleet.has_gpu(job.gpu)
    if job.nvlink:
        fitting = fitting & (fleet.nvlink_domain != NO_NVLINK)
    if job.mig is not None:
        kinds = np.asarray([kind.mig for kind in fleet.node_types], dtype=np.bool_)
        fitting = fitting & kinds[fleet.type_of]
    return fitting


def _by_gpus(job: Job, state: FleetState) -> Ints:
    if job.share_milli is not None:
        return _count(state.free_milli >= job.share_milli)
    if job.mig is not None:
        whole = state.free_milli == WHOLE
        return _count(mig.openings(mig.profile(job.mig), whole, state.mig_used))
    if job.gpus_per_unit == 0:
        # Without GPUs nothing but cores and memory limits a node; more than all is not needed.
        return np.full(len(state.fleet), job.units, dtype=np.int64)
    free = state.free_gpus
    if job.nvlink and splits_into_islands(state.fleet):
        free = _free_in_best_island(state)
    units: Ints = free // job.gpus_per_unit
    return units


def _count(fitting: NDArray[np.bool_]) -> Ints:
    counts: Ints = np.count_nonzero(fitting, axis=1).astype(np.int64)
    return counts


def splits_into_islands(fleet: Fleet) -> bool:
    """Say whether any node has more than one NVLink island."""
    return any(kind.nvlink is not None and kind.nvlink_islands > 1 for kind in fleet.node_types)


def _free_in_best_island(state: FleetState) -> Ints:
    return np.asarray(
        [len(best_island(state, node)) for node in range(len(state.fleet))], dtype=np.int64
    )


def best_island(state: FleetState, node: int) -> list[int]:
    """Give the free GPU positions of the emptiest NVLink island of a node: 6 + 2 is not 8."""
    width = int(state.fleet.island_gpus[node])
    free = [int(gpu) for gpu in state.free_positions(node)]
    if not width:
        return free
    islands: dict[int, list[int]] = {}
    for gpu in free:
        islands.setdefault(gpu // width, []).append(gpu)
    return max(islands.values(), key=len, default=[])


def hold_on(job: Job, state: FleetState, node: int, units: int) -> Hold:
    """Pick the GPUs on one node for `units` pieces of the job: the first free, or the tightest."""
    amounts = {
        "cpus": job.cpus_per_unit * units,
        "ram_mib": job.ram_mib_per_unit * units,
        "nics": job.nics_per_unit * units,
    }
    if job.share_milli is not None:
        free = state.free_milli[node]
        fitting = np.flatnonzero(free >= job.share_milli)
        tightest = int(fitting[np.argmin(free[fitting])])
        return Hold(node, (tightest,), milli=job.share_milli, **amounts)
    if job.mig is not None:
        gpu, mask = mig.best_opening(
            mig.profile(job.mig), state.free_milli[node] == WHOLE, state.mig_used[node]
        )
        return Hold(node, (gpu,), mig_mask=mask, **amounts)
    free_gpus = best_island(state, node) if job.nvlink else state.free_positions(node)
    gpus = tuple(int(gpu) for gpu in free_gpus[: job.gpus_per_unit * units])
    return Hold(node, gpus, **amounts)
