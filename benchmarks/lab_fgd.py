"""The FGD protocol: microseconds a pod, against rescoring every node, and the whole paper.

Times are processor time, so that a busy machine does not count.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

from gpu_lab.placement.protocol.published import AT_130
from gpu_lab.placement.protocol.world import Policy
from gpu_lab.sweeps.paper import table
from gpu_lab.sweeps.speed import inflation_speed
from gpu_lab.sweeps.worlds import inflation_world, orders_beside

ROOT = Path(__file__).resolve().parents[1]
TRACES = (ROOT / os.environ.get("TOUCHBASE_SHARED", "../shared") / "traces").resolve()
FIRST_USE = """
import numpy as np
from time import process_time
from gpu_lab.placement.protocol.world import Policy, build
from gpu_lab.traces.openb import OpenbNode, OpenbPod
node = OpenbNode("n", 64000, 262144, 8, "T4")
pods = [OpenbPod(f"p{i}", 1000, 64, 1, 500, (), "", 0, 0) for i in range(9)]
world = build([node], pods, np.arange(9), np.arange(1))
begin = process_time()
from gpu_lab.placement.protocol import replay
replay.run(world, Policy.FGD, np.random.default_rng(0))
print(process_time() - begin)
"""


def main() -> None:
    first_use()
    if not (TRACES / "openb").is_dir():
        print("no openb trace (TOUCHBASE_SHARED names the folder above traces/): rest left out")
        return
    orders = orders_beside(TRACES)
    world = inflation_world(TRACES, "default", 42, orders)
    for policy in list(Policy)[::-1]:
        print(inflation_speed(world, process_time, policy))
    whole_paper(orders)


def first_use() -> None:
    """Time the first call in a new process, without and with compiled code on disk."""
    with tempfile.TemporaryDirectory() as cache:
        there = os.environ | {"NUMBA_CACHE_DIR": cache}
        for words in ("compiling", "compiled before"):
            done = subprocess.run(
                [sys.executable, "-c", FIRST_USE],
                env=there,
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
            print(
                f"first use, {words:<20}{float(done.stdout):8.2f} s, imports of the compiler in it"
            )


def whole_paper(orders: Path | None) -> None:
    """Run 17 workloads x 5 policies x 10 seeds and compare with the published means."""
    begin, worked = perf_counter(), process_time()
    policies = list(Policy)[1:]
    rows = list(table(TRACES, orders, tuple(AT_130), range(42, 52), policies))
    off = [abs(row.difference) for row in rows if row.difference is not None]
    runs = len(rows) * 10
    print(
        f"whole paper: {runs} runs in {process_time() - worked:.0f} s of one processor"
        f" ({perf_counter() - begin:.0f} s on the clock);"
        f" largest difference from the published mean {max(off):.2f} points"
        f" ({sum(value <= 0.01 for value in off)} of {len(off)} within 0.01)"
    )


if __name__ == "__main__":
    main()
