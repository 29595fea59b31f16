"""Making way for a job that is blocked: whom to stop, or whom to move. Does neither itself."""

from __future__ import annotations

from collections.abc import Sequence

from gpu_lab.simulate.jobs import Job
from gpu_lab.simulate.passes import Running
from gpu_lab.simulate.room import Placement, Room


def victims(room: Room, job: Job, running: Sequence[Running], now: float) -> list[int]:
    """Choose running jobs of lower priority whose GPUs let `job` start; empty when none would.

    The least important and the latest started go first; those not needed after all are spared,
    the longest at work first.
    """
    if room.fit(job) is not None:
        return []
    lower = [one for one in running if one.job.priority < job.priority]
    lower.sort(key=lambda one: (one.job.priority, -one.started, -one.number))
    freed = room.copy()
    taken: list[Running] = []
    for one in lower:
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
