"""A snapshot reduced to what placing jobs needs: models, free memory, NUMA and NVLink islands.

Pure, and without a word of the fleet model: the fleet builds its own node from this value.
"""

from __future__ import annotations

from dataclasses import dataclass

from gpu_lab.probe.topology import nvlink_islands
from gpu_lab.probe.values import Fabric, Gpu, Memory, Missing, Snapshot

MIB = 2**20


@dataclass(frozen=True, slots=True)
class ProbedGpu:
    """One usable GPU. Memory is in MiB; `island` numbers the group that NVLink connects."""

    index: int
    uuid: str
    model: str
    total_mib: int
    free_mib: int
    numa_node: int | None
    island: int
    clique: int | None


@dataclass(frozen=True, slots=True)
class ProbedNode:
    """The GPUs that can be used, and the indices of those that cannot, with the reason."""

    gpus: tuple[ProbedGpu, ...]
    unusable: tuple[tuple[int, str], ...]
    matrix: tuple[tuple[str, ...], ...]


def probed_node(snapshot: Snapshot) -> ProbedNode:
    """Reduce a snapshot; a GPU without a known uuid, name and memory is unusable."""
    island_of = {
        index: number
        for number, island in enumerate(nvlink_islands(snapshot.matrix))
        for index in island
    }
    usable: list[ProbedGpu] = []
    unusable: list[tuple[int, str]] = []
    for gpu in snapshot.gpus:
        match _probed(gpu, island_of) if isinstance(gpu, Gpu) else gpu.why:
            case ProbedGpu() as found:
                usable.append(found)
            case Missing() as why:
                index = gpu.identity.index if isinstance(gpu, Gpu) else gpu.index
                unusable.append((index, str(why)))
    return ProbedNode(tuple(usable), tuple(unusable), snapshot.matrix)


def _probed(gpu: Gpu, island_of: dict[int, int]) -> ProbedGpu | Missing:
    who, memory, nodes = gpu.identity, gpu.memory, gpu.affinity.host_nodes
    if isinstance(who.uuid, Missing):
        return who.uuid
    if isinstance(who.name, Missing):
        return who.name
    if not isinstance(memory, Memory):
        return memory
    return ProbedGpu(
        index=who.index,
        uuid=who.uuid,
        model=who.name,
        total_mib=memory.total // MIB,
        free_mib=memory.free // MIB,
        numa_node=nodes[0] if not isinstance(nodes, Missing) and nodes else None,
        island=island_of[who.index],
        clique=gpu.fabric.clique if isinstance(gpu.fabric, Fabric) else None,
    )
