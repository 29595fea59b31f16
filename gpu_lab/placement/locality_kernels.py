"""The locality index itself: counts and sets kept in step with what is free. Compiled.

With the compiler off every function is ordinary Python and answers the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gpu_lab.compiling import kernel
from gpu_lab.fleet.model import Ints
from gpu_lab.placement import bitmaps

NOWHERE = -1

# Columns of `Index.tree`: the branch above, the branches below (from, to), its nodes (from, to).
ABOVE, BELOW_FROM, BELOW_TO, NODES_FROM, NODES_TO = range(5)


class Index(NamedTuple):
    """Branches are numbered from the narrowest level up; `starts[level]` is the first of each.

    `free[node]` GPUs; `whole[branch]` wholly free nodes; `node_sets[g]` the nodes with g free
    GPUs; `branch_sets[w]` the narrowest branches with w wholly free nodes. `width` is the GPUs
    of a node, `largest` the nodes of the largest narrowest branch.
    """

    free: Ints
    home: Ints
    whole: Ints
    tree: Ints
    starts: Ints
    node_sets: Ints
    node_layout: Ints
    branch_sets: Ints
    branch_layout: Ints
    width: int
    largest: int


@kernel
def set_free(index: Index, node: int, gpus: int) -> None:
    """Record that a node now has `gpus` GPUs free."""
    before, width = index.free[node], index.width
    if before == gpus:
        return
    bitmaps.remove(index.node_sets[before], index.node_layout, node)
    bitmaps.add(index.node_sets[gpus], index.node_layout, node)
    index.free[node] = gpus
    if before != width and gpus != width:
        return
    change = 1 if gpus == width else -1
    branch = index.home[node]
    whole = index.whole[branch]
    bitmaps.remove(index.branch_sets[whole], index.branch_layout, branch)
    bitmaps.add(index.branch_sets[whole + change], index.branch_layout, branch)
    while branch != NOWHERE:
        index.whole[branch] += change
        branch = index.tree[branch, ABOVE]


@kernel
def place(index: Index, gpus: int, nodes: Ints) -> int:
    """Write the nodes for a gang into `nodes`, whole ones first; return how many, 0 if none fit."""
    width = index.width
    if gpus <= width:
        for free in range(gpus, width + 1):
            node: int = bitmaps.first(index.node_sets[free], index.node_layout)
            if node != NOWHERE:
                nodes[0] = node
                return 1
        return 0
    whole: int = -(-gpus // width)
    branch = narrowest(index, whole)
    if branch == NOWHERE:
        return 0
    take_whole(index, branch, whole, nodes)
    return whole


@kernel
def narrowest(index: Index, whole: int) -> int:
    """Find the branch at the lowest level that holds `whole` nodes with the fewest to spare."""
    for count in range(whole, index.largest + 1):
        branch: int = bitmaps.first(index.branch_sets[count], index.branch_layout)
        if branch != NOWHERE:
            return branch
    for level in range(1, index.starts.size - 1):
        best = NOWHERE
        for branch in range(index.starts[level], index.starts[level + 1]):
            count = index.whole[branch]
            if count >= whole and (best == NOWHERE or count < index.whole[best]):
                best = branch
        if best != NOWHERE:
            return best
    return NOWHERE


@kernel
def take_whole(index: Index, branch: int, whole: int, nodes: Ints) -> None:
    """Write `whole` wholly free nodes of a branch into `nodes`."""
    taken = 0
    while index.tree[branch, BELOW_FROM] != index.tree[branch, BELOW_TO]:
        largest, last = NOWHERE, NOWHERE
        child = tightest(index, branch, whole - taken)
        while child == NOWHERE:
            largest = next_largest(index, branch, last)
            taken = copy_whole(index, largest, whole, nodes, taken)
            last = largest
            child = tightest_after(index, branch, whole - taken, last)
        branch = child
        if taken == whole:
            return
    copy_whole(index, branch, whole, nodes, taken)


@kernel
def tightest(index: Index, branch: int, need: int) -> int:
    """Find the branch below with the fewest wholly free nodes that still suffice."""
    best = NOWHERE
    for child in range(index.tree[branch, BELOW_FROM], index.tree[branch, BELOW_TO]):
        count = index.whole[child]
        if count >= need and (best == NOWHERE or count < index.whole[best]):
            best = child
    return best


@kernel
def next_largest(index: Index, branch: int, last: int) -> int:
    """Find the branch below that comes after `last` when ordered by most whole, then first."""
    best = NOWHERE
    for child in range(index.tree[branch, BELOW_FROM], index.tree[branch, BELOW_TO]):
        if not comes_after(index, child, last):
            continue
        if best == NOWHERE or index.whole[child] > index.whole[best]:
            best = child
    return best


@kernel
def tightest_after(index: Index, branch: int, need: int, last: int) -> int:
    """Do as `tightest`, among the branches that come after `last` in the order of size."""
    best = NOWHERE
    for child in range(index.tree[branch, BELOW_FROM], index.tree[branch, BELOW_TO]):
        count = index.whole[child]
        if count < need or not comes_after(index, child, last):
            continue
        if best == NOWHERE or count < index.whole[best]:
            best = child
    return best


@kernel
def comes_after(index: Index, child: int, last: int) -> bool:
    """Say whether `child` comes after `last` in the order by most whole nodes, then first."""
    if last == NOWHERE:
        return True
    if index.whole[child] != index.whole[last]:
        return bool(index.whole[child] < index.whole[last])
    return child > last


@kernel
def copy_whole(index: Index, branch: int, whole: int, nodes: Ints, taken: int) -> int:
    """Append a branch's wholly free nodes until there are `whole`; return how many there are."""
    for node in range(index.tree[branch, NODES_FROM], index.tree[branch, NODES_TO]):
        if taken == whole:
            break
        if index.free[node] == index.width:
            nodes[taken] = node
            taken += 1
    return taken


class Churn(NamedTuple):
    """Gangs that come and go: `sizes` in GPUs, in order of arrival.

    `slots` has a row for each gang that runs: its GPUs, then its nodes. `running` numbers the
    slots, those in use first. `books` holds the GPUs in use, the gangs running, the gangs
    placed, the state of the small generator that says which gang leaves next, and a checksum of
    every decision.
    """

    sizes: Ints
    slots: Ints
    running: Ints
    books: Ints


USED, RUNNING, PLACED, DRAW, CHECKSUM = range(5)
LARGEST_DRAW = 2_147_483_647


@kernel
def replay(index: Index, churn: Churn, gangs: Ints, limit: int, scan: bool) -> None:
    """Place the gangs numbered gangs[0] to gangs[1], others leaving whenever `limit` is passed.

    `scan` looks at every node instead of using the index; the answers are the same.
    """
    books = churn.books
    for gang in range(gangs[0], gangs[1]):
        gpus = churn.sizes[gang]
        while books[USED] + gpus > limit and books[RUNNING] > 0:
            leave(index, churn)
        slot = churn.slots[churn.running[books[RUNNING]]]
        count = place_by_scan(index, gpus, slot[1:]) if scan else place(index, gpus, slot[1:])
        if count > 0:
            slot[0] = gpus
            take(index, gpus, slot[1:])
            books[RUNNING] += 1
            books[PLACED] += 1
            books[USED] += gpus
            for node in slot[1 : count + 1]:
                books[CHECKSUM] = (books[CHECKSUM] * 31 + node) % LARGEST_DRAW


@kernel
def leave(index: Index, churn: Churn) -> None:
    """Let one of the running gangs end, drawn by a small generator; its slot is the next free."""
    books, running = churn.books, churn.running
    books[DRAW] = books[DRAW] * 48_271 % LARGEST_DRAW
    books[RUNNING] -= 1
    place, last = books[DRAW] % (books[RUNNING] + 1), books[RUNNING]
    running[place], running[last] = running[last], running[place]
    slot = churn.slots[running[last]]
    give_back(index, slot[0], slot[1:])
    books[USED] -= slot[0]


@kernel
def take(index: Index, gpus: int, nodes: Ints) -> None:
    """Mark a placed gang's GPUs as used; the last node may be taken in part."""
    place = 0
    while gpus > 0:
        amount = min(gpus, index.width)
        set_free(index, nodes[place], index.free[nodes[place]] - amount)
        gpus -= amount
        place += 1


@kernel
def give_back(index: Index, gpus: int, nodes: Ints) -> None:
    """Mark a gang's GPUs as free again."""
    place = 0
    while gpus > 0:
        amount = min(gpus, index.width)
        set_free(index, nodes[place], index.free[nodes[place]] + amount)
        gpus -= amount
        place += 1


@kernel
def place_by_scan(index: Index, gpus: int, nodes: Ints) -> int:
    """Answer as `place` does, by looking at every node."""
    width = index.width
    if gpus > width:
        whole: int = -(-gpus // width)
        branch = narrowest_by_scan(index, whole)
        if branch == NOWHERE:
            return 0
        take_whole(index, branch, whole, nodes)
        return whole
    best = NOWHERE
    for node in range(index.free.size):
        free = index.free[node]
        if free >= gpus and (best == NOWHERE or free < index.free[best]):
            best = node
    nodes[0] = best
    return 0 if best == NOWHERE else 1


@kernel
def narrowest_by_scan(index: Index, whole: int) -> int:
    """Answer as `narrowest` does, by counting every branch's wholly free nodes anew."""
    for level in range(index.starts.size - 1):
        best, fewest = NOWHERE, 0
        for branch in range(index.starts[level], index.starts[level + 1]):
            count = 0
            for node in range(index.tree[branch, NODES_FROM], index.tree[branch, NODES_TO]):
                count += index.free[node] == index.width
            if count >= whole and (best == NOWHERE or count < fewest):
                best, fewest = branch, count
        if best != NOWHERE:
            return best
    return NOWHERE


def empty_index(fleet_free: Ints, starts: Ints, tree: Ints, home: Ints, width: int) -> Index:
    """Lay out an index for nodes with nothing free yet; `set_free` then fills it in."""
    nodes, racks = fleet_free.size, int(starts[1])
    most = int((tree[:racks, NODES_TO] - tree[:racks, NODES_FROM]).max())
    node_layout, branch_layout = bitmaps.layout(nodes), bitmaps.layout(racks)
    index = Index(
        free=np.zeros(nodes, dtype=np.int64),
        home=home,
        whole=np.zeros(len(tree), dtype=np.int64),
        tree=tree,
        starts=starts,
        node_sets=np.zeros((width + 1, int(node_layout[-1])), dtype=np.int64),
        node_layout=node_layout,
        branch_sets=np.zeros((most + 1, int(branch_layout[-1])), dtype=np.int64),
        branch_layout=branch_layout,
        width=width,
        largest=most,
    )
    fill_sets(index, fleet_free)
    return index


@kernel
def fill_sets(index: Index, free: Ints) -> None:
    """Enter every node and narrowest branch into its set."""
    for branch in range(index.starts[1]):
        bitmaps.add(index.branch_sets[0], index.branch_layout, branch)
    for node in range(free.size):
        bitmaps.add(index.node_sets[0], index.node_layout, node)
        set_free(index, node, free[node])
