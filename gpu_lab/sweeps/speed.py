"""How fast placing and simulating are, each beside its baseline in the same run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gpu_lab.placement.protocol import replay
from gpu_lab.placement.protocol.world import Policy, World
from gpu_lab.simulate.jobs import Jobs
from gpu_lab.simulate.replay import simulate
from gpu_lab.simulate.room import uniform
from gpu_lab.simulate.rules import Backfill, Order, Rules

Clock = Callable[[], float]


@dataclass(frozen=True)
class Speed:
    """Seconds of one run and what was counted in it; `baseline_seconds` None where none ran."""

    name: str
    seconds: float
    count: int
    unit: str
    baseline: str = ""
    baseline_seconds: float | None = None

    @property
    def each_microseconds(self) -> float:
        """Divide the run by what was counted."""
        return self.seconds / max(self.count, 1) * 1e6

    @property
    def ratio(self) -> float | None:
        """Say how many times slower the baseline is."""
        return None if self.baseline_seconds is None else self.baseline_seconds / self.seconds

    def __str__(self) -> str:
        figures = f"{self.seconds:8.3f} s  {self.each_microseconds:9.2f} us/{self.unit}"
        peer = "" if self.ratio is None else f"  {self.baseline} takes {self.ratio:.1f} x as long"
        return f"{self.name:<44}{figures}{peer}"


def inflation_speed(world: World, clock: Clock, policy: Policy = Policy.FGD) -> Speed:
    """Time a run that keeps its scores against one that rescores every node for every pod."""
    pods = len(world.arrivals)
    kept = _best_of(5, clock, lambda: replay.run(world, policy, np.random.default_rng(0)))
    redone = _best_of(
        1, clock, lambda: replay.run(world, policy, np.random.default_rng(0), keep=False)
    )
    return Speed(f"inflation, {policy.label}", kept, pods, "pod", "rescoring every node", redone)


def replay_speed(
    jobs: Jobs, nodes: int, gpus: int, order: Order, backfill: Backfill, clock: Clock
) -> Speed:
    """Time one compiled simulation."""
    rules, fleet = Rules(order=order, backfill=backfill), uniform(nodes, gpus)
    seconds = _best_of(1, clock, lambda: simulate(jobs, fleet, rules))
    return Speed(f"{order}, {backfill}, {nodes} x {gpus} GPUs", seconds, len(jobs), "job")


def plain_speed(jobs: Jobs, nodes: int, gpus: int, clock: Clock) -> Speed:
    """Time a compiled simulation against the plain one that defines it."""
    rules, fleet = Rules(), uniform(nodes, gpus)
    fast = _best_of(3, clock, lambda: simulate(jobs, fleet, rules))
    plain = _best_of(1, clock, lambda: simulate(jobs, fleet, rules, compiled=False))
    name = f"fifo, skip, {nodes} x {gpus} GPUs"
    return Speed(name, fast, len(jobs), "job", "plain Python", plain)


def _best_of(times: int, clock: Clock, run: Callable[[], object]) -> float:
    # One run before the clock starts: compiling is measured elsewhere.
    if times > 1:
        run()
    seconds = []
    for _ in range(times):
        begin = clock()
        run()
        seconds.append(clock() - begin)
    return min(seconds)
