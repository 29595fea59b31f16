"""A staged rollout: canary, soak, waves, and the abort. Decides stages; touches no node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from gpu_lab.ops.values import BadOperation, Node, Phase, Transfer, Wish


class Stage(StrEnum):
    """Where a rollout stands."""

    CANARY = "canary"
    SOAK = "soak"
    WAVE = "wave"
    DONE = "done"
    ABORTED = "aborted"


@dataclass(frozen=True)
class Rollout:
    """A new image for everyone, in stages.

    `waves` are the shares of all nodes that may have it, growing to 1. With `abort_at` failed
    validations the rollout ends and everyone goes back to `old`.
    """

    old: str
    new: str
    canary: int = 2
    soak_seconds: float = 4 * 3600.0
    waves: tuple[float, ...] = (0.1, 0.5, 1.0)
    abort_at: int = 3

    def __post_init__(self) -> None:
        """Refuse a rollout that could not end."""
        growing = all(low < high for low, high in zip(self.waves, self.waves[1:], strict=False))
        if not self.waves or self.waves[-1] != 1.0 or self.waves[0] <= 0 or not growing:
            raise BadOperation(f"waves {self.waves} must grow from over 0 to 1")
        if self.canary < 1 or self.abort_at < 1 or self.soak_seconds < 0:
            raise BadOperation("canary and abort_at are 1 or more, soak_seconds 0 or more")


@dataclass(frozen=True)
class Standing:
    """How far a rollout is: its stage since when, the wave's number, validations failed."""

    stage: Stage = Stage.CANARY
    since: float = 0.0
    wave: int = 0
    failures: int = 0


def allowed(rollout: Rollout, standing: Standing, names: Sequence[str]) -> frozenset[str]:
    """Name the nodes that should have the new image at this stage."""
    ordered = sorted(names)
    match standing.stage:
        case Stage.CANARY | Stage.SOAK:
            return frozenset(ordered[: rollout.canary])
        case Stage.WAVE:
            share = rollout.waves[standing.wave]
            count = max(round(share * len(ordered)), rollout.canary)
            return frozenset(ordered[:count])
        case Stage.DONE:
            return frozenset(ordered)
        case Stage.ABORTED:
            return frozenset()


def advance(
    rollout: Rollout, standing: Standing, nodes: Mapping[str, Node], now: float
) -> Standing:
    """Move to the next stage when this one is finished, or abort; one step at a time."""
    if standing.stage in (Stage.DONE, Stage.ABORTED):
        return standing
    if standing.failures >= rollout.abort_at:
        return replace(standing, stage=Stage.ABORTED, since=now)
    ready = all(
        nodes[name].image == rollout.new and nodes[name].phase is Phase.SERVING
        for name in allowed(rollout, standing, list(nodes))
    )
    match standing.stage:
        case Stage.CANARY if ready:
            return replace(standing, stage=Stage.SOAK, since=now)
        case Stage.SOAK if now >= standing.since + rollout.soak_seconds:
            return replace(standing, stage=Stage.WAVE, since=now)
        case Stage.WAVE if ready and standing.wave + 1 < len(rollout.waves):
            return replace(standing, wave=standing.wave + 1, since=now)
        case Stage.WAVE if ready:
            return replace(standing, stage=Stage.DONE, since=now)
        case _:
            return standing


def wishes(
    rollout: Rollout,
    standing: Standing,
    nodes: Mapping[str, Node],
    transfers: Sequence[Transfer],
) -> dict[str, Wish]:
    """Say what every node should be now."""
    new = allowed(rollout, standing, list(nodes))
    target = {transfer.node: transfer.target for transfer in transfers}
    return {
        name: Wish(rollout.new if name in new else rollout.old, target.get(name, node.cluster))
        for name, node in nodes.items()
    }
