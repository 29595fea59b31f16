"""The memory of one GPU as a budget needs it: total, free, and what a CUDA context takes.

It reads snapshots and the catalogue; it opens no driver.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from gpu_lab.probe import Gpu, Missing, Snapshot, UnknownShape
from gpu_lab.probe.shapes import MODELS, parse_shape
from gpu_lab.vram.errors import GpuRefused

MIB = 1 << 20

# A context grows with the number of multiprocessors. Third-party measurements: 107 MiB for 34
# (RTX 4060 Ti), 426 for 142 (RTX 6000 Ada), 555 for 188 (RTX PRO 6000), 628 for 148 (B200). The
# dearest of them per multiprocessor is taken for the chips that nobody measured.
CONTEXT_MIB_PER_SM = 628 / 148
SMS = {
    "a100": 108,
    "a100-40": 108,
    "h100": 132,
    "h200": 132,
    "b200": 148,
    "gb200": 152,
    "gb300": 160,
    "l40s": 142,
    "l4": 58,
    "a10": 72,
    "t4": 40,
}
UNKNOWN_CHIP_CONTEXT_MIB = 640


@dataclass(frozen=True, slots=True)
class Room:
    """One GPU's memory in bytes, where the numbers come from, and a context's cost there."""

    gpu: str
    total: int
    free: int
    context: int
    source: str


def room_of_catalogue(key: str, free_mib: int | None = None) -> Room:
    """Give a GPU of the catalogue, empty unless `free_mib` says what is free. Raises GpuRefused."""
    try:
        model = parse_shape(key).model
    except UnknownShape:
        known = ", ".join(MODELS)
        raise GpuRefused(
            gpu=repr(key), why=f"the catalogue has {known}; or give the index of a GPU here"
        ) from None
    total = model.total_mib * MIB
    if free_mib is None:
        empty = total - model.reserved_mib * MIB
        return Room(model.name, total, empty, context_bytes(model.name), "catalogue, nobody on it")
    if not 0 <= free_mib <= model.total_mib:
        raise GpuRefused(
            gpu=model.name, why=f"{free_mib} MiB free is not between 0 and {model.total_mib}"
        )
    return Room(model.name, total, free_mib * MIB, context_bytes(model.name), "as given")


def room_of_snapshot(snapshot: Snapshot, index: int) -> Room:
    """Give the memory of one GPU as a probe saw it. Raises GpuRefused where it cannot be told."""
    if not 0 <= index < len(snapshot.gpus):
        raise GpuRefused(gpu=index, why=f"this machine has {len(snapshot.gpus)} GPUs, from 0")
    gpu = snapshot.gpus[index]
    if not isinstance(gpu, Gpu):
        raise GpuRefused(gpu=index, why=str(gpu.why))
    if isinstance(gpu.memory, Missing):
        raise GpuRefused(gpu=index, why=str(gpu.memory))
    name = "unknown GPU" if isinstance(gpu.identity.name, Missing) else gpu.identity.name
    return Room(name, gpu.memory.total, gpu.memory.free, context_bytes(name), "probe, now")


def context_bytes(name: str) -> int:
    """Give what a CUDA context takes on the GPU that NVML calls `name`."""
    keys = [key for key, model in MODELS.items() if model.name == name]
    if not keys:
        return UNKNOWN_CHIP_CONTEXT_MIB * MIB
    return math.ceil(SMS[keys[0]] * CONTEXT_MIB_PER_SM) * MIB
