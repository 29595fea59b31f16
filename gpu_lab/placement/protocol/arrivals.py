"""Drawing an order of arrival by the inflation rule, where no published order is given.

The published seeds cannot be redrawn here (their generator is Go's); their orders are read from
a file by `gpu_lab.traces`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from gpu_lab.placement.protocol.world import Ints, NamedPod
from gpu_lab.pods import MILLI, Node

INFLATION = 1.3


def draw_order(
    pods: Sequence[NamedPod], nodes: Sequence[Node], rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Draw the pods' order (rows of `pods`) and the nodes' ranks (by name).

    Every pod comes once, shuffled from name order; then pods are drawn with replacement from
    the list as given, until the next would pass 1.3 times the fleet's GPUs. The rule looks at
    the milli of one GPU of the next pod, as the published one does, not at all its GPUs.
    """
    by_name = sorted(range(len(pods)), key=lambda row: pods[row].name)
    shuffled = (by_name[place] for place in rng.permutation(len(pods)))
    # Pods without GPUs move no demand, so drawing them alone would never end.
    redrawn = _redraws(len(pods), rng) if any(pod.gpus for pod in pods) else iter(())
    limit = INFLATION * MILLI * sum(node.gpus for node in nodes)
    order, demand = [], 0
    for row in chain(shuffled, redrawn):
        if demand + pods[row].gpu_milli > limit:
            break
        order.append(row)
        demand += pods[row].gpus * pods[row].gpu_milli
    return np.array(order, np.int64), rng.permutation(len(nodes)).astype(np.int64)


def _redraws(pods: int, rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield int(rng.integers(pods))
