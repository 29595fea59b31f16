"""Best-fit decreasing in O(items + capacity), compiled. With the compiler off it is plain Python.

All bins of one room that have the same history stand in one run of bin numbers, so the number of
decisions hardly grows with the number of items: sizes are counted, the runs are decided, and the
items are dealt their bins in one pass. A second way for few items keeps the open bins in a sorted
row and has no fixed cost.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Items = NDArray[Any]
# Named for what they hold; their elements meet Python's whole numbers freely in compiled code.
Int64s = NDArray[Any]
Int32s = NDArray[Any]
Words = NDArray[Any]

NONE = -1
ONE = np.uint64(1)

# de Bruijn's sequence: a lone bit times this has its position in the top six bits.
_SEQUENCE = np.uint64(0x03F79D71B4CB0A89)
_POSITIONS = np.array(
    sorted(range(64), key=lambda bit: (int(_SEQUENCE) << bit & (1 << 64) - 1) >> 58),
    dtype=np.int64,
)


@njit(cache=True, error_model="numpy")
def count_sizes(items: Items, counts: Int64s) -> int:
    """Count the items of each size; give the first that is outside 0..capacity, or -1."""
    capacity = counts.size - 1
    for index in range(items.size):
        size = items[index]
        if size < 0 or size > capacity:
            return index
        counts[size] += 1
    return NONE


@njit(cache=True, error_model="numpy")
def deal(items: Items, next_of: Int64s, bins_in_order: Int32s, bin_of: Int32s) -> None:
    """Give each item the next bin of its size; `next_of` is moved along."""
    for index in range(items.size):
        size = items[index]
        place = next_of[size]
        bin_of[index] = bins_in_order[place]
        next_of[size] = place + 1


@njit(cache=True, error_model="numpy")
def decide(counts: Int64s, bins_in_order: Int32s) -> int:
    """Fill `bins_in_order`, a bin for each item from the largest size down; give the bins opened.

    `counts` becomes the place of each size's first item in that order. This is one function on
    plain arrays because the compiler counts references at each call with arrays that it does not
    inline, which made it five times slower.
    """
    capacity = counts.size - 1
    # Row 0 says which rooms some bin has, row 1 which words of row 0 are not empty.
    bitmap = np.zeros((2, (capacity >> 6) + 1), dtype=np.uint64)
    # The runs of bins of each room, as a queue: its first and its last.
    first = np.full(capacity + 1, NONE, dtype=np.int32)
    last = np.empty(capacity + 1, dtype=np.int32)
    # A size ends once, and only there it can leave a run in parts.
    rows = 2 * np.count_nonzero(counts) + 2
    starts = np.empty(rows, dtype=np.int32)
    lengths = np.empty(rows, dtype=np.int32)
    behind = np.empty(rows, dtype=np.int32)
    for row in range(rows):
        behind[row] = row + 1
    free = 0
    opened = 0
    place = 0
    for size in range(capacity, 0, -1):
        left = counts[size]
        counts[size] = place
        while left > 0:
            room = _next_set(bitmap, size)
            run = NONE
            if room == NONE:
                room = capacity
                each = room // size
                start, many = opened, -(-left // each)
                opened += many
            else:
                run = first[room]
                start, many = starts[run], lengths[run]
                # A bin that takes one item is the tightest still, until it has room for no other.
                each = 1 if room < 2 * size else room // size
            whole = min(many, left if each == 1 else left // each)
            rest = left - whole * each if whole < many else 0
            left -= whole * each + rest
            place = _write(bins_in_order, place, start, whole, each)
            place = _write(bins_in_order, place, start + whole, 1, rest)
            if run != NONE:
                taken = whole + (rest > 0)
                starts[run] += taken
                lengths[run] -= taken
                if lengths[run] == 0:
                    first[room] = behind[run]
                    behind[run] = free
                    free = run
                    if first[room] == NONE:
                        _take_out(bitmap, room)
            if whole > 0:
                row, free = free, behind[free]
                starts[row], lengths[row], behind[row] = start, whole, NONE
                _queue_up(bitmap, first, last, behind, room - each * size, row)
            if rest > 0:
                row, free = free, behind[free]
                starts[row], lengths[row], behind[row] = start + whole, 1, NONE
                _queue_up(bitmap, first, last, behind, room - rest * size, row)
    counts[0] = place
    if place < bins_in_order.size:
        # Items that cost nothing go into the fullest bin and leave it as it is.
        room = _next_set(bitmap, 0)
        bins_in_order[place:] = 0 if room == NONE else starts[first[room]]
        opened = max(opened, 1)
    return opened


@njit(cache=True, error_model="numpy")
def _write(bins_in_order: Int32s, place: int, start: int, many: int, each: int) -> int:
    for chosen in range(start, start + many):
        for _ in range(each):
            bins_in_order[place] = chosen
            place += 1
    return place


@njit(cache=True, error_model="numpy")
def _queue_up(
    bitmap: Words, first: Int32s, last: Int32s, behind: Int32s, room: int, row: int
) -> None:
    if first[room] == NONE:
        first[room] = row
        word = room >> 6
        bitmap[0, word] |= ONE << np.uint64(room & 63)
        bitmap[1, word >> 6] |= ONE << np.uint64(word & 63)
    else:
        behind[last[room]] = row
    last[room] = row


@njit(cache=True, error_model="numpy")
def _take_out(bitmap: Words, room: int) -> None:
    word = room >> 6
    bitmap[0, word] &= ~(ONE << np.uint64(room & 63))
    if bitmap[0, word] == 0:
        bitmap[1, word >> 6] &= ~(ONE << np.uint64(word & 63))


@njit(cache=True, error_model="numpy")
def _next_set(bitmap: Words, least: int) -> int:
    """Give the smallest room of at least `least` that some bin has, or -1."""
    word = least >> 6
    found = bitmap[0, word] >> np.uint64(least & 63)
    if found != 0:
        return least + _lowest_bit(found)
    word += 1
    above = word >> 6
    if above >= bitmap.shape[1]:
        return NONE
    found = bitmap[1, above] >> np.uint64(word & 63) << np.uint64(word & 63)
    while found == 0:
        above += 1
        if above >= bitmap.shape[1]:
            return NONE
        found = bitmap[1, above]
    word = (above << 6) + _lowest_bit(found)
    return (word << 6) + _lowest_bit(bitmap[0, word])


@njit(cache=True, error_model="numpy")
def _lowest_bit(word: np.uint64) -> int:
    lone = word & (~word + ONE)
    position: int = _POSITIONS[(lone * _SEQUENCE) >> np.uint64(58)]
    return position


@njit(cache=True, error_model="numpy")
def first_outside(items: Items, capacity: int) -> int:
    """Give the index of the first item that is outside 0..capacity, or -1."""
    for index in range(items.size):
        if items[index] < 0 or items[index] > capacity:
            return index
    return NONE


@njit(cache=True, error_model="numpy")
def decide_few(items: Items, order: Int64s, capacity: int, bin_of: Int32s) -> int:
    """Pack through a row of open bins sorted by room; give the bins opened.

    `order` lists the items from the dearest down, equals in their order; if it is empty, the few
    items are sorted here by insertion.
    """
    if order.size == 0:
        order = _insertion_order(items)
    room_at = np.empty(items.size, dtype=np.int64)
    bin_at = np.empty(items.size, dtype=np.int32)
    opened = 0
    for index in order:
        size: Any = np.int64(items[index])
        low = _first_not_below(room_at, opened, size)
        if low == opened:
            room, chosen = np.int64(capacity), np.int32(opened)
            opened += 1
        else:
            room, chosen = room_at[low], bin_at[low]
        # The bin's new place is behind those that have had that room longer.
        room -= size
        place = _first_not_below(room_at, low, room + 1)
        for behind in range(low, place, -1):
            room_at[behind] = room_at[behind - 1]
            bin_at[behind] = bin_at[behind - 1]
        room_at[place] = room
        bin_at[place] = chosen
        bin_of[index] = chosen
    return opened


@njit(cache=True, error_model="numpy")
def _first_not_below(rooms: Int64s, many: int, least: int) -> int:
    low, high = 0, many
    while low < high:
        middle = (low + high) >> 1
        if rooms[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, error_model="numpy")
def _insertion_order(items: Items) -> Int64s:
    order = np.arange(items.size)
    for place in range(1, items.size):
        item = order[place]
        size = items[item]
        while place > 0 and items[order[place - 1]] < size:
            order[place] = order[place - 1]
            place -= 1
        order[place] = item
    return order
