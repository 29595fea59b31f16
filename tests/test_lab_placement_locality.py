"""The locality index answers as the full scan does, with the compiler on and off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_lab.fleet import Block, Domain, FleetDescription, Machine, NodeType, build_fleet
from gpu_lab.placement import bitmaps
from gpu_lab.placement import locality_kernels as kernels
from gpu_lab.placement.locality import place_plainly
from gpu_lab.placement.locality_index import LocalityIndex, UnequalNodes, plain_branches

ROOT = Path(__file__).parents[1]


def even_fleet(counts: tuple[int, ...], gpus: int = 4):
    levels = ("datacenter", "pod", "rack", "node")[-len(counts) :]
    kind = NodeType(gpu="H100", gpus=gpus)
    block = Block(name="x", node_type="n", counts=counts)
    return build_fleet(
        FleetDescription(name="f", levels=levels, node_types={"n": kind}, blocks=(block,))
    )


def uneven_fleet(racks: list[list[int]], gpus: int = 4):
    """Make pods of racks of so many nodes each."""
    domains, nodes = [], []
    for p, sizes in enumerate(racks):
        domains.append(Domain(name=f"p{p}", level="pod"))
        for r, size in enumerate(sizes):
            domains.append(Domain(name=f"p{p}r{r}", level="rack", parent=f"p{p}"))
            nodes += [
                Machine(name=f"p{p}r{r}n{n}", node_type="n", parent=f"p{p}r{r}")
                for n in range(size)
            ]
    return build_fleet(
        FleetDescription(
            name="f",
            levels=("pod", "rack", "node"),
            node_types={"n": NodeType(gpu="H100", gpus=gpus)},
            domains=tuple(domains),
            nodes=tuple(nodes),
        )
    )


fleets = st.one_of(
    st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple).map(even_fleet),
    st.lists(
        st.lists(st.integers(1, 4), min_size=1, max_size=4), min_size=1, max_size=4
    ).map(uneven_fleet),
)  # fmt: skip


def agrees(fleet, gangs: list[int], leave_every: int) -> None:
    """Place gangs by index and by scan, some leaving in between; every answer must be equal."""
    index, branches = LocalityIndex(fleet), plain_branches(fleet)
    running = []
    for turn, gpus in enumerate(gangs):
        free = index.free.tolist()
        shares = index.place(gpus)
        assert shares == place_plainly(branches, free, int(fleet.gpus[0]), gpus)
        if shares:
            index.take(shares)
            running.append(shares)
        if running and turn % leave_every == 0:
            index.release(running.pop(turn % len(running)))


@settings(max_examples=60, deadline=None)
@given(fleets, st.lists(st.integers(1, 40), max_size=40), st.integers(2, 5))
def test_the_index_decides_as_the_full_scan(fleet, gangs, leave_every) -> None:
    agrees(fleet, gangs, leave_every)


def test_the_index_decides_as_the_full_scan_with_the_compiler_off() -> None:
    script = (
        "import numpy as np\n"
        "from tests.test_lab_placement_locality import agrees, even_fleet, uneven_fleet\n"
        "from gpu_lab.placement import locality_kernels\n"
        "assert not hasattr(locality_kernels.place, 'py_func'), 'the compiler is on'\n"
        "rng = np.random.default_rng(7)\n"
        "for fleet in (even_fleet((2, 3, 3, 4)), uneven_fleet([[1, 4], [3], [2, 2, 4]])):\n"
        "    agrees(fleet, rng.integers(1, 40, 150).tolist(), 3)\n"
    )
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 39_999), max_size=60))
def test_a_bitmap_always_finds_its_smallest_member(members: list[int]) -> None:
    offsets = bitmaps.layout(40_000)
    words = np.zeros(int(offsets[-1]), dtype=np.int64)
    kept: set[int] = set()
    for member in members:
        kept.symmetric_difference_update({member})
        (bitmaps.add if member in kept else bitmaps.remove)(words, offsets, member)
        assert bitmaps.first(words, offsets) == min(kept, default=-1)


def test_a_gang_of_whole_nodes_stays_in_the_tightest_rack_that_holds_it() -> None:
    fleet = uneven_fleet([[4, 2], [3, 4]], gpus=8)

    assert LocalityIndex(fleet).place(20) == [(6, 8), (7, 8), (8, 4)]


def test_nodes_of_unequal_size_need_an_index_each() -> None:
    kinds = {"a": NodeType(gpu="H100", gpus=8), "b": NodeType(gpu="T4", gpus=2)}
    blocks = tuple(Block(name=kind, node_type=kind, counts=(1, 2)) for kind in kinds)
    fleet = build_fleet(
        FleetDescription(name="f", levels=("rack", "node"), node_types=kinds, blocks=blocks)
    )

    with pytest.raises(UnequalNodes, match="2 or 8 GPUs"):
        LocalityIndex(fleet)


def test_gangs_that_come_and_go_are_placed_alike_by_index_and_by_scan() -> None:
    sizes = np.random.default_rng(5).choice([1, 2, 4, 8, 16], size=400).astype(np.int64)
    books = []
    for scan in (False, True):
        index = LocalityIndex(even_fleet((1, 2, 3, 4)))
        total = int(index.free.sum())
        churn = kernels.Churn(
            sizes,
            np.zeros((total + 1, 17), dtype=np.int64),
            np.arange(total + 1),
            np.asarray([0, 0, 0, 42, 0], dtype=np.int64),
        )
        kernels.replay(index.kernel, churn, np.asarray([0, 400]), int(total * 0.9), scan)
        assert index.free.sum() == total - churn.books[kernels.USED]
        books.append(churn.books.tolist())

    assert books[0] == books[1]
    assert books[0][kernels.PLACED] > 200
