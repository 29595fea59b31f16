"""Whether a job could ever run on a fleet, were it empty: if not, what fails and what would fit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_lab.fleet.errors import UnknownName
from gpu_lab.fleet.model import NO_NVLINK, Fleet, Ints
from gpu_lab.fleet.state import FleetState
from gpu_lab.jobs import Job
from gpu_lab.placement import mig
from gpu_lab.placement.gang import regions
from gpu_lab.placement.room import room_for


@dataclass(frozen=True)
class Impossible:
    """A job that no empty fleet of this kind can run: the failing constraint, the nearest fit."""

    job: str
    constraint: str
    nearest: str

    def __str__(self) -> str:
        return f"job {self.job!r} can never run here: {self.constraint}; nearest: {self.nearest}"


def why_impossible(job: Job, fleet: Fleet) -> Impossible | None:
    """Give the first constraint that fails on the empty fleet, or None for a possible job."""
    for constraint, nearest in _obstacles(job, fleet):
        return Impossible(job.name, constraint, nearest)
    return None


def _obstacles(job: Job, fleet: Fleet) -> Iterator[tuple[str, str]]:
    yield from _names(job, fleet)
    fitting = fleet.has_gpu(job.gpu)
    yield from _kinds(job, fleet, fitting)
    yield from _totals(job, fleet, fitting)
    yield from _pieces(job, fleet, fitting)
    yield from _together(job, fleet)


def _names(job: Job, fleet: Fleet) -> Iterator[tuple[str, str]]:
    listed = ", ".join(fleet.gpu_models)
    for model in job.gpu:
        if model not in fleet.gpu_models:
            yield f"there is no GPU type {model!r}", f"the fleet has {listed}"
    if job.mig is not None:
        try:
            mig.profile(job.mig)
        except mig.UnknownProfile as unknown:
            yield str(unknown), ", ".join(mig.PROFILES)
    wish = job.topology
    levels = [wish.level] if wish and wish.level else []
    levels += [layer.level for layer in wish.slices] if wish else []
    for level in levels:
        try:
            fleet.level_index(level)
        except UnknownName as unknown:
            yield str(unknown), f"levels {', '.join(fleet.level_names)}"


def _kinds(job: Job, fleet: Fleet, fitting: NDArray[np.bool_]) -> Iterator[tuple[str, str]]:
    models = " or ".join(job.gpu) or "any GPU"
    if job.nvlink and not (fleet.nvlink_domain[fitting] != NO_NVLINK).any():
        kinds = sorted({kind.gpu for kind in fleet.node_types if kind.nvlink})
        yield (
            f"NVLink is asked for, but no node with {models} has it (PCIe only)",
            f"{', '.join(kinds)} with NVLink" if kinds else "the same job without nvlink",
        )
    if job.mig is not None and not any(
        kind.mig and (not job.gpu or kind.gpu in job.gpu) for kind in fleet.node_types
    ):
        kinds = sorted({kind.gpu for kind in fleet.node_types if kind.mig})
        yield f"MIG is not enabled on {models}", ", ".join(kinds) or "share_milli instead of mig"


def _totals(job: Job, fleet: Fleet, fitting: NDArray[np.bool_]) -> Iterator[tuple[str, str]]:
    models = " or ".join(job.gpu)
    for asked, each, what in (
        (job.gpus, fleet.gpus, f"{models or ''} GPUs".strip()),
        (job.cpus, fleet.cpus, "CPU cores"),
        (math.ceil(job.ram_gib), fleet.ram_mib // 1024, "GiB of memory"),
        (job.nics, fleet.nics, "NICs"),
    ):
        there = int(each[fitting].sum())
        if asked > there:
            yield f"{asked:,} {what} are more than the fleet's {there:,}", f"{there:,} {what}"


def _pieces(job: Job, fleet: Fleet, fitting: NDArray[np.bool_]) -> Iterator[tuple[str, str]]:
    piece = "worker" if job.workers is not None else "GPU"
    for asked, each, what in (
        (job.gpus_per_unit, fleet.gpus, "GPUs"),
        (job.cpus_per_unit, fleet.cpus, "CPU cores"),
        (-(-job.ram_mib_per_unit // 1024), fleet.ram_mib // 1024, "GiB of memory"),
        (job.nics_per_unit, fleet.nics, "NICs"),
    ):
        most = int(each[fitting].max(initial=0))
        if asked > most:
            yield (
                f"each {piece} needs {asked:,} {what}, and the largest fitting node has {most:,}",
                f"{most:,} {what} per {piece}",
            )


def _together(job: Job, fleet: Fleet) -> Iterator[tuple[str, str]]:
    """Find what fails only when the pieces must be near to each other."""
    state = FleetState(fleet)
    room = room_for(job, state)
    most = int(np.minimum(room, job.units).sum())
    unit = f"x {job.gpus_per_unit} GPUs" if job.gpus_per_unit > 1 else "GPUs"
    if most < job.units:
        yield (
            f"GPUs, cores, memory and NICs together fit only {most:,} of {job.units:,} pieces",
            f"{most:,} {unit} with the same amounts each",
        )
    largest = [_largest(room, groups) for groups in regions(job, state)]
    if max(largest) < job.units:
        where = _where(job)
        yield (
            f"{job.units:,} {unit} do not fit into one {where}; the largest holds {max(largest):,}",
            f"{max(largest):,} {unit} in one {where}",
        )
    yield from _slices(job, fleet, room)


def _where(job: Job) -> str:
    limits = ["NVLink domain"] if job.nvlink else []
    if job.topology and job.topology.mode == "required" and job.topology.level:
        limits.append(job.topology.level)
    return " inside one ".join(limits) or "fleet"


def _slices(job: Job, fleet: Fleet, room: Ints) -> Iterator[tuple[str, str]]:
    layers = job.topology.slices if job.topology else ()
    above, outer = job.units, "gang"
    for layer in layers:
        most = _largest(room, fleet.domain_of(fleet.level_index(layer.level)))
        if above % layer.size:
            yield f"a {outer} of {above} is no multiple of slices of {layer.size}", f"{above}"
        if most < layer.size:
            yield f"a slice of {layer.size} fits into no {layer.level}", f"slices of {most}"
        above, outer = layer.size, "slice"


def _largest(room: Ints, groups: Ints) -> int:
    return int(np.bincount(groups, weights=room).max())
