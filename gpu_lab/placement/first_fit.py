"""First-fit: take what is free in the order of the nodes. The classic way to scatter a gang."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from gpu_lab.fleet.model import Ints


def fill_plainly(room: Sequence[int], need: int) -> list[int]:
    """Take as much as there is from each place in order; nothing at all if it does not suffice."""
    taken = []
    for here in room:
        taken.append(min(here, need))
        need -= taken[-1]
    return taken if need == 0 else [0] * len(taken)


@njit(cache=True)
def fill(room: Ints, need: int) -> Ints:
    """Do as `fill_plainly` does, at compiled speed."""
    taken = np.zeros_like(room)
    for place in range(room.size):
        if need == 0:
            break
        taken[place] = min(room[place], need)
        need -= taken[place]
    if need > 0:
        taken[:] = 0
    return taken
