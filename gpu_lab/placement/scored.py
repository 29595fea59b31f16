"""The scoring rules of the inflation protocol as policies for gangs: one piece after another.

The rules are those of `placement.protocol.scores`; here a fleet's nodes are put in their words
and the gang's wishes are kept. For whole traces at speed use the protocol itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np

from gpu_lab.fleet.model import Ints
from gpu_lab.fleet.state import WHOLE, FleetState, Hold, Placement
from gpu_lab.jobs import Job
from gpu_lab.placement.background import MIX, SIZES
from gpu_lab.placement.gang import regions, with_leader
from gpu_lab.placement.policy import NoPlace
from gpu_lab.placement.protocol.scores import Ask, Choice, Frequent, Machine, Rule
from gpu_lab.placement.room import best_island, room_for, splits_into_islands

ANY_MODEL = -1
# What else is expected to come, for the rule that measures fragments.
TYPICAL = tuple(
    Frequent(Ask(0, 0, gpus, WHOLE, ANY_MODEL), share)
    for gpus, share in zip(SIZES, MIX, strict=True)
)


class Scored:
    """Gives each piece of a gang to the node of most points, the first of equals."""

    def __init__(self, name: str, rule: Rule) -> None:
        self.name = name
        self.rule = rule

    def choose(self, job: Job, state: FleetState, rng: np.random.Generator) -> Placement | NoPlace:
        """Choose piece by piece inside the region of the first; MIG and slices are refused."""
        del rng  # nothing is drawn
        if job.mig is not None or (job.topology is not None and job.topology.slices):
            return NoPlace(job.name, f"{self.name} knows neither MIG nor slices; topology does")
        room = room_for(job, state)
        for groups in regions(job, state):
            totals = np.bincount(groups, weights=np.minimum(room, job.units))
            allowed = np.flatnonzero((totals >= job.units)[groups] & (room > 0))
            if len(allowed):
                return with_leader(job, state, self._place(job, state, room, groups, allowed))
        return NoPlace(job.name, f"no place has room for all {job.units} pieces together")

    def _place(
        self, job: Job, state: FleetState, room: Ints, groups: Ints, allowed: Iterable[int]
    ) -> Placement:
        ask = ask_of(job, state)
        classes = classes_by_node(state)
        machines = {
            int(node): machine_of(job, state, int(node), classes.get(int(node), ()))
            for node in allowed
        }
        score = remembered(self.rule, ask)
        units: Counter[int] = Counter()
        taken: dict[int, tuple[int, ...]] = {}
        for _ in range(job.units):
            node = max(machines, key=lambda node: (score(machines[node]).points, -node))
            if not taken:
                home = groups[node]
                machines = {each: m for each, m in machines.items() if groups[each] == home}
            gpus = score(machines[node]).gpus
            machines[node] = machines[node].taking(ask, gpus)
            taken[node] = taken.get(node, ()) + gpus
            units[node] += 1
            if units[node] == room[node]:
                del machines[node]
        return Placement(
            job.name,
            tuple(
                Hold(
                    node,
                    taken[node],
                    milli=ask.milli,
                    cpus=job.cpus_per_unit * units[node],
                    ram_mib=job.ram_mib_per_unit * units[node],
                    nics=job.nics_per_unit * units[node],
                )
                for node in sorted(taken)
            ),
        )


def ask_of(job: Job, state: FleetState) -> Ask:
    """Say one piece of a job in the rules' words; GPU models become bits."""
    models = state.fleet.gpu_models
    mask = sum(1 << models.index(model) for model in job.gpu) if job.gpu else ANY_MODEL
    milli = job.share_milli if job.share_milli is not None else WHOLE
    return Ask(job.cpus_per_unit * 1000, job.ram_mib_per_unit, job.gpus_per_unit, milli, mask)


def machine_of(job: Job, state: FleetState, node: int, classes: tuple[int, ...] = ()) -> Machine:
    """Say a node in the rules' words; for NVLink only its emptiest island is shown."""
    fleet = state.fleet
    left = state.free_milli[node, : fleet.gpus[node]].tolist()
    if job.nvlink and splits_into_islands(fleet):
        island = best_island(state, node)
        left = [free if gpu in island else 0 for gpu, free in enumerate(left)]
    model = fleet.gpu_models.index(fleet.node_types[fleet.type_of[node]].gpu)
    return Machine(
        cpu=int(state.free_cpus[node]) * 1000,
        memory=int(state.free_ram_mib[node]),
        model=1 << model,
        left=tuple(left),
        classes=classes,
    )


def classes_by_node(state: FleetState) -> dict[int, tuple[int, ...]]:
    """Give the GPU classes of the pods on each node: 0 for a share, else its whole GPUs."""
    classes: dict[int, tuple[int, ...]] = {}
    for placed in state.placed.values():
        for hold in placed.holds:
            if hold.gpus:
                kind = len(hold.gpus) if hold.milli == WHOLE else 0
                classes[hold.node] = (*classes.get(hold.node, ()), kind)
    return classes


def remembered(rule: Rule, ask: Ask) -> Callable[[Machine], Choice]:
    """Score equal machines once: most nodes of a fleet are like many others."""
    known: dict[Machine, Choice] = {}

    def score(machine: Machine) -> Choice:
        if machine not in known:
            known[machine] = rule(machine, ask)
        return known[machine]

    return score
