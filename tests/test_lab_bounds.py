"""No result passes its bound, and the bounds are those of the published figures."""

from __future__ import annotations

import builtins
import os
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_lab.bounds import Gap
from gpu_lab.bounds.allreduce import all_reduce_bound, all_reduce_gap
from gpu_lab.bounds.config_lp import BoundNotFound, config_bound, most_valuable
from gpu_lab.bounds.demand import demand_of
from gpu_lab.bounds.openb import openb_gaps, small_gap
from gpu_lab.bounds.small_optimum import SolverMissing, small_optimum
from gpu_lab.examples import scene_path
from gpu_lab.fleet import (
    Block,
    FleetDescription,
    Hold,
    NodeType,
    Placement,
    build_fleet,
    read_scene,
)
from gpu_lab.placement.allreduce import cost_of
from gpu_lab.traces import openb

SHARED = Path(os.environ.get("TOUCHBASE_SHARED", Path(__file__).parents[1] / ".." / "shared"))
OPENB = SHARED / "traces" / "openb"
ORDERS = SHARED / "traces" / "openb_oracle" / "sequences.npz"
needs_openb = pytest.mark.skipif(
    not ORDERS.exists(), reason="the openb trace is not in the shared data folder"
)


@dataclass(frozen=True)
class Node:
    """A machine of a tiny packing."""

    gpus: int
    cpu_milli: int = 8_000
    memory_mib: int = 8_000
    model: str = "T4"
    name: str = "n"


@dataclass(frozen=True)
class Pod:
    """A request of a tiny packing."""

    gpus: int
    gpu_milli: int = 1000
    cpu_milli: int = 1_000
    memory_mib: int = 100
    models: tuple[str, ...] = ()


pods = st.builds(
    Pod,
    gpus=st.just(1),
    gpu_milli=st.sampled_from((190, 300, 460, 810, 1000)),
    cpu_milli=st.sampled_from((500, 3_000)),
    models=st.sampled_from(((), ("T4",), ("A10",))),
) | st.builds(Pod, gpus=st.just(2))


def best_by_trying(nodes: list[Node], wanted: list[Pod]) -> float:
    """Try every GPU, or pair of them, for every pod; for a handful of pods only."""
    places = [(node, gpu) for node, each in enumerate(nodes) for gpu in range(each.gpus)]
    options = [
        [()]
        + [
            spot
            for spot in (
                [(place,) for place in places]
                if pod.gpus == 1
                else [(a, b) for a in places for b in places if a < b and a[0] == b[0]]
            )
            if not pod.models or nodes[spot[0][0]].model in pod.models
        ]
        for pod in wanted
    ]
    best = 0
    for choice in product(*options):
        left = dict.fromkeys(places, 1000)
        cpu = [node.cpu_milli for node in nodes]
        for pod, spots in zip(wanted, choice, strict=True):
            for spot in spots:
                left[spot] -= pod.gpu_milli
            if spots:
                cpu[spots[0][0]] -= pod.cpu_milli
        if min(left.values()) >= 0 and min(cpu) >= 0:
            best = max(best, 1000 * len(places) - sum(left.values()))
    return 100 * best / (1000 * len(places))


@settings(max_examples=25, deadline=None)
@given(st.lists(pods, max_size=4))
def test_the_small_optimum_is_that_of_trying_everything_and_under_the_lp(wanted) -> None:
    pytest.importorskip("ortools")
    nodes = [Node(gpus=2), Node(gpus=1, cpu_milli=4_000, model="A10")]
    demand = demand_of(nodes, wanted)
    truth = best_by_trying(nodes, wanted)

    optimum = small_optimum(demand, seconds=20, workers=1)

    assert optimum.is_proven
    assert optimum.percent == pytest.approx(truth)
    if wanted:
        assert config_bound(demand).percent >= truth - 1e-6


def test_without_the_solver_one_line_says_how_to_get_it(monkeypatch) -> None:
    real = builtins.__import__

    def no_ortools(name, *rest):
        if name.startswith("ortools"):
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", no_ortools)
    with pytest.raises(SolverMissing, match=r"pip install 'touchbase\[bounds\]'"):
        small_optimum(demand_of([Node(gpus=1)], [Pod(gpus=1)]), seconds=1)


def test_pods_that_must_be_served_but_cannot_be_leave_no_bound() -> None:
    wanted = [Pod(gpus=1)] * 3
    with pytest.raises(BoundNotFound, match="do not fit"):
        config_bound(demand_of([Node(gpus=2)], wanted, must_first=3))


def test_the_most_valuable_pattern_fills_one_gpu() -> None:
    value, pattern = most_valuable((190, 460, 810), np.asarray([1.0, 2.2, 4.5]))

    assert (value, pattern) == (5.5, ((190, 1), (810, 1)))


@needs_openb
def test_fgd_on_default_stands_where_the_published_bounds_say() -> None:
    nodes, wanted = openb.read_nodes(OPENB), openb.read_pods(OPENB, "default")
    order = openb.read_order(ORDERS, "default", 42)

    gaps = openb_gaps(nodes, wanted, (order.pods, order.node_rank), np.random.default_rng(0))

    assert [gap.bound for gap in gaps] == pytest.approx([99.89, 96.7, 96.5], abs=0.1)
    assert [gap.result for gap in gaps] == pytest.approx([95.29] * 3, abs=0.005)
    assert all(gap.distance > 0 for gap in gaps)


@needs_openb
def test_fgd_can_lose_badly_on_two_nodes() -> None:
    pytest.importorskip("ortools")
    nodes, wanted = openb.read_nodes(OPENB), openb.read_pods(OPENB, "default")
    eights = [node for node in nodes if node.gpus == 8][:2]

    gap, best = small_gap(eights, wanted, np.random.default_rng(1), seconds=20)

    assert best.percent <= gap.bound + 1e-9
    assert gap.distance > 0


def fleet_of(nvlink: str | None):
    kind = NodeType(gpu="H100", gpus=4, nvlink=nvlink)
    return build_fleet(
        FleetDescription(
            name="t",
            levels=("pod", "rack", "node"),
            node_types={"h": kind},
            blocks=(Block(name="p", node_type="h", counts=(2, 2, 3)),),
            spine_oversubscription=3,
        )
    )


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from((None, "node", "rack")),
    st.dictionaries(st.integers(0, 11), st.integers(1, 4), min_size=1),
    st.sampled_from((1e6, 1e9, 1e11)),
)
def test_no_placement_is_faster_than_the_all_reduce_bound(nvlink, shares, size) -> None:
    fleet = fleet_of(nvlink)
    bound = all_reduce_bound(fleet, sum(shares.values()), size)

    assert cost_of(fleet, shares.items(), size) >= bound * (1 - 1e-12)


def test_where_nics_are_faster_than_pcie_the_bound_is_that_of_two_nodes() -> None:
    fleet = fleet_of(None)

    bound = all_reduce_bound(fleet, 2, 1e6)

    assert bound == pytest.approx(cost_of(fleet, [(0, 1), (1, 1)], 1e6))
    assert bound < cost_of(fleet, [(0, 2)], 1e6)


def test_a_whole_node_reaches_the_all_reduce_bound() -> None:
    fleet, _ = read_scene(scene_path("seed"))
    gap = all_reduce_gap(fleet, Placement("j", (Hold(0, tuple(range(8))),)), 1e10)

    assert gap.distance == pytest.approx(0)


def test_a_report_shows_result_bound_and_distance() -> None:
    gap = Gap("allocation", "%", 95.39, 96.5)

    assert str(gap) == "allocation: result 95.39 %, bound 96.5 %, distance 1.11 %"
