"""The replay in plain Python: every machine scored for every pod. Slow on purpose.

`kernels.replay` must place every pod on the same node and GPUs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from gpu_lab.placement.protocol import scores
from gpu_lab.placement.protocol.scores import Ask, Choice, Frequent, Machine, Rule
from gpu_lab.placement.protocol.world import (
    CPU,
    GPUS,
    LEFT,
    MEMORY,
    MODEL,
    SHAPE_CPU,
    SHAPE_GPUS,
    SHAPE_MASK,
    SHAPE_MILLI,
    T_CPU,
    T_GPUS,
    T_GROUP,
    T_MASK,
    Policy,
    World,
)


@dataclass(frozen=True)
class Placed:
    """Where a pod went: the node's rank and its GPUs; rank -1 when nowhere."""

    node: int
    gpus: tuple[int, ...]


def run(
    world: World, policy: Policy, draws: Sequence[Sequence[float]] = (), steps: float = 100.0
) -> tuple[Placed, ...]:
    """Place every arrival in turn; `draws` (pods, 2) in [0, 1) feed the random policy."""
    machines = machines_of(world)
    rule = rule_of(policy, frequent(world), steps)
    placed = []
    for number, (shape, memory, _) in enumerate(world.arrivals.tolist()):
        ask = ask_of(world, shape, memory)
        if policy is Policy.RANDOM:
            where = _drawn(machines, ask, draws[number])
        else:
            where = _best(machines, ask, rule)
        if where.node >= 0:
            machines[where.node] = machines[where.node].taking(ask, where.gpus)
        placed.append(where)
    return tuple(placed)


def machines_of(world: World) -> list[Machine]:
    """Read the fleet's rows as machines, in rank order."""
    return [
        Machine(row[CPU], row[MEMORY], row[MODEL], tuple(row[LEFT : LEFT + row[GPUS]]))
        for row in world.fleet.tolist()
    ]


def ask_of(world: World, shape: int, memory: int) -> Ask:
    """Read a shape and a memory as a request."""
    row = world.shapes[shape].tolist()
    return Ask(row[SHAPE_CPU], memory, row[SHAPE_GPUS], row[SHAPE_MILLI], row[SHAPE_MASK])


def frequent(world: World) -> tuple[Frequent, ...]:
    """Read the typical pods."""
    milli = world.typical.groups[:, 1].tolist()
    return tuple(
        Frequent(Ask(row[T_CPU], 0, row[T_GPUS], milli[row[T_GROUP]], row[T_MASK]), share)
        for row, share in zip(
            world.typical.pods.tolist(), world.typical.share.tolist(), strict=True
        )
    )


def rule_of(policy: Policy, typical: Sequence[Frequent], steps: float) -> Rule:
    """Find a policy's rule."""
    match policy:
        case Policy.RANDOM:
            return scores.anywhere
        case Policy.DOT_PRODUCT:
            return scores.dot_product
        case Policy.CLUSTERING:
            return scores.clustering
        case Policy.PACKING:
            return scores.packing
        case Policy.BEST_FIT:
            return scores.best_fit
        case Policy.FGD:
            return scores.fgd(typical, steps)
        case unknown:
            assert_never(unknown)


def _best(machines: Sequence[Machine], ask: Ask, rule: Rule) -> Placed:
    best: tuple[Choice, int] | None = None
    for rank, machine in enumerate(machines):
        if machine.can_host(ask):
            choice = rule(machine, ask)
            if best is None or choice.points > best[0].points:
                best = (choice, rank)
    return Placed(-1, ()) if best is None else Placed(best[1], best[0].gpus)


def _drawn(machines: Sequence[Machine], ask: Ask, draw: Sequence[float]) -> Placed:
    possible = [rank for rank, machine in enumerate(machines) if machine.can_host(ask)]
    if not possible:
        return Placed(-1, ())
    rank = possible[int(draw[0] * len(possible))]
    if not ask.shares:
        return Placed(rank, scores.first_free(machines[rank], ask))
    room = [gpu for gpu, left in enumerate(machines[rank].left) if left >= ask.milli]
    return Placed(rank, (room[int(draw[1] * len(room))],))
