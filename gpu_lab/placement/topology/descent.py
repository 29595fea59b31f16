"""From the chosen domains down to the leaves: how many pods each receives. It searches no level."""

from __future__ import annotations

from collections.abc import Iterable

from gpu_lab.placement.topology import ordering
from gpu_lab.placement.topology.capacity import Ask
from gpu_lab.placement.topology.request import Assignment, DomainCount
from gpu_lab.placement.topology.search import Chosen
from gpu_lab.placement.topology.tree import Domain, Tree


class PodsStranded(Exception):
    """Pods that were counted find no leaf: evenly filled domains may not divide further down."""


def descend(tree: Tree, ask: Ask, chosen: Chosen) -> list[Domain]:
    """Give the leaves that receive pods or the leader, each with its amounts."""
    domains = hand_out(chosen.domains, ask.count, ask.leaders, ask.slice_size, ask, in_slices=True)
    level = chosen.level
    # Above the slice level the children of all chosen domains compete with each other.
    while level < ask.slice_level and not chosen.balanced:
        pool = ordering.by_room([child for each in domains for child in each.children], ask)
        domains = hand_out(pool, ask.count, ask.leaders, ask.slice_size, ask, in_slices=True)
        level += 1
    for below in range(level + 1, tree.lowest + 1):
        size = ask.slice_size if below <= ask.slice_level else ask.inner_sizes.get(below, 1)
        domains = [child for each in domains for child in _share_out(each, size, ask)]
    return domains


def _share_out(parent: Domain, size: int, ask: Ask) -> list[Domain]:
    children = ordering.by_room(parent.children, ask)
    if size > 1:
        # The slice counts were those of the outermost layer; here pods move in `size`s.
        for child in children:
            child.slices = child.pods // size
            child.slices_beside_leader = child.pods_beside_leader // size
    return hand_out(children, parent.pods, parent.leaders, size, ask, in_slices=size > 1)


def hand_out(
    domains: list[Domain], pods: int, leaders: int, size: int, ask: Ask, *, in_slices: bool
) -> list[Domain]:
    """Assign `pods` and `leaders` to domains in order, the last one by best fit.

    Returns the domains used; their `pods` and `leaders` become what is assigned to them.
    """
    left = pods // size
    domains = ordering.leader_first(domains, left, leaders, in_slices=in_slices)
    used = []
    for place in range(len(domains)):
        domain = _pick(domains[place:], left, leaders, ask, in_slices=in_slices)
        taken = min(ordering.room(domain, leaders, in_slices=in_slices), left)
        led = min(domain.leaders, leaders)
        _assign(domain, taken, led, size)
        used.append(domain)
        left, leaders = left - taken, leaders - led
        if left == 0 and leaders == 0:
            return used
    raise PodsStranded(f"{left} of {pods} pods have no place although they were counted")


def _pick(
    candidates: list[Domain], left: int, leaders: int, ask: Ask, *, in_slices: bool
) -> Domain:
    first = candidates[0]
    enough = ordering.room(first, leaders, in_slices=in_slices) >= left
    if not ask.least_free and enough and first.leaders >= leaders:
        return ordering.best_fit(candidates, left, leaders, ask, in_slices=in_slices)
    return first


def _assign(domain: Domain, taken: int, leaders: int, size: int) -> None:
    domain.pods = taken * size
    domain.slices = taken
    domain.leaders = leaders


def assignment_of(tree: Tree, domains: Iterable[Domain], *, leader: bool = False) -> Assignment:
    """Write the leaves down as an assignment, sorted by name; empty ones are left out."""
    first = tree.lowest if tree.ends_at_hosts else 0
    counted = [
        (domain, domain.leaders if leader else domain.pods)
        for domain in sorted(domains, key=lambda domain: domain.values)
    ]
    return Assignment(
        levels=tree.levels[first:],
        domains=tuple(
            DomainCount(values=domain.values[first:], count=count)
            for domain, count in counted
            if count
        ),
    )
