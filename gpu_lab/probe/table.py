"""A snapshot on a terminal: one table of GPUs, one of processes, the matrix and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gpu_lab.probe.findings import findings, headline
from gpu_lab.probe.snapshot_json import visible_in
from gpu_lab.probe.topology import LEGEND, ranges
from gpu_lab.probe.values import (
    Gpu,
    GpuProcess,
    Memory,
    Mig,
    MigDevice,
    Missing,
    NvLinks,
    SeenGpu,
    Snapshot,
    Unattributed,
    UnreachableGpu,
    Utilization,
)

MIB = 2**20


def snapshot_view(snapshot: Snapshot) -> RenderableType:
    """Lay out the whole snapshot in 80 columns."""
    parts: list[RenderableType] = [
        Text(headline(snapshot), style="bold"),
        _memory_table(snapshot),
        _identity_table(snapshot),
        _process_table(snapshot),
        _matrix_table(snapshot),
    ]
    parts += [Text(f"{'!' if one.is_alarm else '-'} {one.sentence}") for one in findings(snapshot)]
    parts += [Text(f"- {remark}") for remark in visible_in(snapshot).remarks]
    parts.append(Text(_footer(snapshot), style="dim"))
    return Group(*parts)


def _footer(snapshot: Snapshot) -> str:
    env = snapshot.environment
    return (
        f"driver {env.driver}, NVML {env.nvml}, from {env.backend},"
        f" read in {snapshot.duration_ns / 1e6:.1f} ms, no CUDA context made"
        if not env.context_created
        else f"driver {env.driver}: this process holds a CUDA context"
    )


def _memory_table(snapshot: Snapshot) -> Table:
    table = _table("GPU")
    for name in ("MiB total", "reserved", "used", "unattrib.", "free", "util", "°C", "W"):
        table.add_column(name, justify="right", no_wrap=True)
    for gpu in snapshot.gpus:
        for cells in _memory_rows(gpu):
            table.add_row(*cells)
    return table


def _memory_rows(gpu: SeenGpu) -> Iterator[list[str]]:
    if isinstance(gpu, UnreachableGpu):
        yield [str(gpu.index), str(gpu.why)]
        return
    yield [
        str(gpu.identity.index),
        *_memory_cells(gpu.memory, _mib(gpu.unattributed)),
        f"{gpu.utilization.gpu}%" if isinstance(gpu.utilization, Utilization) else "n/a",
        _cell(gpu.thermals.gpu),
        "n/a" if isinstance(gpu.power.watts, Missing) else f"{gpu.power.watts:.0f}",
    ]
    if isinstance(gpu.mig, Mig):
        for device in gpu.mig.devices:
            yield [f" {_profile(device)}", *_memory_cells(device.memory, "")]


def _profile(device: MigDevice) -> str:
    return "n/a" if isinstance(device.name, Missing) else device.name.rpartition("MIG ")[2]


def _identity_table(snapshot: Snapshot) -> Table:
    table = _table("GPU", "UUID", "PCI", "links")
    for gpu in snapshot.gpus:
        for cells in _identity_rows(gpu):
            table.add_row(*cells)
    return table


def _identity_rows(gpu: SeenGpu) -> Iterator[list[str]]:
    if isinstance(gpu, UnreachableGpu):
        yield [str(gpu.index), "n/a" if isinstance(gpu.uuid, Missing) else gpu.uuid]
        return
    yield [
        str(gpu.identity.index),
        _cell(gpu.identity.uuid),
        _cell(gpu.identity.pci),
        _links(gpu),
    ]
    if isinstance(gpu.mig, Mig):
        for device in gpu.mig.devices:
            yield [f" {_profile(device)}", _cell(device.uuid)]


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, no_wrap=True)
    return table


def _memory_cells(memory: Memory | Missing, unattributed: str) -> list[str]:
    if isinstance(memory, Missing):
        return ["n/a", "n/a", "n/a", unattributed, "n/a"]
    total, reserved, used = _mib(memory.total), _mib(memory.reserved), _mib(memory.used)
    return [total, reserved, used, unattributed, _mib(memory.free)]


def _mib(value: int | Unattributed | Missing) -> str:
    match value:
        case Missing():
            return "n/a"
        case Unattributed(memory, is_upper_bound):
            return f"{'≤' if is_upper_bound else ''}{memory // MIB:,}"
        case number:
            return f"{number // MIB:,}"


def _cell(value: int | str | Missing) -> str:
    return "n/a" if isinstance(value, Missing) else str(value)


def _links(gpu: Gpu) -> str:
    if not isinstance(gpu.nvlinks, NvLinks):
        return "none"
    return f"{gpu.nvlinks.active}/{len(gpu.nvlinks.links)}"


def _process_table(snapshot: Snapshot) -> Table:
    table = _table("GPU", "pid", "kind")
    table.add_column("MiB", justify="right")
    for gpu in snapshot.reachable:
        for cells in _process_rows(gpu):
            table.add_row(str(gpu.identity.index), *cells)
    return table


def _process_rows(gpu: Gpu) -> Iterator[tuple[str, str, str]]:
    if isinstance(gpu.processes, Missing):
        yield "n/a", "", str(gpu.processes)
        return
    for process in gpu.processes:
        yield str(process.pid), process.kind.value, _held(process)


def _held(process: GpuProcess) -> str:
    if isinstance(process.memory, Missing):
        return "not told"
    return _mib(process.memory)


def _matrix_table(snapshot: Snapshot) -> Table:
    table = _table("")
    table.caption, table.caption_justify = _legend(snapshot), "left"
    for index in range(len(snapshot.gpus)):
        table.add_column(f"GPU{index}")
    table.add_column("NUMA")
    table.add_column("CPUs")
    for gpu, row in zip(snapshot.gpus, snapshot.matrix, strict=True):
        table.add_row(f"GPU{_index(gpu)}", *row, *_near(gpu))
    return table


def _index(gpu: SeenGpu) -> int:
    return gpu.index if isinstance(gpu, UnreachableGpu) else gpu.identity.index


def _near(gpu: SeenGpu) -> tuple[str, str]:
    if isinstance(gpu, UnreachableGpu):
        return "n/a", "n/a"
    return _ranges(gpu.affinity.host_nodes), _ranges(gpu.affinity.cpus)


def _ranges(numbers: tuple[int, ...] | Missing) -> str:
    return "n/a" if isinstance(numbers, Missing) else ranges(numbers)


def _legend(snapshot: Snapshot) -> str:
    used = {"NV#" if w.startswith("NV") else w for row in snapshot.matrix for w in row} - {"X"}
    return "; ".join(f"{word} {LEGEND[word]}" for word in LEGEND if word in used)
