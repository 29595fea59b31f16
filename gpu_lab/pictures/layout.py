"""Where each part of a fleet goes on a heat map, and how full it is. It draws nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_lab.fleet.model import Fleet, Ints
from gpu_lab.fleet.state import WHOLE, FleetState

# More cells than this would be smaller than the 12 pixels that survive a chat's compression.
CELLS_AT_MOST = 1_500
GAP = 0.6


@dataclass(frozen=True)
class Layout:
    """Where each cell goes: columns are the domains above the cells, rows the cells in them."""

    level: int
    column: NDArray[np.float64]
    row: Ints
    above: Ints

    @property
    def width(self) -> float:
        """Give the columns' extent, gaps included."""
        return float(self.column.max()) + 1

    @property
    def height(self) -> int:
        """Give the number of rows."""
        return int(self.row.max()) + 1


def lay_out(fleet: Fleet) -> Layout:
    """Choose the narrowest level whose domains can all be seen, and give each its cell."""
    fitting = [depth for depth, level in enumerate(fleet.levels) if len(level) <= CELLS_AT_MOST]
    level = max(fitting, default=0)
    count = len(fleet.levels[level])
    above = fleet.levels[level].parent if level else np.zeros(count, dtype=np.int64)
    row = np.arange(count) - np.searchsorted(above, above)
    if level == 0:
        side = int(np.ceil(np.sqrt(count)))
        return Layout(0, (np.arange(count) // side).astype(np.float64), row % side, above)
    return Layout(level, _columns(fleet, level)[above], row, above)


def _columns(fleet: Fleet, level: int) -> NDArray[np.float64]:
    """Give each column its place, with a gap wherever a wider domain begins."""
    columns = np.arange(len(fleet.levels[level - 1]), dtype=np.float64)
    wider = np.arange(len(columns))
    for depth in range(level - 1, 0, -1):
        wider = fleet.levels[depth].parent[wider]
        columns += GAP * np.cumsum(np.diff(wider, prepend=0) != 0)
    return columns


def fullness(state: FleetState, layout: Layout) -> NDArray[np.float64]:
    """Give the share of each cell's GPUs that is in use."""
    domain = state.fleet.domain_of(layout.level)
    free = np.bincount(domain, weights=state.free_milli.sum(axis=1)) / WHOLE
    total = np.bincount(domain, weights=state.fleet.gpus)
    return 1 - free / np.maximum(total, 1)
