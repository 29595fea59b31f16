"""Changing reminders. Protected: only the door's handlers and the composition root import this."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from heartbeat.errors import ReminderEmpty, ReminderInThePast, ReminderNotFound, ReminderTooLong
from heartbeat.reads import reminder_from
from heartbeat.reminders import Reminder, ReminderState
from heartbeat.rows import ReminderRow

LONGEST_TEXT = 1000


class ReminderWriter:
    """Changes reminders, inside one transaction."""

    def __init__(
        self, session: Session, *, now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._session, self._now, self._new_id = session, now, new_id

    def add(self, at: datetime, text: str, task_id: str | None = None) -> Reminder:
        """Set a reminder for a moment to come.

        Raises ReminderInThePast, ReminderEmpty or ReminderTooLong.
        """
        now, words = self._now(), " ".join(text.split())
        if at <= now:
            raise ReminderInThePast(at)
        if not words:
            raise ReminderEmpty
        if len(words) > LONGEST_TEXT:
            raise ReminderTooLong
        row = ReminderRow(
            id=self._new_id(),
            at=at,
            text=words,
            task_id=task_id,
            state=ReminderState.SET.value,
            created_at=now,
        )
        self._session.add(row)
        return reminder_from(row)

    def cancel(self, reminder_id: str) -> Reminder:
        """Call off a reminder that is set. Raises ReminderNotFound."""
        return self._turn(reminder_id, ReminderState.SET, ReminderState.CANCELLED)

    def restore(self, reminder_id: str) -> Reminder:
        """Set a cancelled reminder again; if its moment has passed it is said late.

        Raises ReminderNotFound.
        """
        return self._turn(reminder_id, ReminderState.CANCELLED, ReminderState.SET)

    def mark_said(self, reminder_id: str) -> Reminder:
        """Note that a reminder was said, so that it rests. Raises ReminderNotFound."""
        return self._turn(reminder_id, ReminderState.SET, ReminderState.SAID)

    def _turn(self, reminder_id: str, before: ReminderState, after: ReminderState) -> Reminder:
        row = self._session.get(ReminderRow, reminder_id)
        if row is None or row.state != before:
            raise ReminderNotFound(reminder_id)
        row.state = after.value
        return reminder_from(row)
