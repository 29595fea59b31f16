"""A driver for a machine that is not here: any node of the catalogue with scripted load and faults.

It answers from a table that changes only when an event is due; events happen between looks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from gpu_lab.probe import calls as c
from gpu_lab.probe.driver import missing_for
from gpu_lab.probe.scripts import Age, Due, RaiseXid, Scenario, after
from gpu_lab.probe.simulated import healthy_node, node_answers
from gpu_lab.probe.values import Instant, Missing, Reading, Surroundings

Answer = TypeVar("Answer")

NOT_SUPPORTED = missing_for(3)
NOT_FOUND = missing_for(6)
TIMED_OUT = missing_for(10)
ABSENT = missing_for(13)
LOST = missing_for(15)

NEW_SYMBOLS = frozenset(
    call.symbol
    for call in (
        c.MEMORY,
        c.COMPUTE_PROCESSES,
        c.GRAPHICS_PROCESSES,
        c.MPS_PROCESSES,
        c.CLOCK_REASONS,
        c.FABRIC,
        c.TEMPERATURE,
        c.MARGIN,
        c.NUMA_NODE,
    )
)


class Simulator:
    """Answers for a simulated node; the clock that is given drives its script."""

    backend = "sim"
    binding = "simulated"

    def __init__(
        self, scenario: Scenario, surroundings: Surroundings, clock: Callable[[], Instant]
    ) -> None:
        self.surroundings = surroundings
        self._clock = clock
        self._begun_ns = clock().monotonic_ns
        self._now_ns = self._begun_ns
        self._coming = list(scenario.script)
        self._node = healthy_node(scenario.shape)
        self._events: list[tuple[str, int, int]] = []
        self._absent: frozenset[str] = frozenset()
        self._answers = node_answers(self._node)

    def instant(self) -> Instant:
        """Read the clock and let everything happen that is due by now."""
        now = self._clock()
        self._now_ns = now.monotonic_ns
        due = [one for one in self._coming if one.at_seconds <= self._elapsed]
        if due:
            self._coming = self._coming[len(due) :]
            for one in due:
                self._happen(one)
            self._answers = node_answers(self._node)
        return now

    def ask(self, call: c.Call[Answer], *arguments: c.Argument) -> Reading[Answer]:
        """Look the answer up."""
        symbol = call.symbol
        if symbol in self._absent:
            return ABSENT
        answer = self._answers.get((symbol, arguments), NOT_SUPPORTED)
        if answer is NOT_SUPPORTED:
            answer = self._unlisted(symbol, arguments)
        return cast("Reading[Answer]", answer)

    def close(self) -> None:
        """There is nothing to let go of."""

    @property
    def _elapsed(self) -> float:
        return (self._now_ns - self._begun_ns) / 1e9

    def _happen(self, due: Due) -> None:
        match due.event:
            case RaiseXid(gpu, code):
                self._events.append((str(gpu), c.EVENT_XID, code))
            case Age():
                self._absent = NEW_SYMBOLS
            case _:
                self._node = after(self._node, due.event)

    def _unlisted(self, symbol: str, arguments: tuple[c.Argument, ...]) -> c.Plain | Missing:
        if symbol == c.EVENT_WAIT.symbol:
            return self._events.pop(0) if self._events else TIMED_OUT
        gpu = self._gpu(arguments)
        if gpu is None:
            return NOT_FOUND
        if self._node[gpu].is_lost:
            return LOST
        if symbol == c.ENERGY.symbol:
            return int(self._node[gpu].watts * self._elapsed * 1000)
        return NOT_SUPPORTED

    def _gpu(self, arguments: tuple[c.Argument, ...]) -> int | None:
        if not arguments:
            return None
        place = int(str(arguments[0]).partition("/")[0])
        return place if place < len(self._node) else None
