"""Growing and shrinking a running workload: what runs stays where it is."""

from __future__ import annotations

from gpu_lab.placement.topology.asks import slice_size
from gpu_lab.placement.topology.request import Assignment, DomainCount, Gates, PodSet
from gpu_lab.placement.topology.tree import Tree


def keeps_running(tree: Tree, workers: PodSet, leader: PodSet | None, gates: Gates) -> bool:
    """Say whether the previous assignment can stay and only the difference is placed."""
    before = workers.previous_assignment
    if not (gates.elastic and gates.elastic_topology) or before is None:
        return False
    led = leader.previous_assignment if leader else None
    if any(stale(tree, each) for each in (before, led) if each is not None):
        return False
    wish = workers.topology_request
    size = slice_size(wish.layers) if wish else 1
    return before.pods % size == 0 and workers.count % size == 0


def stale(tree: Tree, assignment: Assignment) -> bool:
    """Say whether an assignment names a domain that is no longer there."""
    return any(tree.leaf(domain.values) is None for domain in assignment.domains)


def shrunk(assignment: Assignment, count: int) -> Assignment:
    """Keep the first `count` pods of an assignment."""
    kept: list[DomainCount] = []
    for domain in assignment.domains:
        if count <= 0:
            break
        kept.append(domain.model_copy(update={"count": min(domain.count, count)}))
        count -= domain.count
    return assignment.model_copy(update={"domains": tuple(kept)})
