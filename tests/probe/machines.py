"""Simulated machines with a clock that the test turns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from gpu_lab.probe import Instant, Probe, Simulator, Surroundings, parse_scenario

BARE = Surroundings(
    boot_id="boot",
    ram_bytes=None,
    pid=77,
    pid_namespace="4026531836",
    in_container=False,
    cuda_library_loaded=False,
    visible_devices=None,
    nvidia_visible_devices=None,
    device_order=None,
)


@dataclass
class Clock:
    """A clock that stands still until it is turned."""

    seconds: float = 0.0

    def __call__(self) -> Instant:
        wall = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(seconds=self.seconds)
        return Instant(wall, int(self.seconds * 1e9))


def simulator(text: str, clock: Clock | None = None, **surroundings: object) -> Simulator:
    around = replace(BARE, **surroundings)
    return Simulator(parse_scenario(text), around, clock or Clock())


def simulated(text: str, clock: Clock | None = None, **surroundings: object) -> Probe:
    return Probe(simulator(text, clock, **surroundings))
