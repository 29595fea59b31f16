"""The fake libraries, built once in a session; what a real pynvml saw of each scenario."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.nvml.libraries import SCENARIOS, Libraries, Machine, build, compiler

Row = dict[str, Any]


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Libraries:
    cc = compiler()
    if sys.platform != "linux":
        pytest.skip("the fake libnvidia-ml.so.1 is for Linux")
    if cc is None:
        pytest.skip("no C compiler (cc or gcc) to build the fake libnvidia-ml.so.1")
    return build(tmp_path_factory.mktemp("nvml"), cc)


@pytest.fixture(scope="session")
def machine(libraries: Libraries) -> Callable[..., Machine]:
    def named(scenario: str, **options: Any) -> Machine:
        return Machine(libraries, SCENARIOS / f"{scenario}.txt", **options)

    return named


def looked(machine: Machine, files: list[Path]) -> dict[str, Row]:
    done = machine.run(
        [sys.executable, "-W", "ignore", "-m", "tests.fakes.nvml.looks", *map(str, files)]
    )
    assert done.returncode == 0, done.stderr
    return {Path(file).stem: seen for file, seen in json.loads(done.stdout).items()}


@pytest.fixture(scope="session")
def seen(libraries: Libraries) -> dict[str, Row]:
    """What pynvml and our probe saw of every scenario, from one child process."""
    files = sorted(SCENARIOS.glob("*.txt"))
    return looked(Machine(libraries, files[0]), files)


@pytest.fixture(scope="session")
def seen_by_old_driver(libraries: Libraries) -> dict[str, Row]:
    files = [SCENARIOS / "h200x1.txt", SCENARIOS / "t4x1.txt"]
    return looked(Machine(libraries, files[0], is_old=True), files)
