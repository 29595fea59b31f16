"""What packing costs: against its physical floor, and against the peers that install from PyPI.

TRL's packing is run from its own source without importing TRL (which needs torch): where `trl` is
installed without its dependencies, its three functions are taken out of `data_utils.py`.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from gpu_lab.packing import Cost, lower_bound, pack, padded_tokens, plan_batches

CAPACITY = 4096
TRL_PARTS = ("_check_if_columns_can_be_packed", "_SegmentTree", "_pack_bfd")


@njit
def floor(sizes, counts, order, bin_of):
    """Count the sizes, make the permutation that sorts them, write one number for each item."""
    for index in range(sizes.size):
        counts[sizes[index]] += 1
    place = 0
    for size in range(counts.size - 1, -1, -1):
        many = counts[size]
        counts[size] = place
        place += many
    for index in range(sizes.size):
        order[counts[sizes[index]]] = index
        counts[sizes[index]] += 1
    for index in range(sizes.size):
        bin_of[index] = index


def floor_of(sizes: np.ndarray) -> None:
    order = np.empty(sizes.size, dtype=np.int32)
    bin_of = np.empty(sizes.size, dtype=np.int32)
    floor(sizes, np.zeros(CAPACITY + 1, dtype=np.int64), order, bin_of)


def lognormal(items: int, cap: int = CAPACITY, mean: float = 6.0) -> np.ndarray:
    drawn = np.random.default_rng(0).lognormal(mean, 1, items)
    return np.clip(drawn, 1, cap).astype(np.int32)


def best(act: Callable[[], Any], times: int) -> tuple[float, float]:
    """Give the least wall and processor time of some runs, in seconds."""
    walls, cpus = [], []
    for _ in range(times):
        begun, used = time.perf_counter(), time.process_time()
        act()
        cpus.append(time.process_time() - used)
        walls.append(time.perf_counter() - begun)
    return min(walls), min(cpus)


def main() -> None:
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs; one thread")
    print(f"lognormal(6, 1) clipped to {CAPACITY}; least of several runs")
    ours()
    peers()
    few()
    waste()


def ours() -> None:
    for items, times in ((100_000, 60), (1_000_000, 25), (10_000_000, 4)):
        sizes = lognormal(items)
        packed = pack(sizes, CAPACITY)
        floor_of(sizes)
        # In turns, so that a busy neighbour slows both.
        pairs = [
            (best(lambda: pack(sizes, CAPACITY), 1), best(lambda: floor_of(sizes), 1))  # noqa: B023
            for _ in range(times)
        ]
        wall, cpu = (min(pair[0][at] for pair in pairs) for at in (0, 1))
        floor_wall, floor_cpu = (min(pair[1][at] for pair in pairs) for at in (0, 1))
        bound = lower_bound(sizes, CAPACITY)
        print(
            f"  {items:>10,} items: {1000 * wall:.2f} ms (CPU {1000 * cpu:.2f}); floor"
            f" {1000 * floor_wall:.2f} (CPU {1000 * floor_cpu:.2f}); ratio {wall / floor_wall:.2f}"
        )
        print(
            f"  {'':>10} {packed.bins} bins, bound {bound}, efficiency"
            f" {sizes.sum(dtype=np.int64) / packed.bins / CAPACITY:.5f}"
        )


def peers() -> None:
    sizes = lognormal(10_000)
    compared("10,000", sizes, "binpacking.to_constant_volume", binpacking_of())
    trl = trl_packing()
    if trl is None:
        print("  TRL is not here (pip install --no-deps trl): not measured")
        return
    compared("10,000", sizes, "TRL _pack_bfd", trl)
    compared("100,000", lognormal(100_000), "TRL _pack_bfd", trl)


def compared(items: str, sizes: np.ndarray, name: str, act: Callable[[np.ndarray], int]) -> None:
    mine = best(lambda: pack(sizes, CAPACITY), 20)[1]
    begun = time.process_time()
    bins = act(sizes)
    theirs = time.process_time() - begun
    print(
        f"  {items} items, {name}: {1000 * theirs:.0f} ms of CPU, {bins} bins; ours"
        f" {1000 * mine:.2f} ms, {pack(sizes, CAPACITY).bins} bins; ratio {theirs / mine:,.0f}"
    )


def binpacking_of() -> Callable[[np.ndarray], int]:
    import binpacking

    return lambda sizes: len(binpacking.to_constant_volume(sizes.tolist(), CAPACITY))


def trl_packing() -> Callable[[np.ndarray], int] | None:
    found = importlib.util.find_spec("trl")
    if found is None or not found.submodule_search_locations:
        return None
    import collections
    import typing

    import pyarrow as pa
    import pyarrow.compute as pc

    source = (Path(found.submodule_search_locations[0]) / "data_utils.py").read_text()
    parts = [part for part in ast.parse(source).body if getattr(part, "name", "") in TRL_PARTS]
    names: dict[str, Any] = {"pa": pa, "pc": pc, "pyarrow": pa, "np": np}
    names |= {"defaultdict": collections.defaultdict, "deque": collections.deque}
    names |= {"Literal": typing.Literal}
    exec(compile(ast.Module(parts, []), "trl", "exec"), names)

    def bins_of(sizes: np.ndarray) -> int:
        offsets = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))
        tokens = pa.array(np.zeros(int(offsets[-1]), dtype=np.int8))
        table = pa.table({"ids": pa.LargeListArray.from_arrays(offsets, tokens)})
        return len(names["_pack_bfd"](table, CAPACITY))

    return bins_of


def few() -> None:
    for items in (10, 64, 1000):
        sizes = lognormal(items)
        pack(sizes, CAPACITY)
        wall = best(lambda: pack(sizes, CAPACITY), 2000)[0]  # noqa: B023
        print(f"  {items} items, warm: {1e6 * wall:.1f} us")


def waste() -> None:
    print("padded over real tokens; cap 512, 16,384 padded tokens a batch, 100,000 requests:")
    costs = {"m": Cost(padded_tokens, 16384)}
    for mean in (4.5, 6.0):
        lengths = lognormal(100_000, 512, mean)
        fifo, batches = first_come(lengths)
        print(f"  lognormal({mean}, 1), first come first served: {fifo:.3f}; {batches} batches")
        for window in (512, 4096):
            plan = plan_batches(lengths, "m", costs, window)
            print(
                f"  lognormal({mean}, 1), window {window}: {plan.waste:.3f};"
                f" {len(plan.models)} batches (floor {-(-plan.tokens // 16384)})"
            )


def first_come(lengths: np.ndarray) -> tuple[float, int]:
    """Close a batch at the first request that does not fit, as servers do that keep the order."""
    padded, batches, many, longest = 0, 0, 0, 0
    for tokens in lengths.tolist():
        if (many + 1) * max(longest, tokens) > 16384:
            padded += many * longest
            batches += 1
            many, longest = 0, 0
        many, longest = many + 1, max(longest, tokens)
    return (padded + many * longest) / int(lengths.sum()), batches + 1


if __name__ == "__main__":
    main()
