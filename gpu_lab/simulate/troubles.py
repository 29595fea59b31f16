"""Drawing what goes wrong on a fleet, and what maintenance it gets. Simulates nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_lab.simulate.rules import Disruption, Drain, Failure, SwitchFailure


@dataclass(frozen=True)
class Troubles:
    """How many nodes break, how many switches (of `switch_nodes` neighbours each), and how many
    nodes are drained; each is away for `seconds`."""

    failures: int = 0
    switch_failures: int = 0
    switch_nodes: int = 8
    drains: int = 0
    seconds: float = 4 * 3600.0


def drawn(
    troubles: Troubles, nodes: int, last: float, rng: np.random.Generator
) -> list[Disruption]:
    """Draw troubles evenly over 0 to `last` seconds and over the nodes, in order of time.

    Drained nodes differ from one another while there are enough.
    """
    found: list[Disruption] = [
        Failure(float(at), int(node), troubles.seconds)
        for at, node in _when_and_which(troubles.failures, nodes, last, rng)
    ]
    size = troubles.switch_nodes
    for at, switch in _when_and_which(troubles.switch_failures, -(-nodes // size), last, rng):
        behind = range(switch * size, min((switch + 1) * size, nodes))
        found.append(SwitchFailure(float(at), tuple(behind), troubles.seconds))
    times = rng.random(troubles.drains) * last
    places = rng.permutation(nodes)
    for count, at in enumerate(times):
        found.append(Drain(float(at), int(places[count % nodes]), troubles.seconds))
    return sorted(found, key=lambda one: one.at)


def _when_and_which(
    count: int, places: int, last: float, rng: np.random.Generator
) -> list[tuple[float, int]]:
    times, which = rng.random(count) * last, rng.integers(0, places, count)
    return list(zip(times.tolist(), which.tolist(), strict=True))
