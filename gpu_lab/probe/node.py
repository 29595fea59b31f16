"""A snapshot reduced to what placing jobs needs: models, free memory, NUMA and NVLink islands.

Pure. It knows no fleet model; `fleet_toml` writes the file that one is read from.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from gpu_lab.probe.topology import nvlink_islands
from gpu_lab.probe.values import Fabric, Gpu, Memory, Missing, NvLinks, Reading, Snapshot

MIB = 2**20
NVLINK_5 = 5


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
    nvlink_gbytes_per_second: float | None
    can_divide: bool


@dataclass(frozen=True, slots=True)
class ProbedNode:
    """The GPUs that can be used, and the indices of those that cannot, with the reason."""

    gpus: tuple[ProbedGpu, ...]
    unusable: tuple[tuple[int, str], ...]
    matrix: tuple[tuple[str, ...], ...]
    cpus: int | None
    ram_bytes: int | None


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
    return ProbedNode(
        gpus=tuple(usable),
        unusable=tuple(unusable),
        matrix=snapshot.matrix,
        cpus=_cpus(snapshot),
        ram_bytes=snapshot.environment.surroundings.ram_bytes,
    )


def _cpus(snapshot: Snapshot) -> int | None:
    near = [gpu.affinity.cpus for gpu in snapshot.reachable]
    told = {cpu for cpus in near if not isinstance(cpus, Missing) for cpu in cpus}
    return len(told) or None


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
        nvlink_gbytes_per_second=_bandwidth(gpu.nvlinks),
        can_divide=not isinstance(gpu.mig, Missing),
    )


def _bandwidth(nvlinks: Reading[NvLinks]) -> float | None:
    """Give one direction's GB/s of the live links: 25 each up to version 4, 50 from version 5."""
    if isinstance(nvlinks, Missing) or isinstance(nvlinks.version, Missing):
        return None
    return nvlinks.active * (50.0 if nvlinks.version >= NVLINK_5 else 25.0) or None


def fleet_toml(node: ProbedNode, name: str) -> str:
    """Write the usable GPUs as a fleet of one machine, or of one for each model if they differ.

    What NVML does not know (network cards, the rack around this node) is left to the reader.
    """
    by_model: dict[str, list[ProbedGpu]] = {}
    for gpu in node.gpus:
        by_model.setdefault(gpu.model, []).append(gpu)
    lines = [
        "# Made from a look at this machine; add its network cards and the racks around it.",
        *(f"# GPU {index} is left out: {why}" for index, why in node.unusable),
        *("[fleet]", f"name = {json.dumps(name)}", 'levels = ["node"]'),
    ]
    for model, gpus in by_model.items():
        lines += _node_type(node, model, gpus)
    for number, model in enumerate(by_model, 1):
        machine = name if len(by_model) == 1 else f"{name}-{number}"
        lines += ["", "[[fleet.nodes]]", f"name = {json.dumps(machine)}"]
        lines.append(f"node_type = {json.dumps(short_model(model))}")
    return "\n".join(lines) + "\n"


def _node_type(node: ProbedNode, model: str, gpus: list[ProbedGpu]) -> list[str]:
    short = json.dumps(short_model(model))
    lines = ["", f"[fleet.node_types.{short}]", f"gpu = {short}", f"gpus = {len(gpus)}"]
    lines.append(f"gpu_memory_gib = {gpus[0].total_mib / 1024:.1f}")
    if node.cpus is not None:
        lines.append(f"cpus = {node.cpus}")
    if node.ram_bytes is not None:
        lines.append(f"ram_gib = {node.ram_bytes / 2**30:.0f}")
    lines.append(f"mig = {json.dumps(gpus[0].can_divide)}")
    sizes = Counter(gpu.island for gpu in gpus)
    bandwidth = min((gpu.nvlink_gbytes_per_second or 0.0 for gpu in gpus), default=0.0)
    # A fleet's islands are equal; with a sick GPU aside they are not, and none is promised.
    if bandwidth and len(set(sizes.values())) == 1 and max(sizes.values()) > 1:
        lines += ['nvlink = "node"', f"nvlink_islands = {len(sizes)}"]
        lines.append(f"nvlink_gbytes_per_second = {bandwidth}")
    return lines


def short_model(model: str) -> str:
    """Shorten the driver's name: NVIDIA H100 80GB HBM3 is an H100."""
    return model.removeprefix("NVIDIA ").removeprefix("Tesla ").partition(" ")[0]
