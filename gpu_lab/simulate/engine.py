"""The simulation with every rule, in plain Python: the definition that `kernels` must equal.

Events at one instant are taken in this order: ends, nodes back, nodes gone, arrivals, then one
pass over the queue. No clock, no chance: the same input gives the same log.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np

from gpu_lab.simulate.eviction import borrowers, clearing, victims
from gpu_lab.simulate.jobs import Job, Jobs
from gpu_lab.simulate.log import (
    Happening,
    Moved,
    NodeClosed,
    NodeOpened,
    Result,
    Started,
    Stopped,
    Why,
)
from gpu_lab.simulate.passes import Running, Starts, chosen
from gpu_lab.simulate.room import Node, Placement, Room, check_possible
from gpu_lab.simulate.rules import (
    Disruption,
    Drain,
    Failure,
    Order,
    Quotas,
    Rules,
    Sharing,
    SwitchFailure,
)
from gpu_lab.simulate.shares import water_filling
from gpu_lab.simulate.turns import Turns

END, BACK, GONE, ARRIVAL, EVICT = range(5)


@dataclass
class _Progress:
    # What a job has behind it: whole-checkpoint work done, starts so far, and its present life.
    done: float = 0.0
    stops: int = 0
    life: int = 0
    overhead: float = 0.0


class Engine:
    """One simulation under way."""

    def __init__(
        self, jobs: Jobs, nodes: Sequence[Node], rules: Rules, disruptions: Sequence[Disruption]
    ) -> None:
        self.jobs = [jobs.row(number) for number in range(len(jobs))]
        for gpus, cpus, kind in {(job.gpus, job.cpus, job.kind) for job in self.jobs}:
            check_possible(nodes, Job(0, 0, gpus, cpus, kind=kind))
        self.table, self.rules = jobs, rules
        self.room = Room(nodes, rules.fit)
        self.running: dict[int, Running] = {}
        self.waiting: list[tuple[float, float, int]] = []
        self.progress = [_Progress() for _ in self.jobs]
        self.start = np.full(len(jobs), math.nan)
        self.end = np.full(len(jobs), math.nan)
        self.lost = 0.0
        self.log: list[Happening] = []
        self.drains: list[Drain] = []
        self.draining: dict[int, Drain] = {}
        self.down: dict[int, int] = {}
        self.claims: set[int] = set()
        self.agenda: list[tuple[float, int, int, int]] = []
        for number, job in enumerate(self.jobs):
            heapq.heappush(self.agenda, (job.submit, ARRIVAL, number, 0))
        self.disruptions = list(disruptions)
        for number, disruption in enumerate(self.disruptions):
            heapq.heappush(self.agenda, (disruption.at, GONE, number, 0))

    def run(self) -> Result:
        """Go through every event."""
        while self.agenda:
            now = self.agenda[0][0]
            while self.agenda and self.agenda[0][0] == now:
                self._happen(*heapq.heappop(self.agenda))
            self._maintain(now)
            self._schedule(now)
        stops = np.array([one.stops for one in self.progress], np.int64)
        log = tuple(self.log)
        return Result(self.table, self.room.nodes, self.start, self.end, stops, self.lost, log)

    def _happen(self, now: float, what: int, number: int, life: int) -> None:
        stale = what == END and not (number in self.running and self.progress[number].life == life)
        if stale:
            return
        self.claims.clear()
        if what == ARRIVAL:
            self._queue(number)
        elif what == END:
            self._stop(number, now, Why.DONE)
        elif what == GONE:
            self._disrupt(self.disruptions[number], now)
        elif what == BACK:
            self._reopen(number, now)
        elif what == EVICT and number in self.draining:
            self._empty(number, now, Why.DRAINED)

    # Jobs.

    def _queue(self, number: int) -> None:
        job = self.jobs[number]
        left = job.seconds - self.progress[number].done
        first = left if self.rules.order is Order.SHORTEST else job.submit
        heapq.heappush(self.waiting, (-job.priority, first, number))

    def _start(self, number: int, placement: Placement, now: float, share: int | None) -> None:
        progress = self.progress[number]
        progress.life += 1
        progress.overhead = self.rules.checkpoints.restart_seconds if progress.stops else 0.0
        self.room.take(placement)
        job = self.jobs[number]
        ahead = progress.overhead - progress.done
        self.running[number] = Running(
            number, job, now, now + ahead + job.estimate, now + ahead + job.seconds, placement
        )
        if math.isnan(self.start[number]):
            self.start[number] = now
        self.log.append(Started(now, number, placement, share))
        end = self.running[number].end
        heapq.heappush(self.agenda, (end, END, number, progress.life))

    def _stop(self, number: int, now: float, why: Why) -> None:
        running = self.running.pop(number)
        self.room.free(running.placement)
        progress = self.progress[number]
        lost = 0.0
        if why is Why.DONE:
            self.end[number] = now
        else:
            total = running.job.seconds - (running.end - now)
            kept = self._kept(running, total, why)
            lost, progress.done = max(total - kept, 0.0), kept
            progress.stops += 1
            self.lost += lost
            self._queue(number)
        self.log.append(Stopped(now, number, why, lost))

    def _kept(self, running: Running, total: float, why: Why) -> float:
        before = self.progress[running.number].done
        if why is Why.DRAINED:
            # Maintenance asks for a checkpoint first, so nothing is lost.
            return max(total, before)
        every = self.rules.checkpoints.every_seconds
        return max(math.floor(max(total, 0.0) / every) * every, before) if every else before

    # Nodes.

    def _disrupt(self, disruption: Disruption, now: float) -> None:
        match disruption:
            case Failure(node=node, seconds=seconds):
                self._break((node,), now, seconds)
            case SwitchFailure(nodes=nodes, seconds=seconds):
                self._break(nodes, now, seconds)
            case Drain():
                self.drains.append(disruption)
            case unknown:
                assert_never(unknown)

    def _break(self, nodes: Sequence[int], now: float, seconds: float) -> None:
        for node in nodes:
            self._close(node, now, away=True)
        for node in nodes:
            self._empty(node, now, Why.FAILED)
            self._away(node, now + seconds)

    def _maintain(self, now: float) -> None:
        # The budget counts nodes that are closed for maintenance, whether empty yet or not.
        while self.drains and len(self.draining) < self.rules.drained_at_once:
            drain = self.drains.pop(0)
            if drain.node in self.draining:
                continue
            self.draining[drain.node] = drain
            self._close(drain.node, now, away=False)
            heapq.heappush(self.agenda, (now + drain.grace, EVICT, drain.node, 0))
        for node, drain in list(self.draining.items()):
            if node not in self.down and not self._on(node):
                self.log.append(NodeClosed(now, node, away=True))
                self._away(node, now + drain.seconds)

    def _away(self, node: int, until: float) -> None:
        self.down[node] = self.down.get(node, 0) + 1
        heapq.heappush(self.agenda, (until, BACK, node, 0))

    def _reopen(self, node: int, now: float) -> None:
        self.down[node] -= 1
        if self.down[node]:
            return
        del self.down[node]
        self.draining.pop(node, None)
        self.room.open[node] = True
        self.log.append(NodeOpened(now, node))

    def _close(self, node: int, now: float, *, away: bool) -> None:
        self.room.open[node] = False
        self.log.append(NodeClosed(now, node, away))

    def _empty(self, node: int, now: float, why: Why) -> None:
        for number in self._on(node):
            self._stop(number, now, why)

    def _on(self, node: int) -> list[int]:
        return [
            number
            for number, running in self.running.items()
            if any(part.node == node for part in running.placement)
        ]

    # The queue.

    def _schedule(self, now: float) -> None:
        shares = self._shares()
        while True:
            starts = self._pass(now, shares)
            for number, placement, share in starts:
                self._start(number, placement, now, share)
            self._leave_queue({number for number, _, _ in starts})
            if not (
                self._make_way(now, shares)
                or self._reclaim(now, shares)
                or self._lend_whole(now, shares)
            ):
                return

    def _reclaim(self, now: float, shares: dict[str, int] | None) -> bool:
        # One job claims once until something ends, comes or changes; otherwise two tenants
        # could take the same GPUs from each other without end.
        if shares is None or not self.rules.reclaims:
            return False
        deserved = self._deserved(shares)
        for number, job in self._turns():
            held = self._held(job.tenant) + job.gpus
            if number in self.claims or not 0 < job.gpus <= held <= deserved.get(job.tenant, 0):
                continue
            running = list(self.running.values())
            if stopped := borrowers(self.room, job, running, deserved, now):
                self._take_back(number, stopped, now, shares)
                return True
        return False

    def _take_back(
        self,
        number: int,
        stopped: Sequence[int],
        now: float,
        shares: dict[str, int],
    ) -> None:
        # The claimant starts at once: left to the next pass, those just stopped stand before it.
        for other in stopped:
            self._stop(other, now, Why.RECLAIMED)
        self.claims.add(number)
        self._leave_queue({number})
        placement = self.room.fit(self.jobs[number])
        assert placement is not None
        self._start(number, placement, now, shares[self.jobs[number].tenant])

    def _deserved(self, shares: dict[str, int]) -> dict[str, int]:
        quotas = self.rules.quotas
        if quotas is None or quotas.sharing is Sharing.EVEN:
            return shares
        return {tenant: quotas.gpus.get(tenant, 0) for tenant in shares}

    def _held(self, tenant: str) -> int:
        running = self.running.values()
        return sum(one.job.gpus for one in running if one.job.tenant == tenant)

    def _lend_whole(self, now: float, shares: dict[str, int] | None) -> bool:
        # Shares may all be smaller than the gangs that wait for them; then nobody would ever
        # start. An idle fleet lends the first gang in the queue all that it needs.
        lends = self.rules.quotas is not None and (
            self.rules.quotas.sharing is not Sharing.NO_BORROWING
        )
        if shares is None or not lends or self.running or not self.waiting:
            return False
        number, job = next(iter(self._turns()))
        placement = self.room.fit(job)
        if placement is None:
            return False
        self._leave_queue({number})
        self._start(number, placement, now, job.gpus)
        return True

    def _pass(self, now: float, shares: dict[str, int] | None) -> Starts:
        running = list(self.running.values())
        return chosen(self.rules, self.room.copy(), self._turns(shares), running, now)

    def _turns(self, shares: dict[str, int] | None = None) -> Turns:
        waiting = [(number, self.jobs[number]) for _, _, number in sorted(self.waiting)]
        running = (one.job for one in self.running.values())
        return Turns(self.rules.order, waiting, running, self.room.capacity, shares)

    def _leave_queue(self, numbers: Collection[int]) -> None:
        self.waiting = [entry for entry in self.waiting if entry[2] not in numbers]
        heapq.heapify(self.waiting)

    def _shares(self) -> dict[str, int] | None:
        quotas = self.rules.quotas
        if quotas is None:
            return None
        demand: dict[str, int] = dict.fromkeys(self.table.tenants, 0)
        for running in self.running.values():
            demand[running.job.tenant] += running.job.gpus
        for _, _, number in self.waiting:
            demand[self.jobs[number].tenant] += self.jobs[number].gpus
        return lend(quotas, self.room.capacity["GPUs"], demand)

    def _make_way(self, now: float, shares: dict[str, int] | None) -> bool:
        makes_way = self.rules.preempts or self.rules.migration_seconds is not None
        if not makes_way or not self.waiting or shares is not None:
            return False
        _, job = next(iter(self._turns()))
        running = list(self.running.values())
        if self.rules.migration_seconds is not None and (
            moves := clearing(self.room, job, running)
        ):
            for other, placement in moves:
                self._move(other, placement, now)
            return True
        if self.rules.preempts and (stopped := victims(self.room, job, running, now)):
            for other in stopped:
                self._stop(other, now, Why.PREEMPTED)
            return True
        return False

    def _move(self, number: int, placement: Placement, now: float) -> None:
        running = self.running[number]
        pause = self.rules.migration_seconds or 0.0
        self.room.free(running.placement)
        self.room.take(placement)
        self.running[number] = Running(
            number,
            running.job,
            running.started,
            running.promised + pause,
            running.end + pause,
            placement,
        )
        self.progress[number].life += 1
        self.log.append(Moved(now, number, placement))
        heapq.heappush(self.agenda, (running.end + pause, END, number, self.progress[number].life))


def lend(quotas: Quotas, capacity: int, demand: dict[str, int]) -> dict[str, int]:
    """Say how many GPUs each tenant may use now."""
    match quotas.sharing:
        case Sharing.NO_BORROWING:
            return {name: quotas.gpus.get(name, 0) for name in demand}
        case Sharing.WATER_FILLING:
            return water_filling(capacity, quotas.gpus, demand)
        case Sharing.EVEN:
            return water_filling(capacity, {}, demand)
        case unknown:
            assert_never(unknown)
