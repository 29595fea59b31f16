"""What a review says. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from memory.segments import Gap, Grain
from memory.transcripts import Skipped


@dataclass(frozen=True)
class Quote:
    """Words of the session, trimmed but not changed, with the event and line they stand in."""

    text: str
    event: int
    line: int


class Status(StrEnum):
    """How a segment ended."""

    DONE = "done"
    BLOCKED = "blocked"
    OPEN = "open"
    ABANDONED = "abandoned"
    DEFERRED = "deferred"


class OutcomeKind(StrEnum):
    """What kind of result is left behind."""

    COMMIT = "commit"
    PULL_REQUEST = "pull request"
    TESTS = "tests"
    FILE = "file"


@dataclass(frozen=True)
class Outcome:
    """One result: a commit subject, a test tally, a file written."""

    kind: OutcomeKind
    text: str
    event: int
    line: int


@dataclass(frozen=True)
class Decision:
    """What was settled, and the question that it answers when one was asked."""

    quote: Quote
    about: Quote | None = None


@dataclass(frozen=True)
class Segment:
    """One topic of a session."""

    number: int
    title: Quote
    status: Status
    because: Quote
    summary: tuple[Quote, ...]
    outcomes: tuple[Outcome, ...]
    next_steps: tuple[Quote, ...]
    decisions: tuple[Decision, ...]
    open_questions: tuple[Quote, ...]
    first_event: int
    last_event: int
    started: datetime | None
    ended: datetime | None
    opened_by: Gap | None
    resumed_in: int | None = None


@dataclass(frozen=True)
class Review:
    """A whole session; `gaps` hold every score, so that another grain cuts at once."""

    dialect: str
    session: str
    cwd: str
    branch: str
    started: datetime | None
    ended: datetime | None
    event_count: int
    skipped: Skipped
    grain: Grain
    segments: tuple[Segment, ...]
    gaps: tuple[Gap, ...]
