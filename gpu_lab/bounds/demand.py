"""What is to be packed onto what: nodes and pods alike put together. It bounds nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gpu_lab.pods import MILLI, Node, Pod


@dataclass(frozen=True, order=True)
class NodeClass:
    """Equal nodes count as one class."""

    model: str
    gpus: int
    cpu_milli: int
    memory_mib: int


@dataclass(frozen=True, order=True)
class PodClass:
    """Equal pods count as one class; `gpu_milli` is per GPU."""

    gpus: int
    gpu_milli: int
    cpu_milli: int
    memory_mib: int
    models: tuple[str, ...]

    @property
    def value(self) -> int:
        """Give the GPU milli that one such pod takes."""
        return self.gpus * self.gpu_milli

    def may_run_on(self, node: NodeClass) -> bool:
        """Say whether one pod fits on an empty node of the class."""
        return (
            (not self.models or node.model in self.models)
            and self.gpus <= node.gpus
            and self.cpu_milli <= node.cpu_milli
            and self.memory_mib <= node.memory_mib
        )


@dataclass(frozen=True)
class Demand:
    """Classes with their counts; `must` counts the pods that have to be served, by class."""

    nodes: tuple[tuple[NodeClass, int], ...]
    pods: tuple[tuple[PodClass, int], ...]
    must: tuple[int, ...]

    @property
    def total_milli(self) -> int:
        """Give the GPU milli of all nodes."""
        return sum(node.gpus * MILLI * count for node, count in self.nodes)


def demand_of(nodes: Iterable[Node], pods: Sequence[Pod], must_first: int = 0) -> Demand:
    """Put equal nodes and equal GPU pods together; the first `must_first` pods must be served.

    CPU-only pods are left out: nothing that counts GPUs is forced to serve them.
    """
    machines = Counter(
        NodeClass(node.model, node.gpus, node.cpu_milli, node.memory_mib) for node in nodes
    )
    classes = [_class_of(pod) for pod in pods]
    wanted = Counter(each for each in classes if each.gpus)
    must = Counter(each for each in classes[:must_first] if each.gpus)
    ordered = sorted(wanted)
    return Demand(
        nodes=tuple(sorted(machines.items())),
        pods=tuple((each, wanted[each]) for each in ordered),
        must=tuple(must[each] for each in ordered),
    )


def _class_of(pod: Pod) -> PodClass:
    return PodClass(
        pod.gpus, pod.gpu_milli, pod.cpu_milli, pod.memory_mib, tuple(sorted(set(pod.models)))
    )
