"""Reading Microsoft's Philly jobs (2017), as the Pollux and Sia artifacts carry them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gpu_lab.simulate.jobs import Job
from gpu_lab.traces.rows import Row, rows

COLUMNS = ("timestamp", "duration", "num_gpus", "cluster")


def read_philly(path: Path) -> Iterator[Job]:
    """Yield the jobs in the file's order; submission in seconds since 1970 (UTC).

    The virtual cluster is the tenant. Raises `TraceNotFound` and `TraceMalformed`.
    """
    return (_job(row) for row in rows(path, COLUMNS))


def started_at_zero(jobs: list[Job]) -> list[Job]:
    """Shift submissions so that the first comes at 0."""
    first = min((job.submit for job in jobs), default=0.0)
    return [replace(job, submit=job.submit - first) for job in jobs]


def _job(row: Row) -> Job:
    try:
        at = datetime.fromisoformat(row.text("timestamp")).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise row.problem(
            f"timestamp is {row.text('timestamp')!r}; 2017-10-09 07:01:55 is one"
        ) from None
    return Job(
        at, row.number("duration"), row.whole("num_gpus", at_least=1), tenant=row.text("cluster")
    )
