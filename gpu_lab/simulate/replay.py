"""Running a simulation: compiled where the rules allow it, in plain Python where they do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gpu_lab.placement import bitmaps
from gpu_lab.simulate import kernels, room_kernels
from gpu_lab.simulate.engine import Engine
from gpu_lab.simulate.jobs import Jobs
from gpu_lab.simulate.log import Result
from gpu_lab.simulate.room import Node, check_possible
from gpu_lab.simulate.rules import Backfill, Disruption, Fit, Order, Rules

COMPILED = {
    Backfill.NONE: kernels.NONE,
    Backfill.SKIP: kernels.SKIP,
    Backfill.EASY: kernels.EASY,
}
FITS = {Fit.BEST: room_kernels.BEST, Fit.FIRST: room_kernels.FIRST, Fit.WORST: room_kernels.WORST}


def simulate(
    jobs: Jobs,
    nodes: Sequence[Node],
    rules: Rules,
    disruptions: Sequence[Disruption] = (),
    *,
    compiled: bool | None = None,
) -> Result:
    """Run `jobs` on `nodes`.

    `compiled` None chooses: compiled runs give the same starts and ends, but no log. Raises
    `ImpossibleJob` when a job would never fit, whatever else ran.
    """
    able = can_compile(jobs, nodes, rules, disruptions)
    if able if compiled is None else compiled:
        return _compiled(jobs, tuple(nodes), rules)
    return Engine(jobs, nodes, rules, disruptions).run()


def can_compile(
    jobs: Jobs, nodes: Sequence[Node], rules: Rules, disruptions: Sequence[Disruption]
) -> bool:
    """Say whether the kernels know all that this run needs."""
    plain = (
        rules.order is Order.DOMINANT
        or rules.preempts
        or rules.quotas is not None
        or rules.migration_seconds is not None
    )
    uniform = len(set(nodes)) == 1 and nodes[0].gpus > 0
    asks = bool((jobs.kind >= 0).any() or jobs.cpus.any() or (jobs.gpus == 0).any())
    return not (plain or disruptions or asks) and uniform and rules.backfill in COMPILED


def _compiled(jobs: Jobs, nodes: tuple[Node, ...], rules: Rules) -> Result:
    capacity = nodes[0].gpus
    for number in (int(np.argmax(jobs.gpus)),) if len(jobs) else ():
        check_possible(nodes, jobs.row(number))
    start, end = np.full(len(jobs), np.nan), np.full(len(jobs), np.nan)
    kernels.simulate(
        jobs.submit,
        jobs.seconds,
        jobs.estimate,
        jobs.gpus,
        kernels.queue_of(jobs.gpus, ranking(jobs, rules.order)),
        room_kernels.room_of(len(nodes), capacity, FITS[rules.fit], bitmaps.layout(len(nodes))),
        room_kernels.held_of(jobs.gpus, capacity),
        COMPILED[rules.backfill],
        start,
        end,
    )
    return Result(jobs, nodes, start, end, np.zeros(len(jobs), np.int64), 0.0, None)


def ranking(jobs: Jobs, order: Order) -> npt.NDArray[np.intp]:
    """List the jobs as the queue ranks them: priority, then the order's key, then number."""
    key = jobs.seconds if order is Order.SHORTEST else jobs.submit
    return np.lexsort((np.arange(len(jobs)), key, -jobs.priority))
