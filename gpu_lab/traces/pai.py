"""Reading the job lists that come with the simulator of Alibaba's PAI trace (2020).

Models and fractions are left out: a share of a GPU counts as a whole one, any GPU will do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from gpu_lab.simulate.jobs import Job
from gpu_lab.traces.rows import Row, rows

COLUMNS = ("job_id", "submit_time", "num_gpu", "duration")


def read_pai(path: Path) -> Iterator[Job]:
    """Yield the jobs in the file's order; times in seconds, the user is the tenant.

    `num_gpu` and `num_cpu` are what one instance asks for, `num_inst` (one where the column is
    absent) how many there are; a job of no duration lasts a second, as in the simulator. CPUs
    count for jobs without GPU only. Raises `TraceNotFound` and `TraceMalformed`.
    """
    return (_job(row) for row in rows(path, COLUMNS))


def _job(row: Row) -> Job:
    instances = row.whole("num_inst", at_least=1, default=1)
    gpus = math.ceil(row.number("num_gpu", default=0.0) * instances)
    cpus = math.ceil(row.number("num_cpu", default=0.0) * instances)
    if gpus + cpus == 0:
        raise row.problem("num_gpu and num_cpu are both 0; a job asks for something")
    return Job(
        row.number("submit_time"),
        max(float(int(row.number("duration"))), 1.0),
        gpus,
        cpus=0 if gpus else cpus,
        tenant=row.text("user"),
    )
