"""The operation that `lab ops` shows: two clusters repaved in stages while things go wrong."""

from __future__ import annotations

from dataclasses import dataclass

from gpu_lab.ops.rollout import Rollout
from gpu_lab.ops.values import BadOperation, Disturbance, Drift, Goals, SwitchLoss
from gpu_lab.ops.world import Operation, fleet_of, spread_transfers

HOUR = 3600.0


@dataclass(frozen=True)
class Scenario:
    """What may be chosen: sizes, goals and troubles; `objective` is the share that must serve."""

    nodes: int = 32
    budget: int = 8
    objective: float = 0.85
    flaw: float = 0.0
    transfer: int = 4
    copy_quota: bool = True
    drift: int = 2
    switch_hours: float = 6.0


def operation_of(scenario: Scenario) -> Operation:
    """Make the operation; raises `BadOperation` when more is asked than there is."""
    fleet = fleet_of({"a": scenario.nodes, "b": scenario.nodes}, "v1")
    if scenario.drift > scenario.nodes:
        raise BadOperation(f"{scenario.drift} nodes to drift, but cluster b has {scenario.nodes}")
    going = spread_transfers(fleet, "a", "b", scenario.transfer, copy_quota=scenario.copy_quota)
    troubles: list[Disturbance] = [
        Drift((1 + place) * HOUR, f"b-{place:03d}", "by-hand") for place in range(scenario.drift)
    ]
    if scenario.switch_hours:
        troubles.append(SwitchLoss(5.5 * HOUR, "a-ib00", scenario.switch_hours * HOUR))
    rest = scenario.nodes - scenario.transfer
    needed = {"a": int(scenario.objective * rest), "b": int(scenario.objective * scenario.nodes)}
    return Operation(
        nodes=fleet,
        quotas={"a": 8 * scenario.nodes, "b": 8 * scenario.nodes},
        rollout=Rollout("v1", "v2"),
        goals=Goals(needed, scenario.budget),
        transfers=going,
        disturbances=tuple(troubles),
        flaw=scenario.flaw,
    )
