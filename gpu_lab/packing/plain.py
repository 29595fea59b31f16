"""Best-fit decreasing as it is defined, to be read. The compiled twin gives the same answer.

Items go from the dearest to the cheapest, equals in their order, each into the bin it leaves
least room in; among bins of equal room, into the one that has had that room longest. A bin is
opened only where none has room. An item that costs nothing leaves its bin where it stood.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence


def pack_plainly(costs: Sequence[int], capacity: int) -> list[int]:
    """Give each item's bin; costs are from 0 to `capacity`. Bins are numbered as they open."""
    bins_with: dict[int, deque[int]] = {}
    bin_of = [0] * len(costs)
    opened = 0
    for item in sorted(range(len(costs)), key=lambda item: -costs[item]):
        rooms = [room for room, bins in bins_with.items() if bins and room >= costs[item]]
        room = min(rooms, default=capacity)
        if not rooms:
            bins_with.setdefault(capacity, deque()).append(opened)
            opened += 1
        bin_of[item] = bins_with[room][0]
        if costs[item]:
            bins_with[room].popleft()
            bins_with.setdefault(room - costs[item], deque()).append(bin_of[item])
    return bin_of


def lower_bound_plainly(costs: Sequence[int], capacity: int) -> int:
    """Give the bins that no packing can do without: Martello and Toth's L2 (1990).

    Items above half a bin need a bin each. Of the items from some size up, those that are not
    above half can only use the room that bins with a larger item leave them.
    """
    best = 0
    for least in {0, *(cost for cost in costs if 2 * cost <= capacity)}:
        alone = sum(cost > capacity - least for cost in costs)
        large = [cost for cost in costs if 2 * cost > capacity and cost <= capacity - least]
        small = sum(cost for cost in costs if least <= cost and 2 * cost <= capacity)
        excess = small - sum(capacity - cost for cost in large)
        best = max(best, alone + len(large) + max(0, -(-excess // capacity)))
    return best
