"""Other people's jobs, so that a placement is tried on a fleet in use. It reads nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpu_lab.fleet.model import Ints
from gpu_lab.fleet.state import WHOLE, FleetState

SIZES = (1, 2, 4, 8)
MIX = (0.70, 0.10, 0.08, 0.12)


def fill_to(state: FleetState, load: float, rng: np.random.Generator) -> None:
    """Leave about `load` of what is free in use: as if gangs had filled it, and some had ended."""
    nodes, gpus = np.nonzero(state.free_milli == WHOLE)
    gang = _gangs(nodes, rng)
    sizes = np.bincount(gang)
    order = rng.permutation(len(sizes))
    runs = np.zeros(len(sizes), dtype=np.bool_)
    runs[order] = np.cumsum(sizes[order]) <= load * len(nodes)
    state.occupy_all(nodes[runs[gang]], gpus[runs[gang]])


def _gangs(nodes: NDArray[np.intp], rng: np.random.Generator) -> Ints:
    """Number the gang of each free GPU (given by its node, in order); no gang crosses a node."""
    drawn = iter(rng.choice(SIZES, p=MIX, size=len(nodes)).tolist())
    gangs: list[int] = []
    for free in np.unique(nodes, return_counts=True)[1].tolist():
        left = free
        while left:
            size = next(drawn)
            # What a gang leaves over on a node goes to single GPUs.
            size = size if size <= left else 1
            gangs.append(size)
            left -= size
    return np.repeat(np.arange(len(gangs)), gangs)


def first_free(state: FleetState, gpus: int) -> list[tuple[int, int]]:
    """Give the first free GPUs in the order of the nodes, as (node, GPUs): the naive answer."""
    shares: list[tuple[int, int]] = []
    for node in np.flatnonzero(state.free_gpus):
        if gpus <= 0:
            break
        taken = min(int(state.free_gpus[node]), gpus)
        shares.append((int(node), taken))
        gpus -= taken
    return shares
