"""Judging what a command did with CUDA: nothing, initialised it, or made a context. Pure.

The three are rungs of a ladder, and each harms in its own way: a context holds memory until its
process ends; mere initialisation holds none but breaks every later fork and freezes
CUDA_VISIBLE_DEVICES; a loaded library does neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from gpu_lab.probe.values import Missing, Reading

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Held:
    """The most memory (bytes) that the driver's list gave a pid on a GPU."""

    pid: int
    gpu: int
    memory: Reading[int]


@dataclass(frozen=True, slots=True)
class Statement:
    """What the witness inside one Python process said at one moment."""

    pid: int
    event: str
    library_loaded: bool
    initialised: bool
    active_contexts: tuple[int, ...]
    torch_initialised: bool | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was seen. `looks` counts looks at the driver while the command ran.

    `strangers` are pids that came into the driver's list meanwhile and are not the command's here.
    `driver_missing` says why the driver could not be asked, None when it could.
    """

    exit_status: int
    looks: int
    held: tuple[Held, ...]
    strangers: tuple[Held, ...]
    mapped_library: tuple[int, ...]
    opened_uvm: tuple[int, ...]
    statements: tuple[Statement, ...]
    driver_missing: str | None


@dataclass(frozen=True, slots=True)
class Clean:
    """CUDA was not even initialised."""

    evidence: tuple[str, ...]
    fix: str = "Nothing to fix."


@dataclass(frozen=True, slots=True)
class MerelyInitialised:
    """CUDA was initialised and no context was made."""

    evidence: tuple[str, ...]
    fix: str = (
        "Read device properties through NVML (touchbase lab probe --json) instead of CUDA, or"
        " start workers with multiprocessing's spawn; set CUDA_VISIBLE_DEVICES before the first"
        " CUDA call."
    )


@dataclass(frozen=True, slots=True)
class ContextCreated:
    """A CUDA context was made; its memory is held until the process ends."""

    evidence: tuple[str, ...]
    fix: str = (
        "Read free memory through NVML (touchbase lab probe --json), not by"
        " torch.cuda.mem_get_info(); start a process that needs no GPU with"
        " CUDA_VISIBLE_DEVICES set to the empty string."
    )


@dataclass(frozen=True, slots=True)
class CannotTell:
    """Nobody saw the command: it ended too soon, or there is no driver and no witness."""

    evidence: tuple[str, ...]
    fix: str = (
        "Let the command run longer (a second), or run it as Python without -I, -S and -E so that"
        " the witness can speak."
    )


Verdict: TypeAlias = Clean | MerelyInitialised | ContextCreated | CannotTell


def judge(seen: Evidence) -> Verdict:
    """Name the highest rung that any evidence reaches."""
    contexts, initialised, harmless = (
        tuple(_of_context(seen)),
        tuple(_of_initialisation(seen)),
        tuple(_harmless(seen)),
    )
    if contexts:
        return ContextCreated((*contexts, *initialised, *harmless))
    if initialised:
        return MerelyInitialised((*initialised, *harmless))
    if not _was_seen(seen):
        return CannotTell(harmless)
    return Clean(harmless)


def _was_seen(seen: Evidence) -> bool:
    # A witness that only said hello knows nothing of what came after.
    has_last_word = any(one.event == "end" for one in seen.statements)
    return has_last_word or (seen.looks > 0 and seen.driver_missing is None)


def _of_context(seen: Evidence) -> Iterator[str]:
    for held in seen.held:
        amount = _amount(held)
        yield f"the driver lists pid {held.pid} on GPU {held.gpu} with {amount}"
    for one in _last_words(seen):
        for device in one.active_contexts:
            yield f"pid {one.pid} had an active primary context on CUDA device {device}"


def _of_initialisation(seen: Evidence) -> Iterator[str]:
    for one in _last_words(seen):
        if one.initialised:
            yield f"in pid {one.pid} cuInit had been called"
        if one.torch_initialised:
            yield f"in pid {one.pid} torch.cuda.is_initialized() was true"
    for pid in seen.opened_uvm:
        yield f"pid {pid} had /dev/nvidia-uvm open, which cuInit opens"
    for one in seen.statements:
        if one.event == "fork" and one.initialised:
            yield f"pid {one.pid} forked after that: its children cannot use CUDA"


def _harmless(seen: Evidence) -> Iterator[str]:
    loaded = {one.pid for one in seen.statements if one.library_loaded} | set(seen.mapped_library)
    for pid in sorted(loaded):
        yield f"pid {pid} had libcuda.so loaded, which alone changes nothing"
    for held in seen.strangers:
        yield (
            f"pid {held.pid} came to GPU {held.gpu} meanwhile with {_amount(held)}; it is not the"
            " command's here, but in a container the driver gives the host's pids"
        )
    if seen.driver_missing is not None:
        yield f"the driver could not be asked: {seen.driver_missing}"
    else:
        yield f"the driver's process lists were read {seen.looks} times while the command ran"
    if not seen.statements:
        yield "no witness spoke: the command is not Python, or ran isolated"


def _amount(held: Held) -> str:
    if isinstance(held.memory, Missing):
        return "memory that it does not tell"
    return f"{held.memory // MIB:,} MiB"


def _last_words(seen: Evidence) -> tuple[Statement, ...]:
    """Keep what each process said last, in the order of their first words."""
    last: dict[int, Statement] = {}
    for one in seen.statements:
        last[one.pid] = one
    return tuple(last.values())


def title(verdict: Verdict) -> str:
    """Name the rung in a sentence."""
    match verdict:
        case Clean():
            return "Clean: CUDA was not initialised."
        case MerelyInitialised():
            return "CUDA was initialised, no context was made: forks are poisoned."
        case ContextCreated():
            return "A CUDA context was created."
        case CannotTell():
            return "Cannot tell: nobody saw the command."
        case _:
            assert_never(verdict)


def report(verdict: Verdict, exit_status: int) -> str:
    """Write the verdict for a person: the rung, the evidence, the fix."""
    lines = [title(verdict), *(f"- {one}" for one in verdict.evidence), f"Fix: {verdict.fix}"]
    if exit_status:
        lines.append(f"The command itself ended with status {exit_status}.")
    return "\n".join(lines)


VERDICT_NAMES: dict[type[Verdict], str] = {
    Clean: "clean",
    MerelyInitialised: "initialised",
    ContextCreated: "context",
    CannotTell: "unknown",
}


def verdict_row(verdict: Verdict, exit_status: int) -> dict[str, object]:
    """Give the verdict as JSON's values."""
    return {
        "verdict": VERDICT_NAMES[type(verdict)],
        "evidence": list(verdict.evidence),
        "fix": verdict.fix,
        "exit_status": exit_status,
    }
