from __future__ import annotations

import pytest

from tests.fakes.google_tasks import GoogleTasksServer
from tests.tasks_sync.house import Workbench


@pytest.fixture
def google():
    with GoogleTasksServer() as server:
        yield server
        assert not server.violations


@pytest.fixture
def bench(google, tmp_path):
    bench = Workbench(google, tmp_path)
    yield bench
    bench.close()
