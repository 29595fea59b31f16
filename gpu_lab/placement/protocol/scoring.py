"""Scoring one node for one shape, compiled. `scores` is the plain twin and the definition.

Changes no node and keeps no score.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gpu_lab.compiling import inner
from gpu_lab.placement.protocol.world import (
    CLASS,
    CPU,
    GPUS,
    LEFT,
    MODEL,
    SHAPE_CPU,
    SHAPE_GPUS,
    SHAPE_MASK,
    SHAPE_MILLI,
    T_COUNT,
    T_CPU,
    T_GPUS,
    T_GROUP,
    T_MASK,
    Floats,
    Ints,
)

MOST_CPU = 128_000.0
MOST_GPU = 8_000.0
RANDOM, DOT_PRODUCT, CLUSTERING, PACKING, BEST_FIT, FGD = range(6)
# Under every score, the raw gain of a large node included.
NEVER = -1e9
# Columns of a node's view: its idle milli, its fragment, then room and usable milli per group.
IDLE, FRAGMENT, GROUPS = 0, 1, 2

# Whole-numbered scores are kept as int32, raw gains as float64.
Points = npt.NDArray[np.int32] | npt.NDArray[np.float64]
Bytes = npt.NDArray[np.int8]


class Score(NamedTuple):
    """How good a node is for a shape (NEVER: impossible), and which GPU a share would get."""

    points: float
    gpu: int


class Rules(NamedTuple):
    """What is scored by: the policy's number, FGD's resolution (0: raw gain), the typical pods
    (pods, 5), their shares (pods,) and their distinct GPU requests (groups, 2)."""

    policy: int
    steps: float
    typical: Ints
    share: Floats
    groups: Ints


class Memo(NamedTuple):
    """Scores kept per shape: `points` and `gpu` (shapes, nodes), `seen` (shapes,) the place in
    the log up to which a shape knows it (-1: never asked), `log` the changed nodes in order,
    `last` (nodes,) each node's newest place in the log."""

    points: Points
    gpu: Bytes
    seen: Ints
    log: Ints
    last: Ints


@inner
def fits(node: Ints, shape: Ints) -> bool:
    """Say whether CPU, model and GPUs allow it; memory is asked elsewhere."""
    if node[CPU] < shape[SHAPE_CPU]:
        return False
    if shape[SHAPE_GPUS] == 0:
        return True
    if node[MODEL] & shape[SHAPE_MASK] == 0:
        return False
    room = 0
    for gpu in range(node[GPUS]):
        room += node[LEFT + gpu] >= shape[SHAPE_MILLI]
    return bool(room >= shape[SHAPE_GPUS])


@inner
def _tightest(node: Ints, milli: int) -> int:
    best, best_left = -1, 1 << 30
    for gpu in range(node[GPUS]):
        left = node[LEFT + gpu]
        if milli <= left < best_left:
            best, best_left = gpu, left
    return best


@inner
def _clustering(node: Ints, gpus: int, milli: int, idle: int) -> int:
    if gpus == 0:
        return 0
    kinds = 0
    for other in range(9):
        kinds += node[CLASS + other] > 0
    base = 0
    if node[CLASS + (0 if milli < 1000 else gpus)] > 0:
        base = 75 if kinds == 1 else 50
    elif kinds == 0:
        base = 25
    return base + 25 * (8000 - idle) // 8000


@inner
def _packing(node: Ints, gpus: int, milli: int) -> int:
    if gpus == 0:
        return 0
    free, used_room, tightest = 0, 0, 1000
    for gpu in range(node[GPUS]):
        left = node[LEFT + gpu]
        if left == 1000:
            free += 1
        elif left >= milli:
            used_room += 1
            tightest = min(tightest, left)
    if free == node[GPUS]:
        return max(33 - free, free)
    if used_room < gpus:
        return max(50 - (gpus - used_room), 33)
    # Only a share of one GPU fits on used GPUs, so the one ratio is the whole sum.
    return max(100 - tightest * 100 // 1000 // 10, 50)


@inner
def _simple(policy: int, node: Ints, cpu: int, gpus: int, milli: int, idle: int) -> int:
    if policy == BEST_FIT:
        far = (node[CPU] - cpu) / MOST_CPU * 0.5
        return int((1.0 - (far + (idle - gpus * milli) / MOST_GPU * 0.5)) * 100.0)
    if policy == DOT_PRODUCT:
        product = (node[CPU] / MOST_CPU) * (cpu / MOST_CPU)
        product += (idle / MOST_GPU) * (gpus * milli / MOST_GPU)
        return int(100.0 * (1.0 - product / 2.0))
    if policy == CLUSTERING:
        return _clustering(node, gpus, milli, idle)
    if policy == PACKING:
        return _packing(node, gpus, milli)
    return 0


@inner
def _hostable(typical: Ints, model: int, cpu: int, found: Ints) -> int:
    # The occurrences of all typical pods; per group those whose CPU and model suit, if the GPUs do.
    total = 0
    found[:] = 0
    for place in range(len(typical)):
        count = typical[place, T_COUNT]
        total += count
        if typical[place, T_CPU] <= cpu and typical[place, T_MASK] & model != 0:
            found[typical[place, T_GROUP]] += count
    return total


@inner
def _fragment(
    groups: Ints, view: Ints, hostable: Ints, total: int, whole: int, left: int, after: int
) -> int:
    # The node's fragment once `whole` free GPUs are gone and one GPU went from `left` to `after`.
    weighted = total * (view[IDLE] - 1000 * whole - left + after)
    for group in range(len(groups)):
        gpus, milli = groups[group, 0], groups[group, 1]
        if gpus == 0 or hostable[group] == 0:
            continue
        room = view[GROUPS + 2 * group] - whole
        usable = view[GROUPS + 2 * group + 1] - 1000 * whole
        if left >= milli:
            room -= 1
            usable -= left
        if after >= milli:
            room += 1
            usable += after
        if room >= gpus:
            weighted -= hostable[group] * usable
    return int(weighted)


@inner
def look(rules: Rules, node: Ints, view: Ints, hostable: Ints) -> None:
    """Write a node's view: idle milli, fragment (times occurrences), room per GPU request."""
    view[IDLE] = 0
    for gpu in range(node[GPUS]):
        view[IDLE] += node[LEFT + gpu]
    for group in range(len(rules.groups)):
        room, usable = 0, 0
        for gpu in range(node[GPUS]):
            left = node[LEFT + gpu]
            if left >= rules.groups[group, 1]:
                room += 1
                usable += left
        view[GROUPS + 2 * group] = room
        view[GROUPS + 2 * group + 1] = usable
    total = _hostable(rules.typical, node[MODEL], node[CPU], hostable)
    view[FRAGMENT] = _fragment(rules.groups, view, hostable, total, 0, 0, 0)


@inner
def _summed(
    rules: Rules, node: Ints, view: Ints, cpu: int, whole: int, left: int, after: int
) -> float:
    # The fragment as the artifact adds it: seven kinds apart, typical pods in order.
    parts = np.zeros(7)
    idle = view[IDLE] - 1000 * whole - left + after
    for place in range(len(rules.typical)):
        group = rules.typical[place, T_GROUP]
        gpus, milli = rules.typical[place, T_GPUS], rules.groups[group, 1]
        enough = rules.typical[place, T_CPU] <= cpu
        room = view[GROUPS + 2 * group] - whole - (left >= milli) + (after >= milli)
        lost = idle
        if gpus == 0:
            kind = 4 if enough else 5
        elif rules.typical[place, T_MASK] & node[MODEL] == 0:
            kind = 6
        elif room < gpus:
            kind = 1 if enough else 0
        elif not enough:
            kind = 3
        else:
            kind = 1
            usable = view[GROUPS + 2 * group + 1] - 1000 * whole
            usable += (after if after >= milli else 0) - (left if left >= milli else 0)
            lost = idle - usable
        parts[kind] += rules.share[place] * lost
    return float(parts[0] + parts[1] + parts[3] + parts[4] + parts[5] + parts[6])


@inner
def _points(gain: float, steps: float) -> float:
    if steps == 0.0:
        return gain
    return math.floor(steps / (1.0 + math.exp(-gain / 1000.0)))


@inner
def _crosses(typical: Ints, low: int, high: int) -> bool:
    found = 0
    for place in range(len(typical)):
        found += low < typical[place, T_CPU] <= high
    return found > 0


@inner
def _gain(
    rules: Rules,
    node: Ints,
    view: Ints,
    hostable: Ints,
    total: int,
    cpu: int,
    whole: int,
    left: int,
    after: int,
) -> float:
    fragment = _fragment(rules.groups, view, hostable, total, whole, left, after)
    change = view[FRAGMENT] - fragment
    # Whole numbers decide, except where nothing is gained or lost: there the published scores
    # are 49 or 50 by the order in which the artifact adds its floats, so that order is followed.
    if rules.steps != 0.0:
        if change != 0:
            return _points(change / total, rules.steps)
        if left == after and whole == 0 and not _crosses(rules.typical, cpu, node[CPU]):
            return _points(0.0, rules.steps)
    before = _summed(rules, node, view, node[CPU], 0, 0, 0)
    return _points(before - _summed(rules, node, view, cpu, whole, left, after), rules.steps)


@inner
def _fgd(rules: Rules, node: Ints, view: Ints, shape: Ints, hostable: Ints) -> Score:
    cpu, gpus, milli = node[CPU] - shape[SHAPE_CPU], shape[SHAPE_GPUS], shape[SHAPE_MILLI]
    total = _hostable(rules.typical, node[MODEL], cpu, hostable)
    shares = gpus == 1 and milli < 1000
    best, best_gpu = NEVER, -1
    # One candidate per GPU with room for a share; for anything else just the one.
    for gpu in range(node[GPUS] if shares else 1):
        left = node[LEFT + gpu] if shares else 0
        alike = shares and left < milli
        for earlier in range(gpu):
            alike |= node[LEFT + earlier] == left
        # Of equal GPUs the first wins, so the others need no scoring.
        if not alike:
            whole, after = (0, left - milli) if shares else (gpus, 0)
            points = _gain(rules, node, view, hostable, total, cpu, whole, left, after)
            if points > best:
                best, best_gpu = points, gpu if shares else -1
    return Score(best, best_gpu)


@inner
def score(rules: Rules, node: Ints, view: Ints, shape: Ints, hostable: Ints) -> Score:
    """Score one node for one shape, memory aside; points NEVER where it cannot go."""
    if not fits(node, shape):
        return Score(NEVER, -1)
    if rules.policy == FGD:
        return _fgd(rules, node, view, shape, hostable)
    cpu, gpus, milli = shape[SHAPE_CPU], shape[SHAPE_GPUS], shape[SHAPE_MILLI]
    points = _simple(rules.policy, node, cpu, gpus, milli, view[IDLE])
    return Score(float(points), _tightest(node, milli) if gpus == 1 and milli < 1000 else -1)
