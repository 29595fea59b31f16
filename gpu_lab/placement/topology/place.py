"""Place a workload's pod sets on a cluster by Kueue's topology rules.

The order of calls lives here; the rules are beside it, one module each. Source of the rules:
Kueue's Topology-Aware Scheduling (KEP-2724), retold in ten modules of this package.
"""

from __future__ import annotations

from dataclasses import dataclass

from gpu_lab.placement.topology import balanced, elastic, replacement
from gpu_lab.placement.topology.asks import interpret
from gpu_lab.placement.topology.capacity import Ask, count_room
from gpu_lab.placement.topology.descent import PodsStranded, assignment_of, descend
from gpu_lab.placement.topology.request import (
    Answer,
    Assignment,
    Cluster,
    DoesNotFit,
    Gates,
    PodSet,
    Workload,
)
from gpu_lab.placement.topology.search import find_level
from gpu_lab.placement.topology.tree import Domain, Tree, grow, take_assignment


@dataclass(frozen=True)
class Group:
    """Pod sets that are placed together: workers, and perhaps the one pod that leads them."""

    members: tuple[PodSet, ...]

    @property
    def workers(self) -> PodSet:
        """Give the larger set; of equal ones the first."""
        first, *others = self.members
        return others[0] if others and others[0].count > first.count else first

    @property
    def leader(self) -> PodSet | None:
        """Give the smaller set, if there are two."""
        if len(self.members) < 2:
            return None
        first, second, *_ = self.members
        return first if self.workers is second else second


def place_workload(
    cluster: Cluster, pod_sets: tuple[PodSet, ...], gates: Gates, workload: Workload | None = None
) -> list[Answer]:
    """Place every pod set, or say why the first that fails cannot be placed.

    Answers come in the order of `pod_sets`; sets after a failure have neither place nor reason.
    """
    tree = grow(cluster, count_shared=gates.shared_flavors)
    answers: dict[str, Answer] = {}
    for group in groups_of(pod_sets):
        placed = _place_group(tree, group, gates, workload)
        answers |= {answer.name: answer for answer in placed}
        if any(answer.reason for answer in placed):
            break
    return [answers.get(each.name, Answer(name=each.name, assignment=None)) for each in pod_sets]


def groups_of(pod_sets: tuple[PodSet, ...]) -> list[Group]:
    """Put leader and workers of the same group together, in order of appearance."""
    members: dict[object, list[PodSet]] = {}
    for place, pods in enumerate(pod_sets):
        members.setdefault(place if pods.group is None else pods.group, []).append(pods)
    return [Group(tuple(each)) for each in members.values()]


def _place_group(tree: Tree, group: Group, gates: Gates, workload: Workload | None) -> list[Answer]:
    if workload is not None and workload.unhealthy_nodes:
        return _replace(tree, group, gates, workload)
    resizes = elastic.keeps_running(tree, group.workers, group.leader, gates)
    try:
        if resizes:
            return _resize(tree, group, gates)
        placed = _place_fresh(tree, group.workers, group.leader, gates)
    except DoesNotFit as refusal:
        # A leader that runs already is not what fails when its workers cannot grow.
        failing = (group.workers,) if resizes else group.members
        return [_refused(each, refusal) for each in failing]
    for pods in group.members:
        if pods.name in placed:
            take_assignment(tree, placed[pods.name], pods.requests_per_pod)
    return [Answer(name=each.name, assignment=placed.get(each.name)) for each in group.members]


def _refused(pods: PodSet, refusal: DoesNotFit) -> Answer:
    return Answer(name=pods.name, assignment=None, reason=str(refusal))


def _place_fresh(
    tree: Tree,
    workers: PodSet,
    leader: PodSet | None,
    gates: Gates,
    confined_to: tuple[str, ...] = (),
) -> dict[str, Assignment]:
    """Choose domains and hand the pods out; raise DoesNotFit with the reason otherwise."""
    ask = interpret(tree, workers, leader, gates, confined_to)
    exclusions = count_room(tree, ask)
    leaves = _balanced_leaves(tree, ask) or descend(tree, ask, find_level(tree, ask, exclusions))
    placed = {workers.name: assignment_of(tree, leaves)}
    if leader is not None:
        placed[leader.name] = assignment_of(tree, leaves, leader=True)
    return placed


def _balanced_leaves(tree: Tree, ask: Ask) -> list[Domain] | None:
    """Spread evenly where that is wished and possible; the tree's own counts stay as they are."""
    if not ask.gates.balanced_placement or ask.required or ask.unconstrained:
        return None
    chosen = balanced.propose(tree, ask)
    if chosen is None:
        return None
    try:
        return descend(tree, ask, chosen)
    except PodsStranded:
        return None


def _replace(tree: Tree, group: Group, gates: Gates, workload: Workload) -> list[Answer]:
    running = {each.name: each.assignment for each in workload.admitted_podsets}
    answers: list[Answer] = []
    for pods in group.members:
        before = running.get(pods.name)
        if before is None:
            continue
        if gates.keep_single_pods and workload.is_one_pod:
            answers.append(Answer(name=pods.name, assignment=before))
            continue
        try:
            answers.append(_mended(tree, pods, before, gates, workload.unhealthy_nodes[0]))
        except DoesNotFit as refusal:
            return [*answers, _refused(pods, refusal)]
    return answers


def _mended(tree: Tree, pods: PodSet, before: Assignment, gates: Gates, failed: str) -> Answer:
    def place(missing: PodSet, home: tuple[str, ...]) -> Assignment:
        return _place_fresh(tree, missing, None, gates, home)[missing.name]

    whole, new = replacement.replace_node(tree, pods, before, failed, place)
    take_assignment(tree, new, pods.requests_per_pod)
    return Answer(name=pods.name, assignment=whole)


def _resize(tree: Tree, group: Group, gates: Gates) -> list[Answer]:
    """Keep what runs, place only what is new, or drop the last pods."""
    workers, leader = group.workers, group.leader
    before = workers.previous_assignment
    assert before is not None, "only a running workload can change its size"
    keep = elastic.shrunk(before, workers.count)
    take_assignment(tree, keep, workers.requests_per_pod)
    led = leader.previous_assignment if leader else None
    if leader is not None and led is not None:
        take_assignment(tree, led, leader.requests_per_pod)
    final = {workers.name: keep}
    if workers.count > before.pods:
        more = workers.model_copy(update={"count": workers.count - before.pods})
        placed = _place_fresh(tree, more, leader if led is None else None, gates)
        final |= placed
        for pods in group.members:
            if pods.name in placed:
                take_assignment(tree, placed[pods.name], pods.requests_per_pod)
        final[workers.name] = replacement.merge(tree, placed[workers.name], before.domains)
    if leader is not None and led is not None:
        final[leader.name] = led
    return [Answer(name=each.name, assignment=final.get(each.name)) for each in group.members]
