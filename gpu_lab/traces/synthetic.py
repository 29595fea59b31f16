"""Making jobs like Philly's, as many as wanted: sizes, durations, hours and tenants are fitted.

The figures below are read off the 82,247 published jobs of 2017; no job is copied.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_lab.simulate.jobs import Floats, Ints, Jobs

SIZES = (1, 2, 4, 8, 12, 16, 24, 32, 64, 128)
SIZE_SHARES = (
    0.93167, 0.0221, 0.02274, 0.01998, 0.00009, 0.00242, 0.00009, 0.00081, 0.00007, 0.00003,
)  # fmt: skip
# Percentiles of the duration in seconds, by size: up to 1, 4, 8 and more GPUs.
PERCENTILES = (0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 100)
SIZE_CLASSES = (1, 4, 8)
DURATIONS = (
    (1, 30, 52, 62, 122, 1117, 2716, 8512, 19137, 135399, 865709, 3256045),
    (2, 6, 11, 15, 21, 367, 45388, 166120, 233082, 747317, 2171244, 2750674),
    (1, 33, 125, 216, 1876, 23683, 173248, 351982, 525618, 1060498, 2656479, 4628226),
    (1, 4, 35, 72, 566, 21137, 104218, 247972, 443240, 922629, 1612502, 1710643),
)
# Share of the submissions in each hour of the day, and of each of the eleven larger tenants.
HOURS = (
    0.0531, 0.041, 0.0466, 0.046, 0.0292, 0.048, 0.0697, 0.087, 0.0462, 0.0419, 0.0427, 0.0362,
    0.0312, 0.0294, 0.0266, 0.027, 0.0367, 0.0278, 0.0334, 0.0303, 0.0423, 0.0382, 0.0472, 0.0421,
)  # fmt: skip
TENANTS = (0.5012, 0.1956, 0.121, 0.0903, 0.0235, 0.0184, 0.0174, 0.0138, 0.0088, 0.0051, 0.0045)
DAY = 86_400.0


class BadRequest(Exception):
    """A trace that cannot be made: {problem}."""


@dataclass(frozen=True)
class Wanted:
    """How many jobs, for a fleet of how many GPUs, offered at which load (1: just all of it)."""

    jobs: int
    gpus: int
    load: float = 0.9


def generate(wanted: Wanted, rng: np.random.Generator) -> Jobs:
    """Draw jobs in order of submission; no job is larger than the fleet.

    The span is chosen so that the GPU-seconds asked for are `load` of what the fleet has.
    Raises `BadRequest`.
    """
    if wanted.jobs < 1 or wanted.gpus < 1 or not 0 < wanted.load <= 10:
        asked = f"{wanted.jobs} jobs, {wanted.gpus} GPUs, load {wanted.load:g}"
        raise BadRequest(f"{asked}; jobs and GPUs from 1, load over 0 and at most 10")
    gpus = _sizes(wanted, rng)
    seconds = _durations(gpus, rng)
    span = float((gpus * seconds).sum()) / (wanted.gpus * wanted.load)
    submit = np.sort(_instants(rng.random(wanted.jobs), span))
    shares = np.array(TENANTS) / sum(TENANTS)
    tenants = tuple(f"team-{place:02d}" for place in range(len(TENANTS)))
    nothing = np.zeros(wanted.jobs, np.int64)
    return Jobs(
        submit=submit,
        seconds=seconds,
        estimate=seconds,
        gpus=gpus,
        cpus=nothing,
        priority=nothing,
        tenant=rng.choice(len(TENANTS), wanted.jobs, p=shares).astype(np.int64),
        kind=nothing - 1,
        tenants=tenants,
        kinds=(),
    )


def _sizes(wanted: Wanted, rng: np.random.Generator) -> Ints:
    sizes = np.array([size for size in SIZES if size <= wanted.gpus])
    shares = np.array(SIZE_SHARES[: len(sizes)])
    return rng.choice(sizes, wanted.jobs, p=shares / shares.sum()).astype(np.int64)


def _durations(gpus: Ints, rng: np.random.Generator) -> Floats:
    # Between two percentiles the logarithm of the duration grows evenly.
    draws = rng.random(len(gpus)) * 100.0
    seconds = np.empty(len(gpus))
    kind = np.searchsorted(SIZE_CLASSES, gpus)
    for place, percentiles in enumerate(DURATIONS):
        mine = kind == place
        seconds[mine] = np.exp(np.interp(draws[mine], PERCENTILES, np.log(percentiles)))
    return np.maximum(np.round(seconds), 1.0)


def _instants(draws: Floats, span: float) -> Floats:
    # A draw is a share of all submissions: whole days first, then the hour within the day.
    days = max(span / DAY, 1e-9)
    day, within = np.divmod(draws * days, 1.0)
    ladder = np.concatenate(([0.0], np.cumsum(HOURS) / sum(HOURS)))
    seconds = np.interp(within, ladder, np.arange(25) * 3600.0)
    instants: Floats = np.minimum(day * DAY + seconds, span)
    return instants
