"""No placement on a fleet, however empty, makes an all-reduce faster than this."""

from __future__ import annotations

from gpu_lab.bounds.gap import Gap
from gpu_lab.fleet.model import Fleet
from gpu_lab.fleet.state import Placement
from gpu_lab.placement.allreduce import (
    ACROSS_SECONDS,
    INSIDE_SECONDS,
    PCIE_GBYTES,
    Links,
    cost_of,
    ring_seconds,
)


def all_reduce_bound(fleet: Fleet, gpus: int, size: float) -> float:
    """Give the least seconds for `size` bytes over `gpus` GPUs, by the model of `allreduce`.

    Over m domains the largest has at least gpus/m GPUs and the smallest at most that, so each m
    gives a bound; the least over every possible m, with the best links, bounds them all. One
    domain is no exception: where NICs are faster than what joins a node's GPUs, two may be less.
    """
    links, widest = best_links(fleet), widest_domain(fleet)
    fewest = max(-(-gpus // widest), 1)
    flat = ring_seconds(gpus, size, min(links.inside, links.across), ACROSS_SECONDS)
    over = (_over_domains(gpus, domains, size, links) for domains in range(fewest, gpus + 1))
    return min(flat, *over)


def _over_domains(gpus: int, domains: int, size: float, links: Links) -> float:
    if domains == 1:
        return ring_seconds(gpus, size, links.inside, INSIDE_SECONDS)
    largest, smallest = -(-gpus // domains), gpus // domains
    inside = ring_seconds(largest, size, links.inside, INSIDE_SECONDS)
    return inside + ring_seconds(domains, size / smallest, links.across, ACROSS_SECONDS)


def best_links(fleet: Fleet) -> Links:
    """Give the fastest links that any node has."""
    kinds = fleet.node_types
    return Links(
        inside=max(kind.nvlink_gbytes_per_second if kind.nvlink else PCIE_GBYTES for kind in kinds),
        across=max(kind.nics * kind.nic_gbps / 8 / max(kind.gpus, 1) for kind in kinds),
    )


def widest_domain(fleet: Fleet) -> int:
    """Count the GPUs of the largest NVLink domain, or of the largest node without any."""
    most: dict[int, int] = {}
    for node, domain in enumerate(fleet.nvlink_domain.tolist()):
        if domain < 0:
            most[-1 - node] = int(fleet.gpus[node])
        else:
            kind = fleet.node_types[fleet.type_of[node]]
            most[domain] = most.get(domain, 0) + kind.gpus // kind.nvlink_islands
    return max(most.values())


def all_reduce_gap(fleet: Fleet, placement: Placement, size: float) -> Gap:
    """Set a placement's all-reduce beside the bound."""
    shares = [(hold.node, len(hold.gpus)) for hold in placement.holds if hold.gpus]
    gpus = sum(count for _, count in shares)
    return Gap(
        what=f"all-reduce of {size / (1 << 30):g} GiB over {gpus} GPUs",
        unit="ms",
        result=1e3 * cost_of(fleet, shares, size),
        bound=1e3 * all_reduce_bound(fleet, gpus, size),
        more_is_better=False,
    )
