"""The one interface of every policy: choose a place for a gang on a fleet, and change nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gpu_lab.fleet.state import FleetState, Placement
from gpu_lab.jobs import Job


@dataclass(frozen=True)
class NoPlace:
    """The gang fits nowhere right now; `reason` says what was missing."""

    job: str
    reason: str


class Policy(Protocol):
    """Something that chooses where a gang goes. The caller takes the placement, or does not."""

    @property
    def name(self) -> str:
        """Give the name by which people choose the policy."""

    def choose(self, job: Job, state: FleetState, rng: np.random.Generator) -> Placement | NoPlace:
        """Choose a place for the whole gang; `rng` is drawn from only by random policies."""
