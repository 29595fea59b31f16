"""Balanced placement: spread the slices evenly over as few domains as possible.

It proposes domains with amounts, or nothing; then the ordinary search takes over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import log2

from gpu_lab.placement.topology import ordering
from gpu_lab.placement.topology.capacity import Ask, roll_up
from gpu_lab.placement.topology.search import Chosen
from gpu_lab.placement.topology.tree import Domain, Tree

# Leaders, slices, evenness, name: what the smallest set of equal ones is chosen by.
Order = tuple[int, int, float, tuple[str, ...]]


@dataclass(frozen=True)
class Greedy:
    """What the greedy choice would use: how many domains, and the last of each kind."""

    domains: int
    last_with_leader: Domain | None
    last: Domain | None


@dataclass(frozen=True)
class Proposal:
    """Siblings among which at least `threshold` slices can go to every domain used."""

    siblings: list[Domain]
    threshold: int
    count: int


def propose(tree: Tree, ask: Ask) -> Chosen | None:
    """Give evenly filled domains, or None where that is impossible."""
    best = _best_siblings(tree, ask)
    if best is None:
        return None
    domains, level = best.siblings, ask.level
    if ask.level < ask.slice_level:
        parents = smallest_set(domains, ask, _by_entropy)
        if parents is None:
            return None
        domains, level = [child for parent in parents for child in parent.children], level + 1
    domains = _spread(domains, ask, best.threshold) or []
    return Chosen(level, domains, balanced=True) if domains else None


def _best_siblings(tree: Tree, ask: Ask) -> Proposal | None:
    best: Proposal | None = None
    for siblings in _sibling_groups(tree, ask.level):
        proposal = _evaluate(siblings, ask, best.threshold if best else 0)
        if proposal is None:
            continue
        if best is None or (-proposal.threshold, proposal.count) < (-best.threshold, best.count):
            best = proposal
    return best


def _sibling_groups(tree: Tree, level: int) -> Iterable[list[Domain]]:
    if level == 0:
        yield list(tree.by_level[0].values())
        return
    for parent in sorted(tree.by_level[level - 1].values(), key=lambda domain: domain.values):
        yield parent.children


def _evaluate(siblings: list[Domain], ask: Ask, least: int) -> Proposal | None:
    below = [child for each in siblings for child in each.children]
    found = greedy(below if ask.level < ask.slice_level else siblings, ask)
    if found is None:
        return None
    threshold = _threshold(found, ask)
    reserving = threshold
    if ask.leaders and found.last is not None:
        reserving = min(threshold, found.last.slices_beside_leader)
    if threshold <= 0 or threshold < least:
        return None
    pruned = _pruned(siblings, ask, threshold)
    if pruned is None and max(least, 1) <= reserving < threshold:
        # The last domain holds the threshold only without the leader: leave room for it.
        pruned = _pruned(siblings, ask, reserving)
    return pruned


def _threshold(found: Greedy, ask: Ask) -> int:
    """Give the most slices that every domain used could be sure to get."""
    threshold = ask.slices // found.domains if found.domains else 0
    if found.last_with_leader is not None:
        threshold = min(threshold, found.last_with_leader.slices_beside_leader)
    if found.last is not None:
        threshold = min(threshold, found.last.slices)
    return threshold


def _pruned(siblings: list[Domain], ask: Ask, threshold: int) -> Proposal | None:
    twins = [each.copy() for each in siblings]
    for twin in twins:
        for child in twin.children:
            _prune(child, ask, threshold)
    for twin in twins:
        roll_up(twin, ask, ask.level, {})
        _prune(twin, ask, threshold)
    found = greedy(twins, ask)
    return Proposal(twins, threshold, found.domains) if found else None


def _prune(domain: Domain, ask: Ask, threshold: int) -> None:
    if domain.slices < threshold:
        for each in domain.walk():
            each.clear_counts()
    elif ask.leaders and domain.leaders and domain.slices_beside_leader < threshold:
        for each in domain.walk():
            each.clear_leader()


def greedy(domains: list[Domain], ask: Ask) -> Greedy | None:
    """Take the largest domains until everything fits; None where it never does."""
    slices, leaders, used = ask.slices, ask.leaders, 0
    last_with_leader = last = None
    ordered = ordering.by_room_beside_leader(domains, ask)
    while leaders > 0 and used < len(ordered) and ordered[used].leaders > 0:
        last_with_leader = ordered[used]
        leaders -= last_with_leader.leaders
        slices -= last_with_leader.slices_beside_leader
        used += 1
    for domain in ordering.by_room(ordered[used:], ask):
        if slices <= 0 or domain.slices <= 0:
            break
        last = domain
        slices -= domain.slices
        used += 1
    if leaders > 0 or slices > 0:
        return None
    return Greedy(used, last_with_leader, last)


def smallest_set(
    domains: list[Domain], ask: Ask, order: Callable[[Domain], Order]
) -> list[Domain] | None:
    """Give the fewest domains that hold everything with the least room left over.

    Dynamic programming over (leaders still without a place, pods still without a place); of
    equal sets the one that comes first in `order`.
    """
    found = greedy(domains, ask)
    if found is None:
        return None
    open_sets: list[dict[tuple[int, int], list[Domain]]] = [{} for _ in range(found.domains + 1)]
    open_sets[0][ask.leaders, ask.slices * ask.slice_size] = []
    for domain in sorted(domains, key=order):
        for size in range(found.domains, 0, -1):
            for (leaders, pods), members in sorted(
                open_sets[size - 1].items(), key=lambda item: item[0]
            ):
                for after in _with(domain, leaders, pods):
                    open_sets[size].setdefault(after, [*members, domain])
    complete = [
        (pods, members)
        for (leaders, pods), members in open_sets[-1].items()
        if leaders == 0 and pods <= 0
    ]
    return max(complete, key=lambda each: each[0])[1] if complete else None


def _with(domain: Domain, leaders: int, pods: int) -> Iterable[tuple[int, int]]:
    if leaders <= 0 and pods <= 0:
        return
    if leaders > 0 and domain.leaders > 0:
        yield leaders - domain.leaders, pods - domain.pods_beside_leader
    if domain.slices > 0:
        yield leaders, pods - domain.pods


def _by_name(domain: Domain) -> Order:
    return (0, 0, 0.0, domain.values)


def _by_entropy(domain: Domain) -> Order:
    return (-domain.leaders, -domain.slices_beside_leader, -entropy(domain), domain.values)


def entropy(domain: Domain) -> float:
    """Measure in bits how evenly a domain's room is spread over its children."""
    total = sum(child.pods for child in domain.children)
    shares = [child.pods / total for child in domain.children if child.pods] if total else []
    return sum(-share * log2(share) for share in shares)


def _spread(domains: list[Domain], ask: Ask, threshold: int) -> list[Domain] | None:
    chosen = smallest_set(domains, ask, _by_name)
    if chosen is None or ask.slices < len(chosen) * threshold:
        return None
    chosen = ordering.by_room_beside_leader(chosen, ask)
    extra, leaders = ask.slices - len(chosen) * threshold, ask.leaders
    for domain in chosen:
        most = ordering.room(domain, leaders, in_slices=True)
        more = min(most - threshold, extra) if leaders or extra else 0
        domain.leaders = 1 if leaders else 0
        leaders -= domain.leaders
        extra -= more
        domain.slices = domain.slices_beside_leader = threshold + more
        domain.pods = domain.slices * ask.slice_size
        domain.pods_beside_leader = domain.pods - domain.leaders
    return chosen if extra == 0 and leaders == 0 else None
