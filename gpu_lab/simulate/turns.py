"""Whose turn it is when the queue is gone through, and who stands aside. Knows no room."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gpu_lab.simulate.jobs import Job
from gpu_lab.simulate.rules import Order
from gpu_lab.simulate.shares import dominant_share

Waiting = Sequence[tuple[int, Job]]


class Turns:
    """The waiting jobs (number, job), each once; those beyond their tenant's share are left out.

    `waiting` has them by priority, then submission or work left, then number. By dominant shares
    the next is the first job of the tenant that holds least just then: `started` tells of every
    job that was given its place meanwhile. `shares` are the GPUs that each tenant may use, None
    for no limit; `capacity` is what the fleet has of each resource.
    """

    def __init__(
        self,
        order: Order,
        waiting: Waiting,
        running: Iterable[Job],
        capacity: Mapping[str, int],
        shares: Mapping[str, int] | None = None,
    ) -> None:
        self.jobs = dict(waiting)
        self._shares, self._capacity = shares, capacity
        self._by_dominance = order is Order.DOMINANT
        self._held: dict[str, Counter[str]] = {}
        for job in running:
            self._hold(job)
        self._turns = self._dominant(waiting) if self._by_dominance else iter(waiting)

    def __iter__(self) -> Iterator[tuple[int, Job]]:
        return (turn for turn in self._turns if self._admits(turn[1]))

    def started(self, job: Job) -> int | None:
        """Count a job as its tenant's; give the GPUs that the tenant may use, None for no limit."""
        self._hold(job)
        return None if self._shares is None else self._shares[job.tenant]

    def _hold(self, job: Job) -> None:
        if self._shares is not None or self._by_dominance:
            asked = {"GPUs": job.gpus, "CPUs": job.cpus}
            self._held.setdefault(job.tenant, Counter()).update(asked)

    def _admits(self, job: Job) -> bool:
        if self._shares is None:
            return True
        held = self._held[job.tenant]["GPUs"] if job.tenant in self._held else 0
        return held + job.gpus <= self._shares.get(job.tenant, 0)

    def _dominant(self, waiting: Waiting) -> Iterator[tuple[int, Job]]:
        queues: dict[tuple[int, str], deque[tuple[int, Job]]] = {}
        for number, job in waiting:
            queues.setdefault((-job.priority, job.tenant), deque()).append((number, job))
        while queues:
            first = min(queues, key=lambda which: (*self._rank(*which), queues[which][0][0]))
            yield queues[first].popleft()
            if not queues[first]:
                del queues[first]

    def _rank(self, behind: int, tenant: str) -> tuple[int, float]:
        return behind, dominant_share(self._held.get(tenant, {}), self._capacity)
