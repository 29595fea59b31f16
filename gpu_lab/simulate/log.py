"""What happened in a simulation, as values: enough to check that nothing was given twice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gpu_lab.simulate.jobs import Floats, Ints, Jobs
from gpu_lab.simulate.room import Node, Placement


class Why(StrEnum):
    """Why a job left its GPUs."""

    DONE = "done"
    PREEMPTED = "preempted"
    RECLAIMED = "lent GPUs reclaimed"
    FAILED = "node failed"
    DRAINED = "node drained"


@dataclass(frozen=True, slots=True)
class Started:
    """A job got all its GPUs; `share` is what its tenant might use then, None without quotas."""

    at: float
    job: int
    placement: Placement
    share: int | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """A job gave all its GPUs back; `lost_seconds` of its work must be done again."""

    at: float
    job: int
    why: Why
    lost_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Moved:
    """A running job went to other nodes and paused for it."""

    at: float
    job: int
    placement: Placement


@dataclass(frozen=True, slots=True)
class NodeClosed:
    """A node takes no new jobs; `away` when it is also down."""

    at: float
    node: int
    away: bool


@dataclass(frozen=True, slots=True)
class NodeOpened:
    """A node takes jobs again."""

    at: float
    node: int


Happening = Started | Stopped | Moved | NodeClosed | NodeOpened


@dataclass(frozen=True)
class Result:
    """One simulation. `start` (jobs,) is the first start, `end` (jobs,) the end, both in seconds
    (NaN: never); `log` is None for compiled runs."""

    jobs: Jobs
    nodes: tuple[Node, ...]
    start: Floats
    end: Floats
    stops: Ints
    lost_seconds: float
    log: tuple[Happening, ...] | None
