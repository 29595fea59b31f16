"""The true optimum of a small packing, by CP-SAT. For up to about 6 nodes; beyond, `config_lp`.

It needs OR-Tools, the optional extra `bounds`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from gpu_lab.bounds.demand import Demand, NodeClass, PodClass
from gpu_lab.bounds.gap import BoundUnavailable
from gpu_lab.pods import MILLI

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel


class SolverMissing(BoundUnavailable):
    """OR-Tools is not installed; `pip install 'touchbase[bounds]'` brings it."""

    def __init__(self) -> None:
        super().__init__("OR-Tools is not installed; get it with: pip install 'touchbase[bounds]'")


class OptimumNotFound(BoundUnavailable):
    """There is no packing that serves all the pods that must be, or none was found in time."""


@dataclass(frozen=True)
class Optimum:
    """The best packing found and what is proven, both in percent of all GPUs."""

    percent: float
    bound_percent: float
    seconds: float

    @property
    def is_proven(self) -> bool:
        """Say whether nothing better exists."""
        return self.bound_percent - self.percent < 1e-9


def small_optimum(demand: Demand, *, seconds: float, workers: int = 2, seed: int = 0) -> Optimum:
    """Pack as much GPU as possible, exactly; stop after `seconds` with what is known."""
    try:
        # The extra may be missing, and loading it takes a second that others need not pay.
        from ortools.sat.python import cp_model
    except ModuleNotFoundError as missing:
        raise SolverMissing from missing
    model = cp_model.CpModel()
    nodes = [node for node, count in demand.nodes for _ in range(count)]
    served: list[list[Any]] = [[] for _ in demand.pods]
    for node in nodes:
        _add_node(model, node, demand, served)
    for counts, (_, most), least in zip(served, demand.pods, demand.must, strict=True):
        model.add(sum(counts) <= most)
        model.add(sum(counts) >= least)
    model.maximize(
        sum(pod.value * sum(counts) for counts, (pod, _) in zip(served, demand.pods, strict=True))
    )
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise OptimumNotFound(f"no packing found: {solver.status_name(status)} in {seconds:g} s")
    scale = 100 / demand.total_milli
    return Optimum(
        scale * solver.objective_value, scale * solver.best_objective_bound, solver.wall_time
    )


def _add_node(model: CpModel, node: NodeClass, demand: Demand, served: list[list[Any]]) -> None:
    """Add one node: whole GPUs and shares on each of its GPUs, and its CPU and memory."""
    whole = [model.new_bool_var("") for _ in range(node.gpus)]
    filled: list[list[tuple[int, Any]]] = [[] for _ in whole]
    used: list[tuple[PodClass, Any]] = []
    for kind, (pod, most) in enumerate(demand.pods):
        if not pod.may_run_on(node):
            continue
        if pod.gpu_milli < MILLI:
            here = [model.new_int_var(0, min(most, MILLI // pod.gpu_milli), "") for _ in whole]
            for gpu, count in enumerate(here):
                filled[gpu].append((pod.gpu_milli, count))
        else:
            here = [model.new_int_var(0, min(most, node.gpus // pod.gpus), "")]
        served[kind] += here
        used += [(pod, count) for count in here]
    for shares, is_whole in zip(filled, whole, strict=True):
        model.add(sum(size * count for size, count in shares) + MILLI * is_whole <= MILLI)
    _order_gpus(model, whole, filled)
    model.add(sum(pod.gpus * count for pod, count in used if pod.gpu_milli == MILLI) == sum(whole))
    model.add(sum(pod.cpu_milli * count for pod, count in used) <= node.cpu_milli)
    model.add(sum(pod.memory_mib * count for pod, count in used) <= node.memory_mib)


def _order_gpus(model: CpModel, whole: list[Any], filled: list[list[tuple[int, Any]]]) -> None:
    """Let GPUs come in order of load: equal ones exchanged would be tried again for nothing."""
    loads = [
        sum(size * count for size, count in shares) + MILLI * is_whole
        for shares, is_whole in zip(filled, whole, strict=True)
    ]
    for first, second in pairwise(loads):
        model.add(first >= second)
