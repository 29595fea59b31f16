"""Looking at study sessions. Anyone may import this."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from gpu_lab.study.errors import StudyNotFound
from gpu_lab.study.lessons import Part, find_lesson, part_of
from gpu_lab.study.model import StudyPhase, StudyRow, StudyState


class StudyReader:
    """Answers questions about study sessions; never changes them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def current(self) -> StudyState | None:
        """Give the session whose question is open now."""
        return self._newest(StudyPhase.ASKING)

    def saved(self, until: date) -> tuple[StudyState, ...]:
        """Give sessions saved for a day up to `until`, the oldest first."""
        wanted = (
            select(StudyRow)
            .where(StudyRow.phase == StudyPhase.SAVED, col(StudyRow.saved_for) <= until)
            .order_by(col(StudyRow.saved_for), col(StudyRow.started_at))
        )
        with Session(self._engine) as session:
            return tuple(state_of(row) for row in session.exec(wanted))

    def waiting(self) -> StudyState | None:
        """Give the newest session that was saved for later, whatever the day."""
        return self._newest(StudyPhase.SAVED)

    def finished_between(self, start: datetime, end: datetime) -> tuple[StudyState, ...]:
        """Give sessions finished in [start, end), aware datetimes."""
        wanted = select(StudyRow).where(StudyRow.phase == StudyPhase.FINISHED)
        with Session(self._engine) as session:
            states = [state_of(row) for row in session.exec(wanted)]
        return tuple(state for state in states if state.ended_at and start <= state.ended_at < end)

    def state(self, study_id: str) -> StudyState:
        """Give a session by id."""
        with Session(self._engine) as session:
            row = session.get(StudyRow, study_id)
            if row is None:
                raise StudyNotFound(study_id)
            return state_of(row)

    def part(self, study_id: str) -> Part | None:
        """Give the part whose question is open, None when all are answered."""
        with Session(self._engine) as session:
            row = session.get(StudyRow, study_id)
            if row is None:
                raise StudyNotFound(study_id)
            return open_part(row)

    def _newest(self, phase: StudyPhase) -> StudyState | None:
        wanted = select(StudyRow).where(StudyRow.phase == phase)
        with Session(self._engine) as session:
            row = session.exec(wanted.order_by(col(StudyRow.started_at).desc())).first()
            return state_of(row) if row else None


def state_of(row: StudyRow) -> StudyState:
    """Give a row as the value others may keep, with its open question drawn again."""
    lesson, part = find_lesson(row.topic), open_part(row)
    return StudyState(
        id=row.id,
        topic=row.topic,
        title=lesson.title,
        parts=len(lesson.parts),
        answered=len(row.answers),
        verdicts=tuple(answer["verdict"] for answer in row.answers),
        phase=StudyPhase(row.phase),
        saved_for=row.saved_for,
        started_at=datetime.fromisoformat(row.started_at),
        ended_at=datetime.fromisoformat(row.ended_at) if row.ended_at else None,
        teaches=part.teaches if part else None,
        asks=part.asks if part else None,
    )


def open_part(row: StudyRow) -> Part | None:
    """Draw the part that is to be answered next, the same one every time."""
    answered = len(row.answers)
    more = answered < len(find_lesson(row.topic).parts)
    return part_of(row.topic, answered, row.seed) if more else None
