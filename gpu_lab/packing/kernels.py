"""Best-fit decreasing in O(items + capacity), compiled. With the compiler off it is plain Python.

All bins of one room that have the same history stand in one run of bin numbers, so the number of
decisions hardly grows with the number of items: sizes are counted, the runs are decided, and the
items are dealt their bins in one pass. A second way for few items keeps the open bins in a sorted
row and has no fixed cost.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Items = NDArray[Any]
Int64s = NDArray[np.int64]
Int32s = NDArray[np.int32]
Words = NDArray[np.uint64]

NONE = -1
ONE = np.uint64(1)

# de Bruijn's sequence: a lone bit times this has its position in the top six bits.
_SEQUENCE = np.uint64(0x03F79D71B4CB0A89)
_POSITIONS = np.array(
    sorted(range(64), key=lambda bit: (int(_SEQUENCE) << bit & (1 << 64) - 1) >> 58),
    dtype=np.int64,
)


@njit(cache=True)
def count_sizes(items: Items, counts: Int64s) -> int:
    """Count the items of each size; give the first that is outside 0..capacity, or -1."""
    capacity = counts.size - 1
    for index in range(items.size):
        size = items[index]
        if size < 0 or size > capacity:
            return index
        counts[size] += 1
    return NONE


@njit(cache=True)
def deal(items: Items, next_of: Int64s, bins_in_order: Int32s, bin_of: Int32s) -> None:
    """Give each item the next bin of its size; `next_of` is moved along."""
    for index in range(items.size):
        size = items[index]
        place = next_of[size]
        bin_of[index] = bins_in_order[place]
        next_of[size] = place + 1


class Shelf(NamedTuple):
    """The open bins by the room they have; runs of bins with one history form a queue per room.

    `rooms` and `summary` are bitmaps of the rooms that some bin has, and of the words that are not
    empty. A row of `runs` is (first bin, bins, the run behind). `totals` holds the capacity,
    the head of the rows that are free, the rows ever used, and the bins opened.
    """

    rooms: Words
    summary: Words
    first: Int64s
    last: Int64s
    runs: Int64s
    totals: Int64s


CAPACITY, FREE_ROW, ROWS, OPENED = range(4)
START, MANY, BEHIND = range(3)


@njit(cache=True)
def decide(counts: Int64s, bins_in_order: Int32s) -> int:
    """Fill `bins_in_order`, a bin for each item from the largest size down; give the bins opened.

    `counts` becomes the place of each size's first item in that order.
    """
    capacity = counts.size - 1
    shelf = _empty_shelf(capacity, np.count_nonzero(counts))
    place = 0
    for size in range(capacity, 0, -1):
        end = place + counts[size]
        counts[size] = place
        while place < end:
            place = _fill_run(shelf, size, end - place, bins_in_order, place)
    if place < bins_in_order.size:
        bins_in_order[place:] = _bin_for_nothing(shelf)
    counts[0] = place
    return shelf.totals[OPENED]


@njit(cache=True)
def _empty_shelf(capacity: int, sizes: int) -> Shelf:
    words = (capacity >> 6) + 1
    return Shelf(
        np.zeros(words, dtype=np.uint64),
        np.zeros((words >> 6) + 1, dtype=np.uint64),
        np.full(capacity + 1, NONE, dtype=np.int64),
        np.empty(capacity + 1, dtype=np.int64),
        # A size ends once, and only there it can leave a run in two or three parts.
        np.empty((2 * sizes + 2, 3), dtype=np.int64),
        np.array([capacity, NONE, 0, 0]),
    )


@njit(cache=True)
def _fill_run(shelf: Shelf, size: int, left: int, bins_in_order: Int32s, place: int) -> int:
    """Put up to `left` items of a size into the tightest run, or into new bins; give the place."""
    room = _next_set(shelf, size)
    if room == NONE:
        room = shelf.totals[CAPACITY]
        _append(shelf, room, shelf.totals[OPENED], -(-left // (room // size)))
        shelf.totals[OPENED] += -(-left // (room // size))
    run = shelf.first[room]
    start, many = shelf.runs[run, START], shelf.runs[run, MANY]
    # A bin that takes one item is the tightest still, until it has no room for another.
    each = room // size
    whole = min(many, left // each)
    place = _write(bins_in_order, place, start, whole, each)
    rest = left - whole * each if whole < many else 0
    place = _write(bins_in_order, place, start + whole, 1, rest)
    _shorten(shelf, room, whole + (rest > 0))
    if whole > 0:
        _append(shelf, room - each * size, start, whole)
    if rest > 0:
        _append(shelf, room - rest * size, start + whole, 1)
    return place


@njit(cache=True)
def _bin_for_nothing(shelf: Shelf) -> int:
    """Give the bin of the items that cost nothing: the fullest, or a new one if there is none."""
    room = _next_set(shelf, 0)
    if room == NONE:
        shelf.totals[OPENED] = 1
        return 0
    return shelf.runs[shelf.first[room], START]


@njit(cache=True)
def _write(bins_in_order: Int32s, place: int, start: int, many: int, each: int) -> int:
    for chosen in range(start, start + many):
        for _ in range(each):
            bins_in_order[place] = chosen
            place += 1
    return place


@njit(cache=True)
def _append(shelf: Shelf, room: int, start: int, many: int) -> None:
    row = shelf.totals[FREE_ROW]
    if row == NONE:
        row = shelf.totals[ROWS]
        shelf.totals[ROWS] += 1
    else:
        shelf.totals[FREE_ROW] = shelf.runs[row, BEHIND]
    shelf.runs[row, START] = start
    shelf.runs[row, MANY] = many
    shelf.runs[row, BEHIND] = NONE
    if shelf.first[room] == NONE:
        shelf.first[room] = row
        _put_in(shelf, room)
    else:
        shelf.runs[shelf.last[room], BEHIND] = row
    shelf.last[room] = row


@njit(cache=True)
def _shorten(shelf: Shelf, room: int, taken: int) -> None:
    """Take bins from the front of a room's first run, and the run away where it is empty."""
    row = shelf.first[room]
    shelf.runs[row, START] += taken
    shelf.runs[row, MANY] -= taken
    if shelf.runs[row, MANY] > 0:
        return
    shelf.first[room] = shelf.runs[row, BEHIND]
    shelf.runs[row, BEHIND] = shelf.totals[FREE_ROW]
    shelf.totals[FREE_ROW] = row
    if shelf.first[room] == NONE:
        _take_out(shelf, room)


@njit(cache=True)
def _put_in(shelf: Shelf, room: int) -> None:
    word = room >> 6
    shelf.rooms[word] |= ONE << np.uint64(room & 63)
    shelf.summary[word >> 6] |= ONE << np.uint64(word & 63)


@njit(cache=True)
def _take_out(shelf: Shelf, room: int) -> None:
    word = room >> 6
    shelf.rooms[word] &= ~(ONE << np.uint64(room & 63))
    if shelf.rooms[word] == 0:
        shelf.summary[word >> 6] &= ~(ONE << np.uint64(word & 63))


@njit(cache=True)
def _next_set(shelf: Shelf, least: int) -> int:
    """Give the smallest room of at least `least` that some bin has, or -1."""
    word = least >> 6
    found = shelf.rooms[word] >> np.uint64(least & 63)
    if found != 0:
        return least + _lowest_bit(found)
    word += 1
    above = word >> 6
    if above >= shelf.summary.size:
        return NONE
    found = shelf.summary[above] >> np.uint64(word & 63) << np.uint64(word & 63)
    while found == 0:
        above += 1
        if above >= shelf.summary.size:
            return NONE
        found = shelf.summary[above]
    word = (above << 6) + _lowest_bit(found)
    return (word << 6) + _lowest_bit(shelf.rooms[word])


@njit(cache=True)
def _lowest_bit(word: np.uint64) -> int:
    lone = word & (~word + ONE)
    return _POSITIONS[(lone * _SEQUENCE) >> np.uint64(58)]


@njit(cache=True)
def first_outside(items: Items, capacity: int) -> int:
    """Give the index of the first item that is outside 0..capacity, or -1."""
    for index in range(items.size):
        if items[index] < 0 or items[index] > capacity:
            return index
    return NONE


@njit(cache=True)
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
        size = np.int64(items[index])
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


@njit(cache=True)
def _first_not_below(rooms: Int64s, many: int, least: int) -> int:
    low, high = 0, many
    while low < high:
        middle = (low + high) >> 1
        if rooms[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True)
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
