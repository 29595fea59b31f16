"""A study session: `StudyState` is what others see, `StudyRow` what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlmodel import JSON, Column, Field, SQLModel


class StudyPhase(StrEnum):
    """Where a session stands."""

    ASKING = "asking"
    SAVED = "saved"
    FINISHED = "finished"
    STOPPED = "stopped"


@dataclass(frozen=True)
class StudyState:
    """A study session as seen from outside; `asks` is the open question, None at the end.

    `answered` counts the parts that were answered readably; `verdicts` holds one per part.
    """

    id: str
    topic: str
    title: str
    parts: int
    answered: int
    verdicts: tuple[str, ...]
    phase: StudyPhase
    saved_for: date | None
    started_at: datetime
    ended_at: datetime | None
    teaches: str | None
    asks: str | None


class StudyRow(SQLModel, table=True):
    """A study session as stored; moments are UTC text, since SQLite forgets zones."""

    __tablename__ = "study_session"

    id: str = Field(primary_key=True)
    topic: str
    seed: int
    answers: list[dict[str, str]] = Field(sa_column=Column(JSON, nullable=False))
    phase: str = Field(default=StudyPhase.ASKING, index=True)
    saved_for: date | None = None
    started_at: str
    ended_at: str | None = None
