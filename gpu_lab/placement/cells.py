"""Cells instead of counts: a tenant owns shapes (a node, half a node), and always gets them.

Buddy allocation over a typed hierarchy, after HiveD (OSDI 2020). A cell is split only when no
free one of its size is left, and halves that are both free become whole again; therefore a
tenant's cells are there whenever it asks, whatever the others did before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gpu_lab.fleet.state import FleetState, Hold, Placement
from gpu_lab.jobs import Job
from gpu_lab.placement.gang import regions
from gpu_lab.placement.policy import NoPlace
from gpu_lab.placement.room import room_for, suits


class CellsNotGranted(Exception):
    """The tenants were promised more cells than the fleet can hold at once."""


class QuotaUsedUp(Exception):
    """The tenant has no cell of this size left; it must wait for one of its own jobs to end."""


@dataclass(frozen=True, order=True)
class Cell:
    """The `number`th aligned cell of a level; level 0 is the smallest."""

    level: int
    number: int


@dataclass
class CellPool:
    """Free cells by level. `fanouts[l]` cells of level l make one of level l + 1."""

    fanouts: tuple[int, ...]
    tops: int
    free: list[set[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.free = [set() for _ in self.fanouts] + [set(range(self.tops))]

    def take(self, level: int) -> Cell | None:
        """Take the first free cell of a level, splitting a larger one only if there is none."""
        if not self.free[level]:
            if level == len(self.fanouts):
                return None
            above = self.take(level + 1)
            if above is None:
                return None
            fanout = self.fanouts[level]
            self.free[level] |= set(range(above.number * fanout, (above.number + 1) * fanout))
        number = min(self.free[level])
        self.free[level].remove(number)
        return Cell(level, number)

    def give_back(self, cell: Cell) -> None:
        """Return a cell; with all its buddies free they become the cell above again."""
        self.free[cell.level].add(cell.number)
        if cell.level == len(self.fanouts):
            return
        fanout = self.fanouts[cell.level]
        above = cell.number // fanout
        buddies = set(range(above * fanout, (above + 1) * fanout))
        if buddies <= self.free[cell.level]:
            self.free[cell.level] -= buddies
            self.give_back(Cell(cell.level + 1, above))


class Tenants:
    """Shares a pool among tenants that own cells. Promises are checked once, at the start."""

    def __init__(self, pool: CellPool, owned: Mapping[str, Mapping[int, int]]) -> None:
        self.pool = pool
        self.left = {tenant: dict(cells) for tenant, cells in owned.items()}
        self.held: dict[Cell, str] = {}
        self._check_promises()

    def _check_promises(self) -> None:
        need = 0
        for level in range(len(self.pool.fanouts) + 1):
            if level:
                need = -(-need // self.pool.fanouts[level - 1])
            need += sum(cells.get(level, 0) for cells in self.left.values())
        if need > self.pool.tops:
            raise CellsNotGranted(
                f"the tenants own cells worth {need} of the largest kind; there are"
                f" {self.pool.tops}; promise fewer"
            )

    def ask(self, tenant: str, level: int) -> Cell:
        """Give a tenant one of its cells; raise QuotaUsedUp when it holds all it owns."""
        if self.left.get(tenant, {}).get(level, 0) < 1:
            raise QuotaUsedUp(f"tenant {tenant!r} has no cell of level {level} left")
        cell = self.pool.take(level)
        assert cell is not None, "a promised cell is always there"
        self.left[tenant][level] -= 1
        self.held[cell] = tenant
        return cell

    def end(self, cell: Cell) -> None:
        """Take a cell back from its tenant."""
        tenant = self.held.pop(cell)
        self.left[tenant][cell.level] += 1
        self.pool.give_back(cell)


class CellPolicy:
    """Whole-GPU gangs on aligned cells: 1, 2, 4 or 8 GPUs of a node, or whole nodes.

    Of the free cells it takes one whose enclosing free cell is smallest, so that large cells
    stay whole for those who need them.
    """

    name = "cells"

    def choose(self, job: Job, state: FleetState, rng: np.random.Generator) -> Placement | NoPlace:
        """Choose cells; a part of a GPU or a CPU-only pod has no cell and is refused."""
        del rng  # nothing is drawn
        if job.share_milli is not None or job.mig is not None or job.gpus == 0:
            return NoPlace(job.name, "cells hold whole GPUs only")
        if job.topology is not None and job.topology.slices:
            return NoPlace(job.name, "cells are shapes already; slices need the policy topology")
        fitting = suits(job, state.fleet) & (room_for(job, state) > 0)
        width = int(state.fleet.gpus[fitting].max(initial=0))
        if width == 0:
            return NoPlace(job.name, "no node of the kind asked for has a free GPU")
        if job.gpus > width:
            return _whole_nodes(job, state, fitting, width)
        return _part_of_node(job, state, fitting)


def _part_of_node(job: Job, state: FleetState, fitting: NDArray[np.bool_]) -> Placement | NoPlace:
    size = 1 << (job.gpus - 1).bit_length()
    enough = fitting & (room_for(job, state) >= job.units) & (state.free_gpus >= job.gpus)
    options = [
        (_enclosing(state, int(node), start, size), int(node), start)
        for node in np.flatnonzero(enough)
        for start in range(0, int(state.fleet.gpus[node]), size)
        if (state.free_milli[node, start : start + size] == 1000).all()
    ]
    if not options:
        return NoPlace(job.name, f"no free aligned cell of {size} GPUs")
    _, node, start = min(options)
    return Placement(job.name, (_hold(job, node, range(start, start + job.gpus)),))


def _enclosing(state: FleetState, node: int, start: int, size: int) -> int:
    """Give the size of the largest wholly free aligned cell around this one."""
    width = int(state.fleet.gpus[node])
    while size < width:
        wider = size * 2
        begin = start // wider * wider
        if not (state.free_milli[node, begin : begin + wider] == 1000).all():
            return size
        start, size = begin, wider
    return size


def _whole_nodes(
    job: Job, state: FleetState, fitting: NDArray[np.bool_], width: int
) -> Placement | NoPlace:
    per_node = width // job.gpus_per_unit
    count = -(-job.units // per_node)
    whole = fitting & (state.free_gpus == state.fleet.gpus) & (state.fleet.gpus == width)
    whole &= room_for(job, state) >= per_node
    for groups in regions(job, state):
        counts = np.bincount(groups, weights=whole)
        enough: list[int] = np.flatnonzero(counts >= count).tolist()
        if enough:
            tightest = min(enough, key=lambda region: counts[region])
            nodes: list[int] = np.flatnonzero(whole & (groups == tightest)).tolist()
            nodes.sort(key=lambda node: (_free_levels(state, node, whole), node))
            return _on_whole_nodes(job, sorted(nodes[:count]), per_node)
    return NoPlace(job.name, f"no {count} whole nodes are free where they may go together")


def _on_whole_nodes(job: Job, nodes: list[int], per_node: int) -> Placement:
    left, holds = job.units, []
    for node in nodes:
        units = min(per_node, left)
        holds.append(_hold(job, node, range(units * job.gpus_per_unit)))
        left -= units
    return Placement(job.name, tuple(holds))


def _free_levels(state: FleetState, node: int, whole: NDArray[np.bool_]) -> int:
    """Count the levels above a node at which its domain is wholly free."""
    levels = 0
    for depth in range(len(state.fleet.levels) - 2, -1, -1):
        domain = state.fleet.domain_of(depth)
        if not whole[domain == domain[node]].all():
            break
        levels += 1
    return levels


def _hold(job: Job, node: int, gpus: range) -> Hold:
    units = len(gpus) // job.gpus_per_unit
    return Hold(
        node,
        tuple(gpus),
        cpus=job.cpus_per_unit * units,
        ram_mib=job.ram_mib_per_unit * units,
        nics=job.nics_per_unit * units,
    )
