"""MIG instances at fixed positions on one GPU: a packer, and the exhaustive optimum to judge it.

A GPU has 8 memory slots; a profile may start only at certain ones (A100 and H100; NVIDIA's MIG
user guide, table of supported placements). It is bin packing with alignment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray


class UnknownProfile(Exception):
    """There is no such MIG profile; the message lists those there are."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no MIG profile {name!r}; there are: {', '.join(PROFILES)}")


@dataclass(frozen=True)
class Profile:
    """One MIG profile: memory slots used, and the slots it may start at."""

    name: str
    width: int
    starts: tuple[int, ...]

    @property
    def masks(self) -> tuple[int, ...]:
        """Give the slots of each possible position, as bits."""
        return tuple(((1 << self.width) - 1) << start for start in self.starts)


PROFILES = {
    each.name: each
    for each in (
        Profile("1g", 1, (0, 1, 2, 3, 4, 5, 6)),
        Profile("2g", 2, (0, 2, 4)),
        Profile("3g", 4, (0, 4)),
        Profile("4g", 4, (0,)),
        Profile("7g", 8, (0,)),
    )
}


def profile(name: str) -> Profile:
    """Find a profile by name (`2g`, or `2g.10gb` with the memory written out)."""
    found = PROFILES.get(name.split(".")[0])
    if found is None:
        raise UnknownProfile(name)
    return found


def openings(
    wanted: Profile, whole: NDArray[np.bool_], used: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Say on which GPUs the profile fits: free ones, and MIG ones with a free position."""
    fitting = whole.copy()
    for mask in wanted.masks:
        fitting |= (used != 0) & ((used & mask) == 0)
    return fitting


def best_opening(
    wanted: Profile, whole: NDArray[np.bool_], used: NDArray[np.int64]
) -> tuple[int, int]:
    """Choose the position that costs the least choice for what may come, on a GPU begun already.

    Returns the GPU's position and the slots as bits. Ties go to the fuller, then the first GPU.
    """
    options = [
        (
            # A fresh GPU could still be given whole, which no count of positions shows.
            not used[gpu],
            choice_left(int(used[gpu])) - choice_left(int(used[gpu]) | mask),
            -int(used[gpu]).bit_count(),
            gpu,
            mask,
        )
        for gpu in range(len(used))
        for mask in wanted.masks
        if (not int(used[gpu]) & mask if used[gpu] else whole[gpu])
    ]
    _, _, _, gpu, mask = min(options)
    return gpu, mask


@cache
def choice_left(used: int) -> int:
    """Count the positions, over all profiles, still open on a GPU with these slots used."""
    return sum(not used & mask for each in PROFILES.values() for mask in each.masks)


def pack(wanted: Iterable[str], gpus: int) -> list[tuple[int, int] | None]:
    """Place profiles in order on `gpus` GPUs; None where one no longer fits.

    Returns for each its GPU and its slots as bits.
    """
    used = np.zeros(gpus, dtype=np.int64)
    placed: list[tuple[int, int] | None] = []
    for name in wanted:
        fits = openings(profile(name), used == 0, used)
        if not fits.any():
            placed.append(None)
            continue
        gpu, mask = best_opening(profile(name), used == 0, used)
        used[gpu] |= mask
        placed.append((gpu, mask))
    return placed


def most_slots(wanted: Sequence[str], gpus: int) -> int:
    """Give the most memory slots that any choice of profiles and positions can fill.

    Exhaustive: it tries every position of every profile, and leaving it out, on every GPU that
    differs. For up to about 12 profiles on 3 GPUs.
    """
    profiles = sorted((profile(name) for name in wanted), key=lambda each: -each.width)

    @cache
    def best(place: int, used: tuple[int, ...]) -> int:
        if place == len(profiles):
            return 0
        found = best(place + 1, used)
        for gpu in range(gpus):
            if gpu and used[gpu] in used[:gpu]:
                continue
            for mask in profiles[place].masks:
                if not used[gpu] & mask:
                    after = tuple(sorted((*used[:gpu], used[gpu] | mask, *used[gpu + 1 :])))
                    found = max(found, profiles[place].width + best(place + 1, after))
        return found

    return best(0, (0,) * gpus)
