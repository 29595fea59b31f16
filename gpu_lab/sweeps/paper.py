"""The FGD paper's table run again: paper, ours, difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from gpu_lab.placement.protocol import replay
from gpu_lab.placement.protocol.published import allocation_at_130
from gpu_lab.placement.protocol.world import Policy
from gpu_lab.sweeps.worlds import inflation_worlds


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

    `workers` processes share the workloads; `done` is told of each that is finished.
    """
    pool = Parallel(n_jobs=workers, return_as="generator")
    runs = pool(
        delayed(_finals)(folder, sequence, name, tuple(seeds), tuple(policies))
        for name in workloads
    )
    for name, finals in zip(workloads, runs, strict=True):
        done()
        yield from (_row(name, policy, finals[policy]) for policy in policies)


def _row(workload: str, policy: Policy, values: Sequence[float]) -> PaperRow:
    # The published means are of finals of two digits each.
    mean, spread = float(np.mean(values)), float(np.std(values))
    return PaperRow(
        workload, policy, allocation_at_130(workload, policy), round(mean, 2), round(spread, 2)
    )


def _finals(
    folder: Path,
    sequence: Path | None,
    workload: str,
    seeds: Sequence[int],
    policies: Sequence[Policy],
) -> dict[Policy, list[float]]:
    finals: dict[Policy, list[float]] = {policy: [] for policy in policies}
    for seed, world in inflation_worlds(folder, workload, seeds, sequence):
        for policy in policies:
            outcome = replay.run(world, policy, np.random.default_rng(seed))
            finals[policy].append(outcome.curves.allocation[-1])
    return finals
