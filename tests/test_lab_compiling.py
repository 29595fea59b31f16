"""A kernel kept on disk is renewed when anything that it is made of changes."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gpu_lab
from gpu_lab.compiling import ROOT, fingerprint, sources

CALLER = """
from gpu_lab.compiling import kernel
from gpu_lab.sizes import FACTOR
from gpu_lab import steps

step = steps.step

@kernel
def total(number):
    return FACTOR * step(number) + step(0)

if __name__ == "__main__":
    print(total(1), sum(total.stats.cache_hits.values()), len(step.signatures))
"""
STEPS = "from gpu_lab.compiling import inner\n\n@inner\ndef step(number):\n    return number + {}\n"
KERNELS = (
    "placement.locality_kernels",
    "placement.protocol.kernels",
    "placement.protocol.opened",
    "placement.protocol.scoring",
    "simulate.kernels",
    "simulate.room_kernels",
)


def ran(folder: Path) -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "kept"), "NUMBA_DISABLE_JIT": "0"}
    command = (sys.executable, "-m", "gpu_lab.caller")
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    package = tmp_path / "gpu_lab"
    package.mkdir()
    (package / "__init__.py").write_text("")
    shutil.copy(ROOT / "compiling.py", package)
    (package / "caller.py").write_text(CALLER)
    (package / "sizes.py").write_text("FACTOR = 10\n")
    (package / "steps.py").write_text(STEPS.format(0))
    return package


def test_a_kept_kernel_is_renewed_when_a_function_or_a_number_in_another_file_changes(package):
    answer = "{} {} {}".format  # the result, kernels from disk, forms of `step` compiled
    assert ran(package.parent) == answer(10, 0, 1)
    assert ran(package.parent) == answer(10, 1, 0)
    (package / "steps.py").write_text(STEPS.format(1))
    assert ran(package.parent) == answer(21, 0, 1)
    (package / "sizes.py").write_text("FACTOR = 100\n")
    assert ran(package.parent) == answer(201, 0, 1)


def test_the_files_a_kernel_is_made_of_are_found_through_other_files():
    opened = sources(ROOT / "placement" / "protocol" / "opened.py", ROOT)
    names = {path.name for path in opened}
    assert {"opened.py", "kernels.py", "scoring.py", "world.py", "compiling.py"} <= names
    replay = sources(ROOT / "simulate" / "kernels.py", ROOT)
    assert ROOT / "placement" / "bitmaps.py" in replay
    assert fingerprint(opened) != fingerprint(replay)


def test_whoever_calls_a_kernel_of_another_file_is_compiled_so_that_it_is_renewed():
    for path in sorted(Path(gpu_lab.__path__[0]).rglob("*.py")):
        text = path.read_text("utf-8")
        if "njit(cache=True" not in text or path.name == "compiling.py":
            continue
        name = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
        module = importlib.import_module(name)
        for value in vars(module).values():
            inside = getattr(value, "py_func", None)
            assert inside is None or inside.__module__ == name, f"{name} calls {inside}"


def test_every_module_whose_kernels_call_one_another_takes_the_renewing_decorator():
    for name in KERNELS:
        text = (ROOT / Path(*name.split("."))).with_suffix(".py").read_text("utf-8")
        assert "from gpu_lab.compiling import" in text
        assert "njit" not in text
