"""The FGD paper's table run again: paper, ours, difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpu_lab.placement.protocol import replay
from gpu_lab.placement.protocol.published import allocation_at_130
from gpu_lab.placement.protocol.world import Policy
from gpu_lab.sweeps.worlds import inflation_world


@dataclass(frozen=True)
class PaperRow:
    """One cell of the table: GPU allocation in percent at 130 % arrivals, mean over seeds."""

    workload: str
    policy: Policy
    paper: float | None
    ours: float
    spread: float

    @property
    def difference(self) -> float | None:
        """Subtract the paper's figure, to the two digits that it has."""
        return None if self.paper is None else round(self.ours - self.paper, 2) + 0.0


def table(
    folder: Path,
    sequence: Path | None,
    workloads: Sequence[str],
    seeds: Sequence[int],
    policies: Sequence[Policy],
    *,
    workers: int = 1,
    done: Callable[[], None] = lambda: None,
) -> Iterator[PaperRow]:
    """Yield the rows, workload by workload.

    `workers` processes share the seeds; `done` is told of every finished (workload, seed).
    """
    from joblib import Parallel, delayed

    tasks = [(name, seed) for name in workloads for seed in seeds]
    finals: dict[tuple[str, Policy], list[float]] = {}
    pool = Parallel(n_jobs=workers, return_as="generator")
    runs = pool(delayed(_finals)(folder, sequence, *task, tuple(policies)) for task in tasks)
    for (name, seed), values in zip(tasks, runs, strict=True):
        done()
        for policy, value in zip(policies, values, strict=True):
            finals.setdefault((name, policy), []).append(value)
        if seed == seeds[-1]:
            yield from (_row(name, policy, finals[name, policy]) for policy in policies)


def _row(workload: str, policy: Policy, values: Sequence[float]) -> PaperRow:
    # The published means are of finals of two digits each.
    mean, spread = float(np.mean(values)), float(np.std(values))
    return PaperRow(
        workload, policy, allocation_at_130(workload, policy), round(mean, 2), round(spread, 2)
    )


def _finals(
    folder: Path, sequence: Path | None, workload: str, seed: int, policies: Sequence[Policy]
) -> list[float]:
    world = inflation_world(folder, workload, seed, sequence)
    return [
        replay.run(world, policy, np.random.default_rng(seed)).curves.allocation[-1]
        for policy in policies
    ]
