"""The nouns of fleet operations: nodes as seen, wishes, actions, disturbances, events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class BadOperation(Exception):
    """An operation that cannot be done: {problem}."""


class Phase(StrEnum):
    """Where a node is on its way out of production and back."""

    SERVING = "serving"
    DRAINING = "draining"
    DRAINED = "drained"
    REPAVING = "repaving"
    REPAVED = "repaved"
    VALIDATING = "validating"
    VALIDATED = "validated"
    FAILED = "failed"
    REPAIRING = "repairing"


@dataclass(frozen=True, slots=True)
class Node:
    """A node as it is seen. `taken` is when it last left production, None while it serves."""

    name: str
    cluster: str
    image: str
    switch: str
    gpus: int = 8
    phase: Phase = Phase.SERVING
    reachable: bool = True
    taken: float | None = None

    @property
    def serves(self) -> bool:
        """Say whether it carries production work now."""
        return self.phase is Phase.SERVING and self.reachable


@dataclass(frozen=True, slots=True)
class Wish:
    """What one node should be."""

    image: str
    cluster: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """A node goes to another cluster; with `copy_quota` its GPUs' quota goes along."""

    node: str
    target: str
    copy_quota: bool = True


@dataclass(frozen=True)
class Goals:
    """What a fleet must keep while it changes.

    `serving` is the fewest serving nodes that each cluster's objective allows; `budget` the most
    nodes that controllers may have out of production at once.
    """

    serving: Mapping[str, int]
    budget: int


@dataclass(frozen=True)
class Durations:
    """How long each step takes, in seconds; a drain is drawn between none and `drain`."""

    drain: float = 1800.0
    repave: float = 2400.0
    validate: float = 900.0
    repair: float = 4 * 3600.0


# What controllers ask for.


@dataclass(frozen=True, slots=True)
class Drain:
    """Take a node out of production."""

    node: str


@dataclass(frozen=True, slots=True)
class Repave:
    """Install an image, in place or for another cluster."""

    node: str
    wish: Wish


@dataclass(frozen=True, slots=True)
class Validate:
    """Run the acceptance tests."""

    node: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """Give a node back to production."""

    node: str


@dataclass(frozen=True, slots=True)
class Repair:
    """Have a failed node seen to."""

    node: str


Action = Drain | Repave | Validate | HandOver | Repair

# What happens to a fleet unasked.


@dataclass(frozen=True, slots=True)
class Drift:
    """A node's image is changed by hand at `at`."""

    at: float
    node: str
    image: str


@dataclass(frozen=True, slots=True)
class SwitchLoss:
    """An InfiniBand switch is gone for `seconds`: its nodes cannot be reached."""

    at: float
    switch: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Breakage:
    """A node fails at `at`."""

    at: float
    node: str


Disturbance = Drift | SwitchLoss | Breakage


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: when, to which node (or stage, or switch), and what."""

    at: float
    subject: str
    what: str


@dataclass(frozen=True)
class Observed:
    """The fleet as it is seen at one moment, with the quotas of its clusters in GPUs."""

    nodes: Mapping[str, Node]
    quotas: Mapping[str, int] = field(default_factory=dict)

    def of(self, cluster: str) -> list[Node]:
        """Give a cluster's nodes by name."""
        return [node for _, node in sorted(self.nodes.items()) if node.cluster == cluster]

    def serving(self, cluster: str) -> int:
        """Count a cluster's serving nodes."""
        return sum(node.serves for node in self.of(cluster))
