"""Which GPUs CUDA_VISIBLE_DEVICES leaves visible, worked out without CUDA. Pure.

The rules are those of the CUDA runtime as PyTorch reproduces them (torch/cuda/__init__.py):
numbers are read like C's strtoul ("1gpu2,2ampere" is 1,2), uuids may be shortened to a unique
prefix, the first entry that names nothing ends the list, and a device named twice empties it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

_NUMBER = re.compile(r"[+-]?\d+", re.ASCII)

Order = Literal["PCI_BUS_ID", "FASTEST_FIRST"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A GPU that CUDA could see: its uuid, its PCI address, its name and its MIG slices' uuids."""

    uuid: str
    pci: str
    name: str
    slices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visible:
    """The uuids that CUDA sees, in CUDA's order, and remarks for the person.

    `stopped_at` is the entry at which reading ended, None when all were understood.
    """

    uuids: tuple[str, ...]
    stopped_at: str | None
    remarks: tuple[str, ...]


def visible_devices(
    value: str | None, gpus: Sequence[Candidate], order: str | None = None
) -> Visible:
    """Resolve the variable's value (None when unset) and CUDA_DEVICE_ORDER's against the GPUs."""
    ordered, remarks = cuda_order(gpus, order)
    if value is None:
        return Visible(tuple(gpu.uuid for gpu in ordered), None, remarks)
    if value.strip() == "":
        return Visible((), None, ("CUDA_VISIBLE_DEVICES is empty: CUDA sees no GPU",))
    entries = [entry.strip() for entry in value.split(",")]
    if entries[0].startswith("MIG-"):
        return _first_slice_only(_resolve(entries, "MIG-", lambda entry: _slice(entry, ordered)))
    if entries[0].startswith("GPU-"):
        return _resolve(entries, "GPU-", lambda entry: _whole(entry, ordered))
    found = _resolve(entries, "", lambda entry: _numbered(entry, ordered))
    return Visible(found.uuids, found.stopped_at, (*remarks, *found.remarks))


def cuda_order(
    gpus: Sequence[Candidate], order: str | None
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """Put the GPUs into CUDA's order; with different models that is only known for PCI_BUS_ID."""
    by_address = tuple(sorted(gpus, key=lambda gpu: gpu.pci))
    if order == "PCI_BUS_ID" or len({gpu.name for gpu in gpus}) < 2:
        return by_address, ()
    return by_address, (
        "the models differ and CUDA_DEVICE_ORDER is not PCI_BUS_ID: CUDA puts the fastest first,"
        " so these numbers may mean other GPUs; set CUDA_DEVICE_ORDER=PCI_BUS_ID or use uuids",
    )


def number_of(entry: str) -> int | None:
    """Read the number at an entry's start as strtoul does; None without one."""
    found = _NUMBER.match(entry)
    return None if found is None else int(found[0])


def _resolve(entries: list[str], prefix: str, find: Callable[[str], str | None]) -> Visible:
    uuids: list[str] = []
    for entry in entries:
        uuid = find(entry) if entry.startswith(prefix) else None
        if uuid is None:
            return Visible(tuple(uuids), entry, (_stopped(entry, len(uuids)),))
        if uuid in uuids:
            remark = f"CUDA_VISIBLE_DEVICES names a device twice ({entry!r}): CUDA sees no GPU"
            return Visible((), entry, (remark,))
        uuids.append(uuid)
    return Visible(tuple(uuids), None, ())


def _stopped(entry: str, before: int) -> str:
    return (
        f"CUDA_VISIBLE_DEVICES: {entry!r} names no single device here; CUDA stops there and sees"
        f" the {before} before it. Write numbers or uuids from `touchbase lab probe`"
    )


def _numbered(entry: str, gpus: tuple[Candidate, ...]) -> str | None:
    number = number_of(entry)
    return gpus[number].uuid if number is not None and 0 <= number < len(gpus) else None


def _whole(entry: str, gpus: tuple[Candidate, ...]) -> str | None:
    return _only([gpu.uuid for gpu in gpus if gpu.uuid.startswith(entry)])


def _slice(entry: str, gpus: tuple[Candidate, ...]) -> str | None:
    return _only([uuid for gpu in gpus for uuid in gpu.slices if uuid.startswith(entry)])


def _only(matches: list[str]) -> str | None:
    return matches[0] if len(matches) == 1 else None


def _first_slice_only(found: Visible) -> Visible:
    if len(found.uuids) < 2:
        return found
    remark = "a process uses only the first MIG device of its list on most drivers"
    return Visible(found.uuids, found.stopped_at, (*found.remarks, remark))
