"""The six policies and the replay, compiled. `scores` is the plain twin and the definition.

A shape's scores over all nodes are kept and redone only for nodes that changed since that shape
last came: a log of changed nodes and one place in it per shape say which.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from gpu_lab.placement.protocol.world import Arrivals, Fleet, Ints, Shapes, Typical

MOST_CPU = 128_000.0
MOST_GPU = 8_000.0
# Under every score, the raw float gain of a large node included.
NEVER = -1e9
RANDOM, DOT_PRODUCT, CLUSTERING, PACKING, BEST_FIT, FGD = range(6)

Bits = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
# Whole-numbered scores are kept as int32, raw gains as float64.
Points = npt.NDArray[np.int32] | npt.NDArray[np.float64]


class Score(NamedTuple):
    """How good a node is for a shape (NEVER: impossible), and which GPU a share would get."""

    points: float
    gpu: int


class Scratch(NamedTuple):
    """Room for one scoring: typical pods hostable per group, the GPUs as they would be left,
    and the seven kinds of fragment."""

    hostable: Ints
    gpus_left: Ints
    parts: Floats


class Memo(NamedTuple):
    """Scores kept per shape: `points` and `gpu` (shapes, nodes), `seen` (shapes,) the place in
    the log up to which a shape knows it (-1: never asked), `log` the changed nodes in order,
    `last` (nodes,) each node's newest place in the log."""

    points: Points
    gpu: npt.NDArray[np.int8]
    seen: Ints
    log: Ints
    last: Ints


class Trail(NamedTuple):
    """What happened to each arrival, shape (pods,): the node's rank or -1, the GPUs as bits,
    and after it the milli in use and the weighted fragment of the whole fleet."""

    node: Ints
    gpus: Bits
    used: Ints
    fragment: Ints


@numba.njit(cache=True, nogil=True)
def fits(fleet: Fleet, node: int, cpu: int, gpus: int, milli: int, mask: int) -> bool:
    """Say whether CPU, model and GPUs allow it; memory is asked elsewhere."""
    if fleet.cpu[node] < cpu:
        return False
    if gpus == 0:
        return True
    if fleet.model[node] & mask == 0:
        return False
    room = 0
    for gpu in range(fleet.gpus[node]):
        if fleet.left[node, gpu] >= milli:
            room += 1
    return room >= gpus


@numba.njit(cache=True, nogil=True)
def _tightest(fleet: Fleet, node: int, milli: int) -> int:
    best, best_left = -1, 1 << 30
    for gpu in range(fleet.gpus[node]):
        left = fleet.left[node, gpu]
        if milli <= left < best_left:
            best, best_left = gpu, left
    return best


@numba.njit(cache=True, nogil=True)
def _idle(fleet: Fleet, node: int) -> int:
    idle = 0
    for gpu in range(fleet.gpus[node]):
        idle += fleet.left[node, gpu]
    return idle


@numba.njit(cache=True, nogil=True)
def _best_fit(fleet: Fleet, node: int, cpu: int, milli: int) -> int:
    score = (fleet.cpu[node] - cpu) / MOST_CPU * 0.5
    score += (_idle(fleet, node) - milli) / MOST_GPU * 0.5
    return int((1.0 - score) * 100.0)


@numba.njit(cache=True, nogil=True)
def _dot_product(fleet: Fleet, node: int, cpu: int, milli: int) -> int:
    product = (fleet.cpu[node] / MOST_CPU) * (cpu / MOST_CPU)
    product += (_idle(fleet, node) / MOST_GPU) * (milli / MOST_GPU)
    return int(100.0 * (1.0 - product / 2.0))


@numba.njit(cache=True, nogil=True)
def _clustering(fleet: Fleet, node: int, gpus: int, milli: int) -> int:
    if gpus == 0:
        return 0
    kind = 0 if milli < 1000 else gpus
    kinds = 0
    for other in range(fleet.classes.shape[1]):
        kinds += fleet.classes[node, other] > 0
    base = 0
    if fleet.classes[node, kind] > 0:
        base = 75 if kinds == 1 else 50
    elif kinds == 0:
        base = 25
    return base + 25 * (8000 - _idle(fleet, node)) // 8000


@numba.njit(cache=True, nogil=True)
def _packing(fleet: Fleet, node: int, gpus: int, milli: int) -> int:
    if gpus == 0:
        return 0
    free, used_room, used_tightest = 0, 0, 1000
    for gpu in range(fleet.gpus[node]):
        left = fleet.left[node, gpu]
        if left == 1000:
            free += 1
        elif left >= milli:
            used_room += 1
            used_tightest = min(used_tightest, left)
    if free == fleet.gpus[node]:
        return max(33 - free, free)
    if used_room < gpus:
        return max(50 - (gpus - used_room), 33)
    # Only a share of one GPU fits on used GPUs, so one ratio is the whole sum.
    return max(100 - used_tightest * 100 // 1000 // 10, 50)


@numba.njit(cache=True, nogil=True)
def fragment_of(fleet: Fleet, typical: Typical, node: int, scratch: Scratch) -> int:
    """Weigh the idle milli of a node that the typical pods cannot use (times their count)."""
    for gpu in range(fleet.gpus[node]):
        scratch.gpus_left[gpu] = fleet.left[node, gpu]
    total = _hostable(fleet, typical, node, fleet.cpu[node], scratch.hostable)
    return _fragment_after(fleet, typical, node, total, scratch)


@numba.njit(cache=True, nogil=True)
def _kind(fleet: Fleet, typical: Typical, place: int, node: int, cpu: int, room: int) -> int:
    group = typical.group[place]
    gpus = typical.group_gpus[group]
    enough_cpu = cpu >= typical.cpu[place]
    if gpus == 0:
        return 4 if enough_cpu else 5
    if fleet.model[node] & typical.mask[place] == 0:
        return 6
    if room >= gpus:
        return 2 if enough_cpu else 3
    return 1 if enough_cpu else 0


@numba.njit(cache=True, nogil=True)
def _summed(
    fleet: Fleet, typical: Typical, node: int, cpu: int, gpus_left: Ints, parts: Floats
) -> float:
    parts[:] = 0.0
    idle = 0
    for gpu in range(fleet.gpus[node]):
        idle += gpus_left[gpu]
    for place in range(len(typical.cpu)):
        milli = typical.group_milli[typical.group[place]]
        room, lost = 0, 0
        for gpu in range(fleet.gpus[node]):
            if gpus_left[gpu] >= milli:
                room += 1
            else:
                lost += gpus_left[gpu]
        kind = _kind(fleet, typical, place, node, cpu, room)
        if kind == 2:
            parts[1] += typical.share[place] * lost
        else:
            parts[kind] += typical.share[place] * idle
    return parts[0] + parts[1] + parts[3] + parts[4] + parts[5] + parts[6]


@numba.njit(cache=True, nogil=True)
def _points(change: float, steps: float) -> float:
    if steps == 0.0:
        return change
    return math.floor(steps / (1.0 + math.exp(-change / 1000.0)))


@numba.njit(cache=True, nogil=True)
def _gain(
    fleet: Fleet, typical: Typical, node: int, cpu: int, change: int, total: int,
    steps: float, scratch: Scratch,
) -> float:
    # Whole numbers decide, except where nothing is gained or lost: there the published scores
    # are 49 or 50 by the order in which the artifact adds its floats, so that order is followed.
    if change != 0 and steps != 0.0:
        return _points(change / total, steps)
    before = _summed(fleet, typical, node, fleet.cpu[node], fleet.left[node], scratch.parts)
    cpu_left, gpus_left = fleet.cpu[node] - cpu, scratch.gpus_left
    after = _summed(fleet, typical, node, cpu_left, gpus_left, scratch.parts)
    return _points(before - after, steps)


@numba.njit(cache=True, nogil=True)
def _hostable(
    fleet: Fleet, typical: Typical, node: int, cpu_left: int, hostable: Ints
) -> int:
    total = 0
    hostable[:] = 0
    model = fleet.model[node]
    for place in range(len(typical.cpu)):
        count = typical.count[place]
        total += count
        if typical.cpu[place] <= cpu_left and typical.mask[place] & model != 0:
            hostable[typical.group[place]] += count
    return total


@numba.njit(cache=True, nogil=True)
def _fragment_after(
    fleet: Fleet, typical: Typical, node: int, total: int, scratch: Scratch
) -> int:
    hostable, gpus_left = scratch.hostable, scratch.gpus_left
    idle = 0
    for gpu in range(fleet.gpus[node]):
        idle += gpus_left[gpu]
    weighted = total * idle
    for group in range(len(typical.group_gpus)):
        gpus, milli = typical.group_gpus[group], typical.group_milli[group]
        if gpus == 0 or hostable[group] == 0:
            continue
        room, usable = 0, 0
        for gpu in range(fleet.gpus[node]):
            if gpus_left[gpu] >= milli:
                room += 1
                usable += gpus_left[gpu]
        if room >= gpus:
            weighted -= hostable[group] * usable
    return weighted


@numba.njit(cache=True, nogil=True)
def _fgd_whole(
    fleet: Fleet, typical: Typical, node: int, before: int, cpu: int, gpus: int,
    steps: float, scratch: Scratch,
) -> Score:
    total = _hostable(fleet, typical, node, fleet.cpu[node] - cpu, scratch.hostable)
    wanted = gpus
    for gpu in range(fleet.gpus[node]):
        scratch.gpus_left[gpu] = fleet.left[node, gpu]
        if wanted and fleet.left[node, gpu] == 1000:
            scratch.gpus_left[gpu] = 0
            wanted -= 1
    change = before - _fragment_after(fleet, typical, node, total, scratch)
    return Score(_gain(fleet, typical, node, cpu, change, total, steps, scratch), -1)


@numba.njit(cache=True, nogil=True)
def _fgd_share(
    fleet: Fleet, typical: Typical, node: int, before: int, cpu: int, milli: int,
    steps: float, scratch: Scratch,
) -> Score:
    total = _hostable(fleet, typical, node, fleet.cpu[node] - cpu, scratch.hostable)
    for gpu in range(fleet.gpus[node]):
        scratch.gpus_left[gpu] = fleet.left[node, gpu]
    best, best_gpu = -np.inf, -1
    for gpu in range(fleet.gpus[node]):
        left = fleet.left[node, gpu]
        alike = False
        for earlier in range(gpu):
            alike |= fleet.left[node, earlier] == left
        # Of equal GPUs the first wins, so the others need no scoring.
        if left < milli or alike:
            continue
        scratch.gpus_left[gpu] = left - milli
        change = before - _fragment_after(fleet, typical, node, total, scratch)
        points = _gain(fleet, typical, node, cpu, change, total, steps, scratch)
        scratch.gpus_left[gpu] = left
        if points > best:
            best, best_gpu = points, gpu
    return Score(best, best_gpu)


@numba.njit(cache=True, nogil=True)
def score(
    policy: int, steps: float, fleet: Fleet, typical: Typical, fragment: Ints, node: int,
    shapes: Shapes, shape: int, scratch: Scratch,
) -> Score:
    """Score one node for one shape, memory aside; points NEVER where it cannot go."""
    cpu, gpus, milli = shapes.cpu[shape], shapes.gpus[shape], shapes.milli[shape]
    if not fits(fleet, node, cpu, gpus, milli, shapes.mask[shape]):
        return Score(NEVER, -1)
    if policy == FGD:
        before = fragment[node]
        if gpus == 1 and milli < 1000:
            return _fgd_share(fleet, typical, node, before, cpu, milli, steps, scratch)
        return _fgd_whole(fleet, typical, node, before, cpu, gpus, steps, scratch)
    points = 0
    if policy == BEST_FIT:
        points = _best_fit(fleet, node, cpu, gpus * milli)
    elif policy == DOT_PRODUCT:
        points = _dot_product(fleet, node, cpu, gpus * milli)
    elif policy == CLUSTERING:
        points = _clustering(fleet, node, gpus, milli)
    elif policy == PACKING:
        points = _packing(fleet, node, gpus, milli)
    gpu = _tightest(fleet, node, milli) if gpus == 1 and milli < 1000 else -1
    return Score(float(points), gpu)


@numba.njit(cache=True, nogil=True)
def take(fleet: Fleet, node: int, cpu: int, memory: int, gpus: int, milli: int, gpu: int) -> int:
    """Give a pod its CPU, memory and GPUs (`gpu`, or the first that are free); return them as
    bits."""
    fleet.cpu[node] -= cpu
    fleet.memory[node] -= memory
    if gpus == 0:
        return 0
    fleet.classes[node, 0 if milli < 1000 else gpus] += 1
    if gpu >= 0:
        fleet.left[node, gpu] -= milli
        return 1 << gpu
    bits, wanted = 0, gpus
    for place in range(fleet.gpus[node]):
        if wanted and fleet.left[node, place] >= milli:
            fleet.left[node, place] -= milli
            bits |= 1 << place
            wanted -= 1
    return bits


@numba.njit(cache=True, nogil=True)
def give_back(
    fleet: Fleet, node: int, cpu: int, memory: int, gpus: int, milli: int, bits: int
) -> None:
    """Undo `take`."""
    fleet.cpu[node] += cpu
    fleet.memory[node] += memory
    if gpus:
        fleet.classes[node, 0 if milli < 1000 else gpus] -= 1
    for place in range(fleet.gpus[node]):
        if bits >> place & 1:
            fleet.left[node, place] += milli


@numba.njit(cache=True, nogil=True)
def refresh(
    policy: int, steps: float, fleet: Fleet, typical: Typical, fragment: Ints, shapes: Shapes,
    shape: int, memo: Memo, logged: int, scratch: Scratch,
) -> None:
    """Bring a shape's kept scores up to the log's end."""
    if memo.seen[shape] < 0:
        for node in range(len(fleet.cpu)):
            found = score(
                policy, steps, fleet, typical, fragment, node, shapes, shape, scratch
            )
            memo.points[shape, node] = found.points
            memo.gpu[shape, node] = found.gpu
    else:
        for place in range(memo.seen[shape], logged):
            node = memo.log[place]
            # Only the newest entry of a node counts; earlier ones would redo the same work.
            if memo.last[node] == place:
                found = score(
                policy, steps, fleet, typical, fragment, node, shapes, shape, scratch
            )
                memo.points[shape, node] = found.points
                memo.gpu[shape, node] = found.gpu
    memo.seen[shape] = logged


@numba.njit(cache=True, nogil=True)
def best_node(points: Points, room: npt.NDArray[np.int32], memory: int) -> int:
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
    if room[first] >= memory:
        return first
    # Memory seldom decides, so it is looked at on every node only when it does.
    chosen, best = -1, never
    for node in range(len(points)):
        if points[node] > best and room[node] >= memory:
            chosen, best = node, points[node]
    return chosen


@numba.njit(cache=True, nogil=True)
def any_node(
    points: Points, room: npt.NDArray[np.int32], memory: int, draw: float
) -> int:
    """Pick one of the possible nodes by a draw from [0, 1); -1 when none."""
    possible = 0
    for node in range(len(points)):
        possible += points[node] > NEVER and room[node] >= memory
    wanted = int(draw * possible)
    for node in range(len(points)):
        if points[node] > NEVER and room[node] >= memory:
            if wanted == 0:
                return node
            wanted -= 1
    return -1


@numba.njit(cache=True, nogil=True)
def any_gpu(fleet: Fleet, node: int, milli: int, draw: float) -> int:
    """Pick one of the GPUs with room by a draw from [0, 1)."""
    possible = 0
    for gpu in range(fleet.gpus[node]):
        possible += fleet.left[node, gpu] >= milli
    wanted = int(draw * possible)
    for gpu in range(fleet.gpus[node]):
        if fleet.left[node, gpu] >= milli:
            if wanted == 0:
                return gpu
            wanted -= 1
    return -1


@numba.njit(cache=True, nogil=True)
def replay(
    policy: int, steps: float, fleet: Fleet, shapes: Shapes, typical: Typical,
    arrivals: Arrivals, draws: Floats, memo: Memo, keep: bool,
) -> Trail:
    """Place every arrival in turn; changes `fleet` and `memo`.

    `steps` is FGD's resolution: 100 as published, 0 for the raw gain. `draws` (pods, 2) feed the
    random policy. `keep` False rescores every node for every pod: the baseline that the memo is
    measured against, with the same decisions.
    """
    nodes, pods = len(fleet.cpu), len(arrivals.shape)
    groups = len(typical.group_gpus)
    scratch = Scratch(np.zeros(groups, np.int64), np.zeros(8, np.int64), np.zeros(7))
    fragment = np.empty(nodes, np.int64)
    fragments = 0
    for node in range(nodes):
        fragment[node] = fragment_of(fleet, typical, node, scratch)
        fragments += fragment[node]
    trail = Trail(
        np.full(pods, -1, np.int64), np.zeros(pods, np.int64),
        np.empty(pods, np.int64), np.empty(pods, np.int64),
    )
    used, logged = 0, 0
    for pod in range(pods):
        shape, memory = arrivals.shape[pod], arrivals.memory[pod]
        if not keep:
            memo.seen[shape] = -1
        refresh(policy, steps, fleet, typical, fragment, shapes, shape, memo, logged, scratch)
        if policy == RANDOM:
            node = any_node(memo.points[shape], fleet.memory, memory, draws[pod, 0])
        else:
            node = best_node(memo.points[shape], fleet.memory, memory)
        if node >= 0:
            gpu = int(memo.gpu[shape, node])
            if policy == RANDOM and gpu >= 0:
                gpu = any_gpu(fleet, node, shapes.milli[shape], draws[pod, 1])
            trail.node[pod] = node
            trail.gpus[pod] = take(
                fleet, node, shapes.cpu[shape], memory, shapes.gpus[shape],
                shapes.milli[shape], gpu,
            )
            fragments -= fragment[node]
            fragment[node] = fragment_of(fleet, typical, node, scratch)
            fragments += fragment[node]
            used += arrivals.milli[pod]
            memo.log[logged] = node
            memo.last[node] = logged
            logged += 1
        trail.used[pod] = used
        trail.fragment[pod] = fragments
    return trail
