"""The values of the protocol: nodes in rank order, pod shapes, typical pods, all as arrays.

Decides nothing. Milli means a thousandth of a core or of a GPU.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from gpu_lab.pods import MILLI, Node, Pod

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MOST_GPUS = 8
ANY_MODEL = (1 << 62) - 1


class Policy(IntEnum):
    """The six policies of the paper."""

    RANDOM = 0
    DOT_PRODUCT = 1
    CLUSTERING = 2
    PACKING = 3
    BEST_FIT = 4
    FGD = 5

    @property
    def label(self) -> str:
        """Name the policy as the command line does."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def of(cls, label: str) -> Policy:
        """Find a policy by its command-line name; raises `UnknownPolicy`."""
        for policy in cls:
            if policy.label == label:
                return policy
        raise UnknownPolicy(label)


class UnknownPolicy(Exception):
    """No policy {label}; there are random, dot-product, clustering, packing, best-fit, fgd."""

    def __init__(self, label: str) -> None:
        known = ", ".join(policy.label for policy in Policy)
        super().__init__(f"no policy {label!r}; there are: {known}")
        self.label = label

    # A sweep's workers send errors pickled, which by default keeps the finished sentence only.
    def __reduce__(self) -> tuple[type[UnknownPolicy], tuple[str]]:
        return UnknownPolicy, (self.label,)


class BadWorld(Exception):
    """The nodes, pods and order of arrival do not belong together: {problem}."""


class NamedNode(Node, Protocol):
    """A node of 0 to 8 GPUs with a name."""

    @property
    def name(self) -> str:
        """Its name; names order the nodes before ranks do."""


class NamedPod(Pod, Protocol):
    """A pod with a name."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def spec(self) -> str:
        """The models as the trace wrote them; typical pods are grouped by it."""


# A fleet is one array (nodes, 21), a row per node in rank order, so that the first of equals is
# the lowest rank: these columns, then the milli left on each of 8 GPUs (0 where there is none),
# then the pods of each GPU class (0: a share of one GPU, n: n whole GPUs).
CPU, MEMORY, GPUS, MODEL, LEFT, CLASS, NODE_COLUMNS = 0, 1, 2, 3, 4, 12, 21
# Shapes are the distinct requests (shapes, 4). Memory is not part of one: no score sees it.
SHAPE_CPU, SHAPE_GPUS, SHAPE_MILLI, SHAPE_MASK = range(4)
# Typical pods (pods, 5), commonest first; the group is a row of the distinct GPU requests.
T_CPU, T_MASK, T_COUNT, T_GROUP, T_GPUS = range(5)


@dataclass(frozen=True)
class Typical:
    """The pods that fragments are measured against.

    `pods` (pods, 5) in the columns above; `share` (pods,) their occurrences as fractions of one,
    divided as the artifact divides; `groups` (groups, 2) the distinct (GPUs, milli) requests.
    """

    pods: Ints
    share: Floats
    groups: Ints

    @property
    def occurrences(self) -> int:
        """Count the pods of the trace that the typical ones stand for."""
        return int(self.pods[:, T_COUNT].sum())


@dataclass(frozen=True)
class World:
    """Everything one run needs.

    `fleet` (nodes, 21) and `shapes` (shapes, 4) in the columns above; `arrivals` (pods, 3) in
    order of arrival: shape, memory in MiB, total GPU milli; `names` of the nodes in rank order.
    """

    fleet: Ints
    shapes: Ints
    typical: Typical
    arrivals: Ints
    names: tuple[str, ...]

    @property
    def total_milli(self) -> int:
        """Add up the GPU milli of the empty fleet."""
        return int(self.fleet[:, GPUS].sum()) * MILLI


def build(
    nodes: Sequence[NamedNode],
    pods: Sequence[NamedPod],
    order: Ints,
    node_rank: Ints,
    *,
    typical_share: float = 0.95,
) -> World:
    """Make the world of one run.

    `order` (arrivals,) holds rows of `pods`; `node_rank` (nodes,) the rank of each node in name
    order. Raises `BadWorld` when they do not fit together.
    """
    _check(nodes, pods, order, node_rank)
    bits = model_bits(nodes)
    by_name = sorted(nodes, key=lambda node: node.name)
    ranked = [by_name[place] for place in np.argsort(node_rank, kind="stable")]
    shapes, shape_of = _shapes(pods, bits)
    return World(
        fleet_of(ranked, bits),
        shapes,
        typical_of(pods, bits, typical_share),
        _arrivals(pods, shape_of, order),
        tuple(node.name for node in ranked),
    )


def model_bits(nodes: Iterable[Node]) -> dict[str, int]:
    """Give each GPU model of the nodes one bit."""
    return {name: 1 << place for place, name in enumerate(sorted({n.model for n in nodes}))}


def mask_of(pod: Pod, bits: dict[str, int]) -> int:
    """Give the models that a pod accepts as bits, joined by OR.

    A pod that names only models that the cluster lacks accepts none: 0, not any.
    """
    if not pod.models:
        return ANY_MODEL
    mask = 0
    for model in pod.models:
        mask |= bits.get(model, 0)
    return mask


def fleet_of(nodes: Sequence[Node], bits: dict[str, int]) -> Ints:
    """Make the empty fleet, in the order given."""
    fleet = np.zeros((len(nodes), NODE_COLUMNS), np.int64)
    for row, node in zip(fleet, nodes, strict=True):
        row[[CPU, MEMORY, GPUS, MODEL]] = (
            node.cpu_milli,
            node.memory_mib,
            node.gpus,
            bits[node.model],
        )
        row[LEFT : LEFT + node.gpus] = MILLI
    return fleet


def typical_of(pods: Sequence[NamedPod], bits: dict[str, int], share: float) -> Typical:
    """Take the commonest pods until they cover `share` of all; ties: the larger request first.

    A pod that asks for no CPU counts as 100 milli, as Kubernetes counts it.
    """
    masks = {pod.spec: mask_of(pod, bits) for pod in pods}
    counted = Counter((p.cpu_milli or 100, p.gpu_milli, p.gpus, p.spec) for p in pods)
    ranked = sorted(counted.items(), key=lambda item: (item[1], item[0]), reverse=True)
    taken: list[tuple[tuple[int, int, int, str], int]] = []
    covered = 0
    while ranked and covered < share * len(pods):
        taken.append(ranked.pop(0))
        covered += taken[-1][1]
    groups = sorted({(gpus, milli) for (_, milli, gpus, _), _ in taken})
    table = [
        (cpu, masks[spec], count, groups.index((gpus, milli)), gpus)
        for (cpu, milli, gpus, spec), count in taken
    ]
    pods_array = np.array(table, np.int64)
    shares = (pods_array[:, T_COUNT] / len(pods)) / (covered / len(pods))
    return Typical(pods_array, shares, np.array(groups, np.int64))


def _shapes(pods: Sequence[Pod], bits: dict[str, int]) -> tuple[Ints, Ints]:
    keys = [(p.cpu_milli, p.gpus, p.gpu_milli, mask_of(p, bits)) for p in pods]
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    return np.array(list(places), np.int64), np.array([places[key] for key in keys])


def _arrivals(pods: Sequence[Pod], shape_of: Ints, order: Ints) -> Ints:
    asked = np.array([(pod.memory_mib, pod.gpus * pod.gpu_milli) for pod in pods], np.int64)
    return np.column_stack((shape_of[order], asked[order]))


def _check(nodes: Sequence[Node], pods: Sequence[Pod], order: Ints, rank: Ints) -> None:
    if len(nodes) != len(rank):
        raise BadWorld(f"{len(nodes)} nodes but {len(rank)} ranks; take the order of this trace")
    if not len(order) or not len(pods):
        raise BadWorld("no pod arrives")
    if int(order.max()) >= len(pods) or int(order.min()) < 0:
        problem = f"the order names pod {int(order.max())} but the list has {len(pods)} pods"
        raise BadWorld(f"{problem}; take the order made for this workload")
    if len({node.model for node in nodes}) > 60:
        raise BadWorld("more than 60 GPU models")
