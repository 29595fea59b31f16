"""Making the world of one inflation run from a trace folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from gpu_lab.placement.protocol.arrivals import draw_order
from gpu_lab.placement.protocol.world import World, build
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
        if sequence is None:
            drawn = draw_order(pods, nodes, np.random.default_rng(seed))
            yield seed, build(nodes, pods, *drawn)
        else:
            order = read_order(sequence, workload, seed)
            yield seed, build(nodes, pods, order.pods, order.node_rank)


def orders_beside(folder: Path) -> Path | None:
    """Find the published orders where the trace folder keeps them; None when they are not there."""
    for place in (folder, folder.parent):
        if (place / PUBLISHED_ORDERS).is_file():
            return place / PUBLISHED_ORDERS
    return None
