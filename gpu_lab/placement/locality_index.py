"""Where a whole-GPU gang goes, in about a microsecond on any fleet of equal nodes.

It answers exactly as `locality.place_plainly`. It covers GPU counts only: CPU, memory and parts
of GPUs need a policy that looks at every node.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from gpu_lab.fleet.model import Fleet, Ints
from gpu_lab.placement import locality_kernels as kernels
from gpu_lab.placement.locality import Branch, Share

SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


class UnequalNodes(Exception):
    """The index needs nodes with equally many GPUs; build one for each kind of node."""


class LocalityIndex:
    """Keeps a fleet's free GPUs in sets by count, so that no search looks at every node."""

    def __init__(self, fleet: Fleet, free: Ints | None = None) -> None:
        widths = sorted({kind.gpus for kind in fleet.node_types})
        if len(widths) != 1:
            raise UnequalNodes(
                f"nodes have {' or '.join(map(str, widths))} GPUs; build one index for each kind"
            )
        tree, starts, home = branches_of(fleet)
        available = fleet.gpus if free is None else free
        self.kernel = kernels.empty_index(available, starts, tree, home, widths[0])
        self._nodes = np.zeros(len(fleet), dtype=np.int64)

    @property
    def free(self) -> Ints:
        """Give the free GPUs of each node; read only."""
        return self.kernel.free

    def place(self, gpus: int) -> list[Share]:
        """Choose (node, GPUs) pairs for a gang, taking nothing; [] if it fits nowhere."""
        width = self.kernel.width
        if gpus > width * len(self._nodes):
            return []
        count = kernels.place(self.kernel, gpus, self._nodes)
        if not count:
            return []
        *whole, last = self._nodes[:count].tolist()
        return [*((node, width) for node in whole), (last, gpus - width * len(whole))]

    def take(self, shares: list[Share]) -> None:
        """Mark a chosen gang's GPUs as used."""
        for node, gpus in shares:
            kernels.set_free(self.kernel, node, int(self.free[node]) - gpus)

    def release(self, shares: list[Share]) -> None:
        """Mark a gang's GPUs as free again."""
        for node, gpus in shares:
            kernels.set_free(self.kernel, node, int(self.free[node]) + gpus)


def branches_of(fleet: Fleet) -> tuple[Ints, Ints, Ints]:
    """Lay the fleet's domains above nodes out as the index numbers them.

    Returns the tree (see kernels.Index), the first branch of each level, and each node's branch.
    The whole fleet is the last branch.
    """
    levels = fleet.levels[-2::-1]
    starts = np.cumsum([0, *(len(level) for level in levels), 1]).astype(np.int64)
    tree = np.full((int(starts[-1]), 5), kernels.NOWHERE, dtype=np.int64)
    tree[:, kernels.BELOW_FROM : kernels.BELOW_TO + 1] = 0
    tree[-1, kernels.NODES_FROM :] = (0, len(fleet))
    for above, level in enumerate(levels):
        rows = slice(int(starts[above]), int(starts[above + 1]))
        tree[rows, kernels.ABOVE] = level.parent + starts[above + 1]
        nodes = spans(fleet.domain_of(len(levels) - 1 - above), np.arange(len(level)))
        tree[rows, kernels.NODES_FROM :] = nodes
        here = np.arange(starts[above + 1], starts[above + 2])
        children = spans(tree[rows, kernels.ABOVE], here) + starts[above]
        tree[here, kernels.BELOW_FROM : kernels.BELOW_TO + 1] = children
    home = fleet.levels[-1].parent if len(fleet.levels) > 1 else np.zeros(len(fleet), np.int64)
    return tree, starts, home


def spans(ordered: Ints, values: Ints) -> Ints:
    """Give for each value its first place in the sorted array, and the place after its last."""
    ends = [np.searchsorted(ordered, values, side) for side in SIDES]
    return np.stack(ends, axis=1).astype(np.int64)


def plain_branches(fleet: Fleet) -> tuple[Branch, ...]:
    """Give the same domains as values, for `locality.place_plainly`; widest first."""
    if len(fleet.levels) == 1:
        return (Branch(nodes=range(len(fleet))),)
    narrow = fleet.domain_of(len(fleet.levels) - 2)
    below = [
        Branch(nodes=range(*np.searchsorted(narrow, [domain, domain + 1])))
        for domain in range(len(fleet.levels[-2]))
    ]
    for level in fleet.levels[-2:0:-1]:
        grouped: list[list[Branch]] = [[] for _ in range(int(level.parent.max()) + 1)]
        for branch, parent in zip(below, level.parent, strict=True):
            grouped[parent].append(branch)
        below = [Branch(branches=tuple(each)) for each in grouped]
    return tuple(below)
