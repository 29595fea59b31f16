"""Turning a driver's answers into one snapshot. It keeps nothing: what is kept is in `probe`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

from gpu_lab.probe import calls as c
from gpu_lab.probe.driver import Driver, missing_for
from gpu_lab.probe.occupancy import (
    read_memory,
    read_mig,
    read_processes,
    unattributed,
    with_slices,
)
from gpu_lab.probe.topology import connection, set_bits, square
from gpu_lab.probe.values import (
    HIDDEN,
    Affinity,
    Clocks,
    Environment,
    Fabric,
    Gpu,
    Health,
    Identity,
    Link,
    LinkRemote,
    Missing,
    NvLinks,
    Power,
    Reading,
    Reason,
    RemappedRows,
    SeenGpu,
    Thermals,
    UnreachableGpu,
    Utilization,
    mapped,
)

NOT_FOUND = Missing(Reason.NOT_FOUND)
# The library marks a value that it does not have by the largest number of the value's type.
NO_NUMBER = 0xFFFFFFFF
NO_LONG_NUMBER = 0xFFFFFFFFFFFFFFFF
LINKS_AT_MOST = 64

CLOCK_REASON_BITS: dict[int, str] = {
    0x1: "gpu_idle",
    0x2: "applications_clocks_setting",
    0x4: "sw_power_cap",
    0x8: "hw_slowdown",
    0x10: "sync_boost",
    0x20: "sw_thermal_slowdown",
    0x40: "hw_thermal_slowdown",
    0x80: "hw_power_brake",
    0x100: "display_clocks_setting",
}


def told(reading: Reading[int], sentinel: int = NO_NUMBER) -> Reading[int]:
    """Unmask a sentinel: a number that only stands for "not available" is hidden, not huge."""
    return HIDDEN if reading == sentinel else reading


Xids: TypeAlias = Reading[tuple[int, ...]]


def open_gpus(driver: Driver) -> Reading[tuple[Reading[str], ...]]:
    """Open every GPU that the driver counts; one that refuses leaves its reason in its place."""
    count = driver.ask(c.COUNT)
    if isinstance(count, Missing):
        return count
    return tuple(driver.ask(c.OPEN, index) for index in range(count))


def read_gpus(
    driver: Driver,
    opened: tuple[Reading[str], ...],
    known_uuids: Mapping[int, str],
    xids: Mapping[str, Xids],
) -> tuple[SeenGpu, ...]:
    """Read every GPU in the driver's order. One lost, even midway, is unreachable, not half read.

    `known_uuids` are from earlier looks, by index; `xids` belong to the opened addresses.
    """
    return tuple(
        UnreachableGpu(index, known_uuids.get(index, at), at)
        if isinstance(at, Missing)
        else read_gpu(driver, at, index, known_uuids.get(index), xids[at])
        for index, at in enumerate(opened)
    )


def read_gpu(driver: Driver, at: str, index: int, known_uuid: str | None, xids: Xids) -> SeenGpu:
    """Read one opened GPU."""
    identity = read_identity(driver, at, index)
    gpu = _read_open_gpu(driver, at, identity, xids)
    if (lost := _loss(gpu)) is not None:
        uuid = identity.uuid
        return UnreachableGpu(
            index, known_uuid or uuid if isinstance(uuid, Missing) else uuid, lost
        )
    return gpu


def _loss(gpu: Gpu) -> Missing | None:
    # Memory and utilisation are read first, the energy counter last: a GPU that falls off the bus
    # in between shows in one of them.
    for reading in (gpu.identity.uuid, gpu.memory, gpu.utilization, gpu.power.energy_joules):
        if isinstance(reading, Missing) and reading.reason is Reason.LOST:
            return reading
    return None


def _read_open_gpu(driver: Driver, at: str, identity: Identity, xids: Xids) -> Gpu:
    memory = read_memory(driver, at)
    utilization = mapped(driver.ask(c.UTILIZATION, at), lambda rates: Utilization(*rates))
    mig = read_mig(driver, at)
    processes = with_slices(read_processes(driver, at), mig)
    links, memory_celsius = _read_fields(driver, at)
    return Gpu(
        identity=identity,
        memory=memory,
        utilization=utilization,
        encoder=driver.ask(c.ENCODER, at),
        decoder=driver.ask(c.DECODER, at),
        processes=processes,
        unattributed=unattributed(memory, processes),
        affinity=read_affinity(driver, at),
        mig=mig,
        nvlinks=read_links(driver, at, links),
        fabric=mapped(driver.ask(c.FABRIC, at), lambda seen: Fabric(*seen)),
        health=read_health(driver, at, xids),
        clocks=read_clocks(driver, at),
        thermals=_read_thermals(driver, at, memory_celsius),
        power=read_power(driver, at),
    )


def read_identity(driver: Driver, at: str, index: int) -> Identity:
    """Read who the GPU is."""
    return Identity(
        index=index,
        uuid=driver.ask(c.UUID, at),
        name=driver.ask(c.NAME, at),
        serial=driver.ask(c.SERIAL, at),
        minor=driver.ask(c.MINOR, at),
        pci=driver.ask(c.PCI, at),
        compute_capability=driver.ask(c.COMPUTE_CAPABILITY, at),
    )


def read_affinity(driver: Driver, at: str) -> Affinity:
    """Read the near CPUs and NUMA nodes."""
    cpus = driver.ask(c.CPU_AFFINITY, at, c.AFFINITY_WORDS)
    nodes = driver.ask(c.MEMORY_AFFINITY, at, c.AFFINITY_WORDS, c.NODE_SCOPE)
    return Affinity(
        cpus=mapped(cpus, set_bits),
        host_nodes=mapped(nodes, set_bits),
        gpu_node=driver.ask(c.NUMA_NODE, at),
    )


def _read_fields(driver: Driver, at: str) -> tuple[Reading[int], Reading[int]]:
    answer = driver.ask(c.FIELDS, at, c.FIELD_LINK_COUNT, c.FIELD_MEMORY_TEMPERATURE)
    if isinstance(answer, Missing):
        return answer, answer
    links, celsius = (missing_for(code) if code else int(value) for code, value in answer)
    return links, celsius


def read_links(driver: Driver, at: str, count: Reading[int]) -> Reading[NvLinks]:
    """Read every NVLink. Without a count, go on until the library refuses an index."""
    if count == 0:
        return Missing(Reason.NOT_SUPPORTED, 3)
    links: list[Link] = []
    for index in range(LINKS_AT_MOST if isinstance(count, Missing) else count):
        state = driver.ask(c.LINK_STATE, at, index)
        if isinstance(state, Missing) and isinstance(count, Missing):
            if not links:
                return state
            break
        links.append(_read_link(driver, at, index, state))
    return NvLinks(driver.ask(c.LINK_VERSION, at, 0), tuple(links))


_REMOTES = {0: LinkRemote.GPU, 2: LinkRemote.SWITCH}


def _read_link(driver: Driver, at: str, index: int, state: Reading[int]) -> Link:
    remote = driver.ask(c.LINK_REMOTE, at, index)
    peer: Reading[str] = NOT_FOUND
    # A switch answers with an address of only Fs, so only a direct neighbour is asked for.
    if remote == 0:
        peer = driver.ask(c.LINK_PEER, at, index)
    return _link(index, state, remote, peer)


# 18 links on each of 8 GPUs hardly ever change: equal ones are one value.
@lru_cache(maxsize=1024)
def _link(index: int, state: Reading[int], remote: Reading[int], peer: Reading[str]) -> Link:
    return Link(
        index,
        mapped(state, lambda number: number == 1),
        mapped(remote, lambda kind: _REMOTES.get(kind, LinkRemote.OTHER)),
        peer,
    )


def read_health(driver: Driver, at: str, xids: Xids) -> Health:
    """Read memory errors, repairs and bus replays."""
    ecc, since = c.ECC_TOTAL, c.ECC_SINCE_RESET
    return Health(
        ecc_enabled=mapped(driver.ask(c.ECC_MODE, at), lambda mode: mode[0] == 1),
        ecc_corrected=driver.ask(ecc, at, c.ECC_CORRECTED, since),
        ecc_uncorrected=driver.ask(ecc, at, c.ECC_UNCORRECTED, since),
        remapped=mapped(driver.ask(c.REMAPPED_ROWS, at), _remapped),
        pcie_replays=told(driver.ask(c.PCIE_REPLAYS, at)),
        xids=xids,
    )


def _remapped(rows: tuple[int, int, int, int]) -> RemappedRows:
    corrected, uncorrected, pending, failure = rows
    return RemappedRows(corrected, uncorrected, pending != 0, failure != 0)


def read_clocks(driver: Driver, at: str) -> Clocks:
    """Read the clocks and why they are not higher."""
    bits = driver.ask(c.CLOCK_REASONS, at)
    if isinstance(bits, Missing) and bits.reason is Reason.ABSENT_SYMBOL:
        bits = driver.ask(c.CLOCK_REASONS_OLD, at)
    return Clocks(
        sm=driver.ask(c.CLOCK, at, c.CLOCK_SM),
        sm_max=driver.ask(c.CLOCK_MAXIMUM, at, c.CLOCK_SM),
        memory=driver.ask(c.CLOCK, at, c.CLOCK_MEMORY),
        memory_max=driver.ask(c.CLOCK_MAXIMUM, at, c.CLOCK_MEMORY),
        reasons=mapped(bits, clock_reasons),
    )


def clock_reasons(bits: int) -> tuple[str, ...]:
    """Name the set bits; one that is not known keeps its number."""
    unknown = bits & ~sum(CLOCK_REASON_BITS)
    named = tuple(word for bit, word in CLOCK_REASON_BITS.items() if bits & bit)
    return (*named, f"unknown_{unknown:#x}") if unknown else named


def _read_thermals(driver: Driver, at: str, memory_celsius: Reading[int]) -> Thermals:
    gpu = driver.ask(c.TEMPERATURE, at)
    if isinstance(gpu, Missing) and gpu.reason in {Reason.ABSENT_SYMBOL, Reason.VERSION_MISMATCH}:
        gpu = driver.ask(c.TEMPERATURE_V1, at)
    return Thermals(gpu, memory_celsius, driver.ask(c.MARGIN, at))


def read_power(driver: Driver, at: str) -> Power:
    """Read power in watts and energy in joules; the library's units are thousandths."""
    return Power(
        watts=mapped(told(driver.ask(c.POWER, at)), _from_thousandths),
        limit_watts=mapped(told(driver.ask(c.POWER_LIMIT, at)), _from_thousandths),
        energy_joules=mapped(told(driver.ask(c.ENERGY, at), NO_LONG_NUMBER), _from_thousandths),
    )


def _from_thousandths(value: int) -> float:
    return value / 1000


def read_matrix(driver: Driver, gpus: tuple[SeenGpu, ...]) -> tuple[tuple[str, ...], ...]:
    """Ask once for each pair how it is connected; the relation is symmetric."""
    pairs: dict[tuple[int, int], str] = {}
    reachable = [gpu for gpu in gpus if isinstance(gpu, Gpu)]
    for place, a in enumerate(reachable):
        for b in reachable[place + 1 :]:
            i, j = a.identity.index, b.identity.index
            pairs[i, j] = connection(
                a.nvlinks,
                b.nvlinks,
                (a.identity.pci, b.identity.pci),
                driver.ask(c.COMMON_ANCESTOR, str(i), str(j)),
                driver.ask(c.P2P_STATUS, str(i), str(j), c.P2P_NVLINK),
            )
    return square(len(gpus), pairs)


def read_environment(driver: Driver, gpus: tuple[SeenGpu, ...]) -> Environment:
    """Read versions, and whether this process itself holds a context."""
    return Environment(
        backend=driver.backend,
        driver=driver.ask(c.DRIVER_VERSION),
        nvml=driver.ask(c.NVML_VERSION),
        cuda_driver=driver.ask(c.CUDA_VERSION),
        binding=driver.binding,
        surroundings=driver.surroundings,
        context_created=driver.surroundings.cuda_library_loaded
        and holds_memory(gpus, driver.surroundings.pid),
    )


def holds_memory(gpus: tuple[SeenGpu, ...], pid: int) -> bool:
    """Say whether a pid stands in any GPU's list."""
    return any(
        process.pid == pid
        for gpu in gpus
        if isinstance(gpu, Gpu) and not isinstance(gpu.processes, Missing)
        for process in gpu.processes
    )
