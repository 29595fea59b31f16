"""Small facts that more than one kind of message carries. Only values; nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Quiet:
    """Nothing is said, and why not."""

    because: str


@dataclass(frozen=True)
class SavedQuestion:
    """A study question that the person kept for a day's briefing."""

    study_id: str
    topic: str
    question: str
    saved_on: date


@dataclass(frozen=True)
class UnfinishedStudy:
    """A study session that was left before its end."""

    study_id: str
    topic: str
    answered: int
    parts: int
    left_on: date
