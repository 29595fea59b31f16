"""What one run of a sweep is, and running it. Nothing here knows of other cells or of files
kept; a cell reads its trace and gives its figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import assert_never

import numpy as np

from gpu_lab.placement.protocol import replay
from gpu_lab.placement.protocol.world import Policy
from gpu_lab.simulate.jobs import Jobs
from gpu_lab.simulate.replay import simulate
from gpu_lab.simulate.report import summary
from gpu_lab.simulate.room import uniform
from gpu_lab.simulate.rules import Backfill, Order, Rules
from gpu_lab.sweeps.worlds import inflation_world
from gpu_lab.traces.read import read_jobs
from gpu_lab.traces.synthetic import Wanted, generate


class BadSweep(Exception):
    """A sweep that cannot be run: {problem}."""


@dataclass(frozen=True, slots=True)
class Inflation:
    """The FGD protocol: an openb folder and, if given, its published orders."""

    folder: Path
    sequence: Path | None = None


@dataclass(frozen=True, slots=True)
class InTime:
    """Jobs in time on equal nodes: a trace file, or None for made jobs, so many per cell.

    `reader` names whose columns the trace has; empty, the columns tell. `nodes` of so many
    `gpus` and `cpus` each.
    """

    nodes: int
    gpus: int
    jobs: int
    trace: Path | None = None
    reader: str = ""
    cpus: int = 0


Protocol = Inflation | InTime


@dataclass(frozen=True, slots=True)
class Cell:
    """One run. `load` is the offered load of made jobs, or the factor by which a trace's time is
    pressed together; the inflation protocol has none and takes 1."""

    policy: str
    workload: str
    seed: int
    load: float

    @property
    def key(self) -> str:
        """Name the cell's result file."""
        return f"{self.workload}--{self.policy.replace('/', '+')}--{self.seed}--{self.load:g}"


@dataclass(frozen=True, slots=True)
class Figures:
    """What a cell came to; a figure that the protocol does not have is None."""

    allocation: float | None = None
    fragmentation: float | None = None
    failed: int | None = None
    mean_completion: float | None = None
    mean_wait: float | None = None
    p99_wait: float | None = None
    utilisation: float | None = None


def cells(
    policies: Sequence[str],
    workloads: Sequence[str],
    seeds: Sequence[int],
    loads: Sequence[float],
) -> Iterator[Cell]:
    """Yield every combination, each once."""
    combined = product(workloads, seeds, loads, policies)
    for workload, seed, load, policy in dict.fromkeys(combined):
        yield Cell(policy, workload, seed, load)


def run(cell: Cell, protocol: Protocol) -> Figures:
    """Run one cell; the same cell gives the same figures anywhere."""
    match protocol:
        case Inflation():
            return _inflation(cell, protocol)
        case InTime():
            return _in_time(cell, protocol)
        case unknown:
            assert_never(unknown)


def _inflation(cell: Cell, protocol: Inflation) -> Figures:
    world = inflation_world(protocol.folder, cell.workload, cell.seed, protocol.sequence)
    outcome = replay.run(world, Policy.of(cell.policy), np.random.default_rng(cell.seed))
    curves = outcome.curves
    return Figures(curves.allocation[-1], curves.fragmentation[-1], outcome.failed)


def _in_time(cell: Cell, protocol: InTime) -> Figures:
    nodes = uniform(protocol.nodes, protocol.gpus, cpus=protocol.cpus)
    found = summary(simulate(_jobs(cell, protocol), nodes, rules_of(cell.policy)))
    return Figures(
        mean_completion=found.mean_completion,
        mean_wait=found.mean_wait,
        p99_wait=found.p99_wait,
        utilisation=found.utilisation,
    )


def _jobs(cell: Cell, protocol: InTime) -> Jobs:
    if protocol.trace is not None:
        return read_jobs(protocol.trace, protocol.reader).sped_up(cell.load)
    wanted = Wanted(protocol.jobs, protocol.nodes * protocol.gpus, cell.load)
    return generate(wanted, np.random.default_rng(cell.seed))


def rules_of(policy: str) -> Rules:
    """Read a policy of jobs in time, written ORDER/BACKFILL as in fifo/easy."""
    order, _, backfill = policy.partition("/")
    if order not in list(Order) or backfill not in list(Backfill):
        known = f"{'|'.join(Order)} / {'|'.join(Backfill)}"
        raise BadSweep(f"policy {policy!r} is not of the form {known}")
    return Rules(order=Order(order), backfill=Backfill(backfill))
