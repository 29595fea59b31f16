"""How many pods, slices and leaders each domain can hold for one request. It chooses nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from gpu_lab.placement.topology.request import PODS, Gates, Node, PodSet, Requests, Slice
from gpu_lab.placement.topology.tree import Domain, Tree

REFUSING = ("NoSchedule", "NoExecute")


@dataclass
class Exclusions:
    """Why nodes could not take a single pod, counted for the failure text."""

    nodes: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        if not self.reasons:
            return ""
        listed = sorted(f"{reason}: {count}" for reason, count in self.reasons.items())
        return f". Total nodes: {self.nodes}; excluded: {', '.join(listed)}"


@dataclass(frozen=True)
class Ask:
    """One request, with its levels looked up and its defaults filled in.

    `level` is where the pods should be together, `slice_level` where each slice must be;
    `inner_sizes` maps a level below the slice level to the size that pods move in there.
    """

    workers: PodSet
    leader: PodSet | None
    count: int
    level: int
    slice_level: int
    slice_size: int
    inner_sizes: Mapping[int, int]
    layers: tuple[Slice, ...]
    required: bool
    unconstrained: bool
    gates: Gates
    confined_to: tuple[str, ...] = ()

    @property
    def slices(self) -> int:
        """Count the slices asked for."""
        return self.count // self.slice_size

    @property
    def leaders(self) -> int:
        """Count the leaders asked for: none or one."""
        return 0 if self.leader is None else 1

    @property
    def least_free(self) -> bool:
        """Say whether the fullest domains go first instead of the best-fitting ones."""
        return self.unconstrained and self.gates.profile_mixed

    @property
    def ranks_affinity(self) -> bool:
        """Say whether preferred nodes outrank capacity."""
        return self.gates.respect_preferred_affinity


def count_room(tree: Tree, ask: Ask) -> Exclusions:
    """Fill in every domain's counts for `ask`; return why nodes were left out."""
    exclusions = Exclusions()
    for level in tree.by_level:
        for domain in level.values():
            domain.forget()
    for leaf in tree.leaves:
        exclusions.nodes += 1
        obstacle = fill_leaf(leaf, ask)
        if obstacle:
            exclusions.reasons[obstacle] += 1
    for root in tree.by_level[0].values():
        roll_up(root, ask, 0, ask.inner_sizes)
    return exclusions


def fill_leaf(leaf: Domain, ask: Ask) -> str:
    """Count what one leaf can hold; return what keeps every pod out, if anything does."""
    if leaf.node is not None:
        obstacle = node_obstacle(leaf.node, ask.workers)
        if obstacle:
            return obstacle
        leaf.affinity = affinity_of(leaf.node, ask)
    if leaf.values[: len(ask.confined_to)] != ask.confined_to:
        return "topologyDomain"
    each = with_pod(ask.workers.requests_per_pod)
    leaf.pods, scarcest = fits(each, leaf.free)
    free = leaf.free
    if ask.leader is not None:
        lead = with_pod(ask.leader.requests_per_pod)
        if fits(lead, free)[0] > 0:
            leaf.leaders = 1
            free = {resource: left - lead.get(resource, 0) for resource, left in free.items()}
    leaf.pods_beside_leader = fits(each, free)[0]
    return f'resource "{scarcest}"' if leaf.pods == 0 and scarcest else ""


def node_obstacle(node: Node, pods: PodSet) -> str:
    """Name what on the node itself keeps the pods out, in the order in which it is checked."""
    taint = next(
        (
            taint
            for taint in node.taints
            if taint.effect in REFUSING
            and not any(consent.accepts(taint) for consent in pods.tolerations or ())
        ),
        None,
    )
    if taint is not None:
        return f'taint "{taint.written}"'
    if any(node.labels.get(key) != value for key, value in (pods.node_selector or {}).items()):
        return "nodeSelector"
    terms = pods.node_affinity.required_any_of if pods.node_affinity else ()
    if terms and not any(term.matches(node.labels) for term in terms):
        return "affinity"
    return ""


def affinity_of(node: Node, ask: Ask) -> int:
    """Add up the weights of the preferences that the node meets."""
    if not ask.ranks_affinity or ask.workers.node_affinity is None:
        return 0
    terms = ask.workers.node_affinity.preferred
    return sum(term.weight for term in terms if term.matches(node.labels))


def with_pod(requests: Requests) -> dict[str, int]:
    """Add the one "pod" that every pod takes of a node's pod count."""
    return {**requests, PODS: requests.get(PODS, 0) + 1}


def fits(each: Requests, free: Requests) -> tuple[int, str]:
    """Count how many times `each` fits into `free`, and name the resource that runs out first."""
    counts = {
        resource: max(free.get(resource, 0) // amount, 0)
        for resource, amount in each.items()
        if amount > 0
    }
    if not counts:
        return 0, ""
    scarcest = min(sorted(counts), key=lambda resource: counts[resource])
    return counts[scarcest], scarcest


def roll_up(domain: Domain, ask: Ask, level: int, inner_sizes: Mapping[int, int]) -> None:
    """Carry the counts from the leaves to `domain`.

    The leader costs a domain as little as its cheapest leader-capable child loses; a child at
    an inner slice level gives only whole inner slices.
    """
    if domain.children:
        for child in domain.children:
            roll_up(child, ask, level + 1, inner_sizes)
        _sum_children(domain, ask, inner_sizes.get(level + 1, 1))
    if level == ask.slice_level:
        domain.slices = domain.pods // ask.slice_size
        domain.slices_beside_leader = domain.pods_beside_leader // ask.slice_size


def _sum_children(domain: Domain, ask: Ask, inner_size: int) -> None:
    children = domain.children
    domain.pods = sum(whole(child.pods, inner_size) for child in children)
    domain.slices = sum(child.slices for child in children)
    domain.leaders = max(child.leaders for child in children)
    domain.affinity = sum(child.affinity for child in children)
    domain.pods_beside_leader = domain.slices_beside_leader = 0
    hosts = [child for child in children if child.leaders or not ask.leaders]
    if hosts:
        domain.pods_beside_leader = domain.pods - min(
            whole(host.pods, inner_size) - whole(host.pods_beside_leader, inner_size)
            for host in hosts
        )
        domain.slices_beside_leader = domain.slices - min(
            host.slices - host.slices_beside_leader for host in hosts
        )


def whole(pods: int, size: int) -> int:
    """Round down to whole slices of `size` pods."""
    return pods // size * size
