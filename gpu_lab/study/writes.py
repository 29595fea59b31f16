"""Changing study sessions. Protected: only the door's handlers may import this."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime

from sqlmodel import Session, col, select

from gpu_lab.study.errors import NothingToAnswer, StudyNotFound
from gpu_lab.study.grading import Grade, Verdict
from gpu_lab.study.lessons import find_lesson, part_of
from gpu_lab.study.model import StudyPhase, StudyRow, StudyState
from gpu_lab.study.reads import state_of


class StudyWriter:
    """Changes study sessions, inside one transaction; at most one question is open."""

    def __init__(
        self,
        session: Session,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        rng: random.Random,
    ) -> None:
        self._session, self._now, self._new_id, self._rng = session, now, new_id, rng

    def start(self, topic: str) -> StudyState:
        """Begin a session, or go on with the one on this topic that is open or was saved."""
        lesson = find_lesson(topic)
        row = self._unfinished(lesson.topic)
        if row is None:
            row = StudyRow(
                id=self._new_id(),
                topic=lesson.topic,
                seed=self._rng.randrange(2**31),
                answers=[],
                started_at=self._stamp(),
            )
            self._session.add(row)
        row.phase, row.saved_for = StudyPhase.ASKING, None
        return state_of(row)

    def answer(self, study_id: str, text: str) -> tuple[StudyState, Grade]:
        """Grade an answer; an unreadable one leaves the question open."""
        row = self._row(study_id)
        if row.phase != StudyPhase.ASKING:
            raise NothingToAnswer
        grade = part_of(row.topic, len(row.answers), row.seed).grade(text)
        if grade.verdict is not Verdict.UNREADABLE:
            # A new list: the column is JSON, and a change inside the old one would not be seen.
            row.answers = [*row.answers, {"text": text, "verdict": grade.verdict.value}]
        if len(row.answers) == len(find_lesson(row.topic).parts):
            row.phase, row.ended_at = StudyPhase.FINISHED, self._stamp()
        return state_of(row), grade

    def save(self, study_id: str, day: date) -> StudyState:
        """Keep the session's next question, or a fresh round when it is finished, for a day."""
        row = self._row(study_id)
        if row.phase == StudyPhase.FINISHED:
            row = self._next_round(row)
        row.phase, row.saved_for = StudyPhase.SAVED, day
        return state_of(row)

    def unsave(self, study_id: str) -> StudyState:
        """Take a saved question out of the plan; one without answers was only made for it."""
        row = self._row(study_id)
        row.phase = StudyPhase.ASKING if row.answers else StudyPhase.STOPPED
        row.saved_for = None
        return state_of(row)

    def stop(self, study_id: str) -> StudyState:
        """Leave a session unfinished."""
        row = self._row(study_id)
        row.phase = StudyPhase.STOPPED
        return state_of(row)

    def rewind(self, study_id: str, answered: int) -> StudyState:
        """Put a session back to how it stood after `answered` answers, its question open."""
        row = self._row(study_id)
        row.answers, row.phase, row.ended_at = row.answers[:answered], StudyPhase.ASKING, None
        return state_of(row)

    def _next_round(self, finished: StudyRow) -> StudyRow:
        row = StudyRow(
            id=self._new_id(),
            topic=finished.topic,
            seed=self._rng.randrange(2**31),
            answers=[],
            started_at=self._stamp(),
        )
        self._session.add(row)
        return row

    def _unfinished(self, topic: str) -> StudyRow | None:
        waiting = (StudyPhase.ASKING, StudyPhase.SAVED)
        wanted = select(StudyRow).where(StudyRow.topic == topic, col(StudyRow.phase).in_(waiting))
        return self._session.exec(wanted.order_by(col(StudyRow.started_at).desc())).first()

    def _row(self, study_id: str) -> StudyRow:
        row = self._session.get(StudyRow, study_id)
        if row is None:
            raise StudyNotFound(study_id)
        return row

    def _stamp(self) -> str:
        return self._now().astimezone(UTC).isoformat()
