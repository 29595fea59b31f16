"""Reading the demonstration jobs of Tiresias; times are in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gpu_lab.simulate.jobs import Job
from gpu_lab.traces.rows import rows

COLUMNS = ("job_id", "num_gpu", "submit_time", "duration")


def read_tiresias(path: Path) -> Iterator[Job]:
    """Yield the jobs; raises `TraceNotFound` and `TraceMalformed`."""
    for row in rows(path, COLUMNS):
        yield Job(
            row.number("submit_time"), row.number("duration"), row.whole("num_gpu", at_least=1)
        )
