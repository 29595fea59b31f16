"""Replays: Philly on 512 GPUs, a million made jobs on 100,000, and the plain twin beside.

Times are processor time, so that a busy machine does not count.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path
from time import process_time

import numpy as np

from gpu_lab.simulate.jobs import Jobs
from gpu_lab.simulate.replay import simulate
from gpu_lab.simulate.report import summary
from gpu_lab.simulate.room import uniform
from gpu_lab.simulate.rules import Backfill, Fit, Order, Rules
from gpu_lab.sweeps.speed import plain_speed, replay_speed
from gpu_lab.traces.read import read_jobs
from gpu_lab.traces.synthetic import Wanted, generate

ROOT = Path(__file__).resolve().parents[1]
TRACES = (ROOT / os.environ.get("TOUCHBASE_SHARED", "../shared") / "traces").resolve()
# The mean completion that another replay of Philly reports, in seconds, where there is one.
FLAVOURS = (
    (Order.FIFO, Backfill.SKIP, 103_158),
    (Order.FIFO, Backfill.NONE, 810_884),
    (Order.FIFO, Backfill.EASY, None),
    (Order.SHORTEST, Backfill.SKIP, 24_617),
)


def mean(jobs: Jobs, rules: Rules) -> float:
    return summary(simulate(jobs, uniform(64, 8), rules)).mean_completion


def main() -> None:
    small = generate(Wanted(2000, 64, load=2.0), np.random.default_rng(1))
    print(plain_speed(small, 8, 8, process_time))
    philly = TRACES / "philly" / "philly_jobs.csv"
    if philly.is_file():
        jobs = read_jobs(philly)
        for order, backfill, published in FLAVOURS:
            speed = replay_speed(jobs, 64, 8, order, backfill, process_time)
            print(f"Philly: {speed}; mean completion by")
            means = (f"{fit} {mean(jobs, Rules(order, backfill, fit)):,.0f} s" for fit in Fit)
            whole = mean(jobs.in_whole_nodes(8), Rules(order, backfill, Fit.FIRST))
            print(f"  {', '.join(means)}; first-fit in whole nodes {whole:,.0f} s", end="")
            print(f", published {published:,} s" if published else "")
    else:
        print("no Philly trace (TOUCHBASE_SHARED names the folder above traces/): left out")
    for load in (0.95, 3.0):
        begin = process_time()
        jobs = generate(Wanted(1_000_000, 100_000, load), np.random.default_rng(1))
        print(f"a million jobs at load {load:g} made in {process_time() - begin:.1f} s")
        print(replay_speed(jobs, 12_500, 8, Order.FIFO, Backfill.SKIP, process_time))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"largest memory of this process: {peak:.2f} GiB")


if __name__ == "__main__":
    main()
