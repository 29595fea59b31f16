"""What a simulation came to: completion and wait times, use, queue over time. Pure arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gpu_lab.simulate.jobs import Floats
from gpu_lab.simulate.log import Result


@dataclass(frozen=True)
class Summary:
    """The figures of one run, times in seconds.

    Completion is end minus submission, waiting is completion minus the job's own duration (so
    restarts and pauses count as waiting). `utilisation` is GPU-seconds of work over the fleet's
    GPU-seconds from the first submission to the last end.
    """

    jobs: int
    finished: int
    mean_completion: float
    median_completion: float
    p99_completion: float
    mean_wait: float
    p99_wait: float
    makespan: float
    utilisation: float
    stops: int
    lost_seconds: float


@dataclass(frozen=True)
class QueueCurve:
    """The queue over time: at `seconds` (points,) so many jobs wait and GPUs are in use."""

    seconds: Floats
    waiting: Floats
    busy_gpus: Floats


def completions(result: Result) -> Floats:
    """Give the seconds from submission to end of every job that ended (ended jobs,)."""
    done = ~np.isnan(result.end)
    return (result.end - result.jobs.submit)[done]


def summary(result: Result) -> Summary:
    """Add a result up."""
    done = ~np.isnan(result.end)
    if not done.any():
        nothing = math.nan
        return Summary(
            len(result.jobs),
            0,
            nothing,
            nothing,
            nothing,
            nothing,
            nothing,
            nothing,
            0.0,
            int(result.stops.sum()),
            result.lost_seconds,
        )
    completion = completions(result)
    wait = completion - result.jobs.seconds[done]
    makespan = float(result.end[done].max() - result.jobs.submit.min())
    work = float((result.jobs.seconds * result.jobs.gpus)[done].sum())
    capacity = sum(node.gpus for node in result.nodes) * makespan
    return Summary(
        jobs=len(result.jobs),
        finished=int(done.sum()),
        mean_completion=float(completion.mean()),
        median_completion=float(np.median(completion)),
        p99_completion=float(np.percentile(completion, 99)),
        mean_wait=float(wait.mean()),
        p99_wait=float(np.percentile(wait, 99)),
        makespan=makespan,
        utilisation=work / capacity if capacity else 0.0,
        stops=int(result.stops.sum()),
        lost_seconds=result.lost_seconds,
    )


def queue_curve(result: Result, points: int = 500) -> QueueCurve:
    """Sample the queue and the GPUs in use at evenly spaced times.

    Read from first starts and ends: a stopped job counts as running until its end.
    """
    done = ~np.isnan(result.end)
    submit, gpus = result.jobs.submit[done], result.jobs.gpus[done]
    start, end = result.start[done], result.end[done]
    if not len(end):
        empty = np.zeros(0)
        return QueueCurve(empty, empty, empty)
    at = np.linspace(float(submit.min()), float(end.max()), points)
    arrived = np.searchsorted(np.sort(submit), at, "right")
    started = np.searchsorted(np.sort(start), at, "right")
    busy = _so_far(start, gpus, at) - _so_far(end, gpus, at)
    return QueueCurve(at, (arrived - started).astype(np.float64), busy)


def _so_far(times: Floats, gpus: np.ndarray[tuple[int], np.dtype[np.int64]], at: Floats) -> Floats:
    order = np.argsort(times, kind="stable")
    total = np.concatenate(([0], np.cumsum(gpus[order])))
    return total[np.searchsorted(times[order], at, "right")].astype(np.float64)
