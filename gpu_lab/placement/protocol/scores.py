"""What each policy scores, in plain Python: the definition that `kernels` must equal.

Every score is a whole number from 0 to 100 (or FGD's other resolutions), the highest wins, ties
go to the node of the lowest rank. Memory filters but is in no score.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gpu_lab.pods import MILLI

MOST_CPU = 128_000
MOST_GPU = 8_000


@dataclass(frozen=True)
class Ask:
    """What a pod asks for; `mask` are the models that it accepts, as bits."""

    cpu: int
    memory: int
    gpus: int
    milli: int
    mask: int

    @property
    def shares(self) -> bool:
        """Say whether it wants a part of one GPU."""
        return self.gpus == 1 and self.milli < MILLI


@dataclass(frozen=True)
class Frequent:
    """A typical pod and its share of all, 0 to 1."""

    ask: Ask
    share: float


@dataclass(frozen=True)
class Machine:
    """A node as it stands: what is left of it, and the GPU classes of its pods."""

    cpu: int
    memory: int
    model: int
    left: tuple[int, ...]
    classes: tuple[int, ...] = ()

    def can_host(self, ask: Ask) -> bool:
        """Say whether all that is asked for is there."""
        return self.memory >= ask.memory and self.cpu >= ask.cpu and self.has_gpus(ask)

    def has_gpus(self, ask: Ask) -> bool:
        """Say whether the GPUs asked for are there, CPU and memory aside."""
        room = sum(left >= ask.milli for left in self.left)
        return ask.gpus == 0 or (bool(self.model & ask.mask) and room >= ask.gpus)

    def taking(self, ask: Ask, gpus: Sequence[int]) -> Machine:
        """Give the machine as it is once a pod has these GPUs."""
        left = tuple(
            room - ask.milli if gpu in gpus else room for gpu, room in enumerate(self.left)
        )
        kind = () if ask.gpus == 0 else (0 if ask.shares else ask.gpus,)
        cpu, memory = self.cpu - ask.cpu, self.memory - ask.memory
        return Machine(cpu, memory, self.model, left, self.classes + kind)


@dataclass(frozen=True)
class Choice:
    """How good a machine is, and which of its GPUs the pod would get."""

    points: float
    gpus: tuple[int, ...]


Rule = Callable[[Machine, Ask], Choice]


def first_free(machine: Machine, ask: Ask) -> tuple[int, ...]:
    """Take the first GPUs with room."""
    return tuple(g for g, left in enumerate(machine.left) if left >= ask.milli)[: ask.gpus]


def tightest(machine: Machine, ask: Ask) -> tuple[int, ...]:
    """Take the fullest GPU with room for a share, else the first free ones."""
    if not ask.shares:
        return first_free(machine, ask)
    return (min(first_free(machine, Ask(0, 0, 8, ask.milli, 0)), key=lambda g: machine.left[g]),)


def best_fit(machine: Machine, ask: Ask) -> Choice:
    """Prefer the machine with the least CPU and GPU left over."""
    far = (machine.cpu - ask.cpu) / MOST_CPU * 0.5
    far += (sum(machine.left) - ask.gpus * ask.milli) / MOST_GPU * 0.5
    return Choice(int((1.0 - far) * 100.0), tightest(machine, ask))


def dot_product(machine: Machine, ask: Ask) -> Choice:
    """Prefer the machine whose free amounts are least like the request (Tetris, turned)."""
    product = (machine.cpu / MOST_CPU) * (ask.cpu / MOST_CPU)
    product += (sum(machine.left) / MOST_GPU) * (ask.gpus * ask.milli / MOST_GPU)
    return Choice(int(100.0 * (1.0 - product / 2.0)), tightest(machine, ask))


def clustering(machine: Machine, ask: Ask) -> Choice:
    """Prefer machines that hold only this GPU class, then mixed, then empty ones (Gandiva)."""
    if ask.gpus == 0:
        return Choice(0, ())
    kinds = set(machine.classes)
    base = 25 if not kinds else 0
    if (0 if ask.shares else ask.gpus) in kinds:
        base = 75 if len(kinds) == 1 else 50
    return Choice(base + 25 * (MOST_GPU - sum(machine.left)) // MOST_GPU, tightest(machine, ask))


def packing(machine: Machine, ask: Ask) -> Choice:
    """Prefer GPUs in use, then free GPUs of a used machine, then a free machine (MLaaS, PAI)."""
    if ask.gpus == 0:
        return Choice(0, ())
    used = [left for left in machine.left if ask.milli <= left < MILLI]
    free = machine.left.count(MILLI)
    if free == len(machine.left):
        return Choice(max(33 - free, free), tightest(machine, ask))
    if len(used) < ask.gpus:
        return Choice(max(50 - (ask.gpus - len(used)), 33), tightest(machine, ask))
    ratio = sum(left * 100 // MILLI for left in sorted(used)[: ask.gpus])
    return Choice(max(100 - ratio // 10, 50), tightest(machine, ask))


def anywhere(machine: Machine, ask: Ask) -> Choice:
    """Find every machine equally good; the random policy draws among them."""
    return Choice(0, tightest(machine, ask))


def fragment(machine: Machine, typical: Sequence[Frequent]) -> float:
    """Expect how much idle GPU milli a typical pod could not use.

    All of it, when the pod cannot run here or needs no GPU; else what lies on GPUs with less
    than it asks for. The seven kinds are added apart, as the published artifact adds them: where
    a placement changes nothing, that order decides between 49 and 50.
    """
    kinds = [0.0] * 7
    idle = sum(machine.left)
    for pod in typical:
        kind = _kind(machine, pod.ask)
        lost = idle
        if kind == 2:
            kind, lost = 1, sum(left for left in machine.left if left < pod.ask.milli)
        kinds[kind] += pod.share * lost
    return kinds[0] + kinds[1] + kinds[3] + kinds[4] + kinds[5] + kinds[6]


def _kind(machine: Machine, ask: Ask) -> int:
    enough_cpu = machine.cpu >= ask.cpu
    if ask.gpus == 0:
        return 4 if enough_cpu else 5
    if not machine.model & ask.mask:
        return 6
    if machine.has_gpus(ask):
        return 2 if enough_cpu else 3
    return 1 if enough_cpu else 0


def fgd(typical: Sequence[Frequent], steps: float = 100.0) -> Rule:
    """Prefer the machine and GPU whose fragment grows least (fragmentation gradient descent).

    `steps` is the resolution of the score; 0 compares the raw gain, which breaks ties by
    floating-point noise and loses three points of allocation.
    """

    def rule(machine: Machine, ask: Ask) -> Choice:
        before = fragment(machine, typical)
        best = Choice(-math.inf, ())
        for gpus in _candidates(machine, ask):
            gain = before - fragment(machine.taking(ask, gpus), typical)
            if steps:
                gain = int(steps / (1.0 + math.exp(-gain / 1000.0)))
            if gain > best.points:
                best = Choice(gain, gpus)
        return best

    return rule


def _candidates(machine: Machine, ask: Ask) -> list[tuple[int, ...]]:
    if not ask.shares:
        return [first_free(machine, ask)]
    return [(gpu,) for gpu, left in enumerate(machine.left) if left >= ask.milli]
