"""Making way for a job that is blocked: whom to stop, or whom to move. Does neither itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gpu_lab.simulate.jobs import Job
from gpu_lab.simulate.passes import Running
from gpu_lab.simulate.room import Placement, Room


def victims(room: Room, job: Job, running: Sequence[Running], now: float) -> list[int]:
    """Choose running jobs of lower priority whose GPUs let `job` start; empty when none would.

    The least important and the latest started go first; those not needed after all are spared,
    the longest at work first.
    """
    lower = [one for one in running if one.job.priority < job.priority]
    return _enough(room, job, sorted(lower, key=_least), now)


def borrowers(
    room: Room, job: Job, running: Sequence[Running], deserved: Mapping[str, int], now: float
) -> list[int]:
    """Choose running jobs on borrowed GPUs whose end lets `job` start; empty when none would.

    A tenant's jobs are chosen only while it holds more than it deserves; the order and the
    sparing are those of `victims`. A gang on both sides of the line goes whole.
    """
    beyond = {tenant: -gpus for tenant, gpus in deserved.items()}
    for one in running:
        beyond[one.job.tenant] = beyond.get(one.job.tenant, 0) + one.job.gpus
    lent: list[Running] = []
    for one in sorted(running, key=_least):
        if beyond[one.job.tenant] > 0:
            beyond[one.job.tenant] -= one.job.gpus
            lent.append(one)
    return _enough(room, job, lent, now)


def _least(one: Running) -> tuple[int, float, int]:
    return one.job.priority, -one.started, -one.number


def _enough(room: Room, job: Job, stoppable: Sequence[Running], now: float) -> list[int]:
    if room.fit(job) is not None:
        return []
    freed = room.copy()
    taken: list[Running] = []
    for one in stoppable:
        freed.free(one.placement)
        taken.append(one)
        if freed.fit(job) is not None:
            break
    else:
        return []
    for one in sorted(taken, key=lambda one: (one.started - now, one.number)):
        freed.take(one.placement)
        if freed.fit(job) is None:
            freed.free(one.placement)
        else:
            taken.remove(one)
    return [one.number for one in taken]


def clearing(room: Room, job: Job, running: Sequence[Running]) -> list[tuple[int, Placement]]:
    """Choose moves of running jobs after which `job` fits; empty when it fits or none help.

    Only helps where shape blocks and count does not: the least used nodes are emptied first,
    and only of jobs that sit on one node.
    """
    if room.fit(job) is not None or room.idle < job.gpus:
        return []
    after = room.copy()
    moves: list[tuple[int, Placement]] = []
    nodes = [n for n, node in enumerate(room.nodes) if room.open[n] and room.gpus[n] > 0]
    # A node cleared must not be filled again by the next one's jobs, so it is left out of sight.
    for node in sorted(nodes, key=lambda n: (room.nodes[n].gpus - room.gpus[n], n)):
        if room.gpus[node] == room.nodes[node].gpus:
            continue
        if (found := _emptied(after, node, running, moves)) is None:
            continue
        moves += found
        if after.fit(job) is not None:
            return moves
    return []


def _emptied(
    after: Room, node: int, running: Sequence[Running], moves: list[tuple[int, Placement]]
) -> list[tuple[int, Placement]] | None:
    already = {number for number, _ in moves}
    here = [one for one in running if any(part.node == node for part in one.placement)]
    if any(len(one.placement) > 1 or one.number in already for one in here):
        return None
    trial = after.copy()
    trial.open = [
        is_open and n != node and 0 < trial.gpus[n] < trial.nodes[n].gpus
        for n, is_open in enumerate(trial.open)
    ]
    found: list[tuple[int, Placement]] = []
    for one in sorted(here, key=lambda one: (-one.job.gpus, one.number)):
        placement = trial.fit(one.job)
        if placement is None or len(placement) > 1:
            return None
        trial.take(placement)
        trial.free(one.placement)
        found.append((one.number, placement))
    after.gpus, after.cpus = trial.gpus, trial.cpus
    return found
