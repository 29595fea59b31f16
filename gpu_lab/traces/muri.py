"""Reading the Philly-derived traces of Muri; their times are in milliseconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gpu_lab.simulate.jobs import Job
from gpu_lab.traces.rows import rows

COLUMNS = ("job_id", "num_gpu", "submit_time", "duration", "priority")


def read_muri(path: Path) -> Iterator[Job]:
    """Yield the jobs, times brought to seconds; raises `TraceNotFound` and `TraceMalformed`."""
    for row in rows(path, COLUMNS):
        yield Job(
            row.number("submit_time") / 1000.0,
            row.number("duration") / 1000.0,
            row.whole("num_gpu", at_least=1),
            priority=row.whole("priority", at_least=-1000),
        )
