"""Other people's jobs, so that a placement is tried on a fleet in use. It reads nothing."""

from __future__ import annotations

import numpy as np

from gpu_lab.fleet.state import FleetState

SIZES = (1, 2, 4, 8)
MIX = (0.70, 0.10, 0.08, 0.12)


def fill_to(state: FleetState, load: float, rng: np.random.Generator) -> None:
    """Leave about `load` of what is free in use: as if gangs had filled it, and some had ended."""
    gangs = [
        (node, gpus)
        for node in range(len(state.fleet))
        for gpus in _gangs_of(state.free_positions(node).tolist(), rng)
    ]
    left = load * sum(len(gpus) for _, gpus in gangs)
    for place in rng.permutation(len(gangs)):
        node, gpus = gangs[place]
        if len(gpus) <= left:
            state.occupy(node, gpus)
            left -= len(gpus)


def _gangs_of(free: list[int], rng: np.random.Generator) -> list[list[int]]:
    """Deal a node's free GPUs out to gangs of the mix; what is left over goes one by one."""
    gangs = []
    while free:
        size = int(rng.choice(SIZES, p=MIX))
        size = size if size <= len(free) else 1
        gangs.append(free[:size])
        free = free[size:]
    return gangs


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
