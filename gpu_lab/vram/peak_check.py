"""The closed form against torch's own peak, on this machine's GPU. Torch runs only in a child.

Two experiments: the peak of fixed shapes, and whether the largest batch that a budget allows lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TypeAlias

from gpu_lab.probe import Gpu, Probe, Snapshot
from gpu_lab.probe.torch_child import Answer, NotMeasured, TorchChild, check_torch
from gpu_lab.vram.activations import Attention, closed_form
from gpu_lab.vram.budget import MIB, SLACK_BYTES, Fit, budget, largest_batch
from gpu_lab.vram.encoder import Encoder
from gpu_lab.vram.errors import VramRefused
from gpu_lab.vram.gpus import room_of_snapshot
from gpu_lab.vram.read import read_encoder

SCRIPT = Path(__file__).parent / "torch_peak.py"
MODELS = ("bert-base", "bert-large")
# Below and above the 224 tokens from which eager scores decide; up to 16,384 tokens.
SHAPES = ((1, 512), (8, 128), (32, 128), (8, 512), (64, 256), (32, 512))
LONGEST = 512
# All of a large GPU would take minutes for each try and settle nothing more.
ROOM_BYTES = 16 * 1024 * MIB


class Ready(Answer):
    """The model is on the device: the uuid that torch gives its GPU, and what the weights hold."""

    gpu: str
    weight_bytes: int


class Held(Answer):
    """This much memory was taken away."""

    held_bytes: int


class TorchPeak(Answer):
    """One batch as torch saw it; the figures are missing where it ran out of memory.

    `peak_bytes` is above the weights; `reserved_bytes` includes them and is missing on a CPU.
    """

    model: str
    attention: Attention
    batch: int
    seq: int
    survived: bool
    peak_bytes: int | None
    reserved_bytes: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """One model with one kind of attention, on a device of torch."""

    model: str
    encoder: Encoder
    attention: Attention
    device: str = "cuda"

    @property
    def name(self) -> str:
        """Give the words that a line begins with."""
        return f"{self.model} {self.attention}"

    @property
    def setup(self) -> dict[str, object]:
        """Give the first line for the script."""
        sizes = self.encoder.model_dump(mode="json")
        return {
            "device": self.device,
            "model": self.model,
            "attention": self.attention,
            "encoder": sizes,
        }


@dataclass(frozen=True, slots=True)
class Survival:
    """The largest batch that lived, and the smallest seen that did not (None: none was found)."""

    lived: int
    died: int | None


def check_peaks(probe: Probe, environment: Mapping[str, str]) -> Iterator[str]:
    """Run both experiments for all cases; where one cannot be run, one line says why."""
    try:
        check_torch(environment)
    except NotMeasured as why:
        yield from (f"{experiment}: {why}" for experiment in ("peak", "largest batch"))
        return
    for model, kind in product(MODELS, Attention):
        case = Case(model, read_encoder(model), kind)
        yield from _said("peak", case, _in_a_child(check_shapes, case, environment))
        sized = partial(check_largest, probe.snapshot())
        yield from _said("largest batch", case, _in_a_child(sized, case, environment))


Experiment: TypeAlias = Callable[[Case, TorchChild], Iterator[str]]


def _in_a_child(
    experiment: Experiment, case: Case, environment: Mapping[str, str]
) -> Iterator[str]:
    with TorchChild(SCRIPT, environment, seconds=300) as child:
        yield from experiment(case, child)


def _said(experiment: str, case: Case, lines: Iterator[str]) -> Iterator[str]:
    try:
        yield from lines
    except (NotMeasured, VramRefused) as why:
        yield f"{experiment}: {case.name}: {why}"


def check_shapes(
    case: Case, child: TorchChild, shapes: tuple[tuple[int, int], ...] = SHAPES
) -> Iterator[str]:
    """Compare each shape's peak, then say what the allocator kept beside it."""
    ready = child.ask(case.setup, Ready)
    peaks = []
    for batch, seq in shapes:
        peaks.append(child.ask({"batch": batch, "seq": seq}, TorchPeak))
        yield compare(peaks[-1], case.encoder)
    yield say_slack(case, ready, peaks)


def compare(seen: TorchPeak, encoder: Encoder) -> str:
    """Write torch's peak, the closed form's, and by how much the form is above (+) or below (-)."""
    form = closed_form(encoder, seen.attention).peak_bytes(seen.batch, seen.seq)
    begin = f"peak: {seen.model} {seen.attention} {seen.batch}x{seen.seq}:"
    if not seen.peak_bytes:
        return f"{begin} torch ran out of memory, closed form {form / MIB:.1f} MiB"
    more = 100 * (form / seen.peak_bytes - 1)
    torch_mib = seen.peak_bytes / MIB
    return f"{begin} torch {torch_mib:.1f} MiB, closed form {form / MIB:.1f} MiB, {more:+.1f} %"


def say_slack(case: Case, ready: Ready, peaks: list[TorchPeak]) -> str:
    """Write what was reserved beside weights and activations at worst, and what a budget takes."""
    weights = (
        f"weights {ready.weight_bytes / MIB:.1f} MiB,"
        f" counted {case.encoder.weight_bytes / MIB:.1f} MiB"
    )
    slacks = [
        one.reserved_bytes - ready.weight_bytes - one.peak_bytes
        for one in peaks
        if one.reserved_bytes is not None and one.peak_bytes is not None
    ]
    if not slacks:
        return f"slack: {case.name}: {weights}; this device has no caching allocator"
    worst, budgeted = max(slacks) / MIB, SLACK_BYTES / MIB
    return f"slack: {case.name}: {weights}; {worst:.1f} MiB at most, {budgeted:.0f} budgeted"


def check_largest(before: Snapshot, case: Case, child: TorchChild) -> Iterator[str]:
    """Size a batch from a look before CUDA began, as a user would, and find the true limit."""
    ready = child.ask(case.setup, Ready)
    fit, hold_bytes = size_batch(case, before, index_of(before, ready.gpu))
    child.ask({"hold_bytes": hold_bytes}, Held)

    def survives(batch: int) -> bool:
        return child.ask({"batch": batch, "seq": LONGEST}, TorchPeak).survived

    yield say_survival(case, fit, search(fit.batch, survives))


def index_of(snapshot: Snapshot, uuid: str) -> int:
    """Find the GPU that torch uses by its uuid. Raises NotMeasured."""
    for gpu in snapshot.reachable:
        if uuid and str(gpu.identity.uuid).removeprefix("GPU-") == uuid.removeprefix("GPU-"):
            return gpu.identity.index
    if len(snapshot.gpus) == 1 and isinstance(snapshot.gpus[0], Gpu):
        return 0
    raise NotMeasured(f"torch uses GPU {uuid or 'without a uuid'}, which the probe does not see")


def size_batch(case: Case, before: Snapshot, index: int) -> tuple[Fit, int]:
    """Give the batch for what is free, or for 16 GiB of it and how much to hold back then."""
    room = room_of_snapshot(before, index)
    free = min(room.free, ROOM_BYTES)
    given = budget(free, room.context, case.encoder)
    form = closed_form(case.encoder, case.attention)
    return largest_batch(case.encoder, form, LONGEST, given), room.free - free


def search(first: int, survives: Callable[[int], bool]) -> Survival:
    """Find where batches begin to die, to half a per cent, from a batch that should live.

    Memory decides alone: what lives at n lives below it. At twice `first` the search gives up.
    """
    first = max(first, 1)
    lived, died = (first, None) if survives(first) else (0, first)
    step = max(first // 50, 1)
    while died is None and lived < 2 * first:
        if survives(lived + step):
            lived, step = lived + step, 2 * step
        else:
            died = lived + step
    while died is not None and died - lived > max(first // 200, 1):
        middle = (lived + died) // 2
        lived, died = (middle, died) if survives(middle) else (lived, middle)
    return Survival(lived, died)


def say_survival(case: Case, fit: Fit, found: Survival) -> str:
    """Write whether the sized batch lived, and how much of the true limit it leaves unused."""
    begin = (
        f"largest batch: {case.name} at {fit.longest} with {fit.budget.free // MIB} MiB free:"
        f" sized {fit.batch},"
    )
    if not fit.batch:
        return f"{begin} and {found.lived or 'none'} lived"
    if found.lived < fit.batch:
        return f"{begin} which DIED; {found.lived} lived"
    unused = 100 * (1 - fit.batch / found.lived)
    limit = "nothing died up to there" if found.died is None else f"{found.died} did not"
    return f"{begin} which lived; {found.lived} lived and {limit}: {unused:.1f} % unused"
