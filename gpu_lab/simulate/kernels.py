"""Long traces on one uniform fleet, compiled: FIFO or shortest first, strict, skipping or EASY.

`engine` is the plain twin. The queue is kept in buckets of equal size, each a tree over its
jobs in queue order whose knots hold the shortest waiting promise below: the first waiting job,
and the first that ends in time, are found in steps of the tree's height, however long the queue.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gpu_lab.compiling import inner, kernel
from gpu_lab.simulate.jobs import Floats, Ints
from gpu_lab.simulate.room_kernels import (
    Held,
    Room,
    change,
    fits,
    place,
    release,
    row_fits,
    row_take,
)

NONE, SKIP, EASY = range(3)
INFINITE = np.inf


class Queue(NamedTuple):
    """The waiting jobs. Per job (jobs,): `bucket` and `slot` in its bucket's tree and `rank` in
    the whole order. Per bucket: `size` in GPUs, `root` where its tree begins, `leaves` its
    width. `tree` holds all trees, `members` the job at each leaf."""

    bucket: Ints
    slot: Ints
    rank: Ints
    size: Ints
    root: Ints
    leaves: Ints
    tree: Floats
    members: Ints


class Agenda(NamedTuple):
    """A heap of running jobs by end (and number): ends, jobs and how many there are."""

    end: Floats
    job: Ints
    size: Ints


@inner
def _set_waiting(queue: Queue, job: int, promise: float) -> None:
    bucket = queue.bucket[job]
    root = queue.root[bucket]
    place = queue.leaves[bucket] + queue.slot[job]
    queue.tree[root + place] = promise
    while place > 1:
        place >>= 1
        left, right = queue.tree[root + 2 * place], queue.tree[root + 2 * place + 1]
        queue.tree[root + place] = min(left, right)


@inner
def _in_time(promise: float, now: float, until: float) -> bool:
    # Added as the plain twin adds: `promise <= until - now` is rounded otherwise.
    return promise != INFINITE and now + promise <= until


@inner
def _first_waiting(queue: Queue, bucket: int, now: float, until: float) -> int:
    # The first waiting job of a bucket that started now would end by `until`; -1 when none.
    root, leaves = queue.root[bucket], queue.leaves[bucket]
    if not _in_time(queue.tree[root + 1], now, until):
        return -1
    place = 1
    while place < leaves:
        place *= 2
        if not _in_time(queue.tree[root + place], now, until):
            place += 1
    return int(queue.members[root + place])


@inner
def _push(agenda: Agenda, end: float, job: int) -> None:
    place = agenda.size[0]
    agenda.size[0] += 1
    while place > 0:
        above = (place - 1) // 2
        if agenda.end[above] < end or (agenda.end[above] == end and agenda.job[above] < job):
            break
        agenda.end[place], agenda.job[place] = agenda.end[above], agenda.job[above]
        place = above
    agenda.end[place], agenda.job[place] = end, job


@inner
def _pop(agenda: Agenda) -> int:
    job = agenda.job[0]
    agenda.size[0] -= 1
    size = agenda.size[0]
    end, last = agenda.end[size], agenda.job[size]
    place = 0
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and (
            agenda.end[below + 1] < agenda.end[below]
            or (
                agenda.end[below + 1] == agenda.end[below]
                and agenda.job[below + 1] < agenda.job[below]
            )
        ):
            below += 1
        if end < agenda.end[below] or (end == agenda.end[below] and last < agenda.job[below]):
            break
        agenda.end[place], agenda.job[place] = agenda.end[below], agenda.job[below]
        place = below
    agenda.end[place], agenda.job[place] = end, last
    return int(job)


@inner
def _head(queue: Queue) -> int:
    best = -1
    for bucket in range(len(queue.size)):
        job = _first_waiting(queue, bucket, 0.0, INFINITE)
        if job >= 0 and (best < 0 or queue.rank[job] < queue.rank[best]):
            best = job
    return best


@inner
def _first_fitting(queue: Queue, room: Room) -> int:
    best = -1
    for bucket in range(len(queue.size)):
        job = _first_waiting(queue, bucket, 0.0, INFINITE)
        if (
            job >= 0
            and (best < 0 or queue.rank[job] < queue.rank[best])
            and fits(room, queue.size[bucket])
        ):
            best = job
    return best


@inner
def _reserve(
    room: Room,
    held: Held,
    agenda: Agenda,
    gpus: Ints,
    promised: Floats,
    head: int,
    now: float,
    spare: Ints,
    scratch: Ints,
) -> float:
    # When the blocked head fits, node by node; `spare` is left with what is free beside it then.
    # All that is promised back at one instant is free then; the agenda's order, which knows the
    # true ends, must not show.
    # By hand: assigning a slice would compile NumPy's complaint about shapes, a third of it all.
    for node in range(len(spare)):
        spare[node] = room.free[node]
    size = agenda.size[0]
    jobs = agenda.job[:size]
    ends = np.maximum(promised[jobs], now)
    at = now
    order = np.argsort(ends, kind="mergesort")
    for turn in range(size):
        job, at = jobs[order[turn]], ends[order[turn]]
        left, part = gpus[job], 0
        while left > 0:
            spare[held.node[held.begin[job] + part]] += min(left, room.capacity)
            left -= room.capacity
            part += 1
        last = turn + 1 == size or ends[order[turn + 1]] > at
        if last and row_fits(room, spare, gpus[head]):
            break
    row_take(room, spare, gpus[head], scratch)
    return float(at)


@inner
def _next_beside(
    queue: Queue, room: Room, spare: Ints, narrow: Ints, now: float, until: float
) -> int:
    # The next in the queue's order that may pass the blocked head; -1 when none.
    best = -1
    for node in range(len(narrow)):
        narrow[node] = min(room.free[node], spare[node])
    for bucket in range(len(queue.size)):
        size = queue.size[bucket]
        if not fits(room, size):
            continue
        job = _first_waiting(queue, bucket, now, until)
        if row_fits(room, narrow, size):
            job = _first_waiting(queue, bucket, 0.0, INFINITE)
        if job >= 0 and (best < 0 or queue.rank[job] < queue.rank[best]):
            best = job
    return best


@kernel
def simulate(
    submit: Floats,
    seconds: Floats,
    estimate: Floats,
    gpus: Ints,
    queue: Queue,
    room: Room,
    held: Held,
    backfill: int,
    start: Floats,
    end: Floats,
) -> int:
    """Run every job; fills `start` and `end` (jobs,) and returns the events handled.

    Jobs are in order of submission. `backfill` is NONE, SKIP or EASY.
    """
    jobs = len(submit)
    agenda = Agenda(np.empty(jobs), np.empty(jobs, np.int64), np.zeros(1, np.int64))
    promised = np.empty(jobs if backfill == EASY else 0)
    spare, narrow = np.empty_like(room.free), np.empty_like(room.free)
    scratch = np.empty(len(room.free) + 1, np.int64)
    arrived, events = 0, 0
    while arrived < jobs or agenda.size[0] > 0:
        now = submit[arrived] if arrived < jobs else INFINITE
        if agenda.size[0] > 0:
            now = min(now, agenda.end[0])
        while agenda.size[0] > 0 and agenda.end[0] <= now:
            job = _pop(agenda)
            release(room, held, job, gpus[job])
            events += 1
        while arrived < jobs and submit[arrived] <= now:
            _set_waiting(queue, arrived, estimate[arrived])
            arrived += 1
            events += 1
        head, until = -1, now
        while True:
            if head < 0:
                job = _first_fitting(queue, room) if backfill == SKIP else _head(queue)
                if job < 0:
                    break
                if backfill != SKIP and not fits(room, gpus[job]):
                    if backfill == NONE:
                        break
                    head = job
                    _set_waiting(queue, head, INFINITE)
                    until = _reserve(room, held, agenda, gpus, promised, head, now, spare, scratch)
                    continue
                place(room, held, job, gpus[job])
            else:
                job = _next_beside(queue, room, spare, narrow, now, until)
                if job < 0:
                    break
                if _in_time(estimate[job], now, until):
                    place(room, held, job, gpus[job])
                else:
                    places = row_take(room, narrow, gpus[job], scratch)
                    left = gpus[job]
                    for part in range(places):
                        amount = min(left, room.capacity)
                        node = scratch[part]
                        held.node[held.begin[job] + part] = node
                        change(room, node, -amount)
                        spare[node] -= amount
                        left -= amount
            _set_waiting(queue, job, INFINITE)
            start[job], end[job] = now, now + seconds[job]
            if backfill == EASY:
                promised[job] = now + estimate[job]
            _push(agenda, end[job], job)
        if head >= 0:
            _set_waiting(queue, head, estimate[head])
    return events


def queue_of(gpus: Ints, order: npt.NDArray[np.intp]) -> Queue:
    """Make the empty queue: `order` lists the jobs as the queue's rule ranks them."""
    size, bucket = np.unique(gpus, return_inverse=True)
    rank = np.empty(len(gpus), np.int64)
    rank[order] = np.arange(len(gpus))
    count = np.bincount(bucket, minlength=len(size))
    leaves = np.array([1 << int(max(n - 1, 0)).bit_length() for n in count], np.int64)
    root = np.concatenate(([0], np.cumsum(2 * leaves)[:-1])).astype(np.int64)
    slot = np.empty(len(gpus), np.int64)
    members = np.full(int((2 * leaves).sum()), -1, np.int64)
    for number in range(len(size)):
        mine = order[bucket[order] == number]
        slot[mine] = np.arange(len(mine))
        members[root[number] + leaves[number] + slot[mine]] = mine
    tree = np.full(len(members), np.inf)
    bucket = bucket.astype(np.int64)
    return Queue(bucket, slot, rank, size.astype(np.int64), root, leaves, tree, members)
