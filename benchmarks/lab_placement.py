"""Locality index beside full scan, NumPy scan and pure Python, from 10,000 to 1,000,000 GPUs.

One operation is a gang's whole life: it is placed, takes its GPUs, and another gang leaves.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from gpu_lab.bounds.allreduce import all_reduce_gap
from gpu_lab.examples import scene_path
from gpu_lab.fleet import (
    Block,
    FleetDescription,
    FleetState,
    NodeType,
    Placement,
    build_fleet,
    read_scene,
)
from gpu_lab.fleet.model import Fleet
from gpu_lab.jobs import Job, TopologyWish
from gpu_lab.placement import locality_kernels as kernels
from gpu_lab.placement.allreduce import GIB, report
from gpu_lab.placement.background import fill_to
from gpu_lab.placement.locality_index import LocalityIndex
from gpu_lab.placement.policies import POLICIES, policy_named
from gpu_lab.placement.sampling import SIZES, Rule, Sampler, run_sampling

# Datacentres, pods, racks, nodes; racks of 16 nodes, pods of 16 racks, nodes of 8 GPUs.
FLEETS = {"10k": (1, 5, 16, 16), "164k": (4, 20, 16, 16), "1M": (8, 62, 16, 16)}
MIX = {1: 0.5, 2: 0.15, 4: 0.1, 8: 0.15, 16: 0.05, 32: 0.03, 64: 0.015, 128: 0.005}
LOAD = 0.9
HALF_FULL = 0.6
GANGS = 100_000
# Many short rounds, of which the best counts: a round that another process disturbs is seen.
ROUNDS = 20
# Policies that act on a wish; the others show what comes of not being asked.
WISHING = ("topology", "best-fit")
SAMPLERS = {
    "sees everything, best fit": Sampler(0),
    "2 probes, least loaded": Sampler(2, Rule.LEAST_LOADED),
    "2 probes, best fit": Sampler(2),
    "16 probes, best fit": Sampler(16),
    "64 probes, best fit": Sampler(64),
    "64 probes, view 200 gangs old": Sampler(64, stale_gangs=200),
}


def fleet_of(counts: tuple[int, ...]) -> Fleet:
    kinds = {"h100": NodeType(gpu="H100", gpus=8)}
    block = Block(name="dc", node_type="h100", counts=counts)
    return build_fleet(FleetDescription(name="bench", node_types=kinds, blocks=(block,)))


def gangs_for(fleet: Fleet, timed: int) -> tuple[kernels.Churn, int]:
    """Draw gangs: enough to fill the fleet twice over, then those to be timed."""
    rng = np.random.default_rng(1)
    mean = sum(gpus * share for gpus, share in MIX.items())
    warm = int(2 * fleet.total_gpus / mean)
    sizes = rng.choice(list(MIX), size=warm + timed, p=list(MIX.values())).astype(np.int64)
    # No more gangs than GPUs can run at once; rows that none uses are never touched.
    most = fleet.total_gpus + 1
    slots = np.zeros((most, 17), dtype=np.int64)
    books = np.asarray([0, 0, 0, 42, 0], dtype=np.int64)
    return kernels.Churn(sizes, slots, np.arange(most), books), warm


def replay(index: LocalityIndex, churn: kernels.Churn, span: tuple[int, int], scan: bool) -> float:
    """Give the seconds of processor time that a span of gangs took."""
    limit = int(len(index.free) * 8 * LOAD)
    gangs = np.asarray(span, dtype=np.int64)
    started = time.process_time()
    kernels.replay(index.kernel, churn, gangs, limit, scan)
    return time.process_time() - started


def measured(
    counts: tuple[int, ...], gangs: int, *, scan: bool
) -> tuple[float, LocalityIndex, int]:
    """Give ns per operation at a steady load (best round), the used index, and a checksum."""
    fleet = fleet_of(counts)
    churn, warm = gangs_for(fleet, gangs)
    index = LocalityIndex(fleet)
    replay(index, churn, (0, warm), scan=False)
    rounds = [
        replay(index, churn, (warm + turn * gangs // ROUNDS, warm + (turn + 1) * gangs // ROUNDS),
               scan)
        for turn in range(ROUNDS)
    ]  # fmt: skip
    return min(rounds) / (gangs // ROUNDS) * 1e9, index, int(churn.books[kernels.CHECKSUM])


def best_fit_python(free: list[int], gpus: int) -> int:
    best = -1
    for node, here in enumerate(free):
        if here >= gpus and (best < 0 or here < free[best]):
            best = node
    return best


def best_fit_numpy(free: np.ndarray, gpus: int) -> int:
    return int(np.argmin(np.where(free >= gpus, free, 99)))


def per_call(ask: Callable[[int], object], repeat: int) -> float:
    """Give ns per call over the mix's single-node sizes; best of three."""
    sizes = [1, 2, 1, 4, 1, 8, 2, 1] * max(repeat // 8, 1)
    rounds = []
    for _ in range(3):
        started = time.process_time()
        for gpus in sizes:
            ask(gpus)
        rounds.append((time.process_time() - started) / len(sizes))
    return min(rounds) * 1e9


def policies_beside_the_bound(workers: int | None) -> None:
    """A gang of 64 H100s on the seed fleet, 60 % in use: all-reduce of 10 GiB over the bound."""
    fleet, _ = read_scene(scene_path("seed"))
    wish = TopologyWish(mode="preferred", level="rack")
    print("64 GPUs,", "8 workers of 8" if workers else "to be dealt out freely")
    print(f"{'policy':>12} {'placed':>7} {'nodes':>6} {'racks':>6} {'over the bound':>15}")
    for name in POLICIES:
        gaps, spans = [], []
        for seed in range(10):
            state, rng = FleetState(fleet), np.random.default_rng(seed)
            fill_to(state, HALF_FULL, rng)
            asked = wish if name in WISHING else None
            job = Job(name="train", gpus=64, gpu=("H100",), workers=workers, topology=asked)
            placed = policy_named(name).choose(job, state, rng)
            if isinstance(placed, Placement):
                gaps.append(all_reduce_gap(fleet, placed, 10 * GIB))
                spans.append(report(fleet, placed).spanned)
        if not gaps:
            print(f"{name:>12}   0/10      -      -               -")
            continue
        over = np.mean([gap.result / gap.bound for gap in gaps])
        nodes, racks = (np.mean([span[level] for span in spans]) for level in ("node", "rack"))
        print(f"{name:>12} {len(gaps):>4}/10 {nodes:>6.1f} {racks:>6.1f} {over:>14.1f}x")


def samples_beside_sight() -> None:
    """Gangs on 1,280 nodes: success at the first try, idle GPUs out of empty nodes, conflicts."""
    sizes = " / ".join(map(str, SIZES))
    print(f"load  {'who':<30} success for {sizes} GPUs   scattered  conflicts")
    for load in (0.80, 0.90, 0.95):
        for name, sampler in SAMPLERS.items():
            found = run_sampling(sampler, load, np.random.default_rng(1))
            success = "  ".join(f"{share:.3f}" for share in found.success)
            tail = f"{found.scattered_idle:>10.2f} {found.conflicts:>10.2f}"
            print(f"{load:.2f}  {name:<30} {success}  {tail}")


def main() -> None:
    for workers in (None, 8):
        policies_beside_the_bound(workers)
    samples_beside_sight()
    index_ns = {}
    for scan in (True, False):
        measured((1, 1, 1, 2), 1_000, scan=scan)
    print(f"{'GPUs':>9} {'index':>9} {'full scan':>10} {'NumPy':>10} {'Python':>11}  equal")
    for name, counts in FLEETS.items():
        index_ns[name], index, _ = measured(counts, GANGS, scan=False)
        # The scan is slow where the fleet is large, so it gets fewer gangs to agree on.
        few = min(GANGS, 250_000_000 // len(index.free))
        scan_ns, _, by_scan = measured(counts, few, scan=True)
        equal = by_scan == measured(counts, few, scan=False)[2]
        free, listed = index.free.copy(), index.free.tolist()
        numpy_ns = per_call(lambda gpus, free=free: best_fit_numpy(free, gpus), 200)
        python_ns = per_call(lambda gpus, listed=listed: best_fit_python(listed, gpus), 16)
        print(
            f"{len(free) * 8:>9,} {index_ns[name]:>6.0f} ns {scan_ns / index_ns[name]:>9.1f}x"
            f" {numpy_ns / index_ns[name]:>9.1f}x {python_ns / index_ns[name]:>10.1f}x  {equal}"
        )
        if name == "1M":
            print(f"called from Python, one gang at a time: {per_call(index.place, 4000):.0f} ns")
    print(f"growth 10k -> 1M: {index_ns['1M'] / index_ns['10k']:.2f}x (at most 1.5x is the aim)")


if __name__ == "__main__":
    main()
