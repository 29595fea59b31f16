"""A fleet is read as people write it, and a slip is named with its way out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_lab.examples import NAMES, scene_path
from gpu_lab.fleet import (
    Block,
    Domain,
    FleetDescription,
    FleetState,
    Hold,
    Machine,
    NodeType,
    Placement,
    build_fleet,
    read_scene,
)
from gpu_lab.fleet.errors import (
    CyclicTopology,
    DuplicateName,
    FleetNotReadable,
    GpuTakenTwice,
    JobNotPlaced,
    UnevenTopology,
    UnknownName,
)
from gpu_lab.placement.feasibility import why_impossible

H100 = NodeType(gpu="H100", gpus=8, nvlink="node")


def described(**parts) -> FleetDescription:
    return FleetDescription(
        name="test", **{"levels": ("rack", "node"), "node_types": {"h": H100}, **parts}
    )


@pytest.mark.parametrize("example", NAMES)
def test_every_example_can_be_read_and_its_jobs_can_run(example: str) -> None:
    fleet, jobs = read_scene(scene_path(example))

    assert jobs
    assert [why_impossible(job, fleet) for job in jobs] == [None] * len(jobs)


def test_the_seed_problem_has_ten_thousand_gpus_in_data_centres() -> None:
    fleet, [job] = read_scene(scene_path("seed"))

    assert fleet.total_gpus == 10_000
    assert fleet.level_names == ("datacenter", "pod", "rack", "node")
    assert (job.gpus, job.gpu, job.ram_gib, job.nvlink) == (8, ("H100",), 1200, True)


def test_a_block_spreads_over_the_levels_and_children_are_neighbours() -> None:
    block = Block(name="pod", node_type="h", counts=(2, 3, 4))
    fleet = build_fleet(described(levels=("pod", "rack", "node"), blocks=(block,)))

    assert [len(level) for level in fleet.levels] == [2, 6, 24]
    assert fleet.node_names[5] == "pod1/rack2/node2"
    assert (np.diff(fleet.domain_of(0)) >= 0).all()
    assert fleet.domain_of(1)[5] == 1


def test_a_rack_can_be_one_nvlink_domain() -> None:
    tray = NodeType(gpu="GB200", gpus=4, nvlink="rack")
    block = Block(name="r", node_type="h", counts=(2, 18))
    fleet = build_fleet(described(node_types={"h": tray}, blocks=(block,)))

    assert len(set(fleet.nvlink_domain.tolist())) == 2


def test_a_ring_of_parents_is_named() -> None:
    domains = (
        Domain(name="a", level="rack", parent="b"),
        Domain(name="b", level="rack", parent="a"),
    )
    with pytest.raises(CyclicTopology, match="a > b > a"):
        build_fleet(described(levels=("pod", "rack", "node"), domains=domains))


def test_a_node_at_the_wrong_depth_is_named() -> None:
    domains = (Domain(name="p", level="pod"), Domain(name="r", level="rack", parent="p"))
    nodes = (
        Machine(name="n1", node_type="h", parent="r"),
        Machine(name="n2", node_type="h", parent="p"),
    )
    with pytest.raises(UnevenTopology, match=r"'n2'.*parent at level 'rack'.*'p' at level 'pod'"):
        build_fleet(described(levels=("pod", "rack", "node"), domains=domains, nodes=nodes))


def test_a_domain_without_its_parent_is_named() -> None:
    with pytest.raises(UnevenTopology, match=r"'r' is at level 'rack'.*has none"):
        build_fleet(
            described(levels=("pod", "rack", "node"), domains=(Domain(name="r", level="rack"),))
        )


def test_a_name_given_twice_is_named() -> None:
    twice = (Domain(name="r", level="rack"), Domain(name="r", level="rack"))
    with pytest.raises(DuplicateName, match="'r' is described twice"):
        build_fleet(described(domains=twice))


def test_an_unknown_node_type_lists_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="no node type 'x'; there are: h"):
        build_fleet(described(blocks=(Block(name="r", node_type="x", counts=(1, 1)),)))


SLIPS = {
    "a word that is none": ('[fleet]\nname = "x"\nlevles = ["node"]\n', "fleet.levles"),
    "a share of two GPUs": (
        '[fleet]\nname="x"\nlevels=["node"]\nnode_types={n={gpu="T4",gpus=2}}\n'
        'blocks=[{name="n",node_type="n",counts=[1]}]\n'
        '[[jobs]]\nname="j"\ngpus=2\nshare_milli=500\n',
        "gpus = 1, not 2",
    ),
    "a negative time": (
        '[fleet]\nname="x"\nlevels=["node"]\nnode_types={n={gpu="T4",gpus=2}}\n'
        'blocks=[{name="n",node_type="n",counts=[1]}]\n'
        '[[jobs]]\nname="j"\nsubmitted_seconds=-1\n',
        r"jobs\[0\].submitted_seconds.*given: -1",
    ),
    "no table at all": ("just words", "scene.toml"),
    "no fleet": ('[[jobs]]\nname="j"\n', "describes no fleet"),
    "a job named twice": (
        '[fleet]\nname="x"\nlevels=["node"]\nnode_types={n={gpu="T4",gpus=2}}\n'
        'blocks=[{name="n",node_type="n",counts=[1]}]\n'
        '[[jobs]]\nname="j"\n[[jobs]]\nname="j"\n',
        "job 'j' is described twice",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_the_file_is_one_line_that_names_it(slip: str, tmp_path: Path) -> None:
    text, named = SLIPS[slip]
    path = tmp_path / "scene.toml"
    path.write_text(text)

    with pytest.raises((FleetNotReadable, DuplicateName), match=named) as refusal:
        read_scene(path)

    assert "\n" not in str(refusal.value)


def test_the_same_scene_reads_equal_from_yaml(tmp_path: Path) -> None:
    toml, yaml = tmp_path / "a.toml", tmp_path / "a.yaml"
    toml.write_text(
        '[fleet]\nname="x"\nlevels=["node"]\nnode_types={n={gpu="T4",gpus=2}}\n'
        'blocks=[{name="n",node_type="n",counts=[3]}]\n[[jobs]]\nname="j"\n'
    )
    yaml.write_text(
        "fleet:\n  {name: x, levels: [node], node_types: {n: {gpu: T4, gpus: 2}},"
        " blocks: [{name: n, node_type: n, counts: [3]}]}\njobs: [{name: j}]\n"
    )

    (one, jobs), (other, same) = read_scene(toml), read_scene(yaml)
    assert jobs == same
    assert one.node_names == other.node_names


def small_state() -> FleetState:
    return FleetState(
        build_fleet(described(blocks=(Block(name="r", node_type="h", counts=(1, 2)),)))
    )


def test_a_gpu_is_never_given_twice_and_a_refused_gang_takes_nothing() -> None:
    state = small_state()
    state.take(Placement("a", (Hold(1, (0, 1)),)))

    with pytest.raises(GpuTakenTwice, match="GPU 1 of node 'r1/node2' is not free"):
        state.take(Placement("b", (Hold(0, (0,)), Hold(1, (1, 2)))))

    assert state.free_gpus.tolist() == [8, 6]


def test_a_job_that_holds_nothing_gives_nothing_back() -> None:
    with pytest.raises(JobNotPlaced):
        small_state().release("a")


holds = st.builds(
    Hold,
    node=st.integers(0, 1),
    gpus=st.lists(st.integers(0, 7), min_size=1, max_size=3).map(tuple),
    milli=st.sampled_from((250, 500, 1000)),
    cpus=st.integers(0, 60),
) | st.builds(
    Hold,
    node=st.integers(0, 1),
    gpus=st.integers(0, 7).map(lambda gpu: (gpu,)),
    mig_mask=st.sampled_from((0b1, 0b11, 0b1100, 0b11110000)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), holds), max_size=40))
def test_what_jobs_give_back_is_what_they_took(steps) -> None:
    state, empty = small_state(), small_state()
    for number, hold in steps:
        job = str(number)
        if job in state.placed:
            state.release(job)
        else:
            try:
                state.take(Placement(job, (hold,)))
            except GpuTakenTwice:
                continue
        assert (state.free_milli >= 0).all()
        assert (state.free_cpus >= 0).all()
    for job in list(state.placed):
        state.release(job)

    for name in ("free_milli", "free_gpus", "free_cpus", "free_ram_mib", "mig_used"):
        assert (getattr(state, name) == getattr(empty, name)).all()
