"""A snapshot as JSON's values, schema gpulab.snapshot/1. It reads and writes no file.

A value that is missing is null, and the same key with `_reason` says why. Memory is in bytes,
power in watts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from gpu_lab.probe.findings import findings
from gpu_lab.probe.topology import ranges
from gpu_lab.probe.values import (
    Gpu,
    GpuProcess,
    Health,
    Memory,
    Mig,
    MigDevice,
    Missing,
    NvLinks,
    SeenGpu,
    Snapshot,
    Unattributed,
    UnreachableGpu,
)
from gpu_lab.probe.visible import Candidate, Visible, visible_devices

SCHEMA = "gpulab.snapshot/1"
Row: TypeAlias = dict[str, object]


def snapshot_row(
    snapshot: Snapshot, recorded: Row | None = None, tape: Sequence[Row] | None = None
) -> Row:
    """Give the whole snapshot; `recorded` and `tape` are a tape's head and entries, if kept."""
    surroundings = snapshot.environment.surroundings
    row: Row = {
        "schema": SCHEMA,
        "taken": {
            "wall": snapshot.taken.wall.isoformat(),
            "mono_ns": snapshot.taken.monotonic_ns,
            "boot_id": surroundings.boot_id,
            "dur_us": round(snapshot.duration_ns / 1000, 1),
        },
        "env": _environment(snapshot),
        "visible": _visible(visible_in(snapshot)),
        "findings": [{"alarm": one.is_alarm, "says": one.sentence} for one in findings(snapshot)],
        "gpus": [_gpu(gpu) for gpu in snapshot.gpus],
        "matrix": snapshot.matrix,
    }
    return row if tape is None else {**row, "recorded": recorded, "tape": tape}


def visible_in(snapshot: Snapshot) -> Visible:
    """Resolve CUDA_VISIBLE_DEVICES as it stands in the snapshot's environment."""
    surroundings = snapshot.environment.surroundings
    candidates = [
        Candidate(
            gpu.identity.uuid, _word(gpu.identity.pci), _word(gpu.identity.name), _slices(gpu)
        )
        for gpu in snapshot.reachable
        if isinstance(gpu.identity.uuid, str)
    ]
    seen = visible_devices(surroundings.visible_devices, candidates, surroundings.device_order)
    if surroundings.visible_devices is None or len(candidates) == len(snapshot.gpus):
        return seen
    remark = "not every GPU has answered with its uuid: CUDA may count them differently"
    return replace(seen, remarks=(*seen.remarks, remark))


def _word(value: object) -> str:
    return "" if isinstance(value, Missing) else str(value)


def _slices(gpu: Gpu) -> tuple[str, ...]:
    if isinstance(gpu.mig, Missing):
        return ()
    return tuple(device.uuid for device in gpu.mig.devices if isinstance(device.uuid, str))


def _visible(visible: Visible) -> Row:
    return {
        "uuids": visible.uuids,
        "stopped_at": visible.stopped_at,
        "remarks": visible.remarks,
    }


def _put(row: Row, **readings: object) -> Row:
    for name, reading in readings.items():
        if isinstance(reading, Missing):
            row[name] = None
            row[f"{name}_reason"] = reading.reason.value
        else:
            row[name] = reading
    return row


def _environment(snapshot: Snapshot) -> Row:
    env, around = snapshot.environment, snapshot.environment.surroundings
    return _put(
        {},
        driver=env.driver,
        nvml=env.nvml,
        pynvml=env.binding,
        cuda_driver=env.cuda_driver,
        backend=env.backend,
        pid_ns=around.pid_namespace,
        in_container=around.in_container,
        cvd=around.visible_devices,
        nvd=around.nvidia_visible_devices,
        order=around.device_order,
        context_created=env.context_created,
    )


def _gpu(gpu: SeenGpu) -> Row:
    if isinstance(gpu, UnreachableGpu):
        row: Row = {"index": gpu.index, "reachable": False, "why": gpu.why.reason.value}
        return _put(row, uuid=gpu.uuid)
    who = gpu.identity
    row = {"index": who.index, "reachable": True}
    _put(row, uuid=who.uuid, pci=who.pci, name=who.name, cc=who.compute_capability)
    _put(row, serial=who.serial, minor=who.minor, mem=_memory(gpu.memory), util=_utilization(gpu))
    row["numa"] = _put({}, host=_only(gpu.affinity.host_nodes), gpu=gpu.affinity.gpu_node)
    _put(row, cpus=_ranges(gpu.affinity.cpus), mig=_mig(gpu.mig), procs=_processes(gpu.processes))
    _put(row, **_unattributed(gpu.unattributed), nvlink=_nvlinks(gpu.nvlinks), fabric=_fabric(gpu))
    row["health"] = _health(gpu.health)
    row["clocks"] = _put(
        {},
        sm=gpu.clocks.sm,
        sm_max=gpu.clocks.sm_max,
        mem=gpu.clocks.memory,
        mem_max=gpu.clocks.memory_max,
        reasons=gpu.clocks.reasons,
    )
    heat, power = gpu.thermals, gpu.power
    row["temp"] = _put({}, gpu=heat.gpu, mem=heat.memory, margin=heat.margin)
    row["power"] = _put(
        {}, watts=power.watts, limit_watts=power.limit_watts, joules=power.energy_joules
    )
    return row


def _memory(memory: Memory | Missing) -> Row | Missing:
    if isinstance(memory, Missing):
        return memory
    row: Row = {"api": memory.api, "total": memory.total}
    _put(row, reserved=memory.reserved)
    return {**row, "used": memory.used, "free": memory.free}


def _utilization(gpu: Gpu) -> Row | Missing:
    if isinstance(gpu.utilization, Missing):
        return gpu.utilization
    row: Row = {"gpu": gpu.utilization.gpu, "mem": gpu.utilization.memory}
    return _put(row, enc=gpu.encoder, dec=gpu.decoder)


def _only(nodes: tuple[int, ...] | Missing) -> int | str | Missing:
    if isinstance(nodes, Missing):
        return nodes
    return nodes[0] if len(nodes) == 1 else ranges(nodes)


def _ranges(numbers: tuple[int, ...] | Missing) -> str | Missing:
    return numbers if isinstance(numbers, Missing) else ranges(numbers)


def _mig(mig: Mig | Missing) -> Row | Missing:
    if isinstance(mig, Missing):
        return mig
    return {
        "mode": int(mig.is_enabled),
        "pending": mig.is_pending,
        "devices": [_slice(device) for device in mig.devices],
    }


def _slice(device: MigDevice) -> Row:
    return _put(
        {"index": device.index},
        uuid=device.uuid,
        name=device.name,
        gi=device.gpu_instance,
        ci=device.compute_instance,
        mem=_memory(device.memory),
        procs=_processes(device.processes),
    )


def _processes(processes: tuple[GpuProcess, ...] | Missing) -> list[Row] | Missing:
    if isinstance(processes, Missing):
        return processes
    return [_process(process) for process in processes]


def _process(process: GpuProcess) -> Row:
    row: Row = {"pid": process.pid, "kind": process.kind.value}
    _put(row, mem=process.memory)
    if process.gpu_instance is not None:
        row.update(gi=process.gpu_instance, ci=process.compute_instance)
    return row


def _unattributed(left: Unattributed | Missing) -> Row:
    if isinstance(left, Missing):
        return {"unattributed": left}
    return {"unattributed": left.memory, "unattributed_is_upper_bound": left.is_upper_bound}


def _nvlinks(nvlinks: NvLinks | Missing) -> Row | Missing:
    if isinstance(nvlinks, Missing):
        return nvlinks
    links = [
        _put(
            {"i": link.index},
            state=link.is_active if isinstance(link.is_active, Missing) else int(link.is_active),
            remote=link.remote,
        )
        for link in nvlinks.links
    ]
    return _put({"links": links}, version=nvlinks.version)


def _fabric(gpu: Gpu) -> Row | Missing:
    seen = gpu.fabric
    if isinstance(seen, Missing):
        return seen
    return {
        "state": seen.state,
        "status": seen.status,
        "cluster": seen.cluster,
        "clique": seen.clique,
        "health_mask": seen.health_mask,
    }


def _health(health: Health) -> Row:
    remapped = health.remapped
    if not isinstance(remapped, Missing):
        counts = (remapped.corrected, remapped.uncorrected)
        remap: object = [*counts, int(remapped.is_pending), int(remapped.has_failed)]
    else:
        remap = remapped
    return _put(
        {},
        ecc=health.ecc_enabled,
        ecc_corr=health.ecc_corrected,
        ecc_unc=health.ecc_uncorrected,
        remap=remap,
        replay=health.pcie_replays,
        xid=health.xids,
    )


def snapshot_text(row: Row) -> str:
    """Write a snapshot for people and programs: a line for each GPU and each call of the tape."""
    parts = [f"{json.dumps(key)}: {_lines(value)}" for key, value in row.items()]
    return "{\n" + ",\n".join(parts) + "\n}"


def _lines(value: object) -> str:
    if isinstance(value, list | tuple) and value:
        return "[\n" + ",\n".join(json.dumps(part, ensure_ascii=False) for part in value) + "\n]"
    return json.dumps(value, ensure_ascii=False)
