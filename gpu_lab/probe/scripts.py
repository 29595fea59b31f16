"""What happens to a simulated node, and when: load and faults, written as h200x8,busy,lost:5@30.

Pure: an event turns a node into another node.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from gpu_lab.probe.errors import UnknownFault
from gpu_lab.probe.shapes import Shape, parse_shape
from gpu_lab.probe.simulated import MIB, SLICE_EIGHTHS, SLICE_PLACES, SimGpu, SimProcess


@dataclass(frozen=True, slots=True)
class Busy:
    """Every GPU but the last works for one process."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A process takes memory (MiB), or more of it; None when the driver does not tell how much.

    `kind` is the list it stands in: C compute, G graphics, M a client of MPS.
    """

    gpu: int
    pid: int
    mib: int | None
    kind: str = "C"


@dataclass(frozen=True, slots=True)
class Release:
    """A process ends."""

    gpu: int
    pid: int


@dataclass(frozen=True, slots=True)
class Hide:
    """Memory (MiB) is in use that no process in the list holds."""

    gpu: int
    mib: int


@dataclass(frozen=True, slots=True)
class Lose:
    """The GPU falls off the bus."""

    gpu: int


@dataclass(frozen=True, slots=True)
class RaiseXid:
    """The driver reports an error of this number."""

    gpu: int
    code: int


@dataclass(frozen=True, slots=True)
class SickenLink:
    """One NVLink goes down, or all of them with None."""

    gpu: int
    link: int | None


@dataclass(frozen=True, slots=True)
class Deny:
    """The process list needs a permission that we lack."""

    gpu: int


@dataclass(frozen=True, slots=True)
class Divide:
    """MIG slices replace the whole GPU; no slices make it whole again."""

    gpu: int
    slices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Overheat:
    """The GPU is hot and slows itself down."""

    gpu: int


@dataclass(frozen=True, slots=True)
class Corrupt:
    """Memory errors that could not be corrected; the repair waits for a reset."""

    gpu: int
    errors: int


@dataclass(frozen=True, slots=True)
class Age:
    """The driver is of the 470 family: no v2 memory, no event reasons, no fabric."""


Event: TypeAlias = (
    Busy
    | Hold
    | Release
    | Hide
    | Lose
    | RaiseXid
    | SickenLink
    | Deny
    | Divide
    | Overheat
    | Corrupt
    | Age
)


@dataclass(frozen=True, slots=True)
class Due:
    """An event and the seconds after the start when it happens."""

    at_seconds: float
    event: Event


@dataclass(frozen=True, slots=True)
class Scenario:
    """A machine and what happens to it, in the order of time."""

    shape: Shape
    script: tuple[Due, ...]


Node: TypeAlias = tuple[SimGpu, ...]


def after(node: Node, event: Event) -> Node:
    """Give the node as it is after the event. Xids and the driver's age do not change GPUs."""
    match event:
        case Busy():
            return tuple(_working(gpu) if gpu is not node[-1] else gpu for gpu in node)
        case Hold(gpu):
            return _changed(node, gpu, lambda old: _holding(old, event))
        case Release(gpu, pid):
            return _changed(node, gpu, lambda old: _without(old, pid))
        case Hide(gpu, mib):
            return _changed(node, gpu, lambda old: replace(old, hidden=_fitting(old, mib)))
        case Lose(gpu):
            return _changed(node, gpu, lambda old: replace(old, is_lost=True))
        case SickenLink(gpu, link):
            return _changed(node, gpu, lambda old: _with_sick_link(old, link))
        case Deny(gpu):
            return _changed(node, gpu, lambda old: replace(old, denies_processes=True))
        case Divide(gpu, slices):
            return _changed(node, gpu, lambda old: replace(old, slices=slices, processes=()))
        case Overheat(gpu):
            return _changed(node, gpu, lambda old: replace(old, celsius=88, clock_bits=0x48))
        case Corrupt(gpu, errors):
            return _changed(
                node,
                gpu,
                lambda old: replace(old, ecc_uncorrected=errors, remap_pending=True),
            )
        case RaiseXid() | Age():
            return node
        case _:
            assert_never(event)


def _changed(node: Node, index: int, change: Callable[[SimGpu], SimGpu]) -> Node:
    return tuple(change(gpu) if gpu.index == index else gpu for gpu in node)


def _working(gpu: SimGpu) -> SimGpu:
    share = 30 + 13 * gpu.index % 60
    mib = gpu.model.total_mib * share // 100
    loaded = _holding(gpu, Hold(gpu.index, 4000 + gpu.index, mib))
    return replace(loaded, utilization=97 - 5 * gpu.index % 20, clock_bits=0, celsius=61)


def _holding(gpu: SimGpu, hold: Hold) -> SimGpu:
    others = _without(gpu, hold.pid)
    memory = None if hold.mib is None else _fitting(others, hold.mib)
    slice_index = 0 if gpu.slices else None
    held = SimProcess(hold.pid, memory, hold.kind, slice_index)
    return replace(others, processes=(*others.processes, held))


def _fitting(gpu: SimGpu, mib: int) -> int:
    # A simulated process cannot hold more than there is: the invariant of v2 stays true.
    return min(mib * MIB, gpu.total - gpu.reserved - gpu.used)


def _without(gpu: SimGpu, pid: int) -> SimGpu:
    return replace(gpu, processes=tuple(one for one in gpu.processes if one.pid != pid))


def _with_sick_link(gpu: SimGpu, link: int | None) -> SimGpu:
    down = range(gpu.model.links) if link is None else (link,)
    return replace(gpu, links_down=gpu.links_down | frozenset(down))


@dataclass(frozen=True, slots=True)
class _Word:
    """How one word of a script is read: the numbers after it, and the event that they make."""

    numbers: str
    event: Callable[[list[int]], Event]


_WORDS: dict[str, _Word] = {
    "busy": _Word("", lambda _: Busy()),
    "old": _Word("", lambda _: Age()),
    "hold": _Word("GPU:PID:MIB", lambda n: Hold(n[0], n[1], n[2])),
    "draw": _Word("GPU:PID:MIB", lambda n: Hold(n[0], n[1], n[2], "G")),
    "mps": _Word("GPU:PID:MIB", lambda n: Hold(n[0], n[1], n[2], "M")),
    "untold": _Word("GPU:PID", lambda n: Hold(n[0], n[1], None)),
    "free": _Word("GPU:PID", lambda n: Release(n[0], n[1])),
    "hidden": _Word("GPU:MIB", lambda n: Hide(n[0], n[1])),
    "lost": _Word("GPU", lambda n: Lose(n[0])),
    "xid": _Word("GPU:CODE", lambda n: RaiseXid(n[0], n[1])),
    "link": _Word("GPU:LINK", lambda n: SickenLink(n[0], n[1])),
    "links": _Word("GPU", lambda n: SickenLink(n[0], None)),
    "deny": _Word("GPU", lambda n: Deny(n[0])),
    "hot": _Word("GPU", lambda n: Overheat(n[0])),
    "ecc": _Word("GPU:ERRORS", lambda n: Corrupt(n[0], n[1])),
}
_MIG = re.compile(r"mig:(?P<gpu>\d+):(?P<slices>(?:\dg(?:\+\dg)*)?)")


def parse_scenario(text: str) -> Scenario:
    """Read a shape and its script. Raises UnknownShape or UnknownFault."""
    first, *words = (part.strip() for part in text.split(","))
    shape = parse_shape(first)
    script = sorted((_due(word, shape) for word in words if word), key=lambda due: due.at_seconds)
    return Scenario(shape, tuple(script))


def _due(text: str, shape: Shape) -> Due:
    word, at, seconds = text.partition("@")
    try:
        return Due(float(seconds) if at else 0.0, _event(word, shape))
    except ValueError as wrong:
        raise UnknownFault(text, f"{seconds!r} is no number of seconds") from wrong


def _event(text: str, shape: Shape) -> Event:
    if text.startswith("mig:"):
        return _division(text, shape)
    name, *rest = text.split(":")
    word = _WORDS.get(name)
    if word is None:
        raise UnknownFault(text, f"known are {', '.join((*_WORDS, 'mig'))}")
    wanted = word.numbers.split(":") if word.numbers else []
    if len(rest) != len(wanted) or not all(part.isascii() and part.isdigit() for part in rest):
        raise UnknownFault(text, f"write it as {':'.join((name, *wanted))}")
    numbers = [int(part) for part in rest]
    _check_gpu(text, numbers[:1], shape)
    if name == "link" and numbers[1] >= shape.model.links:
        raise UnknownFault(text, f"{shape.model.name} has {shape.model.links} NVLinks")
    return word.event(numbers)


def _check_gpu(text: str, index: list[int], shape: Shape) -> None:
    if index and index[0] >= shape.count:
        raise UnknownFault(text, f"{shape.key}x{shape.count} has GPUs 0 to {shape.count - 1}")


def _division(text: str, shape: Shape) -> Divide:
    found = _MIG.fullmatch(text)
    if found is None:
        raise UnknownFault(text, "write it as mig:GPU:3g+2g+1g")
    if not shape.model.can_divide:
        raise UnknownFault(text, f"{shape.model.name} has no MIG")
    gpu = int(found["gpu"])
    _check_gpu(text, [gpu], shape)
    slices = tuple(int(part[:-1]) for part in found["slices"].split("+") if part)
    if any(part not in SLICE_EIGHTHS for part in slices):
        raise UnknownFault(text, "slices are 1g, 2g, 3g, 4g or 7g")
    if sum(slices) > SLICE_PLACES or sum(SLICE_EIGHTHS[part] for part in slices) > 8:
        raise UnknownFault(text, "these slices do not fit into one GPU")
    return Divide(gpu, slices)
