"""The values of the protocol: nodes in rank order, pod shapes, typical pods, all as arrays.

Decides nothing. Milli means a thousandth of a core or of a GPU.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

GPUS = 8
MILLI = 1000
ANY_MODEL = (1 << 62) - 1
# A share of one GPU is class 0; n whole GPUs are class n.
CLASSES = GPUS + 1


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


class BadWorld(Exception):
    """The nodes, pods and order of arrival do not belong together: {problem}."""


class Node(Protocol):
    """What a node must say of itself."""

    @property
    def name(self) -> str:
        """Its name; names order the nodes before ranks do."""

    @property
    def cpu_milli(self) -> int:
        """Its CPU in milli-cores."""

    @property
    def memory_mib(self) -> int:
        """Its memory in MiB."""

    @property
    def gpus(self) -> int:
        """How many GPUs it has, 0 to 8."""

    @property
    def model(self) -> str:
        """The model of its GPUs."""


class Pod(Protocol):
    """What a pod must ask for; `models` empty means any model."""

    @property
    def name(self) -> str:
        """Its name."""

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
        """Milli asked for of each GPU."""

    @property
    def models(self) -> tuple[str, ...]:
        """Accepted models, each once."""

    @property
    def spec(self) -> str:
        """The models as the trace wrote them; typical pods are grouped by it."""


class Fleet(NamedTuple):
    """Nodes in rank order (index = rank), so that the first of equals is the lowest rank.

    `cpu`, `memory`, `gpus`, `model` have shape (nodes,); `left` (nodes, 8) is the milli left on
    each GPU, 0 where there is none; `classes` (nodes, 9) counts the pods of each GPU class.
    """

    cpu: Ints
    memory: npt.NDArray[np.int32]
    gpus: Ints
    model: Ints
    left: Ints
    classes: Ints


class Shapes(NamedTuple):
    """Distinct requests, shape (shapes,) each; memory is not part of a shape: no score sees it."""

    cpu: Ints
    gpus: Ints
    milli: Ints
    mask: Ints


class Typical(NamedTuple):
    """The pods that fragments are measured against, commonest first, shape (pods,).

    `count` are their occurrences, `share` the same as fractions of one, divided as the artifact
    divides. `group` points into `group_gpus`/`group_milli`, the distinct GPU requests.
    """

    cpu: Ints
    mask: Ints
    count: Ints
    share: npt.NDArray[np.float64]
    group: Ints
    group_gpus: Ints
    group_milli: Ints


class Arrivals(NamedTuple):
    """Pods in the order in which they come, shape (pods,): shape, memory and total GPU milli."""

    shape: Ints
    memory: npt.NDArray[np.int32]
    milli: Ints


@dataclass(frozen=True)
class World:
    """Everything one run needs; `names` are the nodes' names in rank order."""

    fleet: Fleet
    shapes: Shapes
    typical: Typical
    arrivals: Arrivals
    names: tuple[str, ...]


def build(
    nodes: Sequence[Node],
    pods: Sequence[Pod],
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


def fleet_of(nodes: Sequence[Node], bits: dict[str, int]) -> Fleet:
    """Make the empty fleet, in the order given."""
    gpus = _ints(node.gpus for node in nodes)
    left = np.where(np.arange(GPUS) < gpus[:, None], MILLI, 0).astype(np.int64)
    return Fleet(
        cpu=_ints(node.cpu_milli for node in nodes),
        memory=_ints(node.memory_mib for node in nodes).astype(np.int32),
        gpus=gpus,
        model=_ints(bits[node.model] for node in nodes),
        left=left,
        classes=np.zeros((len(nodes), CLASSES), np.int64),
    )


def typical_of(pods: Sequence[Pod], bits: dict[str, int], share: float) -> Typical:
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
    count = _ints(count for _, count in taken)
    groups = sorted({(gpus, milli) for (_, milli, gpus, _), _ in taken})
    return Typical(
        cpu=_ints(cpu for (cpu, _, _, _), _ in taken),
        mask=_ints(masks[spec] for (_, _, _, spec), _ in taken),
        count=count,
        share=(count / len(pods)) / (covered / len(pods)),
        group=_ints(groups.index((gpus, milli)) for (_, milli, gpus, _), _ in taken),
        group_gpus=_ints(gpus for gpus, _ in groups),
        group_milli=_ints(milli for _, milli in groups),
    )


def _shapes(pods: Sequence[Pod], bits: dict[str, int]) -> tuple[Shapes, Ints]:
    keys = [(p.cpu_milli, p.gpus, p.gpu_milli, mask_of(p, bits)) for p in pods]
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    columns = np.array(list(places), np.int64).T
    return Shapes(*np.ascontiguousarray(columns)), _ints(places[key] for key in keys)


def _arrivals(pods: Sequence[Pod], shape_of: Ints, order: Ints) -> Arrivals:
    memory = _ints(pod.memory_mib for pod in pods).astype(np.int32)
    milli = _ints(pod.gpus * pod.gpu_milli for pod in pods)
    return Arrivals(shape_of[order], memory[order], milli[order])


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


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, np.int64)
