"""Recording what a driver answered, and answering from a record: values, codes, order and time.

A tape is a text file: one line of JSON says where it was recorded, then one line for each call.
The same lines stand under `tape` in `lab probe --json`; both can be replayed.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, TypeAlias, TypeVar, cast

from gpu_lab.probe import calls as c
from gpu_lab.probe.driver import SUCCESS, Driver, missing_for
from gpu_lab.probe.errors import NotATape, TapeEnded
from gpu_lab.probe.values import Instant, Missing, Reading, Surroundings

Answer = TypeVar("Answer")
# What a line of JSON holds before it is checked.
Row: TypeAlias = dict[str, Any]

SCHEMA = "gpulab.tape/1"
_UNKNOWN_CODE = 999
# Python cannot sleep for a microsecond; waits are saved up until they are worth one sleep.
_SHORTEST_PAUSE_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Spoken:
    """One call on the tape: what was asked, the code and value that came back, how long it took."""

    symbol: str
    arguments: tuple[c.Argument, ...]
    code: int
    microseconds: float
    value: c.Plain

    @property
    def asked(self) -> str:
        """Write the question as C would."""
        return f"{self.symbol}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True, slots=True)
class Ticked:
    """The clocks as they were read between calls."""

    instant: Instant


Entry = Spoken | Ticked


@dataclass(frozen=True, slots=True)
class Tape:
    """A whole record."""

    backend: str
    binding: str
    surroundings: Surroundings
    entries: tuple[Entry, ...]


class Recorder:
    """A driver that passes every call on and hands what was said to `keep`."""

    def __init__(
        self, driver: Driver, keep: Callable[[Entry], None], monotonic_ns: Callable[[], int]
    ) -> None:
        self._driver = driver
        self._keep = keep
        self._monotonic_ns = monotonic_ns
        self.backend = driver.backend
        self.binding = driver.binding
        self.surroundings = driver.surroundings

    def instant(self) -> Instant:
        """Read the driver's clocks and record them."""
        now = self._driver.instant()
        self._keep(Ticked(now))
        return now

    def ask(self, call: c.Call[Answer], *arguments: c.Argument) -> Reading[Answer]:
        """Ask the driver and record question, answer and time."""
        begun = self._monotonic_ns()
        answer = self._driver.ask(call, *arguments)
        took = (self._monotonic_ns() - begun) / 1000
        if isinstance(answer, Missing):
            code = _UNKNOWN_CODE if answer.code is None else answer.code
            self._keep(Spoken(call.symbol, arguments, code, took, None))
        else:
            self._keep(Spoken(call.symbol, arguments, SUCCESS, took, cast("c.Plain", answer)))
        return answer

    def close(self) -> None:
        """Close the driver."""
        self._driver.close()


class Replay:
    """A driver that answers from a tape: for each call the recorded answers, in their order.

    `pause` is called with seconds so that a call takes as long as it took; None replays at once.
    Raises TapeEnded when asked more than was recorded.
    """

    backend = "replay"

    def __init__(self, tape: Tape, pause: Callable[[float], None] | None) -> None:
        self.binding = tape.binding
        self.surroundings = tape.surroundings
        self._pause = pause
        self._owed_seconds = 0.0
        self._ticks = deque(entry.instant for entry in tape.entries if isinstance(entry, Ticked))
        self._answers: dict[tuple[str, tuple[c.Argument, ...]], deque[Spoken]] = {}
        for entry in tape.entries:
            if isinstance(entry, Spoken):
                self._answers.setdefault((entry.symbol, entry.arguments), deque()).append(entry)

    def instant(self) -> Instant:
        """Give the clocks as they were."""
        if not self._ticks:
            raise TapeEnded("the clock")
        return self._ticks.popleft()

    def ask(self, call: c.Call[Answer], *arguments: c.Argument) -> Reading[Answer]:
        """Give the next recorded answer to this very question."""
        answers = self._answers.get((call.symbol, arguments))
        if not answers:
            raise TapeEnded(Spoken(call.symbol, arguments, SUCCESS, 0, None).asked)
        spoken = answers.popleft()
        self._take_time(spoken.microseconds / 1e6)
        if spoken.code != SUCCESS:
            return missing_for(spoken.code)
        return cast("Answer", spoken.value)

    def close(self) -> None:
        """There is nothing to let go of."""

    def _take_time(self, seconds: float) -> None:
        self._owed_seconds += seconds
        if self._pause is not None and self._owed_seconds >= _SHORTEST_PAUSE_SECONDS:
            self._pause(self._owed_seconds)
            self._owed_seconds = 0.0


def header_row(driver: Driver) -> dict[str, object]:
    """Give the head of a tape as JSON's values."""
    return {
        "schema": SCHEMA,
        "backend": driver.backend,
        "binding": driver.binding,
        "surroundings": asdict(driver.surroundings),
    }


def entry_row(entry: Entry) -> dict[str, object]:
    """Give an entry as JSON's values; without a value there is a code that says why."""
    match entry:
        case Ticked(Instant(wall, monotonic_ns)):
            return {"fn": "clock", "wall": wall.isoformat(), "mono_ns": monotonic_ns}
        case Spoken(symbol, arguments, code, microseconds, value):
            row: dict[str, object] = {"fn": symbol, "args": arguments, "rc": code}
            row["us"] = round(microseconds, 3)
            return row if code else {**row, "value": value}


def write_tape(file: IO[str], driver: Driver) -> Callable[[Entry], None]:
    """Write the header now and return what writes each further line as it comes."""
    file.write(json.dumps(header_row(driver)) + "\n")

    def keep(entry: Entry) -> None:
        file.write(json.dumps(entry_row(entry)) + "\n")

    return keep


def read_tape(path: Path) -> Tape:
    """Read a tape, or the tape inside a JSON snapshot. Raises NotATape."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise NotATape(str(path), str(unreadable)) from unreadable
    return parse_tape(text, str(path))


def parse_tape(text: str, where: str) -> Tape:
    """Read a tape's text; `where` names it in errors. Raises NotATape with the line."""
    try:
        head, rows = _head_and_rows(text)
        surroundings = Surroundings(**head["surroundings"])
        return Tape(head["backend"], head["binding"], surroundings, tuple(_entries(rows, where)))
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise NotATape(where, f"its head cannot be read ({wrong})") from wrong


def _entries(rows: Iterable[Row | str], where: str) -> Iterator[Entry]:
    for number, row in enumerate(rows, 1):
        try:
            yield _entry(json.loads(row) if isinstance(row, str) else row)
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            # The usual damage is a last line cut off when the recording was interrupted.
            raise NotATape(where, f"entry {number} cannot be read ({wrong})") from wrong


def _head_and_rows(text: str) -> tuple[Row, Iterable[Row | str]]:
    first, _, rest = text.partition("\n")
    if first.strip() == "{":
        whole = json.loads(text)
        return whole["recorded"], whole["tape"]
    head = json.loads(first)
    if head.get("schema") == SCHEMA:
        return head, [line for line in rest.splitlines() if line.strip()]
    return head["recorded"], head["tape"]


def _entry(row: Row) -> Entry:
    if row["fn"] == "clock":
        return Ticked(Instant(datetime.fromisoformat(row["wall"]), int(row["mono_ns"])))
    arguments = cast("tuple[c.Argument, ...]", _tupled(row["args"]))
    value = _tupled(row.get("value"))
    return Spoken(str(row["fn"]), arguments, int(row["rc"]), float(row["us"]), value)


def _tupled(value: Any) -> c.Plain:  # noqa: ANN401 -- what JSON holds
    if isinstance(value, list):
        return tuple(_tupled(part) for part in value)
    return cast("c.Plain", value)
