"""What a person should know about a snapshot, in sentences. Pure; the views only lay it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gpu_lab.probe.values import (
    Fabric,
    Gpu,
    LinkRemote,
    Memory,
    Missing,
    NvLinks,
    RemappedRows,
    SeenGpu,
    Snapshot,
    Unattributed,
    UnreachableGpu,
)

MIB, GIB = 2**20, 2**30
FABRIC_COMPLETED = 3
# Below this, page tables and the driver's own bookkeeping explain what no process holds.
UNATTRIBUTED_WORTH_SAYING = 256 * MIB
SLOWED_BY: dict[str, str] = {
    "hw_slowdown": "the hardware slows it down",
    "sw_thermal_slowdown": "it is too hot",
    "hw_thermal_slowdown": "it is too hot",
    "hw_power_brake": "the power supply brakes it",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence; an alarm asks for a repair, anything else is worth knowing."""

    sentence: str
    is_alarm: bool


def findings(snapshot: Snapshot) -> tuple[Finding, ...]:
    """List what is wrong first, then what is worth knowing, both in the order of the GPUs."""
    found = [one for gpu in snapshot.gpus for one in _about(gpu)]
    return tuple(sorted(found, key=lambda one: not one.is_alarm))


def headline(snapshot: Snapshot) -> str:
    """Say the most important thing in one line."""
    memories = [gpu.memory for gpu in snapshot.reachable if isinstance(gpu.memory, Memory)]
    if not snapshot.gpus:
        return "No GPU on this machine"
    free = sum(memory.free for memory in memories) / GIB
    total = sum(memory.total for memory in memories) / GIB
    line = f"{_counted(snapshot)}: {free:,.0f} of {total:,.0f} GiB free"
    alarms = [one.sentence for one in findings(snapshot) if one.is_alarm]
    if not alarms:
        return line
    more = f" (and {len(alarms) - 1} more)" if len(alarms) > 1 else ""
    return f"{line}; {alarms[0]}{more}"


def model_name(snapshot: Snapshot) -> str:
    """Name the GPUs of this machine, each model once."""
    names = dict.fromkeys(str(gpu.identity.name) for gpu in snapshot.reachable)
    return " + ".join(names) or "unreachable GPU"


def _counted(snapshot: Snapshot) -> str:
    return f"{len(snapshot.gpus)} x {model_name(snapshot)}"


def _about(gpu: SeenGpu) -> Iterator[Finding]:
    if isinstance(gpu, UnreachableGpu):
        yield Finding(f"GPU {gpu.index} cannot be reached: {gpu.why}", is_alarm=True)
        return
    who = f"GPU {gpu.identity.index}"
    yield from _errors(gpu, who)
    yield from _connections(gpu, who)
    yield from _slowdowns(gpu, who)
    yield from _memory(gpu, who)


def _errors(gpu: Gpu, who: str) -> Iterator[Finding]:
    health = gpu.health
    if isinstance(health.xids, tuple) and health.xids:
        codes = ", ".join(map(str, health.xids))
        yield Finding(f"{who} reported Xid {codes}", is_alarm=True)
    if isinstance(health.ecc_uncorrected, int) and health.ecc_uncorrected:
        yield Finding(f"{who} has {health.ecc_uncorrected} uncorrected ECC errors", is_alarm=True)
    if isinstance(health.remapped, RemappedRows):
        if health.remapped.has_failed:
            yield Finding(f"{who} ran out of spare memory rows: replace it", is_alarm=True)
        if health.remapped.is_pending:
            yield Finding(f"{who} needs a reset to replace bad memory rows", is_alarm=True)


def _connections(gpu: Gpu, who: str) -> Iterator[Finding]:
    if isinstance(gpu.nvlinks, NvLinks):
        down = [link.index for link in gpu.nvlinks.links if link.is_active is False]
        # An unplugged bridge between two cards is no fault; a link to a switch must be up.
        if down and any(link.remote == LinkRemote.SWITCH for link in gpu.nvlinks.links):
            all_links = len(gpu.nvlinks.links)
            yield Finding(f"{who}: {len(down)} of {all_links} NVLinks are down", is_alarm=True)
    if isinstance(gpu.fabric, Fabric) and _is_outside(gpu.fabric):
        yield Finding(
            f"{who} has not joined the NVLink fabric (state {gpu.fabric.state},"
            f" status {gpu.fabric.status})",
            is_alarm=True,
        )


def _is_outside(fabric: Fabric) -> bool:
    return fabric.state != FABRIC_COMPLETED or fabric.status != 0


def _slowdowns(gpu: Gpu, who: str) -> Iterator[Finding]:
    reasons = gpu.clocks.reasons
    if not isinstance(reasons, Missing):
        for why in dict.fromkeys(SLOWED_BY[word] for word in reasons if word in SLOWED_BY):
            yield Finding(f"{who} runs slower: {why}", is_alarm=False)


def _memory(gpu: Gpu, who: str) -> Iterator[Finding]:
    if isinstance(gpu.processes, Missing):
        yield Finding(f"{who}: who holds its memory is unknown: {gpu.processes}", is_alarm=False)
    left = gpu.unattributed
    if isinstance(left, Unattributed) and left.memory >= UNATTRIBUTED_WORTH_SAYING:
        about = "up to " if left.is_upper_bound else ""
        yield Finding(
            f"{who}: {about}{left.memory // MIB:,} MiB is held by no listed process",
            is_alarm=False,
        )
    if isinstance(gpu.memory, Memory) and gpu.memory.api == "v1":
        yield Finding(f"{who}: the old driver counts its own memory as used", is_alarm=False)
    if not isinstance(gpu.affinity.gpu_node, Missing):
        yield Finding(f"{who} shares memory with Linux: its free part moves", is_alarm=False)
