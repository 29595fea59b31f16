"""Building the fake libraries with the machine's C compiler, and running programs against them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SCENARIOS = HERE / "scenarios"


def compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc")


@dataclass(frozen=True)
class Libraries:
    """Where the built libraries lie: the newest driver's, an old driver's, and CUDA's."""

    new: Path
    old: Path
    cuda: Path
    contexts: Path


def build(folder: Path, cc: str) -> Libraries:
    made = Libraries(*(folder / name for name in ("new", "old", "cuda", "contexts")))
    for place in (made.new, made.old, made.cuda, made.contexts):
        place.mkdir()
    _compile(cc, HERE / "nvml.c", made.new / "libnvidia-ml.so.1")
    _compile(cc, HERE / "nvml.c", made.old / "libnvidia-ml.so.1", "-DOLD_DRIVER")
    _compile(cc, HERE / "cuda.c", made.cuda / "libcuda.so.1")
    return made


def _compile(cc: str, source: Path, library: Path, *flags: str) -> None:
    command = [cc, "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", *flags]
    subprocess.run([*command, "-o", str(library), str(source)], check=True)


@dataclass(frozen=True)
class Machine:
    """An environment in which the loader finds the fake libraries, playing one scenario."""

    libraries: Libraries
    scenario: Path
    is_old: bool = False
    has_cuda: bool = False
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        places = [self.libraries.old if self.is_old else self.libraries.new]
        if self.has_cuda:
            places.append(self.libraries.cuda)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("CUDA_", "NVIDIA_"))}
        return {
            **kept,
            "LD_LIBRARY_PATH": os.pathsep.join(map(str, places)),
            "PYTHONPATH": str(ROOT),
            "FAKE_NVML": str(self.scenario),
            "FAKE_CUDA_CONTEXTS": str(self.libraries.contexts),
            "COLUMNS": "160",
            **self.variables,
        }

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def python(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run([sys.executable, "-W", "ignore", "-c", code, *arguments])

    def lab(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python("from bot.cli.lab_probe import app; app()", *arguments)
