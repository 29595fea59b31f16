"""Running a command under watch and gathering evidence. It judges nothing.

Seen from outside: the driver's process lists, what each process has mapped and opened. Seen from
inside, in Python processes: the witness beside this file.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from gpu_lab.probe.context import Evidence, Held, Statement
from gpu_lab.probe.errors import CommandNotFound
from gpu_lab.probe.probe import Probe
from gpu_lab.probe.values import GpuProcess, Missing, Snapshot

WITNESS = Path(__file__).parent / "witness"
_PROC = Path("/proc")


def watch_command(
    command: Sequence[str],
    environment: Mapping[str, str],
    probe: Probe | str,
    poll_seconds: float,
) -> Evidence:
    """Run the command to its end and say what was seen.

    `probe` may be the reason why there is none. Raises CommandNotFound.
    """
    with TemporaryDirectory(prefix="touchbase-context-") as folder:
        words = Path(folder) / "words"
        sight = _Sight(probe)
        try:
            running = subprocess.Popen(command, env=_watched(environment, words))
        except OSError as refused:
            raise CommandNotFound(command[0], refused.strerror or str(refused)) from refused
        with running:
            while not _has_ended(running, poll_seconds):
                sight.look(family(running.pid))
        return sight.evidence(running.returncode, tuple(_statements(words)))


def _watched(environment: Mapping[str, str], words: Path) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(WITNESS), environment.get("PYTHONPATH"))))
    return {**environment, "PYTHONPATH": path, "TOUCHBASE_CONTEXT_WITNESS": str(words)}


def _has_ended(running: subprocess.Popen[bytes], poll_seconds: float) -> bool:
    try:
        running.wait(poll_seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


@dataclass
class _Sight:
    """What has been seen so far from outside."""

    probe: Probe | str
    looks: int = 0
    mine: set[int] = field(default_factory=set)
    most: dict[tuple[int, int], Held] = field(default_factory=dict)
    mapped: set[int] = field(default_factory=set)
    opened: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.before = {(held.gpu, held.pid) for held in self._holders()}

    def look(self, pids: set[int]) -> None:
        self.mine |= pids
        self.looks += 1
        self.mapped |= {pid for pid in pids if _has_mapped_cuda(pid)}
        self.opened |= {pid for pid in pids if _has_opened_uvm(pid)}
        for held in self._holders():
            key = (held.gpu, held.pid)
            if key not in self.most or _more(held, self.most[key]):
                self.most[key] = held

    def evidence(self, exit_status: int, statements: tuple[Statement, ...]) -> Evidence:
        mine = self.mine | {one.pid for one in statements}
        seen = [held for key, held in sorted(self.most.items()) if key not in self.before]
        return Evidence(
            exit_status=exit_status,
            looks=self.looks,
            held=tuple(held for held in seen if held.pid in mine),
            strangers=tuple(held for held in seen if held.pid not in mine),
            mapped_library=tuple(sorted(self.mapped)),
            opened_uvm=tuple(sorted(self.opened)),
            statements=statements,
            driver_missing=self.probe if isinstance(self.probe, str) else None,
        )

    def _holders(self) -> list[Held]:
        return [] if isinstance(self.probe, str) else holders(self.probe.snapshot())


def holders(snapshot: Snapshot) -> list[Held]:
    """List who holds memory on which GPU."""
    return [
        Held(process.pid, gpu.identity.index, process.memory)
        for gpu in snapshot.reachable
        for process in _listed(gpu.processes)
    ]


def _listed(processes: tuple[GpuProcess, ...] | Missing) -> tuple[GpuProcess, ...]:
    return () if isinstance(processes, Missing) else processes


def _more(a: Held, b: Held) -> bool:
    if isinstance(a.memory, Missing):
        return False
    return isinstance(b.memory, Missing) or a.memory > b.memory


def family(pid: int) -> set[int]:
    """Collect a process and its descendants; those that end meanwhile drop out."""
    found, ahead = {pid}, [pid]
    while ahead:
        for child in _children(ahead.pop()):
            if child not in found:
                found.add(child)
                ahead.append(child)
    return found


def _children(pid: int) -> Iterator[int]:
    try:
        for task in (_PROC / str(pid) / "task").iterdir():
            yield from map(int, (task / "children").read_text().split())
    except OSError:
        return


def _has_mapped_cuda(pid: int) -> bool:
    try:
        return "libcuda.so" in (_PROC / str(pid) / "maps").read_text(errors="replace")
    except OSError:
        return False


def _has_opened_uvm(pid: int) -> bool:
    try:
        return any(
            os.readlink(one) == "/dev/nvidia-uvm" for one in (_PROC / str(pid) / "fd").iterdir()
        )
    except OSError:
        return False


def _statements(words: Path) -> Iterator[Statement]:
    if not words.exists():
        return
    for line in words.read_text(encoding="utf-8").splitlines():
        said = json.loads(line)
        yield Statement(
            pid=said["pid"],
            event=said["event"],
            library_loaded=said["library_loaded"],
            initialised=said.get("initialised", False),
            active_contexts=tuple(said.get("active_contexts", ())),
            torch_initialised=said["torch_initialised"],
        )
