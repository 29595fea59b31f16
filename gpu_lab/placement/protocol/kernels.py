"""The replay, compiled. `plain.run` is its twin.

A shape's scores over all nodes are kept and redone only for nodes that changed since that shape
last came: a log of changed nodes and one place in it per shape say which.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gpu_lab.compiling import inner, kernel
from gpu_lab.placement.protocol.scoring import (
    FRAGMENT,
    GROUPS,
    NEVER,
    RANDOM,
    Memo,
    Points,
    Rules,
    look,
    score,
)
from gpu_lab.placement.protocol.world import (
    CLASS,
    CPU,
    GPUS,
    LEFT,
    MEMORY,
    SHAPE_CPU,
    SHAPE_GPUS,
    SHAPE_MILLI,
    Floats,
    Ints,
)


class Trail(NamedTuple):
    """What happened to each arrival, shape (pods,): the node's rank or -1, the GPUs as bits,
    and after it the milli in use and the weighted fragment of the whole fleet."""

    node: Ints
    gpus: Ints
    used: Ints
    fragment: Ints


@inner
def take(node: Ints, shape: Ints, memory: int, gpu: int) -> int:
    """Give a pod its CPU, memory and GPUs (`gpu`, or the first with room); return them as bits."""
    node[CPU] -= shape[SHAPE_CPU]
    node[MEMORY] -= memory
    gpus, milli = shape[SHAPE_GPUS], shape[SHAPE_MILLI]
    if gpus == 0:
        return 0
    node[CLASS + (0 if milli < 1000 else gpus)] += 1
    if gpu >= 0:
        node[LEFT + gpu] -= milli
        return 1 << gpu
    bits, wanted = 0, gpus
    for place in range(node[GPUS]):
        if wanted and node[LEFT + place] >= milli:
            node[LEFT + place] -= milli
            bits |= 1 << place
            wanted -= 1
    return bits


@inner
def give_back(node: Ints, shape: Ints, memory: int, bits: int) -> None:
    """Undo `take`."""
    node[CPU] += shape[SHAPE_CPU]
    node[MEMORY] += memory
    gpus, milli = shape[SHAPE_GPUS], shape[SHAPE_MILLI]
    if gpus:
        node[CLASS + (0 if milli < 1000 else gpus)] -= 1
    for place in range(node[GPUS]):
        if bits >> place & 1:
            node[LEFT + place] += milli


@inner
def refresh(
    rules: Rules,
    fleet: Ints,
    views: Ints,
    shape: Ints,
    place: int,
    memo: Memo,
    logged: int,
    hostable: Ints,
) -> None:
    """Bring the kept scores of shape number `place` up to the log's end."""
    start = memo.seen[place]
    todo = len(fleet) if start < 0 else logged - start
    for step in range(todo):
        node = step if start < 0 else memo.log[start + step]
        # Only the newest entry of a node counts; earlier ones would redo the same work.
        if start < 0 or memo.last[node] == start + step:
            found = score(rules, fleet[node], views[node], shape, hostable)
            memo.points[place, node] = found.points
            memo.gpu[place, node] = found.gpu
    memo.seen[place] = logged


@inner
def best_node(points: Points, fleet: Ints, memory: int) -> int:
    """Find the lowest rank among the best nodes whose memory suffices; -1 when none."""
    never = points.dtype.type(NEVER)
    best = never
    for node in range(len(points)):
        best = max(best, points[node])
    if best == never:
        return -1
    first = 0
    while points[first] != best:
        first += 1
    if fleet[first, MEMORY] >= memory:
        return first
    # Memory seldom decides, so it is looked at on every node only when it does.
    chosen, best = -1, never
    for node in range(len(points)):
        if points[node] > best and fleet[node, MEMORY] >= memory:
            chosen, best = node, points[node]
    return chosen


@inner
def any_node(points: Points, fleet: Ints, memory: int, draw: float) -> int:
    """Pick one of the possible nodes by a draw from [0, 1); -1 when none."""
    possible = 0
    for node in range(len(points)):
        possible += points[node] > NEVER and fleet[node, MEMORY] >= memory
    wanted = int(draw * possible)
    for node in range(len(points)):
        if points[node] > NEVER and fleet[node, MEMORY] >= memory:
            if wanted == 0:
                return node
            wanted -= 1
    return -1


@inner
def any_gpu(node: Ints, milli: int, draw: float) -> int:
    """Pick one of the GPUs with room by a draw from [0, 1)."""
    possible = 0
    for gpu in range(node[GPUS]):
        possible += node[LEFT + gpu] >= milli
    wanted = int(draw * possible)
    for gpu in range(node[GPUS]):
        if node[LEFT + gpu] >= milli:
            if wanted == 0:
                return gpu
            wanted -= 1
    return -1


@kernel
def replay(
    rules: Rules,
    fleet: Ints,
    shapes: Ints,
    arrivals: Ints,
    draws: Floats,
    memo: Memo,
    trail: Trail,
    keep: bool,
) -> None:
    """Place every arrival in turn; changes `fleet` and `memo`, and fills `trail`.

    `fleet` (nodes, 21), `shapes` (shapes, 4) and `arrivals` (pods, 3) are as in `world`. `draws`
    (pods, 2) feed the random policy. `keep` False rescores every node for every pod: the
    baseline that the memo is measured against, with the same decisions.
    """
    pods = len(arrivals)
    hostable = np.zeros(len(rules.groups), np.int64)
    views = np.zeros((len(fleet), GROUPS + 2 * len(rules.groups)), np.int64)
    fragments = 0
    for node in range(len(fleet)):
        look(rules, fleet[node], views[node], hostable)
        fragments += views[node, FRAGMENT]
    used, logged = 0, 0
    for pod in range(pods):
        place, memory = arrivals[pod, 0], arrivals[pod, 1]
        shape = shapes[place]
        if not keep:
            memo.seen[place] = -1
        refresh(rules, fleet, views, shape, place, memo, logged, hostable)
        if rules.policy == RANDOM:
            node = any_node(memo.points[place], fleet, memory, draws[pod, 0])
        else:
            node = best_node(memo.points[place], fleet, memory)
        if node >= 0:
            gpu = int(memo.gpu[place, node])
            if rules.policy == RANDOM and gpu >= 0:
                gpu = any_gpu(fleet[node], shape[SHAPE_MILLI], draws[pod, 1])
            trail.node[pod] = node
            trail.gpus[pod] = take(fleet[node], shape, memory, gpu)
            fragments -= views[node, FRAGMENT]
            look(rules, fleet[node], views[node], hostable)
            fragments += views[node, FRAGMENT]
            used += arrivals[pod, 2]
            memo.log[logged] = node
            memo.last[node] = logged
            logged += 1
        trail.used[pod] = used
        trail.fragment[pod] = fragments
