"""What a simulation is run by: the queue's rule and the options around it. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Order(StrEnum):
    """Who stands first among equals in priority.

    `fifo`: who came first. `shortest`: the least work left. `dominant`: the tenant whose largest
    share of any resource, GPUs or CPUs, is the least (dominant-resource fairness).
    """

    FIFO = "fifo"
    SHORTEST = "shortest"
    DOMINANT = "dominant"


class Backfill(StrEnum):
    """Who may pass a first job that does not fit.

    `none`: nobody. `skip`: whoever fits. `easy`: whoever does not delay the first, whose
    reservation knows which nodes it needs. `easy-by-counts`: the same with a reservation that
    only counts GPUs; kept to show why that fails. `conservative`: whoever delays nobody.
    """

    NONE = "none"
    SKIP = "skip"
    EASY = "easy"
    EASY_BY_COUNTS = "easy-by-counts"
    CONSERVATIVE = "conservative"


class Fit(StrEnum):
    """Which of the nodes with room a job goes to; of equals the lowest.

    `best-fit`: the fullest. `first-fit`: the lowest. `worst-fit`: the emptiest.
    """

    BEST = "best-fit"
    FIRST = "first-fit"
    WORST = "worst-fit"


class Sharing(StrEnum):
    """How GPUs beyond everyone's quota are lent.

    `no-borrowing`: not at all. `water-filling`: quota first, the rest by quota. `even`: the same
    to everyone, whatever the quotas.
    Where GPUs are lent at all, a fleet that stands idle lends the first gang in the queue all it
    needs, even past its tenant's share: gangs cannot be cut to the size of a share.
    """

    NO_BORROWING = "no-borrowing"
    WATER_FILLING = "water-filling"
    EVEN = "even"


@dataclass(frozen=True)
class Checkpoints:
    """What a stopped job loses: the work since its last checkpoint, and a restart."""

    every_seconds: float = 1800.0
    restart_seconds: float = 60.0


@dataclass(frozen=True)
class Quotas:
    """GPUs that each tenant deserves, and how the rest is lent."""

    gpus: Mapping[str, int]
    sharing: Sharing = Sharing.WATER_FILLING


@dataclass(frozen=True)
class Rules:
    """Everything the scheduler goes by.

    `preempts`: a job may stop running ones of lower priority. `reclaims`: a tenant below what it
    deserves (its quota; under even sharing its share) takes lent GPUs back by stopping those
    who borrow; without quotas it does nothing. `migration_seconds`: what a moved
    job pauses for, None for no defragmentation. `depth`: how many waiting jobs conservative
    backfilling plans for. `drained_at_once`: the disruption budget of maintenance.
    """

    order: Order = Order.FIFO
    backfill: Backfill = Backfill.SKIP
    fit: Fit = Fit.BEST
    preempts: bool = False
    reclaims: bool = False
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    quotas: Quotas | None = None
    migration_seconds: float | None = None
    depth: int = 50
    drained_at_once: int = 1


@dataclass(frozen=True, slots=True)
class Failure:
    """A node breaks at `at` and is back after `seconds`; its jobs lose what no checkpoint has."""

    at: float
    node: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SwitchFailure:
    """A switch breaks at `at` and takes all its `nodes` down at once, for `seconds`."""

    at: float
    nodes: tuple[int, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Drain:
    """Maintenance asked for at `at`: no new jobs, wait up to `grace` for the node to empty, then
    checkpoint and move what still runs, and be away for `seconds`."""

    at: float
    node: int
    seconds: float
    grace: float = 3600.0


Disruption = Failure | SwitchFailure | Drain
