"""The port to a driver: ask one call, get an answer or the reason why not. Three things fill it.

`nvml.open_nvml` is the machine's own driver, `simulator.Simulator` any machine of the catalogue,
`tape.Replay` what an earlier look recorded.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from gpu_lab.probe.calls import Argument, Call
from gpu_lab.probe.values import Instant, Missing, Reading, Reason, Surroundings

Answer = TypeVar("Answer")

SUCCESS = 0
REASON_OF_CODE: dict[int, Reason] = {
    1: Reason.UNINITIALIZED,
    2: Reason.INVALID_ARGUMENT,
    3: Reason.NOT_SUPPORTED,
    4: Reason.NO_PERMISSION,
    6: Reason.NOT_FOUND,
    9: Reason.UNINITIALIZED,
    10: Reason.TIMED_OUT,
    13: Reason.ABSENT_SYMBOL,
    15: Reason.LOST,
    16: Reason.RESET_REQUIRED,
    17: Reason.BLOCKED_BY_SYSTEM,
    18: Reason.VERSION_MISMATCH,
    25: Reason.VERSION_MISMATCH,
    27: Reason.NOT_READY,
}
_MISSING = {code: Missing(reason, code) for code, reason in REASON_OF_CODE.items()}


def missing_for(code: int) -> Missing:
    """Name the library's return code; an unlisted one is UNKNOWN and keeps its number."""
    known = _MISSING.get(code)
    return known if known is not None else Missing(Reason.UNKNOWN, code)


class Driver(Protocol):
    """What answers the probe's calls. Not bound to a thread; not for an event loop's thread."""

    @property
    def backend(self) -> str:
        """Name where the answers come from: nvml, sim or replay."""

    @property
    def binding(self) -> str:
        """Name the version of the binding that asks."""

    @property
    def surroundings(self) -> Surroundings:
        """Say in which process and environment the answers hold."""

    def instant(self) -> Instant:
        """Read the clocks that belong to the answers."""

    def ask(self, call: Call[Answer], *arguments: Argument) -> Reading[Answer]:
        """Call the library once; a refusal is a `Missing` with its reason, never an exception."""

    def close(self) -> None:
        """Let go of the library."""
