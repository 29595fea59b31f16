"""Which domain comes first, and which is the best last one. Pure comparisons over counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gpu_lab.placement.topology.capacity import Ask
from gpu_lab.placement.topology.tree import Domain


def by_room(domains: Iterable[Domain], ask: Ask) -> list[Domain]:
    """Order domains by what they hold without a leader.

    Preferred nodes first, then most slices (fewest when the fullest go first), then the least
    spare pods, then the name.
    """
    sign = 1 if ask.least_free else -1
    return sorted(
        domains,
        key=lambda each: (-_affinity(each, ask), sign * each.slices, each.pods, each.values),
    )


def by_room_beside_leader(domains: Iterable[Domain], ask: Ask) -> list[Domain]:
    """Order domains that may host the leader first, then by what they hold beside it."""
    sign = 1 if ask.least_free else -1
    return sorted(
        domains,
        key=lambda each: (
            -each.leaders,
            -_affinity(each, ask),
            sign * each.slices_beside_leader,
            each.pods_beside_leader,
            each.values,
        ),
    )


def _affinity(domain: Domain, ask: Ask) -> int:
    return domain.affinity if ask.ranks_affinity else 0


def room(domain: Domain, leaders: int, *, in_slices: bool) -> int:
    """Give what a domain holds, in slices or pods, with or without a leader in it."""
    if leaders:
        return domain.slices_beside_leader if in_slices else domain.pods_beside_leader
    return domain.slices if in_slices else domain.pods


def best_fit(
    domains: Sequence[Domain], needed: int, leaders: int, ask: Ask, *, in_slices: bool = True
) -> Domain:
    """Give the first domain with the least room that still suffices, or else the first of all."""
    # Preference is absolute: the best fit is sought among the most preferred domains only.
    tier = _leading_tier(domains) if ask.ranks_affinity else domains
    fitting = [
        each
        for each in tier
        if each.leaders >= leaders and room(each, leaders, in_slices=in_slices) >= needed
    ]
    return min(fitting, key=lambda each: room(each, leaders, in_slices=in_slices), default=tier[0])


def _leading_tier(domains: Sequence[Domain]) -> list[Domain]:
    tier = []
    for domain in domains:
        if domain.affinity != domains[0].affinity:
            break
        tier.append(domain)
    return tier


def leader_first(
    domains: list[Domain], needed: int, leaders: int, *, in_slices: bool = True
) -> list[Domain]:
    """Move to the front the first domain whose leader costs no room that is needed."""
    if not leaders or len(domains) < 2:
        return domains
    total = sum(room(each, 0, in_slices=in_slices) for each in domains)
    for each in domains:
        lost = room(each, 0, in_slices=in_slices) - room(each, 1, in_slices=in_slices)
        if each.leaders >= leaders and total - lost >= needed:
            return [each, *(other for other in domains if other is not each)]
    return domains
