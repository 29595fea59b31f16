"""Policies keep a job's wishes, and their fast forms answer as their plain twins."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gpu_lab.examples import scene_path
from gpu_lab.fleet import (
    Block,
    FleetDescription,
    FleetState,
    Hold,
    NodeType,
    Placement,
    build_fleet,
    read_scene,
)
from gpu_lab.jobs import Job, Leader, SliceWish, TopologyWish
from gpu_lab.placement import NoPlace, best_fit, first_fit, random_fit, worst_fit
from gpu_lab.placement.allreduce import cost_of, crossings, rank_order, report
from gpu_lab.placement.background import fill_to, first_free
from gpu_lab.placement.feasibility import why_impossible
from gpu_lab.placement.policies import POLICIES, UnknownPolicy, policy_named


def fleet_of(**changes):
    kind = NodeType(
        **{"gpu": "H100", "gpus": 8, "nvlink": "node", "mig": True, "cpus": 64, **changes}
    )
    block = Block(name="p", node_type="h", counts=(2, 2, 4))
    return build_fleet(
        FleetDescription(
            name="t", levels=("pod", "rack", "node"), node_types={"h": kind}, blocks=(block,)
        )
    )


FLEET = fleet_of()
rooms = st.lists(st.integers(0, 9), min_size=1, max_size=30)


@settings(max_examples=80, deadline=None)
@given(rooms, st.integers(0, 60), st.randoms(use_true_random=False))
def test_compiled_fills_answer_as_their_plain_twins(room, need, random) -> None:
    array = np.asarray(room, dtype=np.int64)
    for policy in (first_fit, best_fit, worst_fit):
        plain = policy.fill_plainly(room, need)
        assert policy.fill(array, need).tolist() == plain
        assert policy.fill.py_func(array, need).tolist() == plain
        assert sum(plain) in (0, need)
    order = list(range(len(room)))
    random.shuffle(order)
    plain = random_fit.fill_plainly(room, need, order)
    for fill in (random_fit.fill, random_fit.fill.py_func):
        assert fill(array, need, np.asarray(order)).tolist() == plain


levels = st.sampled_from(("pod", "rack", "node"))
topologies = st.none() | st.builds(
    TopologyWish, mode=st.sampled_from(("required", "preferred")), level=levels
)
loose = st.builds(
    Job,
    name=st.just("job"),
    gpus=st.integers(2, 40),
    cpus=st.integers(0, 200),
    nvlink=st.booleans(),
    topology=topologies,
)
gangs = st.builds(
    lambda workers, each, topology, leader: Job(
        name="job", gpus=workers * each, workers=workers, topology=topology, leader=leader
    ),
    st.integers(1, 6),
    st.integers(0, 8),
    topologies,
    st.sampled_from((None, Leader(cpus=3))),
)
sliced = st.builds(
    lambda slices, size, level, inner: Job(
        name="job",
        gpus=2 * slices * size,
        workers=slices * size,
        topology=TopologyWish(level=level, slices=(SliceWish(level=inner, size=size),)),
    ),
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from(("pod", "rack")),
    st.sampled_from(("rack", "node")),
)
parts = st.builds(Job, name=st.just("job"), share_milli=st.integers(1, 999)) | st.builds(
    Job, name=st.just("job"), mig=st.sampled_from(("1g", "2g", "3g", "4g", "7g"))
)


@settings(max_examples=80, deadline=None)
@given(
    loose | gangs | sliced | parts,
    st.sampled_from(sorted(POLICIES)),
    st.integers(0, 99),
    st.sampled_from((0, 0.5, 0.8)),
)
def test_every_policy_gives_a_whole_gang_where_it_wants_to_be_or_nothing(
    job, policy, seed, load
) -> None:
    assume(why_impossible(job, FLEET) is None)
    rng = np.random.default_rng(seed)
    state = FleetState(FLEET)
    fill_to(state, load, rng)

    answer = policy_named(policy).choose(job, state, rng)

    if isinstance(answer, NoPlace):
        scored = policy in ("dot-product", "clustering", "packing", "fgd")
        picky = policy == "cells" or (
            (policy == "locality" or scored) and (job.topology is not None or job.mig is not None)
        )
        assert load > 0 or picky or job.leader, answer
        return
    state.take(answer)
    assert answer.gpus == job.gpus
    assert all(len(hold.gpus) % max(job.gpus_per_unit, 1) == 0 for hold in answer.holds)
    keeps_its_wishes(job, [hold for hold in answer.holds if hold.gpus])


def keeps_its_wishes(job, holds) -> None:
    nodes = [hold.node for hold in holds]
    if job.nvlink:
        assert len(set(FLEET.nvlink_domain[nodes].tolist())) == 1
    wish = job.topology
    if wish is not None and wish.mode == "required" and nodes:
        assert len(set(FLEET.domain_of(FLEET.level_index(wish.level))[nodes].tolist())) == 1
    for layer in wish.slices if wish else ():
        workers = Counter()
        for hold in holds:
            domain = int(FLEET.domain_of(FLEET.level_index(layer.level))[hold.node])
            workers[domain] += len(hold.gpus) // job.gpus_per_unit
        assert all(count % layer.size == 0 for count in workers.values())


@pytest.mark.parametrize("policy", POLICIES)
def test_the_seed_job_lands_on_one_nvlink_node_and_not_on_the_first_free_gpus(policy: str) -> None:
    fleet, [job] = read_scene(scene_path("seed"))
    state, rng = FleetState(fleet), np.random.default_rng(7)
    fill_to(state, 0.96, rng)

    placed = policy_named(policy).choose(job, state, rng)

    assert isinstance(placed, Placement)
    assert report(fleet, placed).spanned["node"] == 1
    naive = first_free(state, 8)
    assert len(naive) > 5
    assert cost_of(fleet, naive, 1e10) > 5 * cost_of(fleet, [(placed.nodes[0], 8)], 1e10)


def test_six_free_and_two_free_in_another_nvlink_island_are_not_eight() -> None:
    fleet = fleet_of(nvlink_islands=2)
    state = FleetState(fleet)
    for node in range(len(fleet)):
        state.occupy(node, (0, 1) if node else (0, 4))

    wants_four = Job(name="four", gpus=4, nvlink=True)
    placed = policy_named("first-fit").choose(wants_four, state, np.random.default_rng())
    assert isinstance(placed, Placement)
    [hold] = placed.holds
    assert (hold.node, hold.gpus) == (1, (4, 5, 6, 7))
    assert why_impossible(Job(name="eight", gpus=8, nvlink=True), fleet) is not None


def test_slices_stay_inside_their_rack_for_every_filling_policy() -> None:
    job = Job(
        name="j",
        gpus=64,
        workers=8,
        topology=TopologyWish(
            mode="preferred", level="pod", slices=(SliceWish(level="rack", size=2),)
        ),
    )
    for name in ("first-fit", "best-fit", "worst-fit", "random", "topology"):
        state = FleetState(FLEET)
        state.occupy(0, (0,))
        placed = policy_named(name).choose(job, state, np.random.default_rng(1))
        assert isinstance(placed, Placement), name
        racks = Counter(FLEET.domain_of(1)[list(placed.nodes)].tolist())
        assert all(count % 2 == 0 for count in racks.values()), (name, racks)


def test_the_leader_runs_beside_its_workers() -> None:
    job = Job(name="j", gpus=16, workers=2, leader=Leader(cpus=4, ram_gib=8))
    for name in ("best-fit", "topology"):
        placed = policy_named(name).choose(job, FleetState(FLEET), np.random.default_rng(1))
        assert isinstance(placed, Placement), name
        assert [(hold.cpus, hold.gpus) for hold in placed.holds if not hold.gpus] == [(4, ())]


def test_a_share_goes_to_the_tightest_gpu_and_mig_beside_mig() -> None:
    state, rng = FleetState(FLEET), np.random.default_rng(1)
    for job in (
        Job(name="a", gpus=1, share_milli=600),
        Job(name="b", gpus=1, share_milli=400),
        Job(name="c", gpus=1, mig="3g"),
        Job(name="d", gpus=1, mig="3g.40gb"),
    ):
        placed = policy_named("best-fit").choose(job, state, rng)
        assert isinstance(placed, Placement)
        state.take(placed)

    assert state.placed["a"].holds[0].gpus == state.placed["b"].holds[0].gpus
    assert state.placed["c"].holds[0].gpus == state.placed["d"].holds[0].gpus
    assert int((state.free_milli < 1000).sum()) == 2


IMPOSSIBLE = {
    "more GPUs than there are": (Job(name="j", gpus=999), "999 GPUs are more than the fleet's 128"),
    "an unknown type": (Job(name="j", gpus=1, gpu=("B300",)), "no GPU type 'B300'.*has H100"),
    "an unknown level": (
        Job(name="j", gpus=1, topology=TopologyWish(level="row")),
        "no level 'row'; there are: pod, rack, node",
    ),
    "too wide for NVLink": (
        Job(name="j", gpus=16, nvlink=True),
        "into one NVLink domain; the largest holds 8; nearest: 8 GPUs",
    ),
    "too large for a rack": (
        Job(name="j", gpus=40, topology=TopologyWish(mode="required", level="rack")),
        "into one rack; the largest holds 32",
    ),
    "too much memory in one worker": (
        Job(name="j", gpus=1, workers=1, ram_gib=5000),
        "each worker needs 5,000 GiB of memory.*1,024",
    ),
    "a slice that fits nowhere": (
        Job(
            name="j",
            gpus=64,
            workers=8,
            topology=TopologyWish(level="pod", slices=(SliceWish(level="rack", size=8),)),
        ),
        "a slice of 8 fits into no rack; nearest: slices of 4",
    ),
    "an unknown MIG profile": (Job(name="j", gpus=1, mig="5g"), "no MIG profile '5g'"),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_an_impossible_job_learns_what_fails_and_what_would_fit(what: str) -> None:
    job, named = IMPOSSIBLE[what]

    why = str(why_impossible(job, FLEET))

    assert re.search(named, why), why


def test_nvlink_on_pcie_only_machines_is_refused() -> None:
    why = why_impossible(Job(name="j", gpus=2, nvlink=True), fleet_of(nvlink=None))

    assert why is not None
    assert "PCIe only" in str(why)
    assert "without nvlink" in str(why)


def test_scoring_rules_differ_where_they_should() -> None:
    state, rng = FleetState(FLEET), np.random.default_rng(1)
    state.take(Placement("share", (Hold(5, (0,), milli=500),)))
    state.take(Placement("whole", (Hold(9, (0,)),)))
    small = Job(name="small", share_milli=400)
    pair = Job(name="pair", gpus=2, workers=1)

    def nodes(policy: str, job: Job) -> tuple[int, ...]:
        placed = policy_named(policy).choose(job, state, rng)
        assert isinstance(placed, Placement)
        return placed.nodes

    # Packing and FGD put a share on the GPU that is open already.
    assert nodes("packing", small) == nodes("fgd", small) == (5,)
    # Clustering looks for its own class and finds no pair, so an empty node beats a mixed one.
    assert nodes("clustering", pair) == (0,)
    # Dot-product prefers what is least like the request: the node with the least left.
    assert nodes("dot-product", Job(name="seven", gpus=7, workers=1)) == (9,)


def test_locality_never_scatters_and_says_that_there_would_be_room() -> None:
    state = FleetState(FLEET)
    for node in range(len(FLEET)):
        state.occupy(node, (0,))

    answer = policy_named("locality").choose(
        Job(name="j", gpus=16), state, np.random.default_rng(1)
    )

    assert isinstance(answer, NoPlace)
    assert answer.reason == "there is room for all 16 pieces, but only scattered"


def test_an_unknown_policy_lists_the_known_ones() -> None:
    with pytest.raises(UnknownPolicy, match="first-fit, best-fit"):
        policy_named("nope")


def test_ranks_in_tree_order_leave_each_rack_once() -> None:
    ring = rank_order(FLEET, [9, 0, 12, 1, 8, 13])

    assert crossings(FLEET, ring, FLEET.level_index("rack")) == 3
    assert crossings(FLEET, [9, 0, 12, 1, 8, 13], FLEET.level_index("rack")) == 6


def test_spanning_racks_costs_more_than_spanning_nodes_and_that_more_than_nvlink() -> None:
    costs = [cost_of(FLEET, shares, 1e10) for shares in ([(0, 8)], [(0, 4), (1, 4)])]
    oversubscribed = build_fleet(
        FleetDescription(
            name="t",
            levels=("pod", "rack", "node"),
            node_types={"h": NodeType(gpu="H100", gpus=8, nvlink="node")},
            blocks=(Block(name="p", node_type="h", counts=(2, 2, 4)),),
            spine_oversubscription=4,
        )
    )
    costs.append(cost_of(oversubscribed, [(0, 4), (12, 4)], 1e10))
    assert costs == sorted(costs)
    assert len(set(costs)) == 3
