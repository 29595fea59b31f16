"""What is free on which node, and where a gang would go. Knows no time and no queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from gpu_lab.simulate.jobs import Job
from gpu_lab.simulate.rules import Fit


@dataclass(frozen=True, slots=True)
class Node:
    """A machine with GPUs of one kind; `cpus` are only looked at for jobs that ask for some."""

    gpus: int
    kind: str = ""
    cpus: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A job's hold on one node."""

    node: int
    gpus: int
    cpus: int = 0


Placement = tuple[Part, ...]


class ImpossibleJob(Exception):
    """No node of the empty fleet can hold this job: {problem}."""


def uniform(nodes: int, gpus: int, kind: str = "", cpus: int = 0) -> tuple[Node, ...]:
    """Make a fleet of equal nodes."""
    return (Node(gpus, kind, cpus),) * nodes


class Room:
    """The free GPUs and CPUs of every node, and which nodes take new jobs."""

    def __init__(self, nodes: Sequence[Node], fit: Fit = Fit.BEST) -> None:
        self.nodes = tuple(nodes)
        self.rule = fit
        self.gpus = [node.gpus for node in nodes]
        self.cpus = [node.cpus for node in nodes]
        self.open = [True] * len(nodes)

    def copy(self) -> Room:
        """Give a room of its own to try things in."""
        other = Room(self.nodes, self.rule)
        other.gpus, other.cpus, other.open = list(self.gpus), list(self.cpus), list(self.open)
        return other

    @property
    def idle(self) -> int:
        """Count the free GPUs of open nodes."""
        return sum(gpus for gpus, is_open in zip(self.gpus, self.open, strict=True) if is_open)

    @property
    def capacity(self) -> dict[str, int]:
        """Add up what all nodes have of each resource, in use or not."""
        return {
            "GPUs": sum(node.gpus for node in self.nodes),
            "CPUs": sum(node.cpus for node in self.nodes),
        }

    def take(self, placement: Placement) -> None:
        """Give a job its parts."""
        for part in placement:
            self.gpus[part.node] -= part.gpus
            self.cpus[part.node] -= part.cpus

    def free(self, placement: Placement) -> None:
        """Take a job's parts back."""
        for part in placement:
            self.gpus[part.node] += part.gpus
            self.cpus[part.node] += part.cpus

    def fit(self, job: Job) -> Placement | None:
        """Find where a job goes, None when it does not fit now.

        One node if it can hold the job when empty, by the room's rule of fit. A larger gang takes
        whole nodes, the lowest first, and by the same rule one for the rest.
        """
        usable = [n for n, node in enumerate(self.nodes) if _suits(node, job)]
        if any(_holds(self.nodes[n], job) for n in usable):
            return self._one_node(usable, job.gpus, job.cpus)
        for gpus in dict.fromkeys(self.nodes[n].gpus for n in usable if job.gpus):
            same = [n for n in usable if self.nodes[n].gpus == gpus]
            if gpus and (placement := self._gang(same, gpus, job)):
                return placement
        return None

    def _one_node(self, usable: Sequence[int], gpus: int, cpus: int) -> Placement | None:
        able = [n for n in usable if self.open[n] and self.gpus[n] >= gpus and self.cpus[n] >= cpus]
        if not able:
            return None
        return (Part(min(able, key=self._rank), gpus, cpus),)

    def _rank(self, node: int) -> tuple[int, int]:
        match self.rule:
            case Fit.BEST:
                return self.gpus[node], node
            case Fit.FIRST:
                return 0, node
            case Fit.WORST:
                return -self.gpus[node], node
            case unknown:
                assert_never(unknown)

    def _gang(self, same: Sequence[int], size: int, job: Job) -> Placement | None:
        whole, rest = divmod(job.gpus, size)
        each = -(-job.cpus * size // job.gpus)
        last = max(job.cpus - whole * each, 0)
        free = [n for n in same if self.open[n] and self.gpus[n] == size and self.cpus[n] >= each]
        if len(free) < whole:
            return None
        parts = tuple(Part(n, size, each) for n in free[:whole])
        if not rest:
            return parts
        tail = self._one_node([n for n in same if n not in set(free[:whole])], rest, last)
        return None if tail is None else parts + tail


def check_possible(nodes: Sequence[Node], job: Job) -> None:
    """Raise `ImpossibleJob`, naming what fails and the nearest that fits."""
    if Room(nodes).fit(job) is not None:
        return
    kinds = sorted({node.kind for node in nodes if node.kind})
    if job.kind and job.kind not in kinds:
        raise ImpossibleJob(f"no {job.kind} GPU; the fleet has {', '.join(kinds) or 'no kinds'}")
    total = sum(node.gpus for node in nodes if _suits(node, job))
    if job.gpus > total:
        raise ImpossibleJob(f"{job.gpus} GPUs asked for; the most that fits is {total}")
    most = max(node.cpus for node in nodes)
    asked = f"{job.cpus} CPUs beside {job.gpus} GPUs"
    raise ImpossibleJob(f"{asked}; the largest node has {most} CPUs (--cpus gives nodes more)")


def _suits(node: Node, job: Job) -> bool:
    return not job.kind or node.kind == job.kind


def _holds(node: Node, job: Job) -> bool:
    return node.gpus >= job.gpus and node.cpus >= job.cpus
