"""FGD on an openb workload beside what nothing could beat. It reads no file.

Three bounds, each on what it says: A on any choice among the arrivals; B and B90 on policies
that serve every GPU pod that came before FGD's first failure, or in the first 90 percent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpu_lab.bounds.config_lp import config_bound
from gpu_lab.bounds.demand import demand_of
from gpu_lab.bounds.gap import Gap
from gpu_lab.bounds.small_optimum import Optimum, small_optimum
from gpu_lab.placement.protocol.replay import Outcome, run
from gpu_lab.placement.protocol.world import Ints, NamedNode, NamedPod, Policy, build
from gpu_lab.pods import MILLI, Node, Pod

INFLATION = 1.3
FIRST_PART = 0.9


def openb_gaps(
    nodes: Sequence[NamedNode],
    pods: Sequence[NamedPod],
    order: tuple[Ints, Ints],
    rng: np.random.Generator,
) -> list[Gap]:
    """Run FGD once on an order of arrival and rank of nodes; give its gap to each bound."""
    arrivals = [pods[row] for row in order[0]]
    outcome = run(build(nodes, pods, *order), Policy.FGD, rng)
    reached = 100 * int(outcome.used_milli[-1]) / outcome.total_milli
    musts = {
        "A, any choice among the arrivals": 0,
        "B90, all GPU pods of the first 90% served": first_share(arrivals, outcome.total_milli),
        "B, all GPU pods before FGD's first failure served": first_failure(arrivals, outcome),
    }
    return [
        Gap(f"FGD allocation, bound {name}", "%", reached, config_bound(
            demand_of(nodes, arrivals, must)).percent)
        for name, must in musts.items()
    ]  # fmt: skip


def first_share(arrivals: Sequence[Pod], total_milli: int) -> int:
    """Count the arrivals until 90 percent of the GPUs have been asked for."""
    asked = np.cumsum([pod.gpus * pod.gpu_milli for pod in arrivals])
    return int(np.searchsorted(asked, FIRST_PART * total_milli, "right"))


def first_failure(arrivals: Sequence[Pod], outcome: Outcome) -> int:
    """Count the arrivals before the first GPU pod that found no place."""
    needs_gpu = np.asarray([pod.gpus > 0 for pod in arrivals])
    failed = np.flatnonzero((outcome.nodes < 0) & needs_gpu)
    return int(failed[0]) if len(failed) else len(arrivals)


def small_gap(
    nodes: Sequence[NamedNode],
    pods: Sequence[NamedPod],
    rng: np.random.Generator,
    *,
    seconds: float,
) -> tuple[Gap, Optimum]:
    """Draw 130 percent demand for a few nodes; give FGD's gap to the exact optimum."""
    order = small_order(nodes, pods, rng)
    arrivals = [pods[row] for row in order]
    rank = np.arange(len(nodes), dtype=np.int64)
    outcome = run(build(nodes, pods, order, rank), Policy.FGD, rng)
    reached = 100 * int(outcome.used_milli[-1]) / outcome.total_milli
    best = small_optimum(demand_of(nodes, arrivals), seconds=seconds)
    what = f"FGD allocation on {len(nodes)} nodes, {len(arrivals)} pods"
    return Gap(what, "%", reached, best.bound_percent), best


def small_order(nodes: Sequence[Node], pods: Sequence[Pod], rng: np.random.Generator) -> Ints:
    """Draw pods until 130 percent of the GPUs are asked for; each must fit some empty node."""
    limit = INFLATION * MILLI * sum(node.gpus for node in nodes)
    models = {node.model for node in nodes}
    fitting = [row for row, pod in enumerate(pods) if not pod.models or models & set(pod.models)]
    rows, asked = [], 0
    while asked < limit:
        row = fitting[int(rng.integers(len(fitting)))]
        rows.append(row)
        asked += pods[row].gpus * pods[row].gpu_milli
    return np.asarray(rows, dtype=np.int64)
