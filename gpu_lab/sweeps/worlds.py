"""Making the world of one inflation run from a trace folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from gpu_lab.placement.protocol.arrivals import draw_order
from gpu_lab.placement.protocol.world import Ints, NamedNode, NamedPod, World, build
from gpu_lab.traces.openb import read_nodes, read_order, read_pods

PUBLISHED_ORDERS = Path("openb_oracle") / "sequences.npz"


def inflation_world(folder: Path, workload: str, seed: int, sequence: Path | None) -> World:
    """Read nodes, pods and the published order of a seed; without `sequence` draw an order.

    Raises `TraceNotFound`, `TraceMalformed`, `BadWorld`.
    """
    return next(inflation_worlds(folder, workload, (seed,), sequence))[1]


def inflation_worlds(
    folder: Path, workload: str, seeds: Sequence[int], sequence: Path | None
) -> Iterator[tuple[int, World]]:
    """Make the world of each seed; the trace is read once."""
    nodes, pods = read_nodes(folder), read_pods(folder, workload)
    for seed in seeds:
        yield seed, build(nodes, pods, *order_of(nodes, pods, workload, seed, sequence))


def order_of(
    nodes: Sequence[NamedNode],
    pods: Sequence[NamedPod],
    workload: str,
    seed: int,
    sequence: Path | None,
) -> tuple[Ints, Ints]:
    """Give the order of arrival (rows of `pods`) and the nodes' ranks: published, or else drawn."""
    if sequence is None:
        return draw_order(pods, nodes, np.random.default_rng(seed))
    published = read_order(sequence, workload, seed)
    return published.pods, published.node_rank


def orders_beside(folder: Path) -> Path | None:
    """Find the published orders where the trace folder keeps them; None when they are not there."""
    for place in (folder, folder.parent):
        if (place / PUBLISHED_ORDERS).is_file():
            return place / PUBLISHED_ORDERS
    return None
