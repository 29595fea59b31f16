"""What a session is made of: turns, replies, tool uses. Values only, no reading and no judging."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from memory.errors import MemoryRefused


class TranscriptRefused(MemoryRefused):
    """This file cannot be read as a session."""


@dataclass(frozen=True)
class Place:
    """Where and when an event stands: its number from 1, its source line from 1."""

    number: int
    line: int
    at: datetime | None = None
    cwd: str = ""
    branch: str = ""


@dataclass(frozen=True)
class HumanTurn:
    """What the person said."""

    place: Place
    text: str
    speaker: str = "user"


@dataclass(frozen=True)
class Reply:
    """What the assistant (or the other side) said."""

    place: Place
    text: str
    speaker: str = "assistant"


class Step(StrEnum):
    """How far one entry of a plan is."""

    PENDING = "pending"
    ACTIVE = "in_progress"
    DONE = "completed"


@dataclass(frozen=True)
class Todo:
    """One entry of the plan that an agent keeps."""

    text: str
    step: Step


@dataclass(frozen=True)
class ToolUse:
    """One tool call with its paired result; `files` are paths that it wrote."""

    place: Place
    tool: str
    request: str = ""
    result: str = ""
    failed: bool = False
    answered: bool = True
    files: tuple[str, ...] = ()
    todos: tuple[Todo, ...] = ()


@dataclass(frozen=True)
class Compaction:
    """The context was cut here and went on from a summary."""

    place: Place
    text: str = ""


Event = HumanTurn | Reply | ToolUse | Compaction


@dataclass(frozen=True)
class Skipped:
    """What a reader passed over: lines that are not JSON, and kinds of event it does not know."""

    broken_lines: int = 0
    unknown_events: int = 0

    def said(self) -> str:
        """Word it for the page; empty when nothing was skipped."""
        parts = []
        if self.broken_lines:
            parts.append(f"{self.broken_lines} broken line{'s' * (self.broken_lines > 1)}")
        if self.unknown_events:
            parts.append(f"{self.unknown_events} unknown event{'s' * (self.unknown_events > 1)}")
        return " and ".join(parts)


@dataclass(frozen=True)
class Transcript:
    """A whole session in reading order."""

    dialect: str
    events: tuple[Event, ...]
    skipped: Skipped = Skipped()
    session: str = ""
    cwd: str = ""
    started: datetime | None = None
