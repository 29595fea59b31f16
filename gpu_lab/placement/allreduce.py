"""What a placement costs an all-reduce, by the ring model. It places nothing.

Ring: 2(n-1)/n * S/B + 2(n-1)*latency; hierarchical: reduce-scatter inside each NVLink domain,
a ring across domains on the shards, all-gather inside. The cheaper of the two counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gpu_lab.fleet.model import NO_NVLINK, Fleet
from gpu_lab.fleet.state import Placement

GIB = 1 << 30
PCIE_GBYTES = 25.0
INSIDE_SECONDS = 3e-6
ACROSS_SECONDS = 10e-6


@dataclass(frozen=True)
class Links:
    """Bandwidth per GPU in GB/s: inside an NVLink domain (or over PCIe), and across."""

    inside: float
    across: float


@dataclass(frozen=True)
class LocalityReport:
    """How near together a gang is. `spanned[level]` counts the domains it touches there."""

    gpus: int
    spanned: dict[str, int]
    nvlink_domains: int
    step_seconds: float
    cross_rack_bytes: float


def ring_seconds(ranks: int, size: float, gbytes: float, latency: float) -> float:
    """Time a ring all-reduce of `size` bytes over `ranks` at `gbytes` GB/s per link."""
    if ranks < 2:
        return 0.0
    return 2 * (ranks - 1) / ranks * size / (gbytes * 1e9) + 2 * (ranks - 1) * latency


def all_reduce_seconds(groups: Sequence[int], size: float, links: Links) -> float:
    """Time an all-reduce over NVLink domains with `groups` GPUs each: hierarchical or flat."""
    ranks = sum(groups)
    if len(groups) < 2:
        return ring_seconds(ranks, size, links.inside, INSIDE_SECONDS)
    flat = ring_seconds(ranks, size, min(links.inside, links.across), ACROSS_SECONDS)
    inside = max(ring_seconds(each, size, links.inside, INSIDE_SECONDS) for each in groups)
    shard = size / min(groups)
    return min(flat, inside + ring_seconds(len(groups), shard, links.across, ACROSS_SECONDS))


def cost_of(fleet: Fleet, shares: Iterable[tuple[int, int]], size: float) -> float:
    """Time an all-reduce of `size` bytes over (node, GPUs) pairs of a fleet."""
    shares = list(shares)
    if not shares:
        return 0.0
    return all_reduce_seconds(domain_sizes(fleet, shares), size, links_of(fleet, shares))


def domain_sizes(fleet: Fleet, shares: Iterable[tuple[int, int]]) -> list[int]:
    """Count the gang's GPUs in each NVLink domain; a node without NVLink is one of its own."""
    sizes: Counter[tuple[str, int]] = Counter()
    for node, gpus in shares:
        domain = int(fleet.nvlink_domain[node])
        width = int(fleet.island_gpus[node]) or gpus
        key = ("node", node) if domain == NO_NVLINK else ("nvlink", domain)
        if width < gpus:
            # A node split into islands: the gang is in as many domains as it must be.
            for island in range(-(-gpus // width)):
                sizes[(f"{node}/{island}", node)] += min(width, gpus - island * width)
        else:
            sizes[key] += gpus
    return list(sizes.values())


def links_of(fleet: Fleet, shares: Iterable[tuple[int, int]]) -> Links:
    """Give the slowest links that the gang uses; beyond one rack's pod the spine is shared."""
    nodes = [node for node, _ in shares]
    kinds = [fleet.node_types[fleet.type_of[node]] for node in nodes]
    inside = min(kind.nvlink_gbytes_per_second if kind.nvlink else PCIE_GBYTES for kind in kinds)
    nic = min(kind.nics * kind.nic_gbps / 8 / max(kind.gpus, 1) for kind in kinds)
    narrow = max(len(fleet.levels) - 3, 0)
    crosses_spine = len(fleet.levels) > 2 and len(set(fleet.domain_of(narrow)[nodes])) > 1
    return Links(inside, nic / (fleet.spine_oversubscription if crosses_spine else 1.0))


def report(fleet: Fleet, placement: Placement, size: float = 10 * GIB) -> LocalityReport:
    """Say how near together a placement is and what one all-reduce of `size` bytes takes."""
    shares = [(hold.node, len(hold.gpus)) for hold in placement.holds if hold.gpus]
    nodes = [node for node, _ in shares]
    spanned = {
        level.name: len(set(fleet.domain_of(depth)[nodes].tolist()))
        for depth, level in enumerate(fleet.levels)
    }
    racks = spanned[fleet.level_names[-2]] if len(fleet.levels) > 1 else 1
    return LocalityReport(
        gpus=sum(gpus for _, gpus in shares),
        spanned=spanned,
        nvlink_domains=len(domain_sizes(fleet, shares)),
        step_seconds=cost_of(fleet, shares, size),
        cross_rack_bytes=2.0 * (racks - 1) * size,
    )


def rank_order(fleet: Fleet, nodes: Iterable[int]) -> list[int]:
    """Order a gang's nodes so that its ring leaves each domain once: the order of the tree."""
    del fleet  # nodes are numbered along the tree already
    return sorted(nodes)


def crossings(fleet: Fleet, ring: Sequence[int], level: int) -> int:
    """Count the hops of a ring of nodes that leave their domain of `level`."""
    domain = fleet.domain_of(level)[list(ring)]
    return int((domain != domain.take(range(1, len(ring) + 1), mode="wrap")).sum())
