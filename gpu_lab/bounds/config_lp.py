"""The configuration LP: an upper bound on the GPU share that any placement can allocate.

Each GPU carries one pattern of shares that fits it (say 810 + 190); a node class may mix
patterns in fractions and pools its CPU and memory. Patterns are generated as the prices ask for
them (Gilmore and Gomory, 1961). The true optimum is lower still, for these two freedoms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from gpu_lab.bounds.demand import Demand
from gpu_lab.bounds.gap import BoundUnavailable
from gpu_lab.pods import MILLI

Floats = NDArray[np.float64]
Pattern = tuple[tuple[int, int], ...]

GAIN_AT_LEAST = 1e-7
ROUNDS_AT_MOST = 200
LEFT_OUT_AT_MOST = 1e-6
# Dearer than anything that a pod's GPUs could be exchanged for.
LEFT_OUT_COST = 100


class BoundNotFound(BoundUnavailable):
    """The solver found no bound; the message carries its words."""


@dataclass(frozen=True)
class LpBound:
    """The most that can be allocated, in percent of all GPUs, and how it was found."""

    percent: float
    patterns: int
    rounds: int


@dataclass
class _Program:
    """Variables: pods served (class by node class), pods left out though they must be served
    (at a price; the last of them go once the right patterns are there), GPUs by pattern.

    Rows are `<=`: GPUs, CPU, memory, and shares per size of each node class; pods there are;
    and, negated, pods that must be served.
    """

    demand: Demand
    sizes: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    patterns: list[tuple[int, Pattern]] = field(default_factory=list)

    @property
    def forced(self) -> list[int]:
        """Give the pod classes of which some must be served."""
        return [kind for kind, least in enumerate(self.demand.must) if least]

    @property
    def width(self) -> int:
        """Count the rows of one node class."""
        return 3 + len(self.sizes)


def config_bound(demand: Demand) -> LpBound:
    """Solve the LP, adding patterns until none could raise the bound."""
    sizes = tuple(sorted({pod.gpu_milli for pod, _ in demand.pods if pod.gpu_milli < MILLI}))
    pairs = tuple(
        (kind, place)
        for kind, (pod, _) in enumerate(demand.pods)
        for place, (node, _) in enumerate(demand.nodes)
        if pod.may_run_on(node)
    )
    program = _Program(demand, sizes, pairs)
    program.patterns += [
        (place, ((size, MILLI // size),)) for place in range(len(demand.nodes)) for size in sizes
    ]
    for turn in range(1, ROUNDS_AT_MOST + 1):
        value, left_out, prices = _solve(program)
        better = _better_patterns(program, prices)
        if not better and left_out > LEFT_OUT_AT_MOST:
            raise BoundNotFound("the pods that must be served do not fit, however they are put")
        if not better:
            different = {pattern for _, pattern in program.patterns}
            return LpBound(100 * value / demand.total_milli, len(different), turn)
        program.patterns += better
    raise BoundNotFound(f"no end after {ROUNDS_AT_MOST} rounds of new patterns")


def _solve(program: _Program) -> tuple[float, float, Floats]:
    """Solve with the patterns so far: GPU milli served, pods left out, each row's price."""
    rows, limits = _rows(program)
    pods, pairs, forced = program.demand.pods, program.pairs, program.forced
    gains = [-pods[kind][0].value for kind, _ in pairs]
    penalties = [LEFT_OUT_COST * pods[kind][0].value for kind in forced]
    costs = np.asarray([*gains, *penalties, *(0 for _ in program.patterns)], dtype=np.float64)
    found = linprog(costs, A_ub=rows, b_ub=limits, method="highs")
    if found.status != 0:
        raise BoundNotFound(f"the LP has no optimum: {found.message}")
    served = -float(costs[: len(pairs)] @ found.x[: len(pairs)])
    left_out = float(found.x[len(pairs) : len(pairs) + len(forced)].sum())
    return served, left_out, -np.asarray(found.ineqlin.marginals)


def _rows(program: _Program) -> tuple[csr_matrix, Floats]:
    entries = [*_pod_entries(program), *_forced_entries(program), *_pattern_entries(program)]
    amounts = [amount for _, _, amount in entries]
    places = ([row for row, _, _ in entries], [column for _, column, _ in entries])
    limits = _limits(program)
    columns = len(program.pairs) + len(program.forced) + len(program.patterns)
    return csr_matrix((amounts, places), shape=(len(limits), columns)), limits


def _pod_entries(program: _Program) -> Iterator[tuple[int, int, float]]:
    demand, width = program.demand, program.width
    first_pod = width * len(demand.nodes)
    for column, (kind, place) in enumerate(program.pairs):
        pod, base = demand.pods[kind][0], place * width
        yield base + 1, column, pod.cpu_milli
        yield base + 2, column, pod.memory_mib
        if pod.gpu_milli < MILLI:
            yield base + 3 + program.sizes.index(pod.gpu_milli), column, 1
        else:
            yield base, column, pod.gpus
        yield first_pod + kind, column, 1
        if demand.must[kind]:
            yield first_pod + len(demand.pods) + kind, column, -1


def _forced_entries(program: _Program) -> Iterator[tuple[int, int, float]]:
    first = program.width * len(program.demand.nodes) + len(program.demand.pods)
    for column, kind in enumerate(program.forced, start=len(program.pairs)):
        yield first + kind, column, -1


def _pattern_entries(program: _Program) -> Iterator[tuple[int, int, float]]:
    first = len(program.pairs) + len(program.forced)
    for column, (place, pattern) in enumerate(program.patterns, start=first):
        base = place * program.width
        yield base, column, 1
        for size, count in pattern:
            yield base + 3 + program.sizes.index(size), column, -count


def _limits(program: _Program) -> Floats:
    limits: list[float] = []
    for node, count in program.demand.nodes:
        limits += [node.gpus * count, node.cpu_milli * count, node.memory_mib * count]
        limits += [0.0] * len(program.sizes)
    limits += [count for _, count in program.demand.pods]
    limits += [-count for count in program.demand.must]
    return np.asarray(limits, dtype=np.float64)


def _better_patterns(program: _Program, prices: Floats) -> list[tuple[int, Pattern]]:
    """Find for each node class the pattern worth most at these prices, if it is worth a GPU."""
    better = []
    for place in range(len(program.demand.nodes)):
        base = place * program.width
        worth = prices[base + 3 : base + program.width]
        value, pattern = most_valuable(program.sizes, worth)
        if value > prices[base] + GAIN_AT_LEAST * MILLI:
            better.append((place, pattern))
    return better


def most_valuable(sizes: tuple[int, ...], worth: Floats) -> tuple[float, Pattern]:
    """Fill one GPU with shares of most worth (unbounded knapsack over its 1,000 milli)."""
    step = int(np.gcd.reduce([*sizes, MILLI])) if sizes else MILLI
    room = MILLI // step
    best = np.zeros(room + 1)
    chosen = np.full(room + 1, -1, dtype=np.int64)
    for here in range(1, room + 1):
        best[here] = best[here - 1]
        for kind, size in enumerate(sizes):
            if size // step <= here and best[here - size // step] + worth[kind] > best[here]:
                best[here] = best[here - size // step] + worth[kind]
                chosen[here] = kind
    return float(best[room]), _read_back(sizes, step, chosen)


def _read_back(sizes: tuple[int, ...], step: int, chosen: NDArray[np.int64]) -> Pattern:
    counts: dict[int, int] = {}
    here = len(chosen) - 1
    while here > 0:
        kind = int(chosen[here])
        if kind < 0:
            here -= 1
            continue
        counts[sizes[kind]] = counts.get(sizes[kind], 0) + 1
        here -= sizes[kind] // step
    return tuple(sorted(counts.items()))
