"""Reading and writing a CSV of one's own jobs.

Columns: `submit_seconds, duration_seconds, gpus`, and if wanted `cpus, priority, tenant, kind,
estimate_seconds`. Instead of a duration, `end_seconds` may be given.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from gpu_lab.simulate.jobs import Job, Jobs
from gpu_lab.traces.rows import Row, rows

NEEDED = ("submit_seconds", "gpus")
WRITTEN = (
    "submit_seconds",
    "duration_seconds",
    "gpus",
    "cpus",
    "priority",
    "tenant",
    "kind",
    "estimate_seconds",
)


def read_own(path: Path) -> Iterator[Job]:
    """Yield the jobs of a documented CSV.

    Raises `TraceNotFound`, and `TraceMalformed` for negative times, ends before starts, and
    jobs that ask for neither GPU nor CPU.
    """
    for row in rows(path, NEEDED):
        gpus, cpus = row.whole("gpus"), row.whole("cpus", default=0)
        if gpus + cpus == 0:
            raise row.problem("gpus and cpus are both 0; a job asks for something")
        yield Job(
            row.number("submit_seconds"),
            _seconds(row),
            gpus,
            cpus,
            row.whole("priority", at_least=-1000, default=0),
            row.text("tenant"),
            row.text("kind"),
            row.number("estimate_seconds", default=0.0),
        )


def write_own(path: Path, jobs: Jobs) -> None:
    """Write jobs as `read_own` reads them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(WRITTEN)
        for number in range(len(jobs)):
            job = jobs.row(number)
            writer.writerow(
                (
                    f"{job.submit:.3f}",
                    f"{job.seconds:.3f}",
                    job.gpus,
                    job.cpus,
                    job.priority,
                    job.tenant,
                    job.kind,
                    f"{job.estimate:.3f}",
                )
            )


def _seconds(row: Row) -> float:
    if row.text("duration_seconds"):
        return row.number("duration_seconds")
    if not row.text("end_seconds"):
        raise row.problem("duration_seconds is empty and there is no end_seconds")
    start, end = row.number("submit_seconds"), row.number("end_seconds")
    if end < start:
        raise row.problem(f"end_seconds {end:g} is before submit_seconds {start:g}")
    return end - start
