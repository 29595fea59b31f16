"""The protocol opened, compiled: one-move repair, retries, and pods that leave again.

Places as `kernels` does; only what happens to a pod that finds no place differs, and time: in
the lasting form each pod leaves after so many arrivals.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gpu_lab.compiling import inner, kernel
from gpu_lab.placement.protocol.kernels import best_node, give_back, refresh, take
from gpu_lab.placement.protocol.scoring import GROUPS, IDLE, NEVER, Memo, Rules, fits, look
from gpu_lab.placement.protocol.world import (
    MEMORY,
    SHAPE_GPUS,
    Ints,
)

Flags = npt.NDArray[np.bool_]


class Opening(NamedTuple):
    """What is opened: `repair` moves one smaller pod for a pod that fits nowhere, `retry` keeps
    failed pods waiting for the next departure, `lasting` lets pods leave."""

    repair: bool
    retry: bool
    lasting: bool


class Opened(NamedTuple):
    """What it came to: per arrival its node at the end or -1, the milli in use after each
    arrival, the moves, and the pods that were never served."""

    node: Ints
    used: Ints
    moves: int
    failed: int


class _State(NamedTuple):
    fleet: Ints
    views: Ints
    shapes: Ints
    arrivals: Ints
    node: Ints
    gpus: Ints
    hostable: Ints
    logged: Ints
    freed: Ints
    gave_up: Ints


@inner
def _changed(rules: Rules, state: _State, memo: Memo, node: int) -> None:
    look(rules, state.fleet[node], state.views[node], state.hostable)
    # A full log is begun anew: `_renew` then lets every shape forget what it knew.
    if state.logged[0] < len(memo.log):
        memo.log[state.logged[0]] = node
        memo.last[node] = state.logged[0]
    state.logged[0] += 1


@inner
def _renew(rules: Rules, state: _State, memo: Memo, place: int) -> None:
    if state.logged[0] > len(memo.log):
        memo.seen[:] = -1
        memo.last[:] = -1
        state.logged[0] = 0
    refresh(
        rules, state.fleet, state.views, state.shapes[place], place, memo, state.logged[0],
        state.hostable,
    )  # fmt: skip


@inner
def _put(rules: Rules, state: _State, memo: Memo, pod: int, node: int) -> None:
    place, memory = state.arrivals[pod, 0], state.arrivals[pod, 1]
    gpu = int(memo.gpu[place, node])
    state.gpus[pod] = take(state.fleet[node], state.shapes[place], memory, gpu)
    state.node[pod] = node
    _changed(rules, state, memo, node)


@inner
def _remove(rules: Rules, state: _State, memo: Memo, pod: int) -> None:
    node = state.node[pod]
    shape = state.shapes[state.arrivals[pod, 0]]
    give_back(state.fleet[node], shape, state.arrivals[pod, 1], state.gpus[pod])
    state.node[pod] = -1
    state.freed[0] += 1
    _changed(rules, state, memo, node)


@inner
def _place(rules: Rules, state: _State, memo: Memo, pod: int) -> bool:
    place = state.arrivals[pod, 0]
    _renew(rules, state, memo, place)
    node = best_node(memo.points[place], state.fleet, state.arrivals[pod, 1])
    if node < 0:
        return False
    _put(rules, state, memo, pod, node)
    return True


@inner
def _helps(state: _State, pod: int, other: int) -> bool:
    # Whether `pod` would fit where `other` is, were `other` gone.
    node = state.node[other]
    row = state.fleet[node].copy()
    shape = state.shapes[state.arrivals[other, 0]]
    give_back(row, shape, state.arrivals[other, 1], state.gpus[other])
    wanted = state.shapes[state.arrivals[pod, 0]]
    return bool(row[MEMORY] >= state.arrivals[pod, 1] and fits(row, wanted))


@inner
def _hopeless(state: _State, pod: int) -> bool:
    # Placing only takes room away: what could not be repaired stays so until something is freed.
    place = state.arrivals[pod, 0]
    same = state.gave_up[place, 0] == state.freed[0]
    return bool(same and state.arrivals[pod, 1] >= state.gave_up[place, 1])


@inner
def _repair(rules: Rules, state: _State, memo: Memo, pod: int) -> bool:
    # Move the smallest pod whose leaving lets `pod` in and that itself fits elsewhere.
    if _hopeless(state, pod):
        return False
    size = state.arrivals[pod, 2]
    helps = np.zeros(pod, np.bool_)
    # Least memory with which a shape has no place anywhere: its pods cannot move.
    stuck = np.full(len(state.shapes), np.iinfo(np.int64).max)
    for other in range(pod):
        if state.node[other] < 0 or state.arrivals[other, 2] >= size:
            continue
        if _helps(state, pod, other):
            helps[other] = _can_move(rules, state, memo, other, stuck)
    while True:
        best, least = -1, size
        for other in range(pod):
            if helps[other] and state.arrivals[other, 2] < least:
                best, least = other, state.arrivals[other, 2]
        if best < 0:
            state.gave_up[state.arrivals[pod, 0], 0] = state.freed[0]
            state.gave_up[state.arrivals[pod, 0], 1] = state.arrivals[pod, 1]
            return False
        helps[best] = False
        target = _elsewhere(rules, state, memo, best)
        if target >= 0:
            _remove(rules, state, memo, best)
            _renew(rules, state, memo, state.arrivals[best, 0])
            _put(rules, state, memo, best, target)
            return _place(rules, state, memo, pod)


@inner
def _can_move(rules: Rules, state: _State, memo: Memo, pod: int, stuck: Ints) -> bool:
    place, memory = state.arrivals[pod, 0], state.arrivals[pod, 1]
    if memory >= stuck[place]:
        return False
    _renew(rules, state, memo, place)
    if best_node(memo.points[place], state.fleet, memory) < 0:
        stuck[place] = memory
        return False
    return True


@inner
def _elsewhere(rules: Rules, state: _State, memo: Memo, pod: int) -> int:
    # The best node for a placed pod but its own; -1 when none.
    place, home = state.arrivals[pod, 0], state.node[pod]
    _renew(rules, state, memo, place)
    kept = memo.points[place, home]
    memo.points[place, home] = NEVER
    target = best_node(memo.points[place], state.fleet, state.arrivals[pod, 1])
    memo.points[place, home] = kept
    return target


@inner
def _leave(
    rules: Rules, state: _State, memo: Memo, leaves: Ints, pod: int, order: Ints, gone: int
) -> int:
    # Take out every placed pod whose time is up by now; `order` lists pods by leaving.
    while gone < len(order) and leaves[order[gone]] <= pod:
        if order[gone] < pod and state.node[order[gone]] >= 0:
            _remove(rules, state, memo, order[gone])
        gone += 1
    return gone


@inner
def _serve(
    rules: Rules,
    state: _State,
    memo: Memo,
    leaves: Ints,
    now: int,
    waiting: Ints,
    queued: int,
    served: Flags,
) -> int:
    # Try the waiting pods in order; returns how many still wait. Within one round room only
    # shrinks, so a shape that failed is not tried again with as much memory or more.
    failed = np.full(len(state.shapes), np.iinfo(np.int64).max)
    kept = 0
    for slot in range(queued):
        pod = waiting[slot]
        if leaves[pod] <= now:
            continue
        place, memory = state.arrivals[pod, 0], state.arrivals[pod, 1]
        if memory < failed[place] and _place(rules, state, memo, pod):
            served[pod] = True
            continue
        failed[place] = min(failed[place], memory)
        waiting[kept] = pod
        kept += 1
    return kept


@kernel
def replay_opened(
    rules: Rules,
    opening: Opening,
    fleet: Ints,
    shapes: Ints,
    arrivals: Ints,
    leaves: Ints,
    order: Ints,
    memo: Memo,
) -> Opened:
    """Place every arrival with the protocol opened; changes `fleet` and `memo`.

    `leaves` (pods,) says at which arrival a pod leaves and `order` (pods,) sorts pods by it;
    both are read only by a lasting opening. A waiting pod leaves when its time is up, served or
    not.
    """
    pods = len(arrivals)
    state = _State(
        fleet, np.zeros((len(fleet), GROUPS + 2 * len(rules.groups)), np.int64), shapes, arrivals,
        np.full(pods, -1, np.int64), np.zeros(pods, np.int64),
        np.zeros(len(rules.groups), np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64),
        np.full((len(shapes), 2), -1, np.int64),
    )  # fmt: skip
    for node in range(len(fleet)):
        look(rules, fleet[node], state.views[node], state.hostable)
    capacity = int(state.views[:, IDLE].sum())
    served = np.zeros(pods, np.bool_)
    used = np.empty(pods, np.int64)
    waiting = np.empty(pods, np.int64)
    queued, moves, gone = 0, 0, 0
    for pod in range(pods):
        before = gone
        if opening.lasting:
            gone = _leave(rules, state, memo, leaves, pod, order, gone)
        if opening.retry and gone > before:
            queued = _serve(rules, state, memo, leaves, pod, waiting, queued, served)
        found = _place(rules, state, memo, pod)
        if not found and opening.repair and shapes[arrivals[pod, 0], SHAPE_GPUS] > 0:
            found = _repair(rules, state, memo, pod)
            moves += found
        served[pod] = found
        if not found and opening.retry:
            waiting[queued] = pod
            queued += 1
        used[pod] = capacity - int(state.views[:, IDLE].sum())
    return Opened(state.node, used, moves, pods - int(served.sum()))
