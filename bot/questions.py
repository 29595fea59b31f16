"""Questions that wait for the person's yes or no; each is about one task and asked once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from bot.moments import Moment

GOOD_FOR = timedelta(hours=24)


class QuestionState(StrEnum):
    """Where a question stands."""

    OPEN = "open"
    YES = "yes"
    PART = "part"
    NO = "no"
    WITHDRAWN = "withdrawn"


class QuestionClosed(Exception):
    """That question was answered before, or is too old; nothing was changed."""


@dataclass(frozen=True)
class Question:
    """Is this task done, wholly or in part, by what `evidence` quotes?"""

    id: str
    task_id: str
    title: str
    whole: bool
    evidence: str
    asked_at: datetime


class QuestionRow(SQLModel, table=True):
    """A question as stored."""

    __tablename__ = "question"

    id: str = Field(primary_key=True)
    task_id: str = Field(index=True)
    title: str
    whole: bool
    evidence: str
    notes_before: str | None = None
    asked_at: datetime = Field(sa_type=Moment)
    state: str = Field(default=QuestionState.OPEN, index=True)


class Questions:
    """The questions, inside one transaction."""

    def __init__(
        self, session: Session, *, now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._session, self._now, self._new_id = session, now, new_id

    def ask(self, task_id: str, title: str, *, whole: bool, evidence: str) -> Question:
        """Open a question about a task; an older open one about it is withdrawn."""
        for older in self._session.exec(self._open().where(QuestionRow.task_id == task_id)):
            older.state = QuestionState.WITHDRAWN
        row = QuestionRow(
            id=self._new_id(),
            task_id=task_id,
            title=title,
            whole=whole,
            evidence=evidence,
            asked_at=self._now(),
        )
        self._session.add(row)
        return question_of(row)

    def close(self, question_id: str, state: QuestionState) -> Question:
        """Answer an open question. Raises QuestionClosed when it is not open or over a day old."""
        row = self._session.get(QuestionRow, question_id)
        if row is None or row.state != QuestionState.OPEN or row.asked_at < self._now() - GOOD_FOR:
            raise QuestionClosed
        row.state = state
        return question_of(row)

    def answer_of(self, question_id: str) -> tuple[Question, QuestionState]:
        """Give a question with how it was answered."""
        row = self._session.get(QuestionRow, question_id)
        if row is None:
            raise QuestionClosed
        return question_of(row), QuestionState(row.state)

    def reopen(self, question_id: str) -> Question:
        """Take an answer back; the day in which it can be answered starts again."""
        row = self._session.get(QuestionRow, question_id)
        if row is None:
            raise QuestionClosed
        row.state, row.asked_at = QuestionState.OPEN, self._now()
        return question_of(row)

    def keep_notes(self, question_id: str, notes: str) -> None:
        """Keep the task's notes as they were before progress was written into them."""
        self._session.get_one(QuestionRow, question_id).notes_before = notes

    def kept_notes(self, question_id: str) -> str:
        """Give those notes back."""
        return self._session.get_one(QuestionRow, question_id).notes_before or ""

    def open(self) -> list[Question]:
        """List open questions, the newest first."""
        wanted = self._open().where(col(QuestionRow.asked_at) >= self._now() - GOOD_FOR)
        ordered = wanted.order_by(col(QuestionRow.asked_at).desc(), col(QuestionRow.id).desc())
        return [question_of(row) for row in self._session.exec(ordered)]

    def asked_since(self, moment: datetime) -> frozenset[str]:
        """Name the tasks that were asked about since a moment, whatever was answered."""
        wanted = select(QuestionRow.task_id).where(col(QuestionRow.asked_at) >= moment)
        return frozenset(self._session.exec(wanted))

    @staticmethod
    def _open() -> SelectOfScalar[QuestionRow]:
        return select(QuestionRow).where(QuestionRow.state == QuestionState.OPEN)


def question_of(row: QuestionRow) -> Question:
    """Give a row as the value others may keep."""
    return Question(row.id, row.task_id, row.title, row.whole, row.evidence, row.asked_at)
