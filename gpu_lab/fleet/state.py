"""What is free on a fleet right now. It keeps the books and chooses nothing.

Invariant: no GPU is given twice, and what a job gives back is exactly what it took.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_lab.fleet.errors import GpuTakenTwice, JobNotPlaced
from gpu_lab.fleet.model import Fleet, Ints

WHOLE = 1000


@dataclass(frozen=True)
class Hold:
    """What a job takes of one node: these GPUs (by position), each `milli` thousandths of it.

    `mig_mask` names the memory slots of a MIG instance instead; `milli` is then without meaning.
    """

    node: int
    gpus: tuple[int, ...]
    milli: int = WHOLE
    mig_mask: int = 0
    cpus: int = 0
    ram_mib: int = 0
    nics: int = 0


@dataclass(frozen=True)
class Placement:
    """Where a whole gang goes; one Hold for each node used."""

    job: str
    holds: tuple[Hold, ...]

    @property
    def nodes(self) -> tuple[int, ...]:
        """Give the nodes used, in the gang's order."""
        return tuple(hold.node for hold in self.holds)

    @property
    def gpus(self) -> int:
        """Count the GPUs used, parts counted as one."""
        return sum(len(hold.gpus) for hold in self.holds)


class FleetState:
    """The free part of a fleet. `free_milli[node, gpu]` is 0 where there is no such GPU."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        width = max(int(fleet.gpus.max(initial=0)), 1)
        there = np.arange(width)[None, :] < fleet.gpus[:, None]
        self.free_milli: Ints = np.where(there, WHOLE, 0).astype(np.int64)
        self.mig_used: Ints = np.zeros_like(self.free_milli)
        self.free_gpus: Ints = fleet.gpus.copy()
        self.free_cpus: Ints = fleet.cpus.copy()
        self.free_ram_mib: Ints = fleet.ram_mib.copy()
        self.free_nics: Ints = fleet.nics.copy()
        self.placed: dict[str, Placement] = {}

    @property
    def used_gpus(self) -> float:
        """Count the GPUs in use, parts as parts."""
        return self.fleet.total_gpus - float(self.free_milli.sum()) / WHOLE

    def take(self, placement: Placement) -> None:
        """Give a gang its GPUs, all or none; raise GpuTakenTwice where something is not free."""
        if placement.job in self.placed:
            raise GpuTakenTwice(f"job {placement.job!r} is placed already")
        for count, hold in enumerate(placement.holds):
            try:
                self._change(hold, -1)
            except GpuTakenTwice:
                for done in placement.holds[:count]:
                    self._change(done, +1)
                raise
        self.placed[placement.job] = placement

    def release(self, job: str) -> Placement:
        """Take back everything that a job holds; raise JobNotPlaced if that is nothing."""
        if job not in self.placed:
            raise JobNotPlaced(job)
        placement = self.placed.pop(job)
        for hold in placement.holds:
            self._change(hold, +1)
        return placement

    def occupy(self, node: int, gpus: Iterable[int]) -> None:
        """Mark GPUs as used by something outside the books, such as a failed card."""
        chosen = list(gpus)
        self.free_milli[node, chosen] = 0
        self._count_whole(node)

    def occupy_all(self, nodes: NDArray[np.intp], gpus: NDArray[np.intp]) -> None:
        """Mark many GPUs as used at once, by node and position."""
        self.free_milli[nodes, gpus] = 0
        self.free_gpus[:] = np.count_nonzero(self.free_milli == WHOLE, axis=1)

    def free_positions(self, node: int) -> NDArray[np.intp]:
        """Give the positions of a node's wholly free GPUs."""
        return np.flatnonzero(self.free_milli[node] == WHOLE)

    def _change(self, hold: Hold, sign: int) -> None:
        gpus = list(hold.gpus)
        amounts = (
            (self.free_cpus, hold.cpus),
            (self.free_ram_mib, hold.ram_mib),
            (self.free_nics, hold.nics),
        )
        if sign < 0:
            self._check_free(hold)
        if hold.mig_mask:
            self._change_mig(hold.node, gpus[0], hold.mig_mask)
        else:
            self.free_milli[hold.node, gpus] += sign * hold.milli
        for free, amount in amounts:
            free[hold.node] += sign * amount
        self._count_whole(hold.node)

    def _change_mig(self, node: int, gpu: int, mask: int) -> None:
        # A GPU that carries MIG instances is closed to whole jobs and shares until it is empty.
        self.mig_used[node, gpu] ^= mask
        self.free_milli[node, gpu] = 0 if self.mig_used[node, gpu] else WHOLE

    def _check_free(self, hold: Hold) -> None:
        name = self.fleet.node_names[hold.node]
        if len(set(hold.gpus)) < len(hold.gpus):
            raise GpuTakenTwice(f"a GPU of node {name!r} is named twice: {hold.gpus}")
        for gpu in hold.gpus:
            if not self._is_free(hold, gpu):
                raise GpuTakenTwice(f"GPU {gpu} of node {name!r} is not free")
        for free, amount, what in (
            (self.free_cpus, hold.cpus, "CPU cores"),
            (self.free_ram_mib, hold.ram_mib, "MiB of memory"),
            (self.free_nics, hold.nics, "NICs"),
        ):
            if free[hold.node] < amount:
                raise GpuTakenTwice(
                    f"node {name!r} has {int(free[hold.node])} {what} free, not {amount}"
                )

    def _is_free(self, hold: Hold, gpu: int) -> bool:
        free, mig = self.free_milli[hold.node, gpu], self.mig_used[hold.node, gpu]
        if not hold.mig_mask:
            return bool(free >= hold.milli)
        return not mig & hold.mig_mask if mig else bool(free == WHOLE)

    def _count_whole(self, node: int) -> None:
        self.free_gpus[node] = int((self.free_milli[node] == WHOLE).sum())
