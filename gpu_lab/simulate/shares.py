"""How many GPUs each tenant may use: quota first, the rest lent. Pure arithmetic.

Water-filling as KAI-Scheduler describes it: everyone gets the lesser of quota and demand, then
what is left rises evenly (by weight) until demands are met. Dominant-resource fairness as in
Ghodsi et al., NSDI'11.
"""

from __future__ import annotations

from collections.abc import Mapping


def water_filling(
    capacity: int, quota: Mapping[str, int], demand: Mapping[str, int]
) -> dict[str, int]:
    """Share whole GPUs out; the shares add up to no more than `capacity`.

    Quotas weigh the lending; a tenant without quota weighs one. Tenants are served in name
    order when single GPUs remain.
    """
    share = {name: min(quota.get(name, 0), wanted) for name, wanted in sorted(demand.items())}
    left = capacity - sum(share.values())
    while left > 0 and (hungry := [name for name in share if share[name] < demand[name]]):
        weights = {name: max(quota.get(name, 0), 1) for name in hungry}
        total = sum(weights.values())
        for name in hungry:
            more = min(max(left * weights[name] // total, 0), demand[name] - share[name])
            share[name] += more
        given = capacity - sum(share.values())
        if given == left:
            # Less than one GPU each: one at a time, by name.
            for name in hungry[:left]:
                share[name] += 1
        left = capacity - sum(share.values())
    return share


def dominant_share(used: Mapping[str, float], capacity: Mapping[str, float]) -> float:
    """Give the largest fraction of any resource that a tenant holds."""
    return max((used[name] / capacity[name] for name in used if capacity[name]), default=0.0)


def progressive_filling(
    capacity: Mapping[str, float], task: Mapping[str, Mapping[str, float]]
) -> dict[str, int]:
    """Count the equal tasks that each tenant gets under dominant-resource fairness.

    `task` gives one task's needs per tenant; every tenant wants as many as it can get. The
    tenant with the lowest dominant share is served next, until its next task does not fit.
    """
    count = dict.fromkeys(sorted(task), 0)
    left = dict(capacity)
    active = set(count)
    while active:
        name = min(active, key=lambda t: (_dominant_of(count[t], task[t], capacity), t))
        if any(left[kind] < need for kind, need in task[name].items()):
            active.discard(name)
            continue
        count[name] += 1
        for kind, need in task[name].items():
            left[kind] -= need
    return count


def _dominant_of(tasks: int, need: Mapping[str, float], capacity: Mapping[str, float]) -> float:
    return dominant_share({kind: tasks * amount for kind, amount in need.items()}, capacity)
