"""The jobs of a simulation as columns: when they come, how long they run, what they ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class BadJob(Exception):
    """A job that cannot be simulated: {problem}."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job: a gang that runs whole or not at all. Times in seconds.

    `gpus` 0 with `cpus` is a CPU-only job. `kind` "" takes any GPU. `estimate` is what the
    person promised, never under `seconds`; only backfilling reads it.
    """

    submit: float
    seconds: float
    gpus: int
    cpus: int = 0
    priority: int = 0
    tenant: str = ""
    kind: str = ""
    estimate: float = 0.0


@dataclass(frozen=True)
class Jobs:
    """Jobs in order of submission, one row each; shape (jobs,) for every column.

    `tenant` and `kind` are places in `tenants` and `kinds`; kind -1 takes any GPU.
    """

    submit: Floats
    seconds: Floats
    estimate: Floats
    gpus: Ints
    cpus: Ints
    priority: Ints
    tenant: Ints
    kind: Ints
    tenants: tuple[str, ...]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.submit)

    def row(self, number: int) -> Job:
        """Give one job as a value."""
        kind = int(self.kind[number])
        return Job(
            float(self.submit[number]),
            float(self.seconds[number]),
            int(self.gpus[number]),
            int(self.cpus[number]),
            int(self.priority[number]),
            self.tenants[self.tenant[number]],
            "" if kind < 0 else self.kinds[kind],
            float(self.estimate[number]),
        )

    def sped_up(self, factor: float) -> Jobs:
        """Press the arrivals together by a factor; durations stay."""
        return replace(self, submit=self.submit / factor)

    def in_whole_nodes(self, gpus: int) -> Jobs:
        """Round gangs that are larger than a node of so many GPUs up to whole nodes."""
        whole = -(-self.gpus // gpus) * gpus
        return replace(self, gpus=np.where(self.gpus > gpus, whole, self.gpus))

    def first(self, count: int) -> Jobs:
        """Keep the first jobs only."""
        columns = ("submit", "seconds", "estimate", "gpus", "cpus", "priority", "tenant", "kind")
        return replace(self, **{name: getattr(self, name)[:count] for name in columns})


def table(rows: Iterable[Job]) -> Jobs:
    """Gather jobs into columns, ordered by submission; equals keep their order.

    Raises `BadJob` for a negative time, a promise without end, a job that asks for nothing, or
    one that ends before it starts.
    """
    jobs = sorted(rows, key=lambda job: job.submit)
    for number, job in enumerate(jobs):
        _check(number, job)
    tenants = tuple(sorted({job.tenant for job in jobs})) or ("",)
    kinds = tuple(sorted({job.kind for job in jobs if job.kind}))
    return Jobs(
        submit=np.array([job.submit for job in jobs], np.float64),
        seconds=np.array([job.seconds for job in jobs], np.float64),
        estimate=np.array([max(job.estimate, job.seconds) for job in jobs], np.float64),
        gpus=np.array([job.gpus for job in jobs], np.int64),
        cpus=np.array([job.cpus for job in jobs], np.int64),
        priority=np.array([job.priority for job in jobs], np.int64),
        tenant=np.array([tenants.index(job.tenant) for job in jobs], np.int64),
        kind=np.array([kinds.index(job.kind) if job.kind else -1 for job in jobs], np.int64),
        tenants=tenants,
        kinds=kinds,
    )


def _check(number: int, job: Job) -> None:
    if not (0 <= job.submit < np.inf and 0 <= job.seconds < np.inf):
        raise BadJob(f"job {number} has submit {job.submit:g} and seconds {job.seconds:g}")
    if not job.estimate < np.inf:
        raise BadJob(f"job {number} has estimate {job.estimate:g}; 0 stands for its seconds")
    if job.gpus < 0 or job.cpus < 0 or job.gpus + job.cpus == 0:
        raise BadJob(f"job {number} asks for {job.gpus} GPUs and {job.cpus} CPUs; ask for one")
