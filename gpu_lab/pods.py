"""What a node has and what a pod asks for, where a GPU may be shared. Nothing here places any.

Milli means a thousandth of a core or of a GPU. `gpu_lab.traces.openb` reads values of this form.
"""

from __future__ import annotations

from typing import Protocol

MILLI = 1000


class Node(Protocol):
    """What a node must say of itself."""

    @property
    def cpu_milli(self) -> int:
        """Its CPU in milli-cores."""

    @property
    def memory_mib(self) -> int:
        """Its memory in MiB."""

    @property
    def gpus(self) -> int:
        """How many GPUs it has."""

    @property
    def model(self) -> str:
        """The model of its GPUs."""


class Pod(Protocol):
    """What a pod must ask for."""

    @property
    def cpu_milli(self) -> int:
        """CPU asked for, in milli-cores."""

    @property
    def memory_mib(self) -> int:
        """Memory asked for, in MiB."""

    @property
    def gpus(self) -> int:
        """GPUs asked for."""

    @property
    def gpu_milli(self) -> int:
        """Milli asked for of each GPU; under `MILLI` only of a single one."""

    @property
    def models(self) -> tuple[str, ...]:
        """Accepted models, each once; empty means any."""
