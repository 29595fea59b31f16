"""Reading who holds a GPU's memory: amounts, processes, MIG slices, the rest.

It asks the driver and keeps nothing.
"""

from __future__ import annotations

from gpu_lab.probe import calls as c
from gpu_lab.probe.driver import Driver
from gpu_lab.probe.values import (
    HIDDEN,
    GpuProcess,
    Memory,
    Mig,
    MigDevice,
    Missing,
    ProcessKind,
    Reading,
    Reason,
    Unattributed,
)


def read_memory(driver: Driver, at: str) -> Reading[Memory]:
    """Read v2's memory; only a library that does not have it is asked for v1's."""
    now = driver.ask(c.MEMORY, at)
    if not isinstance(now, Missing):
        total, reserved, free, used = now
        return Memory("v2", total, reserved, used, free)
    if now.reason not in {Reason.ABSENT_SYMBOL, Reason.VERSION_MISMATCH}:
        return now
    old = driver.ask(c.MEMORY_V1, at)
    if isinstance(old, Missing):
        return old
    total, free, used = old
    return Memory("v1", total, now, used, free)


def read_processes(driver: Driver, at: str) -> Reading[tuple[GpuProcess, ...]]:
    """Read all three lists. A refused one makes the whole unknown; an unsupported one is empty."""
    compute = driver.ask(c.COMPUTE_PROCESSES, at)
    if isinstance(compute, Missing) and compute.reason is Reason.ABSENT_SYMBOL:
        compute = driver.ask(c.COMPUTE_PROCESSES_V2, at)
    if isinstance(compute, Missing):
        return compute
    found = [_process(row, ProcessKind.COMPUTE) for row in compute]
    for call, kind in (
        (c.GRAPHICS_PROCESSES, ProcessKind.GRAPHICS),
        (c.MPS_PROCESSES, ProcessKind.MPS),
    ):
        rows = driver.ask(call, at)
        if not isinstance(rows, Missing):
            found += [_process(row, kind) for row in rows]
        elif rows.reason not in {Reason.NOT_SUPPORTED, Reason.ABSENT_SYMBOL}:
            return rows
    return tuple(found)


def _process(row: c.ProcessRow, kind: ProcessKind) -> GpuProcess:
    pid, memory, gpu_instance, compute_instance = row
    return GpuProcess(
        pid, kind, HIDDEN if memory is None else memory, gpu_instance, compute_instance
    )


def with_slices(
    whole: Reading[tuple[GpuProcess, ...]], mig: Reading[Mig]
) -> Reading[tuple[GpuProcess, ...]]:
    """Take the processes of all slices where the whole GPU does not tell its own."""
    # A container that owns one slice may not ask the parent; the slices then know.
    if isinstance(mig, Missing) or not mig.is_enabled or not isinstance(whole, Missing):
        return whole
    found: list[GpuProcess] = []
    for device in mig.devices:
        if isinstance(device.processes, Missing):
            return whole
        found += device.processes
    return tuple(found)


def unattributed(
    memory: Reading[Memory], processes: Reading[tuple[GpuProcess, ...]]
) -> Reading[Unattributed]:
    """Say how much used memory no listed process accounts for; a pid in two lists counts once."""
    if isinstance(memory, Missing):
        return memory
    if isinstance(processes, Missing):
        return processes
    held: dict[int, int] = {}
    for process in processes:
        if not isinstance(process.memory, Missing):
            held[process.pid] = max(process.memory, held.get(process.pid, 0))
    left = memory.used - sum(held.values())
    # Processes that freed memory between the two reads would make it negative.
    if left < 0:
        return Missing(Reason.TORN)
    return Unattributed(left, any(isinstance(p.memory, Missing) for p in processes))


def read_mig(driver: Driver, at: str) -> Reading[Mig]:
    """Read whether the GPU is divided, and its slices if so."""
    mode = driver.ask(c.MIG_MODE, at)
    if isinstance(mode, Missing):
        return mode
    is_enabled, is_pending = mode[0] == 1, mode[0] != mode[1]
    places = driver.ask(c.MIG_MAXIMUM, at) if is_enabled else 0
    if isinstance(places, Missing):
        return places
    found = (_read_slice(driver, at, index) for index in range(places))
    return Mig(is_enabled, is_pending, tuple(device for device in found if device is not None))


def _read_slice(driver: Driver, parent: str, index: int) -> MigDevice | None:
    at = driver.ask(c.MIG_OPEN, parent, index)
    if isinstance(at, Missing):
        return None
    return MigDevice(
        index=index,
        uuid=driver.ask(c.UUID, at),
        name=driver.ask(c.NAME, at),
        gpu_instance=driver.ask(c.GPU_INSTANCE, at),
        compute_instance=driver.ask(c.COMPUTE_INSTANCE, at),
        memory=read_memory(driver, at),
        processes=read_processes(driver, at),
    )
