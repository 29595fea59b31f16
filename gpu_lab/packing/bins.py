"""Packing costs into bins of one capacity: best-fit decreasing, exact, at compiled speed.

Costs are whole numbers (tokens, KiB); `in_units` makes them of fractions. The compiled modules
are loaded at the first packing and never at import.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_lab.packing.errors import CapacityRefused, CostRefused, CostsRefused

Costs = NDArray[Any]
Int64s = NDArray[np.int64]

# Counting by size costs O(capacity): too dear for few items, and for capacities in bytes.
WIDEST_TABLE = 1 << 20
FEW = 64
MOST_FEW = 2000
UNITS = 1 << 30
MOST_DECIMALS = 9
LARGEST = 1 << 62


class Oversized(StrEnum):
    """What to do with an item that costs more than a bin holds."""

    REFUSE = "refuse"
    OWN_BIN = "own-bin"


@dataclass(frozen=True)
class Packing:
    """Which bin each item is in (int32), in the order of the items given."""

    bin_of: NDArray[np.int32]
    bins: int
    oversized: int = 0

    @cached_property
    def order(self) -> NDArray[np.int32]:
        """List the items bin by bin; bin b holds order[offsets[b] : offsets[b + 1]]."""
        return np.argsort(self.bin_of, kind="stable").astype(np.int32)

    @cached_property
    def offsets(self) -> NDArray[np.int32]:
        """Give where each bin begins in `order`, and last the number of items."""
        held = np.bincount(self.bin_of, minlength=self.bins)
        return np.concatenate(([0], np.cumsum(held))).astype(np.int32)


def pack(costs: Costs, capacity: int, oversized: Oversized = Oversized.REFUSE) -> Packing:
    """Pack as `pack_plainly` does. `costs` is read where it lies: any integer type, any strides.

    Raises CapacityRefused, CostsRefused (not one row of whole numbers) or CostRefused (below 0,
    or above the capacity unless `oversized` gives such items a bin of their own).
    """
    if not 1 <= capacity < LARGEST:
        raise CapacityRefused(capacity=capacity)
    if costs.ndim != 1 or costs.dtype.kind not in "iu":
        raise CostsRefused(found=f"{costs.ndim}-dimensional {costs.dtype}")
    bin_of = np.empty(costs.size, dtype=np.int32)
    if not costs.size:
        return Packing(bin_of, 0)
    bins, wrong = _packed(costs, capacity, bin_of)
    if wrong < 0:
        return Packing(bin_of, bins)
    return _with_own_bins(costs, capacity, oversized, bin_of)


def in_units(
    costs: NDArray[np.float64], capacity: float, oversized: Oversized = Oversized.REFUSE
) -> tuple[Int64s, int]:
    """Make whole numbers of fractions, so that what fits afterwards fits in truth.

    Decimals of up to nine places are counted in their last place, exactly; other fractions are
    rounded up to a 2^30th of the capacity. Whole numbers stay as they are. Raises CapacityRefused,
    or CostRefused for what is not finite and for what `pack` would refuse, with its own value.
    """
    if not 0 < capacity < LARGEST:
        raise CapacityRefused(capacity=capacity)
    strange = np.flatnonzero(~np.isfinite(costs))
    if strange.size:
        index = int(strange[0])
        raise CostRefused(index, costs[index], "a cost must be a finite number")
    _check_fits(costs, capacity, oversized)
    for decimals in range(MOST_DECIMALS + 1):
        unit = 10.0**decimals
        if _are_whole(costs, unit) and _are_whole(np.array([capacity]), unit):
            return np.rint(costs * unit).astype(np.int64), round(capacity * unit)
    units = np.clip(costs / capacity, -1.0, 2.0) * UNITS
    return np.ceil(units).astype(np.int64), UNITS


def _are_whole(numbers: NDArray[np.float64], unit: float) -> bool:
    """Say whether these are whole numbers of 1/unit, small enough to be exact."""
    scaled = np.rint(numbers * unit)
    is_exact = np.abs(scaled).max(initial=0) < 1 << 53
    return bool(is_exact and np.all(scaled / unit == numbers))


def lower_bound(costs: Costs, capacity: int) -> int:
    """Give the bins that no packing can do without, as `lower_bound_plainly` does, faster.

    Items above the capacity count a bin each.
    """
    sizes, many = _sizes(costs[costs <= capacity], capacity)
    small = 2 * sizes <= capacity
    sums = np.concatenate(([0], np.cumsum(sizes * many)))
    counts = np.concatenate(([0], np.cumsum(many)))
    halves = int(small.sum())
    least = np.concatenate(([0], sizes[:halves]))
    first = np.concatenate(([0], np.arange(halves)))
    # Of the large items, those that leave room for an item of the size `least`.
    last = np.maximum(np.searchsorted(sizes, capacity - least, side="right"), halves)
    alone, large = counts[-1] - counts[last], counts[last] - counts[halves]
    room_left = large * capacity - (sums[last] - sums[halves])
    excess = sums[halves] - sums[first] - room_left
    bound = alone + large + np.maximum(0, -(-excess // capacity))
    return int(bound.max()) + int(np.count_nonzero(costs > capacity))


def _packed(costs: Costs, capacity: int, bin_of: NDArray[np.int32]) -> tuple[int, int]:
    """Give the bins and -1, or 0 and the first item that does not fit."""
    from gpu_lab.packing import kernels

    few = min(max(FEW, capacity // 4), MOST_FEW)
    if costs.size > few and capacity <= WIDEST_TABLE:
        counts = np.zeros(capacity + 1, dtype=np.int64)
        wrong = kernels.count_sizes(costs, counts)
        if wrong >= 0:
            return 0, wrong
        bins_in_order = np.empty(costs.size, dtype=np.int32)
        bins = kernels.decide(counts, bins_in_order)
        kernels.deal(costs, counts, bins_in_order, bin_of)
        return bins, -1
    wrong = kernels.first_outside(costs, capacity)
    if wrong >= 0:
        return 0, wrong
    order = NO_ORDER if costs.size <= FEW else _from_the_dearest(costs)
    return kernels.decide_few(costs, order, capacity, bin_of), -1


NO_ORDER = np.empty(0, dtype=np.int64)


def _from_the_dearest(costs: Costs) -> Int64s:
    # A stable sort of the mirror image, so that equals keep their order.
    return (costs.size - 1 - np.argsort(costs[::-1], kind="stable"))[::-1]


def _with_own_bins(
    costs: Costs, capacity: int, oversized: Oversized, bin_of: NDArray[np.int32]
) -> Packing:
    _check_fits(costs, capacity, oversized)
    fitting = costs <= capacity
    packed = pack(costs[fitting], capacity)
    bin_of[fitting] = packed.bin_of
    alone = costs.size - packed.bin_of.size
    bin_of[~fitting] = packed.bins + np.arange(alone)
    return Packing(bin_of, packed.bins + alone, alone)


def _check_fits(costs: Costs, capacity: float, oversized: Oversized) -> None:
    below = np.flatnonzero(costs < 0)
    if below.size:
        raise CostRefused(int(below[0]), costs[below[0]], "a cost cannot be below 0")
    if oversized is Oversized.OWN_BIN:
        return
    above = np.flatnonzero(costs > capacity)
    if above.size:
        why = f"a bin holds {capacity}; make it larger, or give such items a bin of their own"
        raise CostRefused(int(above[0]), costs[above[0]], why)


def _sizes(costs: Costs, capacity: int) -> tuple[Int64s, Int64s]:
    """List the sizes that occur, from small to large, and how often."""
    if capacity > WIDEST_TABLE:
        sizes, many = np.unique(costs, return_counts=True)
        return sizes.astype(np.int64), many.astype(np.int64)
    table = np.bincount(costs.astype(np.int64), minlength=1)
    sizes = np.flatnonzero(table)
    return sizes.astype(np.int64), table[sizes].astype(np.int64)
