"""Looking at reminders and a pause; never changing them. Anyone may import this."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from heartbeat.reminders import Reminder, ReminderState
from heartbeat.rows import PauseRow, ReminderRow


class ReminderReader:
    """Answers questions about reminders."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def pending(self) -> tuple[Reminder, ...]:
        """List the reminders that the person set, the next one first."""
        return tuple(reminder for reminder in self.to_say() if reminder.repeats is None)

    def to_say(self) -> tuple[Reminder, ...]:
        """List what is to be said, the next one first: also what is said once more."""
        wanted = select(ReminderRow).where(ReminderRow.state == ReminderState.SET.value)
        with Session(self._engine) as session:
            rows = session.exec(wanted.order_by(col(ReminderRow.at), col(ReminderRow.id)))
            return tuple(reminder_from(row) for row in rows)

    def due(self, now: datetime) -> tuple[Reminder, ...]:
        """List the set reminders whose moment has come."""
        return tuple(reminder for reminder in self.pending() if reminder.at <= now)

    def find(self, reminder_id: str) -> Reminder | None:
        """Give one reminder in whatever state, if there is one."""
        with Session(self._engine) as session:
            row = session.get(ReminderRow, reminder_id)
            return reminder_from(row) if row else None


def pause_until(session: Session) -> datetime | None:
    """Give the moment until which the person wants nothing unasked, if they named one."""
    row = session.get(PauseRow, 1)
    return row.until if row else None


def reminder_from(row: ReminderRow) -> Reminder:
    """Give a row as a value."""
    return Reminder(
        id=row.id,
        at=row.at.astimezone(UTC),
        text=row.text,
        task_id=row.task_id,
        state=ReminderState(row.state),
        times_put_off=row.times_put_off,
        repeats=row.repeats,
    )
