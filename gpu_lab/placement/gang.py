"""Fill a gang into nodes under its wishes (NVLink, levels, slices), given a rule of preference.

The rule is a policy's `fill`: it says which domains and nodes come first. Wishes are kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from gpu_lab.fleet.model import Ints
from gpu_lab.fleet.state import FleetState, Hold, Placement
from gpu_lab.jobs import Job, SliceWish
from gpu_lab.placement.policy import NoPlace
from gpu_lab.placement.room import hold_on, room_for, splits_into_islands

# fill(room, need): how many of `need` pieces each place takes; sums to `need` or is all zero.
Fill = Callable[[Ints, int], Ints]


def place_gang(job: Job, state: FleetState, fill: Fill) -> Placement | NoPlace:
    """Choose a place for the whole gang, from the narrowest wished level to the widest allowed."""
    room = room_for(job, state)
    layers = job.topology.slices if job.topology else ()
    if layers and job.units % layers[0].size:
        return NoPlace(
            job.name, f"{job.units} workers do not make whole slices of {layers[0].size}"
        )
    largest = 0
    for groups in regions(job, state):
        largest = max(largest, int(_totals(np.minimum(room, job.units), groups).max()))
        units = _in_one_region(job, state, room, groups, fill, layers)
        if units.any():
            return with_leader(job, state, _placement(job, state, units))
    if largest >= job.units:
        return NoPlace(job.name, f"there is room for all {job.units} pieces, but only scattered")
    return NoPlace(
        job.name, f"the roomiest place where it may be whole has room for {largest} of {job.units}"
    )


def regions(job: Job, state: FleetState) -> Iterator[Ints]:
    """Yield, narrowest first, what the gang may not cross: for every node its region's index."""
    fleet = state.fleet
    together: Ints = np.zeros(len(fleet), dtype=np.int64)
    if job.nvlink:
        # Outside an island of its own node, NVLink does not reach: the node is the region.
        islands = splits_into_islands(fleet)
        together = np.arange(len(fleet)) if islands else fleet.nvlink_domain + 1
    wish = job.topology
    if wish is None or wish.level is None or wish.mode == "unconstrained":
        yield together
        return
    level = fleet.level_index(wish.level)
    yield _crossed(together, fleet.domain_of(level))
    if wish.mode == "preferred":
        for wider in range(level - 1, -1, -1):
            yield _crossed(together, fleet.domain_of(wider))
        yield together


def _crossed(first: Ints, second: Ints) -> Ints:
    """Number the pairs that occur, so that a region respects both limits."""
    pairs = first * (int(second.max(initial=0)) + 1) + second
    numbered: Ints = np.unique(pairs, return_inverse=True)[1].astype(np.int64)
    return numbered


def _in_one_region(
    job: Job, state: FleetState, room: Ints, groups: Ints, fill: Fill, layers: tuple[SliceWish, ...]
) -> Ints:
    """Give the pieces per node inside the region that the rule prefers; all zero if none fits."""
    need = job.units // (layers[0].size if layers else 1)
    totals = _totals(room_in_slices(room, state, layers), groups)
    open_regions = np.where(totals >= need, totals, 0)
    units = np.zeros_like(room)
    # A region with room enough may still not suit the rule, which may want whole nodes.
    while open_regions.any() and not units.any():
        [region] = np.flatnonzero(fill(open_regions, need))
        inside = np.where(groups == region, room, 0)
        units = fill_layers(inside, job.units, state, fill, layers)
        open_regions[region] = 0
    return units


def room_in_slices(room: Ints, state: FleetState, layers: tuple[SliceWish, ...]) -> Ints:
    """Count whole slices of the outermost layer, at the first node of each slice domain."""
    if not layers:
        return room
    domain = state.fleet.domain_of(state.fleet.level_index(layers[0].level))
    inner = room_in_slices(room, state, layers[1:]) * (layers[1].size if layers[1:] else 1)
    slices = _totals(inner, domain) // layers[0].size
    counted = np.zeros_like(room)
    first = np.unique(domain, return_index=True)[1]
    counted[first] = slices[domain[first]]
    return counted


def fill_layers(
    room: Ints, need: int, state: FleetState, fill: Fill, layers: tuple[SliceWish, ...]
) -> Ints:
    """Fill `need` pieces so that every slice stays inside one domain of its level."""
    if not layers:
        return fill(room, need)
    domain = state.fleet.domain_of(state.fleet.level_index(layers[0].level))
    slices = _totals(room_in_slices(room, state, layers), domain)
    taken = fill(slices, need // layers[0].size)
    units = np.zeros_like(room)
    for place in np.flatnonzero(taken):
        inside = np.where(domain == place, room, 0)
        pieces = int(taken[place]) * layers[0].size
        units += fill_layers(inside, pieces, state, fill, layers[1:])
    return units if units.sum() == need else np.zeros_like(room)


def _totals(amounts: Ints, groups: Ints) -> Ints:
    """Add up amounts by group; index i of the answer is group i."""
    width = int(groups.max(initial=0)) + 1
    return np.bincount(groups, weights=amounts, minlength=width).astype(np.int64)


def _placement(job: Job, state: FleetState, units: Ints) -> Placement:
    nodes = np.flatnonzero(units)
    return Placement(
        job.name, tuple(hold_on(job, state, int(node), int(units[node])) for node in nodes)
    )


def with_leader(job: Job, state: FleetState, placement: Placement) -> Placement | NoPlace:
    """Put the leader pod on the first of the gang's nodes that still has room for it."""
    if job.leader is None:
        return placement
    ram = round(job.leader.ram_gib * 1024)
    for hold in placement.holds:
        cpus_left = state.free_cpus[hold.node] - hold.cpus
        if cpus_left >= job.leader.cpus and state.free_ram_mib[hold.node] - hold.ram_mib >= ram:
            lead = Hold(hold.node, (), cpus=job.leader.cpus, ram_mib=ram)
            return Placement(placement.job, (*placement.holds, lead))
    return NoPlace(job.name, f"none of the gang's nodes has {job.leader.cpus} cores for its leader")
