"""A fleet as arrays: the tree of domains and what each node has. It knows nothing of jobs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gpu_lab.fleet.describe import NodeType
from gpu_lab.fleet.errors import UnknownName

Ints = NDArray[np.int64]

NO_NVLINK = -1


@dataclass(frozen=True, eq=False)
class Level:
    """The domains of one level, in an order in which the children of each are neighbours.

    `parent` gives each domain's index in the level above (all 0 at the widest level).
    """

    name: str
    names: tuple[str, ...]
    parent: Ints

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class Fleet:
    """An immutable fleet; `levels[-1]` holds the nodes, and `type_of` their types' indices."""

    name: str
    levels: tuple[Level, ...]
    node_types: tuple[NodeType, ...]
    type_names: tuple[str, ...]
    type_of: Ints
    spine_oversubscription: float = 1.0

    @property
    def level_names(self) -> tuple[str, ...]:
        """Give the levels' names, widest first."""
        return tuple(level.name for level in self.levels)

    @property
    def node_names(self) -> tuple[str, ...]:
        """Give every node's name."""
        return self.levels[-1].names

    def __len__(self) -> int:
        return len(self.type_of)

    @cached_property
    def gpus(self) -> Ints:
        """Give the number of GPUs of each node."""
        return self._per_type([kind.gpus for kind in self.node_types])

    @cached_property
    def cpus(self) -> Ints:
        """Give the CPU cores of each node."""
        return self._per_type([kind.cpus for kind in self.node_types])

    @cached_property
    def ram_mib(self) -> Ints:
        """Give the memory of each node in MiB."""
        return self._per_type([round(kind.ram_gib * 1024) for kind in self.node_types])

    @cached_property
    def nics(self) -> Ints:
        """Give the number of NICs of each node."""
        return self._per_type([kind.nics for kind in self.node_types])

    @cached_property
    def gpu_models(self) -> tuple[str, ...]:
        """Give the GPU models in the fleet, sorted."""
        return tuple(sorted({kind.gpu for kind in self.node_types}))

    @cached_property
    def total_gpus(self) -> int:
        """Count every GPU."""
        return int(self.gpus.sum())

    def has_gpu(self, models: tuple[str, ...]) -> NDArray[np.bool_]:
        """Say which nodes carry one of these GPU models; all nodes for no model."""
        wanted = [not models or kind.gpu in models for kind in self.node_types]
        return np.asarray(wanted, dtype=np.bool_)[self.type_of]

    def level_index(self, name: str) -> int:
        """Find a level by name; raise UnknownName, listing the levels there are."""
        if name not in self.level_names:
            raise UnknownName("level", name, self.level_names)
        return self.level_names.index(name)

    def domain_of(self, level: int) -> Ints:
        """Give, for every node, the index of its domain at `level`."""
        return self._ancestors[level]

    @cached_property
    def _ancestors(self) -> tuple[Ints, ...]:
        here = np.arange(len(self), dtype=np.int64)
        found = [here]
        for level in self.levels[:0:-1]:
            here = level.parent[here]
            found.append(here)
        return tuple(reversed(found))

    @cached_property
    def nvlink_domain(self) -> Ints:
        """Give each node's NVLink domain, unique over the fleet; NO_NVLINK without NVLink.

        Nodes that are split into islands have one domain here; `island_gpus` tells its width.
        """
        domain = np.full(len(self), NO_NVLINK, dtype=np.int64)
        base = 0
        for index, level in enumerate(self.levels):
            kinds = [kind.nvlink == level.name for kind in self.node_types]
            inside = np.asarray(kinds, dtype=np.bool_)[self.type_of]
            domain[inside] = base + self.domain_of(index)[inside]
            base += len(level)
        return domain

    @cached_property
    def island_gpus(self) -> Ints:
        """Give the number of GPUs in each NVLink island of a node; 0 without NVLink."""
        return self._per_type(
            [kind.gpus // kind.nvlink_islands if kind.nvlink else 0 for kind in self.node_types]
        )

    def _per_type(self, values: list[int]) -> Ints:
        return np.asarray(values, dtype=np.int64)[self.type_of]
