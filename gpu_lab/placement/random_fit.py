"""Random: any place with room, in an order drawn anew for each gang. The baseline to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from gpu_lab.fleet.model import Ints


def fill_plainly(room: Sequence[int], need: int, order: Sequence[int]) -> list[int]:
    """Take what is needed in the order given; nothing at all if it does not suffice."""
    taken = [0] * len(room)
    for place in order:
        taken[place] = min(room[place], need)
        need -= taken[place]
    return taken if need == 0 else [0] * len(room)


@njit(cache=True)
def fill(room: Ints, need: int, order: Ints) -> Ints:
    """Do as `fill_plainly` does, at compiled speed."""
    taken = np.zeros_like(room)
    for place in order:
        taken[place] = min(room[place], need)
        need -= taken[place]
    if need > 0:
        taken[:] = 0
    return taken
