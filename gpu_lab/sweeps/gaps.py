"""FGD beside its bounds on an openb workload, read from its folder. Computes no bound itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gpu_lab.bounds.gap import Gap
from gpu_lab.bounds.openb import openb_gaps, small_gap
from gpu_lab.bounds.small_optimum import Optimum
from gpu_lab.sweeps.worlds import order_of
from gpu_lab.traces.openb import read_nodes, read_pods


def workload_gaps(folder: Path, workload: str, seed: int, sequence: Path | None) -> list[Gap]:
    """Give FGD's gap to each bound, on the published order of a seed or on a drawn one.

    Raises `TraceNotFound`, `TraceMalformed`, `BadWorld`, `BoundUnavailable`.
    """
    nodes, pods = read_nodes(folder), read_pods(folder, workload)
    order = order_of(nodes, pods, workload, seed, sequence)
    return openb_gaps(nodes, pods, order, np.random.default_rng(seed))


def few_nodes_gap(
    folder: Path, workload: str, count: int, seed: int, *, seconds: float
) -> tuple[Gap, Optimum]:
    """Draw a few nodes; give FGD's gap to the exact optimum on them, sought for `seconds`.

    Raises `TraceNotFound`, `TraceMalformed`, `BoundUnavailable`.
    """
    nodes, pods = read_nodes(folder), read_pods(folder, workload)
    rng = np.random.default_rng(seed)
    chosen = sorted(rng.choice(len(nodes), size=count, replace=False).tolist())
    return small_gap([nodes[place] for place in chosen], pods, rng, seconds=seconds)
