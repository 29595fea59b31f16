"""The tree of topology domains over the usable nodes. It counts nothing and places nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gpu_lab.placement.topology.request import HOSTNAME, PODS, Assignment, Cluster, Node, Requests

FINISHED = ("Succeeded", "Failed")


@dataclass(eq=False, slots=True)
class Domain:
    """One place in the tree and what it can hold for the request at hand.

    `pods` and `slices` are first what fits, then, on the way down, what is assigned.
    `..._beside_leader` is the same with the group's leader in the domain.
    """

    values: tuple[str, ...]
    parent: Domain | None = None
    children: list[Domain] = field(default_factory=list)
    node: Node | None = None
    free: dict[str, int] = field(default_factory=dict)
    pods: int = 0
    slices: int = 0
    pods_beside_leader: int = 0
    slices_beside_leader: int = 0
    leaders: int = 0
    affinity: int = 0

    def forget(self) -> None:
        """Empty the counts of this domain alone, its affinity included."""
        self.clear_counts()
        self.affinity = 0

    def clear_counts(self) -> None:
        """Empty the counts of this domain alone, but keep its affinity."""
        self.pods = self.slices = 0
        self.clear_leader()

    def clear_leader(self) -> None:
        """Let this domain alone hold no leader any more."""
        self.pods_beside_leader = self.slices_beside_leader = self.leaders = 0

    def walk(self) -> Iterator[Domain]:
        """Yield this domain and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def ancestor(self, level: int) -> Domain:
        """Give the domain of `level` (0 is the widest) that this one lies in."""
        domain = self
        while len(domain.values) > level + 1:
            assert domain.parent is not None, "a domain below the top has a parent"
            domain = domain.parent
        return domain

    def copy(self, parent: Domain | None = None) -> Domain:
        """Copy the subtree with its counts, so that a trial leaves the original alone."""
        twin = Domain(
            values=self.values,
            parent=parent,
            node=self.node,
            free=self.free,
            pods=self.pods,
            slices=self.slices,
            pods_beside_leader=self.pods_beside_leader,
            slices_beside_leader=self.slices_beside_leader,
            leaders=self.leaders,
            affinity=self.affinity,
        )
        twin.children = [child.copy(twin) for child in self.children]
        return twin


class Tree:
    """Domains by level; a leaf answers to its hostname alone where that is the lowest level."""

    def __init__(self, levels: tuple[str, ...]) -> None:
        self.levels = levels
        self.by_level: list[dict[tuple[str, ...], Domain]] = [{} for _ in levels]

    @property
    def lowest(self) -> int:
        """Give the index of the narrowest level."""
        return len(self.levels) - 1

    @property
    def ends_at_hosts(self) -> bool:
        """Say whether a leaf is a single machine."""
        return self.levels[-1] == HOSTNAME

    @property
    def leaves(self) -> Iterable[Domain]:
        """Give the narrowest domains."""
        return self.by_level[-1].values()

    def leaf(self, values: tuple[str, ...]) -> Domain | None:
        """Find a leaf by the values that an assignment reports."""
        return self.by_level[-1].get(values)

    def level(self, name: str | None) -> int | None:
        """Give a level's index, or None where there is no such level."""
        return self.levels.index(name) if name in self.levels else None

    def reported(self, domain: Domain) -> tuple[str, ...]:
        """Give the values by which an assignment names a leaf."""
        return domain.values[-1:] if self.ends_at_hosts else domain.values

    def add(self, node: Node) -> Domain:
        """Add a node's capacity to its leaf, growing the branch where needed."""
        values = tuple(node.labels[level] for level in self.levels)
        key = values[-1:] if self.ends_at_hosts else values
        leaf = self.by_level[-1].get(key)
        if leaf is None:
            leaf = Domain(values, node=node if self.ends_at_hosts else None)
            self.by_level[-1][key] = leaf
            self._hang(leaf)
        take(leaf.free, node.allocatable, -1)
        return leaf

    def _hang(self, domain: Domain) -> None:
        above = domain.values[:-1]
        if not above:
            return
        level = self.by_level[len(above) - 1]
        if above not in level:
            level[above] = Domain(above)
            self._hang(level[above])
        domain.parent = level[above]
        level[above].children.append(domain)


def grow(cluster: Cluster, *, count_shared: bool) -> Tree:
    """Build the tree of the usable nodes, with what runs on them taken off.

    `count_shared` says whether reservations of the same workload elsewhere count too.
    """
    tree = Tree(cluster.levels)
    leaf_of = {node.name: tree.add(node) for node in cluster.nodes if usable(node, cluster)}
    for pod in cluster.other_pods:
        if pod.node in leaf_of and pod.phase not in FINISHED:
            take(leaf_of[pod.node].free, {**pod.requests, PODS: 1})
    shared = cluster.prior_own_usage if count_shared else ()
    for usage in (*cluster.prior_flavor_usage, *shared):
        take_pods(tree, usage.values, usage.requests_per_pod, usage.count)
        leaf = tree.leaf(usage.values)
        if leaf is not None:
            take(leaf.free, usage.requests)
    return tree


def usable(node: Node, cluster: Cluster) -> bool:
    """Say whether a node takes part: ready, open for pods, and carrying every label asked for."""
    wanted = cluster.flavor_node_labels.items()
    return (
        node.ready
        and not node.unschedulable
        and all(level in node.labels for level in cluster.levels)
        and all(node.labels.get(key) == value for key, value in wanted)
    )


def take(free: dict[str, int], requests: Requests, times: int = 1) -> None:
    """Take `times` x `requests` out of `free`, in place; a negative `times` gives back."""
    for resource, amount in requests.items():
        free[resource] = free.get(resource, 0) - amount * times


def take_pods(tree: Tree, values: tuple[str, ...], requests: Requests, count: int) -> None:
    """Charge `count` pods to a leaf; a leaf that has left the tree is passed over."""
    leaf = tree.leaf(values)
    if leaf is not None:
        take(leaf.free, {**requests, PODS: requests.get(PODS, 0) + 1}, count)


def take_assignment(tree: Tree, assignment: Assignment, requests: Requests) -> None:
    """Charge every pod of an assignment, so that later pod sets see it as used."""
    for domain in assignment.domains:
        take_pods(tree, domain.values, requests, domain.count)
