"""A fleet in simulated time: carries actions out, lets things go wrong, asks the controller.

No clock and no chance of its own: time is counted in seconds from 0 and draws come from `rng`.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from gpu_lab.ops.controllers import Controller
from gpu_lab.ops.rollout import Rollout, Stage, Standing, advance, wishes
from gpu_lab.ops.values import (
    Action,
    BadOperation,
    Breakage,
    Disturbance,
    Drain,
    Drift,
    Durations,
    Event,
    Goals,
    HandOver,
    Node,
    Observed,
    Phase,
    Repair,
    Repave,
    SwitchLoss,
    Transfer,
    Validate,
    Wish,
)

AFTER = {
    Phase.DRAINING: Phase.DRAINED,
    Phase.REPAVING: Phase.REPAVED,
    Phase.VALIDATING: Phase.VALIDATED,
    Phase.REPAIRING: Phase.DRAINED,
}


@dataclass(frozen=True)
class Operation:
    """One thing to be done with a fleet: the rollout, transfers, goals, and what goes wrong.

    `flaw` is the chance that a validation of the new image fails.
    """

    nodes: tuple[Node, ...]
    quotas: dict[str, int]
    rollout: Rollout
    goals: Goals
    transfers: tuple[Transfer, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()
    durations: Durations = field(default_factory=Durations)
    flaw: float = 0.0
    horizon: float = 30 * 24 * 3600.0

    def __post_init__(self) -> None:
        """Refuse names that are doubled or unknown."""
        names = [node.name for node in self.nodes]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise BadOperation(f"node {', '.join(sorted(doubled))} appears twice")
        clusters = {node.cluster for node in self.nodes} | set(self.quotas)
        for transfer in self.transfers:
            if transfer.node not in names:
                raise BadOperation(f"no node {transfer.node!r} to transfer")
            if transfer.target not in clusters:
                known = ", ".join(sorted(clusters))
                raise BadOperation(f"no cluster {transfer.target!r}; there are: {known}")


@dataclass(frozen=True)
class History:
    """What happened: every event, and the fleet at the end."""

    operation: Operation
    events: tuple[Event, ...]
    end: Observed
    standing: Standing
    ended: float
    # (time, cluster, serving nodes), at every change.
    serving: tuple[tuple[float, str, int], ...]
    # (node, from, to, phase) for every stay in a phase but serving, and unreachable ones.
    stays: tuple[tuple[str, float, float, str], ...]
    # Seconds from leaving production to being handed over, per hand-over.
    handoffs: tuple[float, ...]


class World:
    """One operation under way."""

    def __init__(self, operation: Operation, controller: Controller, rng: random.Random) -> None:
        self.operation, self.controller, self.rng = operation, controller, rng
        self.nodes = {node.name: node for node in operation.nodes}
        self.quotas = dict(operation.quotas)
        self.standing = Standing()
        self.wishes: dict[str, Wish] = {}
        self.lost: dict[str, int] = {}
        self.events: list[Event] = []
        self.serving: list[tuple[float, str, int]] = []
        self.stays: list[tuple[str, float, float, str]] = []
        self.handoffs: list[float] = []
        self.entered = dict.fromkeys(self.nodes, 0.0)
        self.agenda: list[tuple[float, int, object]] = []
        self.ticket = 0
        for disturbance in operation.disturbances:
            self._at(disturbance.at, disturbance)

    def run(self) -> History:
        """Go on until nothing is left to do or the horizon is reached."""
        now = 0.0
        self._reconcile(now)
        while self.agenda and self.agenda[0][0] <= self.operation.horizon:
            now = self.agenda[0][0]
            while self.agenda and self.agenda[0][0] == now:
                self._happen(heapq.heappop(self.agenda)[2], now)
            self._reconcile(now)
        for name, node in self.nodes.items():
            if node.phase is not Phase.SERVING:
                self.stays.append((name, self.entered[name], now, str(node.phase)))
        return History(
            self.operation,
            tuple(self.events),
            self._observed(),
            self.standing,
            now,
            tuple(self.serving),
            tuple(self.stays),
            tuple(self.handoffs),
        )

    def _at(self, when: float, what: object) -> None:
        self.ticket += 1
        heapq.heappush(self.agenda, (when, self.ticket, what))

    def _observed(self) -> Observed:
        return Observed(dict(self.nodes), dict(self.quotas))

    def _tell(self, now: float, subject: str, what: str) -> None:
        self.events.append(Event(now, subject, what))

    # What happens.

    def _happen(self, what: object, now: float) -> None:
        match what:
            case Drift(node=name, image=image):
                self.nodes[name] = replace(self.nodes[name], image=image)
                self._tell(now, name, f"drifted to {image}")
            case Breakage(node=name):
                self._enter(name, Phase.FAILED, now)
            case SwitchLoss(switch=switch, seconds=seconds):
                self._switch(switch, 1, now)
                self._at(now + seconds, ("back", switch))
            case ("back", str(switch)):
                self._switch(switch, -1, now)
            case ("done", str(name), Phase() as phase, float(since)):
                self._finish(name, phase, since, now)
            case _:
                pass

    def _switch(self, switch: str, change: int, now: float) -> None:
        self.lost[switch] = self.lost.get(switch, 0) + change
        gone = self.lost[switch] > 0
        self._tell(now, switch, "lost" if gone else "back")
        for name, node in self.nodes.items():
            if node.switch == switch:
                self.nodes[name] = replace(node, reachable=not gone)

    def _finish(self, name: str, phase: Phase, since: float, now: float) -> None:
        node = self.nodes[name]
        # A step that a breakage cut short must not end later.
        if node.phase is not phase or self.entered[name] != since:
            return
        new = self.operation.rollout.new
        if (
            phase is Phase.VALIDATING
            and node.image == new
            and self.rng.random() < self.operation.flaw
        ):
            self.standing = replace(self.standing, failures=self.standing.failures + 1)
            self._enter(name, Phase.FAILED, now)
            return
        if phase is Phase.REPAVING:
            self._paved(name)
        self._enter(name, AFTER[phase], now)

    def _paved(self, name: str) -> None:
        node, wish = self.nodes[name], self.wishes[name]
        if wish.cluster != node.cluster:
            move = next(one for one in self.operation.transfers if one.node == name)
            self.quotas[node.cluster] = self.quotas.get(node.cluster, 0) - node.gpus
            gained = node.gpus if move.copy_quota else 0
            self.quotas[wish.cluster] = self.quotas.get(wish.cluster, 0) + gained
        self.nodes[name] = replace(node, image=wish.image, cluster=wish.cluster)

    # What is done.

    def _reconcile(self, now: float) -> None:
        # A hand-over may finish a stage, and a new stage brings new actions: until all is still.
        while True:
            self._advance(now)
            wanted = wishes(
                self.operation.rollout, self.standing, self.nodes, self.operation.transfers
            )
            actions = self.controller(self._observed(), wanted, self.operation.goals)
            if not actions:
                break
            for action in actions:
                self._do(action, now)
        seen = self._observed()
        for cluster in sorted({node.cluster for node in self.nodes.values()}):
            self.serving.append((now, cluster, seen.serving(cluster)))

    def _advance(self, now: float) -> None:
        rollout = self.operation.rollout
        while (moved := advance(rollout, self.standing, self.nodes, now)) != self.standing:
            self.standing = moved
            self._tell(now, "rollout", _words(moved))
            if moved.stage is Stage.SOAK:
                self._at(now + rollout.soak_seconds, ("soaked",))

    def _do(self, action: Action, now: float) -> None:
        durations = self.operation.durations
        match action:
            case Drain(node=name):
                self.nodes[name] = replace(self.nodes[name], taken=now)
                self._work(name, Phase.DRAINING, self.rng.random() * durations.drain, now)
            case Repave(node=name, wish=wish):
                self.wishes[name] = wish
                self._work(name, Phase.REPAVING, durations.repave, now)
            case Validate(node=name):
                self._work(name, Phase.VALIDATING, durations.validate, now)
            case HandOver(node=name):
                taken = self.nodes[name].taken
                self.handoffs.append(now - (now if taken is None else taken))
                self._enter(name, Phase.SERVING, now)
                self.nodes[name] = replace(self.nodes[name], taken=None)
            case Repair(node=name):
                self._work(name, Phase.REPAIRING, durations.repair, now)
            case unknown:
                assert_never(unknown)

    def _work(self, name: str, phase: Phase, seconds: float, now: float) -> None:
        self._enter(name, phase, now)
        self._at(now + seconds, ("done", name, phase, now))

    def _enter(self, name: str, phase: Phase, now: float) -> None:
        node = self.nodes[name]
        if node.phase is not Phase.SERVING and now > self.entered[name]:
            self.stays.append((name, self.entered[name], now, str(node.phase)))
        taken = now if node.taken is None and phase is not Phase.SERVING else node.taken
        self.nodes[name] = replace(node, phase=phase, taken=taken)
        self.entered[name] = now
        self._tell(now, name, str(phase))


def operate(operation: Operation, controller: Controller, rng: random.Random) -> History:
    """Run one operation under one controller."""
    return World(operation, controller, rng).run()


def fleet_of(clusters: dict[str, int], image: str, per_switch: int = 8) -> tuple[Node, ...]:
    """Make equal nodes: so many per cluster, so many under each switch."""
    return tuple(
        Node(f"{cluster}-{place:03d}", cluster, image, f"{cluster}-ib{place // per_switch:02d}")
        for cluster, count in clusters.items()
        for place in range(count)
    )


def spread_transfers(
    nodes: Sequence[Node], source: str, target: str, count: int, *, copy_quota: bool
) -> tuple[Transfer, ...]:
    """Choose the last nodes of a cluster to go to another."""
    mine = sorted(node.name for node in nodes if node.cluster == source)
    if count > len(mine):
        raise BadOperation(f"{count} nodes asked of {source!r}, which has {len(mine)}")
    return tuple(Transfer(name, target, copy_quota) for name in mine[len(mine) - count :])


def _words(standing: Standing) -> str:
    return f"wave {standing.wave + 1}" if standing.stage is Stage.WAVE else str(standing.stage)
