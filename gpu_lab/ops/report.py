"""What an operation came to: when it was done, what it cost in serving nodes, how fast nodes came
back. Pure arithmetic over a history."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gpu_lab.ops.rollout import Stage, wishes
from gpu_lab.ops.world import History


@dataclass(frozen=True, slots=True)
class Span:
    """A bar of a Gantt chart: its row, from and to in seconds, and what it shows."""

    row: str
    begin: float
    end: float
    what: str


@dataclass(frozen=True)
class Outcome:
    """The figures of one operation, times in seconds.

    `converged` says whether the rollout ended and every node serves as wished. `fewest_serving`
    is the lowest count per cluster, `short_node_seconds` adds up by how many nodes, for how
    long, a cluster was under its objective. `handoff_*` is the time from leaving production to
    being handed over.
    """

    stage: Stage
    converged: bool
    seconds: float
    fewest_serving: dict[str, int]
    short_node_seconds: float
    handoffs: int
    handoff_mean: float
    handoff_longest: float
    quotas: dict[str, int]


def outcome(history: History) -> Outcome:
    """Add a history up."""
    operation = history.operation
    wanted = wishes(operation.rollout, history.standing, history.end.nodes, operation.transfers)
    finished = history.standing.stage in (Stage.DONE, Stage.ABORTED)
    converged = finished and all(
        node.serves and (node.image, node.cluster) == (wanted[name].image, wanted[name].cluster)
        for name, node in history.end.nodes.items()
    )
    fewest: dict[str, int] = {}
    for _, cluster, serving in history.serving:
        fewest[cluster] = min(fewest.get(cluster, serving), serving)
    handoffs = history.handoffs
    return Outcome(
        stage=history.standing.stage,
        converged=converged,
        seconds=history.ended,
        fewest_serving=fewest,
        short_node_seconds=_short(history),
        handoffs=len(handoffs),
        handoff_mean=sum(handoffs) / len(handoffs) if handoffs else math.nan,
        handoff_longest=max(handoffs, default=math.nan),
        quotas=dict(history.end.quotas),
    )


def _short(history: History) -> float:
    total = 0.0
    last: dict[str, tuple[float, int]] = {}
    for at, cluster, serving in (*history.serving, *_closing(history)):
        if cluster in last:
            since, count = last[cluster]
            goal = history.operation.goals.serving.get(cluster, 0)
            total += max(goal - count, 0) * (at - since)
        last[cluster] = (at, serving)
    return total


def _closing(history: History) -> list[tuple[float, str, int]]:
    clusters = {node.cluster for node in history.end.nodes.values()}
    return [(history.ended, cluster, history.end.serving(cluster)) for cluster in clusters]


def gantt(history: History) -> tuple[str, list[Span]]:
    """Give the finding in words and every node's stays out of production as bars."""
    found = outcome(history)
    hours = found.seconds / 3600.0
    state = "all as wished" if found.converged else "not all as wished"
    spans = [Span(name, begin, end, _bar(phase)) for name, begin, end, phase in history.stays]
    spans.sort(key=lambda span: span.row)
    return (
        f"Rollout {found.stage}: {state} after {hours:.0f} h,\n{found.handoffs} hand-overs",
        spans,
    )


def _bar(phase: str) -> str:
    # Moments of waiting between two steps are drawn with the step before them.
    return {"drained": "draining", "repaved": "repaving", "validated": "validating"}.get(
        phase, phase
    )
