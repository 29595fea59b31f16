"""At which level, and in which domains there, a request fits. What goes below comes later."""

from __future__ import annotations

from dataclasses import dataclass

from gpu_lab.placement.topology import ordering
from gpu_lab.placement.topology.capacity import Ask, Exclusions
from gpu_lab.placement.topology.messages import not_fit
from gpu_lab.placement.topology.request import DoesNotFit
from gpu_lab.placement.topology.tree import Domain, Tree


@dataclass(frozen=True)
class Chosen:
    """Domains of one level that together hold the request."""

    level: int
    domains: list[Domain]
    balanced: bool = False


def find_level(tree: Tree, ask: Ask, exclusions: Exclusions) -> Chosen:
    """Search from the requested level upwards; raise DoesNotFit where nothing holds the request."""
    for level in range(ask.level, -1, -1):
        domains = list(tree.by_level[level].values())
        if not domains:
            raise DoesNotFit(f"no topology domains at level: {tree.levels[level]}")
        ordered = ordering.by_room_beside_leader(domains, ask)
        alone = one_domain(ordered, ask)
        if alone is not None:
            return Chosen(level, [alone])
        if ask.required:
            raise DoesNotFit(not_fit(tree, ask, level, ordered[0].slices, exclusions))
        if level == 0 or ask.unconstrained:
            return Chosen(level, several_domains(tree, ordered, ask, level, exclusions))
    raise AssertionError("the widest level always answers")


def one_domain(ordered: list[Domain], ask: Ask) -> Domain | None:
    """Find a single domain that holds everything."""
    if ask.least_free:
        return next((each for each in ordered if holds_all(each, ask)), None)
    if holds_all(ordered[0], ask):
        return ordering.best_fit(ordered, ask.slices, ask.leaders, ask)
    if ask.required and ask.ranks_affinity:
        # A preferred but too small domain must not hide a larger one further down the order.
        for place, each in enumerate(ordered):
            if holds_all(each, ask):
                return ordering.best_fit(ordered[place:], ask.slices, ask.leaders, ask)
    return None


def holds_all(domain: Domain, ask: Ask) -> bool:
    """Say whether a domain holds every slice and the leader."""
    return domain.leaders >= ask.leaders and (
        ordering.room(domain, ask.leaders, in_slices=True) >= ask.slices
    )


def several_domains(
    tree: Tree, ordered: list[Domain], ask: Ask, level: int, exclusions: Exclusions
) -> list[Domain]:
    """Take domains greedily, the leader's first, each last one as the best fit."""
    chosen: list[Domain] = []
    slices, leaders = ask.slices, ask.leaders
    ordered = ordering.leader_first(ordered, ask.slices, ask.leaders)
    while leaders > 0 and len(chosen) < len(ordered) and ordered[len(chosen)].leaders > 0:
        domain = _next(ordered[len(chosen) :], slices, leaders, ask)
        chosen.append(domain)
        leaders -= domain.leaders
        slices -= domain.slices_beside_leader
    if leaders > 0:
        raise DoesNotFit(not_fit(tree, ask, level, ask.leaders - leaders, exclusions))
    rest = ordering.by_room(ordered[len(chosen) :], ask)
    for place in range(len(rest)):
        if slices <= 0:
            break
        domain = _next(rest[place:], slices, 0, ask)
        chosen.append(domain)
        slices -= domain.slices
    if slices > 0:
        raise DoesNotFit(not_fit(tree, ask, level, ask.slices - slices, exclusions))
    return chosen


def _next(candidates: list[Domain], slices: int, leaders: int, ask: Ask) -> Domain:
    first = candidates[0]
    if not ask.least_free and ordering.room(first, leaders, in_slices=True) >= slices:
        return ordering.best_fit(candidates, slices, leaders, ask)
    return first
