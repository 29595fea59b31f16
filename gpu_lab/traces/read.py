"""Finding the reader of a trace by its name or its columns, and reading it whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from gpu_lab.simulate.jobs import Job, Jobs, table
from gpu_lab.traces.errors import TraceMalformed, TraceNotFound
from gpu_lab.traces.muri import read_muri
from gpu_lab.traces.openb import read_pods
from gpu_lab.traces.own import read_own
from gpu_lab.traces.pai import read_pai
from gpu_lab.traces.philly import read_philly, started_at_zero
from gpu_lab.traces.rows import rows
from gpu_lab.traces.tiresias import read_tiresias

Reader = Callable[[Path], Iterable[Job]]

READERS: dict[str, Reader] = {
    "philly": read_philly,
    "muri": read_muri,
    "pai": read_pai,
    "tiresias": read_tiresias,
    "own": read_own,
}
# The first column set that a header contains tells whose trace it is.
MARKS = (
    ("own", {"submit_seconds", "gpus"}),
    ("philly", {"timestamp", "num_gpus", "cluster"}),
    ("muri", {"job_id", "num_gpu", "priority", "resource_time_0"}),
    ("pai", {"job_id", "num_gpu", "submit_time", "duration", "gpu_type", "user"}),
    ("tiresias", {"job_id", "num_gpu", "submit_time", "duration"}),
)


class UnknownTrace(Exception):
    """No reader called {name}; there are philly, muri, pai, tiresias, own."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no reader {name!r}; there are: {', '.join(READERS)}")
        self.name = name

    def __reduce__(self) -> tuple[type[UnknownTrace], tuple[str]]:
        return UnknownTrace, (self.name,)


def read_jobs(path: Path, reader: str = "") -> Jobs:
    """Read a trace of jobs; without a reader's name its columns tell. The first comes at 0.

    Raises `UnknownTrace`, `TraceNotFound`, `TraceMalformed`.
    """
    name = reader or recognised(path)
    if name not in READERS:
        raise UnknownTrace(name)
    jobs = list(READERS[name](path))
    if not jobs:
        raise TraceMalformed(path, 1, "no jobs")
    return table(started_at_zero(jobs))


def recognised(path: Path) -> str:
    """Name the reader whose columns the file has; raises `TraceMalformed`."""
    if path.is_dir():
        raise TraceNotFound(path, "a file of jobs is needed, not a folder")
    first = next(iter(rows(path, ())), None)
    if first is None:
        raise TraceMalformed(path, 1, "no jobs")
    columns = set(first.cells)
    for name, needed in MARKS:
        if needed <= columns:
            return name
    problem = f"columns {', '.join(sorted(columns))} belong to no known trace"
    raise TraceMalformed(path, 1, f"{problem}; --reader names one of {', '.join(READERS)}")


def openb_jobs(folder: Path, workload: str) -> Jobs:
    """Read an openb pod list as jobs in time; a share of a GPU counts as a whole one."""
    return table(
        started_at_zero(
            [
                Job(
                    pod.created_seconds,
                    pod.deleted_seconds - pod.created_seconds,
                    pod.gpus,
                    cpus=0 if pod.gpus else -(-pod.cpu_milli // 1000),
                )
                for pod in read_pods(folder, workload)
            ]
        )
    )
