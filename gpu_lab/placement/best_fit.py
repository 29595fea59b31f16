"""Best-fit: the place that a gang leaves least free; if none holds it all, the roomiest first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from gpu_lab.fleet.model import Ints


def fill_plainly(room: Sequence[int], need: int) -> list[int]:
    """Fill the tightest place that suffices, else empty the roomiest and go on; ties to the first.

    Nothing at all is taken if all places together do not suffice.
    """
    taken = [0] * len(room)
    if sum(room) < need:
        return taken
    while need > 0:
        free = [here - used for here, used in zip(room, taken, strict=True)]
        enough = [place for place, here in enumerate(free) if here >= need]
        if enough:
            place = min(enough, key=lambda place: free[place])
        else:
            place = max(range(len(free)), key=lambda place: free[place])
        amount = min(free[place], need)
        taken[place] += amount
        need -= amount
    return taken


@njit(cache=True)
def fill(room: Ints, need: int) -> Ints:
    """Do as `fill_plainly` does, at compiled speed."""
    taken = np.zeros_like(room)
    if room.sum() < need:
        return taken
    while need > 0:
        tightest = roomiest = -1
        for place in range(room.size):
            free = room[place] - taken[place]
            if free >= need and (tightest < 0 or free < room[tightest] - taken[tightest]):
                tightest = place
            if roomiest < 0 or free > room[roomiest] - taken[roomiest]:
                roomiest = place
        place = tightest if tightest >= 0 else roomiest
        amount = min(room[place] - taken[place], need)
        taken[place] += amount
        need -= amount
    return taken
