"""What each curve shows, in words: the title of its card and of its page. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gpu_lab.placement.protocol.replay import Curves
from gpu_lab.simulate.report import QueueCurve

Floats = NDArray[np.float64]
HOUR = 3600.0
DEMAND = "GPU demand that arrived, % of the fleet"


def allocation_finding(workload: str, curves: Mapping[str, Curves]) -> str:
    """Name the policy that fills most at the end, and how far the worst stays behind."""
    finals = {name: curve.allocation[-1] for name, curve in curves.items()}
    best = max(finals, key=lambda name: finals[name])
    finding = f"{best} fills {finals[best]:.1f} % of the GPUs of {workload}"
    if len(finals) > 1:
        worst = min(finals, key=lambda name: finals[name])
        finding += f",\n{finals[best] - finals[worst]:.1f} points more than {worst}"
    return finding


def fragmentation_finding(workload: str, curves: Mapping[str, Curves]) -> str:
    """Name the policy with the fewest fragments at 90 % demand."""
    at = {name: curve.fragmentation[90] for name, curve in curves.items()}
    least = min(at, key=lambda name: at[name])
    finding = f"At 90 % demand {at[least]:.0f} % of what is idle\nis fragments under {least}"
    return f"{finding} ({workload})"


def queue_finding(curve: QueueCurve, gpus: int) -> str:
    """Say how long the queue grew and how much of the fleet was in use."""
    longest = int(curve.waiting.max()) if len(curve.waiting) else 0
    busy = float(curve.busy_gpus.mean()) / gpus * 100 if len(curve.busy_gpus) else 0.0
    return f"{longest:,} jobs wait at the worst;\n{busy:.0f} % of the GPUs are in use"


def completion_finding(seconds: Mapping[str, Floats]) -> str:
    """Name the run whose jobs are done soonest on average, and how far the last is behind."""
    means = {name: float(np.mean(values)) for name, values in seconds.items()}
    best = min(means, key=lambda name: means[name])
    finding = f"{best}: {means[best] / HOUR:.1f} h to completion on average"
    if len(means) > 1:
        worst = max(means, key=lambda name: means[name])
        finding += f",\n{means[worst] / max(means[best], 1e-9):.1f} times less than {worst}"
    return finding


def done_by(seconds: Floats) -> tuple[Floats, Floats]:
    """Give completion times in hours, sorted, and the percentage of jobs done by then."""
    hours = np.sort(seconds) / HOUR
    return np.maximum(hours, 1e-3), np.arange(1, len(hours) + 1) / len(hours) * 100
