"""Topology-aware placement of a fleet's jobs: the same rules as `placement.topology`.

This module only translates a fleet's state into that package's words, and its answer back.
"""

from __future__ import annotations

import numpy as np

from gpu_lab.fleet.state import FleetState, Hold, Placement
from gpu_lab.jobs import Job
from gpu_lab.placement.gang import regions
from gpu_lab.placement.policy import NoPlace
from gpu_lab.placement.room import hold_on, room_for
from gpu_lab.placement.topology import Cluster, Gates, Node, PodSet, place_workload
from gpu_lab.placement.topology.request import HOSTNAME, Answer, Slice, TopologyRequest

PIECE = "piece"
LEADER_FITS = "leader"


class TopologyAware:
    """Kueue's rules: required, preferred or unconstrained levels, slices, leaders, best fit."""

    name = "topology"

    def __init__(self, gates: Gates | None = None) -> None:
        self.gates = gates or Gates()

    def choose(self, job: Job, state: FleetState, rng: np.random.Generator) -> Placement | NoPlace:
        """Choose by the rules; a job without a wish is packed as unconstrained."""
        del rng  # the rules leave nothing to chance
        room = room_for(job, state)
        reason = ""
        for allowed in _allowed(job, state, room):
            answers = place_workload(
                cluster_of(state, allowed, job), pod_sets_of(job, state), self.gates
            )
            workers = answers[0]
            if workers.assignment is not None:
                return _placement(job, state, answers)
            reason = reason or workers.reason
        return NoPlace(job.name, reason or "no node of the kind asked for has room")


def _allowed(job: Job, state: FleetState, room: np.ndarray) -> list[np.ndarray]:
    """Give the room inside each NVLink domain, tightest first; everywhere for other jobs."""
    if not job.nvlink:
        return [room] if room.any() else []
    free_of_levels = job.model_copy(update={"topology": None})
    [domains] = list(regions(free_of_levels, state))
    totals = np.bincount(domains, weights=room)
    enough = np.flatnonzero(totals >= job.units).tolist()
    return [
        np.where(domains == place, room, 0)
        for place in sorted(enough, key=lambda place: totals[place])
    ]


def cluster_of(state: FleetState, room: np.ndarray, job: Job) -> Cluster:
    """Describe the nodes with room; a node's only resource is how many pieces it holds."""
    fleet = state.fleet
    levels = (*fleet.level_names[:-1], HOSTNAME)
    above = [(level.name, level.names, fleet.domain_of(depth))
             for depth, level in enumerate(fleet.levels[:-1])]  # fmt: skip
    leads = _leader_room(state, job)
    nodes = tuple(
        Node.model_construct(
            name=fleet.node_names[node],
            labels={
                HOSTNAME: fleet.node_names[node],
                **{name: names[domain[node]] for name, names, domain in above},
            },
            allocatable={PIECE: int(room[node]), LEADER_FITS: int(leads[node]), "pods": 1 << 30},
            ready=True,
            unschedulable=False,
            taints=(),
        )
        for node in np.flatnonzero(room)
    )
    return Cluster.model_construct(
        levels=levels, nodes=nodes, flavor_node_labels={}, other_pods=(), prior_own_usage=(),
        prior_flavor_usage=(),
    )  # fmt: skip


def _leader_room(state: FleetState, job: Job) -> np.ndarray:
    if job.leader is None:
        return np.zeros(len(state.fleet), dtype=np.int64)
    ram = round(job.leader.ram_gib * 1024)
    return (state.free_cpus >= job.leader.cpus) & (state.free_ram_mib >= ram)


def pod_sets_of(job: Job, state: FleetState) -> tuple[PodSet, ...]:
    """Say the job's wish in the rules' words: workers, and a leader if it has one."""
    workers = PodSet(
        name="workers",
        group="gang" if job.leader else None,
        topology_request=request_of(job, state),
        requests_per_pod={PIECE: 1},
        count=job.units,
    )
    if job.leader is None:
        return (workers,)
    lead = {LEADER_FITS: 1}
    return workers, workers.model_copy(
        update={"name": "leader", "requests_per_pod": lead, "count": 1}
    )


def request_of(job: Job, state: FleetState) -> TopologyRequest:
    """Translate a topology wish; the fleet's node level is the rules' hostname."""
    node_level = state.fleet.level_names[-1]

    def named(level: str | None) -> str | None:
        return HOSTNAME if level == node_level else level

    wish = job.topology
    if wish is None:
        return TopologyRequest(unconstrained=True)
    slices = tuple(Slice(level=named(layer.level), size=layer.size) for layer in wish.slices)
    match wish.mode:
        case "required":
            return TopologyRequest(required=named(wish.level), slices=slices)
        case "preferred":
            return TopologyRequest(preferred=named(wish.level), slices=slices)
        case "unconstrained":
            return TopologyRequest(unconstrained=True, slices=slices)


def _placement(job: Job, state: FleetState, answers: list[Answer]) -> Placement:
    number = {name: node for node, name in enumerate(state.fleet.node_names)}
    workers, *leader = (answer.assignment for answer in answers)
    assert workers is not None, "only a placed gang gets here"
    holds = [
        hold_on(job, state, number[domain.values[0]], domain.count) for domain in workers.domains
    ]
    for assignment in leader:
        if assignment is not None and job.leader is not None:
            ram = round(job.leader.ram_gib * 1024)
            [domain] = assignment.domains
            holds.append(Hold(number[domain.values[0]], (), cpus=job.leader.cpus, ram_mib=ram))
    return Placement(job.name, tuple(holds))
