"""Worst-fit: always the roomiest place. It keeps load even and leaves no empty node."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from gpu_lab.fleet.model import Ints


def fill_plainly(room: Sequence[int], need: int) -> list[int]:
    """Take what is needed from the roomiest place, then the next; ties to the first.

    Nothing at all is taken if all places together do not suffice.
    """
    taken = [0] * len(room)
    if sum(room) < need:
        return taken
    for place in sorted(range(len(room)), key=lambda place: -room[place]):
        taken[place] = min(room[place], need)
        need -= taken[place]
    return taken


@njit(cache=True)
def fill(room: Ints, need: int) -> Ints:
    """Do as `fill_plainly` does, at compiled speed."""
    taken = np.zeros_like(room)
    if room.sum() < need:
        return taken
    while need > 0:
        roomiest = -1
        for place in range(room.size):
            if taken[place] == 0 and (roomiest < 0 or room[place] > room[roomiest]):
                roomiest = place
        taken[roomiest] = min(room[roomiest], need)
        need -= taken[roomiest]
    return taken
