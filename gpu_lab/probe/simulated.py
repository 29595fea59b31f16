"""Simulated GPUs as values, and what each answers to every call. No clock, no state."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from gpu_lab.probe import calls as c
from gpu_lab.probe.shapes import GpuModel, Shape
from gpu_lab.probe.values import Missing, Reason

MIB = 2**20
DRIVER, NVML, CUDA = "580.159.03", "13.580.159.03", 13000
# Shares of memory by the number in a profile's name: 3g has half of the memory, not 3/7.
SLICE_EIGHTHS = {1: 1, 2: 2, 3: 4, 4: 4, 7: 8}
SLICE_PLACES = 7

_HGX_BUSES = (0x1B, 0x43, 0x52, 0x61, 0x9D, 0xC3, 0xD1, 0xDF)
_GRACE_DOMAINS = (0x8, 0x9, 0x18, 0x19)
_GRACE_GPU_NODES = (2, 10, 18, 26)
_P2P_UNSUPPORTED = 5

Key = tuple[str, tuple[c.Argument, ...]]


@dataclass(frozen=True, slots=True)
class SimProcess:
    """A process on a simulated GPU; `memory` in bytes, None when the driver would not tell."""

    pid: int
    memory: int | None
    kind: str = "C"
    slice_index: int | None = None


@dataclass(frozen=True, slots=True)
class SimGpu:
    """One simulated GPU. `hidden` is memory in use that no listed process holds, in bytes."""

    index: int
    model: GpuModel
    uuid: str
    pci: str
    socket: int
    processes: tuple[SimProcess, ...] = ()
    hidden: int = 0
    utilization: int = 0
    links_down: frozenset[int] = frozenset()
    clock_bits: int = 0x1
    celsius: int = 32
    ecc_uncorrected: int = 0
    remap_pending: bool = False
    slices: tuple[int, ...] = ()
    is_lost: bool = False
    denies_processes: bool = False

    @property
    def total(self) -> int:
        """Give the memory in bytes that NVML shows."""
        return self.model.total_mib * MIB

    @property
    def reserved(self) -> int:
        """Give what driver and firmware keep, in bytes."""
        return self.model.reserved_mib * MIB

    @property
    def used(self) -> int:
        """Add up what processes and the hidden rest hold, in bytes."""
        return self.hidden + sum(process.memory or 0 for process in self.processes)

    @property
    def watts(self) -> float:
        """Estimate power: a tenth when idle, the limit when busy."""
        return self.model.watts * (0.1 + 0.9 * self.utilization / 100)

    @property
    def has_live_links(self) -> bool:
        """Say whether any NVLink is up."""
        return self.model.links > len(self.links_down)


def healthy_node(shape: Shape) -> tuple[SimGpu, ...]:
    """Make an idle node of this shape; its uuids depend only on the shape."""
    return tuple(
        SimGpu(
            index=index,
            model=shape.model,
            uuid=f"GPU-{_uuid(f'{shape.key}/{index}')}",
            pci=_pci(shape, index),
            socket=2 * index // shape.count,
        )
        for index in range(shape.count)
    )


def _uuid(seed: str) -> str:
    # Four checksums are unlike enough, and hashlib would load OpenSSL for them.
    digits = "".join(f"{zlib.crc32(f'{part}/{seed}'.encode()):08x}" for part in range(4))
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _pci(shape: Shape, index: int) -> str:
    if shape.model.is_numa_node and index < len(_GRACE_DOMAINS):
        return f"{_GRACE_DOMAINS[index]:08X}:01:00.0"
    if index < len(_HGX_BUSES):
        return f"00000000:{_HGX_BUSES[index]:02X}:00.0"
    return f"{index // 8:08X}:{_HGX_BUSES[index % 8]:02X}:00.0"


def node_answers(node: tuple[SimGpu, ...]) -> dict[Key, c.Plain | Missing]:
    """Write down what this node answers to every call that has an answer."""
    answers: dict[Key, c.Plain | Missing] = {
        (c.DRIVER_VERSION.symbol, ()): DRIVER,
        (c.NVML_VERSION.symbol, ()): NVML,
        (c.CUDA_VERSION.symbol, ()): CUDA,
        (c.COUNT.symbol, ()): len(node),
    }
    for gpu in node:
        if not gpu.is_lost:
            answers.update(_gpu_answers(gpu))
            answers.update(_pair_answers(gpu, node))
    return answers


def _gpu_answers(gpu: SimGpu) -> Iterator[tuple[Key, c.Plain | Missing]]:
    at = str(gpu.index)
    yield (c.OPEN.symbol, (gpu.index,)), at
    for symbol, answer in _plain_answers(gpu):
        yield (symbol, (at,)), answer
    yield from _indexed_answers(gpu, at)
    yield from _link_answers(gpu, at)
    yield from _slice_answers(gpu, at)


def _plain_answers(gpu: SimGpu) -> Iterator[tuple[str, c.Plain | Missing]]:
    model = gpu.model
    yield c.UUID.symbol, gpu.uuid
    yield c.NAME.symbol, model.name
    yield c.SERIAL.symbol, f"16{gpu.index:011d}"
    yield c.MINOR.symbol, gpu.index
    yield c.PCI.symbol, gpu.pci
    yield c.COMPUTE_CAPABILITY.symbol, model.compute_capability
    yield c.MEMORY.symbol, (gpu.total, gpu.reserved, gpu.total - gpu.reserved - gpu.used, gpu.used)
    yield (
        c.MEMORY_V1.symbol,
        (gpu.total, gpu.total - gpu.reserved - gpu.used, gpu.reserved + gpu.used),
    )
    if not gpu.slices:
        yield c.UTILIZATION.symbol, (gpu.utilization, gpu.utilization * 2 // 5)
        yield c.ENCODER.symbol, 0
        yield c.DECODER.symbol, 0
    yield from _process_answers(gpu, gpu.processes)
    yield c.ECC_MODE.symbol, (1, 1)
    if model.has_row_remapping:
        yield c.REMAPPED_ROWS.symbol, (0, 0, int(gpu.remap_pending), 0)
    yield c.PCIE_REPLAYS.symbol, 0
    yield c.TEMPERATURE.symbol, gpu.celsius
    yield c.TEMPERATURE_V1.symbol, gpu.celsius
    if model.compute_capability >= (8, 9):
        yield c.MARGIN.symbol, 87 - gpu.celsius
    yield c.POWER.symbol, int(gpu.watts * 1000)
    yield c.POWER_LIMIT.symbol, model.watts * 1000
    yield c.CLOCK_REASONS.symbol, gpu.clock_bits
    yield c.CLOCK_REASONS_OLD.symbol, gpu.clock_bits
    if model.has_fabric:
        cluster = _uuid(model.name).replace("-", "") if model.is_numa_node else "0" * 32
        yield c.FABRIC.symbol, (3, 0, cluster, 1 if model.is_numa_node else 0, 0)
    if model.is_numa_node:
        yield c.NUMA_NODE.symbol, _GRACE_GPU_NODES[gpu.index % len(_GRACE_GPU_NODES)]
    if model.can_divide:
        yield c.MIG_MODE.symbol, (int(bool(gpu.slices)), int(bool(gpu.slices)))
        yield c.MIG_MAXIMUM.symbol, SLICE_PLACES if gpu.slices else 0


def _process_answers(
    gpu: SimGpu, processes: tuple[SimProcess, ...]
) -> Iterator[tuple[str, c.Plain | Missing]]:
    for call, kind in (
        (c.COMPUTE_PROCESSES, "C"),
        (c.COMPUTE_PROCESSES_V2, "C"),
        (c.GRAPHICS_PROCESSES, "G"),
        (c.MPS_PROCESSES, "M"),
    ):
        yield (
            call.symbol,
            Missing(Reason.NO_PERMISSION, 4)
            if gpu.denies_processes
            else tuple(
                (process.pid, process.memory, *_instances(process))
                for process in processes
                if process.kind == kind
            ),
        )


def _instances(process: SimProcess) -> tuple[int | None, int | None]:
    if process.slice_index is None:
        return None, None
    return process.slice_index + 1, 0


def _indexed_answers(gpu: SimGpu, at: str) -> Iterator[tuple[Key, c.Plain | Missing]]:
    model = gpu.model
    is_busy = gpu.utilization > 0
    for kind, most in ((c.CLOCK_SM, model.sm_mhz), (c.CLOCK_MEMORY, model.memory_mhz)):
        yield (c.CLOCK.symbol, (at, kind)), most if is_busy else 345
        yield (c.CLOCK_MAXIMUM.symbol, (at, kind)), most
    yield (c.ECC_TOTAL.symbol, (at, c.ECC_CORRECTED, c.ECC_SINCE_RESET)), 0
    yield (c.ECC_TOTAL.symbol, (at, c.ECC_UNCORRECTED, c.ECC_SINCE_RESET)), gpu.ecc_uncorrected
    cpus = _grace_cpus(gpu) if model.is_numa_node else _xeon_cpus(gpu)
    yield (c.CPU_AFFINITY.symbol, (at, c.AFFINITY_WORDS)), _words(cpus)
    nodes = frozenset({gpu.socket})
    yield (c.MEMORY_AFFINITY.symbol, (at, c.AFFINITY_WORDS, c.NODE_SCOPE)), _words(nodes)
    has_hbm = model.links > 0
    celsius = (0, gpu.celsius + 6) if has_hbm else (3, 0)
    links = (0, model.links) if model.links else (3, 0)
    yield (c.FIELDS.symbol, (at, c.FIELD_LINK_COUNT, c.FIELD_MEMORY_TEMPERATURE)), (links, celsius)
    yield (c.EVENT_REGISTER.symbol, (at, c.EVENT_XID)), 0


def _xeon_cpus(gpu: SimGpu) -> frozenset[int]:
    first = 56 * gpu.socket
    return frozenset(range(first, first + 56)) | frozenset(range(112 + first, 168 + first))


def _grace_cpus(gpu: SimGpu) -> frozenset[int]:
    return frozenset(range(72 * gpu.socket, 72 * gpu.socket + 72))


def _words(numbers: frozenset[int]) -> tuple[int, ...]:
    return tuple(
        sum(1 << bit for bit in range(64) if 64 * place + bit in numbers)
        for place in range(c.AFFINITY_WORDS)
    )


def _link_answers(gpu: SimGpu, at: str) -> Iterator[tuple[Key, c.Plain | Missing]]:
    for link in range(gpu.model.links):
        yield (c.LINK_STATE.symbol, (at, link)), int(link not in gpu.links_down)
        yield (c.LINK_REMOTE.symbol, (at, link)), 2
        yield (c.LINK_VERSION.symbol, (at, link)), gpu.model.link_version


def slice_name(gpu: SimGpu, profile: int) -> str:
    """Name a slice as the driver does, after its share of the marketed memory: 3g.71gb."""
    return f"{gpu.model.name} MIG {profile}g.{round(slice_total(gpu, profile) / 2**30)}gb"


def slice_total(gpu: SimGpu, profile: int) -> int:
    """Give a slice's memory in bytes: its eighths of what is not reserved."""
    return (gpu.total - gpu.reserved) // 8 * SLICE_EIGHTHS[profile]


def _slice_answers(gpu: SimGpu, parent: str) -> Iterator[tuple[Key, c.Plain | Missing]]:
    for index, profile in enumerate(gpu.slices):
        at = f"{parent}/{index}"
        mine = tuple(process for process in gpu.processes if process.slice_index == index)
        total, used = slice_total(gpu, profile), sum(process.memory or 0 for process in mine)
        yield (c.MIG_OPEN.symbol, (parent, index)), at
        yield (c.UUID.symbol, (at,)), f"MIG-{_uuid(f'{gpu.uuid}/{index}')}"
        yield (c.NAME.symbol, (at,)), slice_name(gpu, profile)
        yield (c.GPU_INSTANCE.symbol, (at,)), index + 1
        yield (c.COMPUTE_INSTANCE.symbol, (at,)), 0
        yield (c.MEMORY.symbol, (at,)), (total, 0, total - used, used)
        yield (c.MEMORY_V1.symbol, (at,)), (total, total - used, used)
        for symbol, answer in _process_answers(gpu, mine):
            yield (symbol, (at,)), answer
    for index in range(len(gpu.slices), SLICE_PLACES):
        yield (c.MIG_OPEN.symbol, (parent, index)), Missing(Reason.NOT_FOUND, 6)


def _pair_answers(gpu: SimGpu, node: tuple[SimGpu, ...]) -> Iterator[tuple[Key, c.Plain | Missing]]:
    at = str(gpu.index)
    for other in node:
        if other.index != gpu.index:
            there = str(other.index)
            level = 40 if gpu.socket == other.socket else 50
            bonded = gpu.has_live_links and other.has_live_links
            yield (c.COMMON_ANCESTOR.symbol, (at, there)), level
            yield (
                (c.P2P_STATUS.symbol, (at, there, c.P2P_NVLINK)),
                0 if bonded else _P2P_UNSUPPORTED,
            )
