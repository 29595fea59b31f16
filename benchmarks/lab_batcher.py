"""What the batcher adds to a request's latency, and wastes, at nine tenths of the most load.

Time is simulated: a batch takes 0.5 ms and 1 us for each padded token, 16.9 ms when full. The most
load is what the same waiting room serves when all requests are there at once.
"""

from __future__ import annotations

import time

import numpy as np

from gpu_lab.packing import (
    Arrival,
    Cost,
    Policy,
    Request,
    Simulated,
    WaitingRoom,
    Worker,
    padded_tokens,
    poisson,
    simulate,
)

WORKER = Worker(fixed=0.0005, per_token=1e-6)
COSTS = {"m": Cost(padded_tokens, 16384)}
SETTING = 0.3
REQUESTS = 20_000


def main() -> None:
    print(f"Poisson load, {REQUESTS:,} requests of 5 applications, p99 is to be <= {SETTING} s")
    for mean in (4.5, 6.0):
        rng = np.random.default_rng(0)
        lengths = np.clip(rng.lognormal(mean, 1, REQUESTS), 1, 512)
        asked = [Request(f"application {at % 5}", "m", int(n)) for at, n in enumerate(lengths)]
        at_once = simulate(
            WaitingRoom(COSTS, Policy()), [Arrival(0.0, request) for request in asked], WORKER
        )
        most = REQUESTS / (at_once.added.max() + 0.0169)
        print(f"lognormal({mean}, 1) cap 512: at most {most:,.0f} requests a second")
        for load, setting in ((0.5, 0.3), (0.8, 0.3), (0.9, 0.3), (0.9, 0.1)):
            begun = time.process_time()
            policy = Policy(overdue=setting)
            done = simulate(WaitingRoom(COSTS, policy), poisson(rng, asked, load * most), WORKER)
            said(f"load {load}, setting {setting}", done, time.process_time() - begun)
    flooded()


def said(name: str, done: Simulated, cpu: float) -> None:
    print(
        f"  {name}: p50 {done.added_at(50):.3f} p99 {done.added_at(99):.3f}"
        f" max {done.added.max():.3f} s; padded/real {done.waste:.3f}; busy {done.busy:.2f};"
        f" deciding {1e3 * cpu / done.batches:.2f} ms a batch"
    )


def flooded() -> None:
    """Show one application that sends three times what can be served, beside a quiet one."""
    rng = np.random.default_rng(3)
    flood = [Request("flood", "m", int(n)) for n in rng.integers(1, 512, REQUESTS)]
    light = [Request("light", "m", int(n)) for n in rng.integers(1, 512, 200)]
    arrivals = sorted(
        poisson(rng, flood, 12_000) + poisson(rng, light, 120), key=lambda came: came.at
    )
    done = simulate(WaitingRoom(COSTS, Policy(overdue=SETTING)), arrivals, WORKER)
    for name in ("flood", "light"):
        added = [
            float(wait)
            for wait, came in zip(done.added, arrivals, strict=True)
            if came.request.application == name
        ]
        print(f"flooded, {name}: p99 {np.percentile(added, 99):.3f} s, worst {max(added):.3f} s")


if __name__ == "__main__":
    main()
