"""The free GPUs of equal nodes in sets by count, compiled: where a gang goes, taking, giving back.

`room` is the plain twin. Knows no time and no queue.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gpu_lab.compiling import inner
from gpu_lab.placement.bitmaps import add, first, remove
from gpu_lab.simulate.jobs import Ints

BEST, FIRST, WORST = range(3)


class Room(NamedTuple):
    """The free GPUs of each of the nodes, of `capacity` GPUs, and per free count the set of
    nodes that have it (rows of `words`) and their number. `fit` is BEST, FIRST or WORST."""

    free: Ints
    capacity: int
    fit: int
    words: Ints
    offsets: Ints
    nodes_with: Ints


class Held(NamedTuple):
    """Where running jobs are: per job where its nodes begin in `node`; equal gangs first fill
    whole nodes, then the rest of their GPUs is on the last."""

    begin: Ints
    node: Ints


@inner
def shape(room: Room, gpus: int) -> tuple[int, int]:
    """Give a gang's whole nodes and the GPUs beside them; one node's worth is never whole."""
    if gpus <= room.capacity:
        return 0, gpus
    return gpus // room.capacity, gpus % room.capacity


@inner
def change(room: Room, node: int, gpus: int) -> None:
    """Free so many GPUs more of a node; take them where the number is below 0."""
    before = room.free[node]
    remove(room.words[before], room.offsets, node)
    add(room.words[before + gpus], room.offsets, node)
    room.nodes_with[before] -= 1
    room.nodes_with[before + gpus] += 1
    room.free[node] = before + gpus


@inner
def one_node(room: Room, gpus: int) -> int:
    """Find the node for so many GPUs by the rule of fit; -1 when none has room."""
    best = -1
    for free in range(gpus, room.capacity + 1):
        if room.nodes_with[free] == 0:
            continue
        node = int(first(room.words[free], room.offsets))
        if room.fit == BEST:
            return node
        if best < 0 or room.fit == WORST or node < best:
            best = node
    return best


@inner
def fits(room: Room, gpus: int) -> bool:
    """Say whether a gang has room now."""
    whole, rest = shape(room, gpus)
    if room.nodes_with[room.capacity] < whole:
        return False
    able = 0
    for free in range(max(rest, 1), room.capacity + 1):
        able += room.nodes_with[free]
    return rest == 0 or able > whole


@inner
def place(room: Room, held: Held, job: int, gpus: int) -> None:
    """Take the GPUs for a job that fits."""
    begin = held.begin[job]
    whole, rest = shape(room, gpus)
    for part in range(whole):
        node = int(first(room.words[room.capacity], room.offsets))
        held.node[begin + part] = node
        change(room, node, -room.capacity)
    if rest:
        node = one_node(room, rest)
        held.node[begin + whole] = node
        change(room, node, -rest)


@inner
def release(room: Room, held: Held, job: int, gpus: int) -> None:
    """Give a job's GPUs back."""
    begin, left = held.begin[job], gpus
    part = 0
    while left > 0:
        amount = min(left, room.capacity)
        change(room, held.node[begin + part], amount)
        left -= amount
        part += 1


@inner
def row_fits(room: Room, free: Ints, gpus: int) -> bool:
    """Answer as `fits` does, for a row of free counts (nodes,) instead of the room's own."""
    whole, rest = shape(room, gpus)
    full, able = 0, 0
    for node in range(len(free)):
        full += free[node] == room.capacity
        able += rest > 0 and free[node] >= rest
    return full >= whole and (rest == 0 or able > whole)


@inner
def row_take(room: Room, free: Ints, gpus: int, chosen: Ints) -> int:
    """Take from a row of free counts what `place` would; write the nodes, return how many."""
    whole, rest = shape(room, gpus)
    places = 0
    for node in range(len(free)):
        if places < whole and free[node] == room.capacity:
            free[node] = 0
            chosen[places] = node
            places += 1
    if rest:
        node = _row_node(room, free, rest)
        free[node] -= rest
        chosen[places] = node
        places += 1
    return places


@inner
def _row_node(room: Room, free: Ints, gpus: int) -> int:
    best = -1
    for node in range(len(free)):
        if free[node] < gpus:
            continue
        fuller = room.fit == BEST and free[node] < free[best]
        emptier = room.fit == WORST and free[node] > free[best]
        if best < 0 or fuller or emptier:
            best = node
    return best


def room_of(nodes: int, capacity: int, fit: int, offsets: Ints) -> Room:
    """Make the empty room; `offsets` as `bitmaps.layout(nodes)` gives them."""
    room = Room(
        np.full(nodes, capacity, np.int64),
        capacity,
        fit,
        np.zeros((capacity + 1, int(offsets[-1])), np.int64),
        offsets,
        np.zeros(capacity + 1, np.int64),
    )
    room.nodes_with[capacity] = nodes
    for node in range(nodes):
        add(room.words[capacity], offsets, node)
    return room


def held_of(gpus: Ints, capacity: int) -> Held:
    """Make room for every job's nodes."""
    parts = -(-gpus // capacity)
    begin = np.concatenate(([0], np.cumsum(parts)[:-1])).astype(np.int64)
    return Held(begin, np.zeros(int(parts.sum()), np.int64))
