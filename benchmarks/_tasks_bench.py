"""What the task benchmarks share: a server on loopback, a database file, a moved clock."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.google_tasks import GoogleTasksServer
from tests.tasks_sync.house import Workbench


@contextmanager
def workbench(
    *, seed: int = 0, path: Path | None = None, **settings: object
) -> Iterator[Workbench]:
    with GoogleTasksServer(seed=seed) as google, tempfile.TemporaryDirectory() as folder:
        google.quota.daily_limit = None
        bench = Workbench(google, Path(folder), path=path, **settings)
        try:
            yield bench
        finally:
            bench.close()
