"""The opened protocol places as the closed one, frees what it gave, and its gains are measured."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_lab.placement.protocol import replay
from gpu_lab.placement.protocol.opened import Opened, Opening, replay_opened
from gpu_lab.placement.protocol.world import Policy, World, build
from gpu_lab.sweeps.explore import CLOSED, explore, openings
from gpu_lab.sweeps.paper import table
from gpu_lab.sweeps.worlds import inflation_world, orders_beside
from gpu_lab.traces.openb import OpenbNode, OpenbPod

ROOT = Path(__file__).resolve().parents[1]
TRACES = (ROOT / os.environ.get("TOUCHBASE_SHARED", "../shared") / "traces").resolve()
needs_traces = pytest.mark.skipif(
    not (TRACES / "openb_oracle" / "sequences.npz").is_file(),
    reason="the openb traces are not there; TOUCHBASE_SHARED names their folder",
)
NEVER = np.iinfo(np.int64).max


def pod(name: str, gpus: int, milli: int, cpu: int = 1000) -> OpenbPod:
    return OpenbPod(name, cpu, 1024, gpus, milli, (), "", 0.0, 0.0)


def world_of(requests: list[tuple[int, int]], nodes: int = 2, gpus: int = 2) -> World:
    machines = [OpenbNode(f"n{i}", 32_000, 65_536, gpus, "T4") for i in range(nodes)]
    pods = [pod(f"p{i}", *request) for i, request in enumerate(requests)]
    return build(machines, pods, np.arange(len(pods)), np.arange(nodes))


def run(world: World, opening: Opening, leaves: np.ndarray | None = None, log: int = 500) -> Opened:
    leaves = np.full(len(world.arrivals), NEVER) if leaves is None else leaves
    return replay_opened(
        replay.rules_of(world, Policy.FGD),
        opening,
        world.fleet.copy(),
        world.shapes,
        world.arrivals,
        leaves,
        np.argsort(leaves, kind="stable"),
        replay.memo_for(world, 100.0, log),
    )


some_worlds = st.lists(
    st.sampled_from([(0, 0), (1, 190), (1, 500), (1, 810), (1, 1000), (2, 1000)]),
    min_size=1,
    max_size=30,
).map(world_of)
some_openings = st.builds(Opening, st.booleans(), st.booleans(), st.just(True))


@given(world=some_worlds)
@settings(max_examples=60, deadline=None)
def test_with_nothing_opened_every_pod_goes_where_the_published_rule_puts_it(world):
    closed = replay.run(world, Policy.FGD, np.random.default_rng(0))
    opened = run(world, CLOSED)
    assert opened.node.tolist() == closed.nodes.tolist()
    assert opened.used.tolist() == closed.used_milli.tolist()


@given(world=some_worlds)
@settings(max_examples=60, deadline=None)
def test_a_repair_loses_no_pod_and_never_serves_fewer_gpus_at_the_pod_it_helps(world):
    opened = run(world, Opening(repair=True, retry=False, lasting=False))
    placed = world.arrivals[opened.node >= 0, 2].sum()
    assert opened.used[-1] == placed <= world.total_milli
    assert opened.failed == (opened.node < 0).sum()


@given(world=some_worlds, opening=some_openings, seed=st.integers(0, 99))
@settings(max_examples=80, deadline=None)
def test_whatever_leaves_is_free_again_and_forgetting_scores_changes_nothing(world, opening, seed):
    pods = len(world.arrivals)
    leaves = np.arange(pods) + np.random.default_rng(seed).integers(1, 12, pods)
    opened = run(world, opening, leaves)
    alive = world.arrivals[opened.node >= 0, 2].sum()
    assert opened.used[-1] == alive
    assert opened.used.min() >= 0
    assert opened.used.max() <= world.total_milli
    forgetful = run(world, opening, leaves, log=3)
    assert forgetful.node.tolist() == opened.node.tolist()
    assert forgetful.used.tolist() == opened.used.tolist()


def test_one_move_makes_room_that_no_placement_had():
    # 700 leaves the first GPU to 300 alone; 800 fits only once 300 sits beside 600.
    world = world_of([(1, 700), (1, 300), (1, 600), (1, 800)], nodes=2, gpus=1)
    leaves = np.array([3, 99, 99, 99])
    stays = run(world, Opening(repair=False, retry=False, lasting=True), leaves)
    moves = run(world, Opening(repair=True, retry=False, lasting=True), leaves)
    assert (stays.node.tolist(), stays.failed) == ([-1, 0, 1, -1], 1)
    assert (moves.node.tolist(), moves.failed, moves.moves) == ([-1, 1, 1, 0], 0, 1)


def test_a_waiting_pod_is_served_when_another_leaves():
    world = world_of([(1, 1000), (1, 1000), (1, 500)], nodes=1, gpus=1)
    leaves = np.array([2, 9, 9])
    lost = run(world, Opening(repair=False, retry=False, lasting=True), leaves)
    waits = run(world, Opening(repair=False, retry=True, lasting=True), leaves)
    assert (lost.failed, waits.failed) == (1, 1)
    assert lost.node.tolist() == [-1, -1, 0]
    assert waits.node.tolist() == [-1, 0, -1]


@needs_traces
def test_known_arrivals_largest_first_gain_over_three_points_and_a_window_of_a_hundred_loses():
    wanted = {
        name: variant
        for name, variant in openings().items()
        if name
        in ("as published (FGD)", "window of 100, largest first", "all known, largest first")
    }
    orders = orders_beside(TRACES)
    base, window, known = explore(TRACES, orders, "default", [42, 43], wanted)
    assert base.gain == 0.0
    assert window.gain < -0.3
    assert 3.0 < known.gain < 99.9 - base.allocation


@needs_traces
def test_the_papers_table_comes_out_as_printed():
    rows = list(
        table(TRACES, orders_beside(TRACES), ["multigpu20"], range(42, 52), [Policy.BEST_FIT])
    )
    assert [(row.paper, row.difference) for row in rows] == [(93.93, 0.0)]


def test_without_published_orders_one_is_drawn_from_the_seed(tmp_path):
    nodes = "sn,cpu_milli,memory_mib,gpu,model\nn0,32000,65536,2,T4\n"
    pods = "name,cpu_milli,memory_mib,num_gpu,gpu_milli\np0,1000,64,1,500\np1,1000,64,1,900\n"
    (tmp_path / "openb_node_list_gpu_node.csv").write_text(nodes)
    (tmp_path / "openb_pod_list_two.csv").write_text(pods)
    first, again = (inflation_world(tmp_path, "two", 5, None) for _ in range(2))
    assert (first.arrivals == again.arrivals).all()
    assert orders_beside(tmp_path) is None


COMPILER_OFF = """
import numpy as np
from gpu_lab.placement.protocol import kernels, plain, replay
from gpu_lab.placement.protocol.world import Policy, build
from gpu_lab.simulate import kernels as in_time
from gpu_lab.simulate.replay import simulate
from gpu_lab.simulate.room import uniform
from gpu_lab.simulate.rules import Backfill, Rules
from gpu_lab.traces.openb import OpenbNode, OpenbPod
from gpu_lab.traces.synthetic import Wanted, generate
assert not hasattr(kernels.replay, "py_func") and not hasattr(in_time.simulate, "py_func")
rng = np.random.default_rng(4)
nodes = [OpenbNode(f"n{i}", 16000, 4096, 4, "T4") for i in range(4)]
asks = [(0, 0), (1, 190), (1, 500), (1, 810), (1, 1000), (2, 1000)]
pods = [
    OpenbPod(f"p{i}", 1000, 512, *asks[rng.integers(6)], (), "", 0.0, 0.0) for i in range(40)
]
world = build(nodes, pods, np.arange(40), rng.permutation(4))
for policy in Policy:
    draws = np.random.default_rng(1).random((40, 2))
    placed = plain.run(world, policy, draws.tolist())
    kept = replay.run(world, policy, np.random.default_rng(1))
    assert kept.nodes.tolist() == [where.node for where in placed], policy
jobs = generate(Wanted(60, 32, 2.0), rng)
for backfill in (Backfill.NONE, Backfill.SKIP, Backfill.EASY):
    fast, slow = (
        simulate(jobs, uniform(4, 8), Rules(backfill=backfill), compiled=able)
        for able in (True, False)
    )
    assert fast.start.tolist() == slow.start.tolist(), backfill
"""


def test_with_the_compiler_off_the_kernels_still_equal_their_plain_twins():
    off = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", COMPILER_OFF], env=off, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
