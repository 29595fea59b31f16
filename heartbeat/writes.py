"""Changing reminders and a pause.

Protected: only the door's handlers and the composition root import this.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from heartbeat.errors import ReminderEmpty, ReminderInThePast, ReminderNotFound, ReminderTooLong
from heartbeat.reads import pause_until, reminder_from
from heartbeat.reminders import ONCE_MORE_AFTER, Reminder, ReminderState
from heartbeat.rows import PauseRow, ReminderRow

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
        return self._keep(at, words, task_id)

    def put_off(self, reminder_id: str, at: datetime) -> Reminder:
        """Set what a reminder said for another moment.

        Raises ReminderNotFound or ReminderInThePast.
        """
        row = self._row(reminder_id)
        if at <= self._now():
            raise ReminderInThePast(at)
        return self._keep(at, row.text, row.task_id, times_put_off=row.times_put_off + 1)

    def once_more(self, reminder_id: str) -> Reminder:
        """Set what a reminder says a second time. Raises ReminderNotFound."""
        row = self._row(reminder_id)
        again = row.at + ONCE_MORE_AFTER
        return self._keep(
            again, row.text, row.task_id, times_put_off=row.times_put_off, repeats=row.id
        )

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
        row = self._row(reminder_id)
        if row.state != before:
            raise ReminderNotFound(reminder_id)
        row.state = after.value
        return reminder_from(row)

    def _row(self, reminder_id: str) -> ReminderRow:
        row = self._session.get(ReminderRow, reminder_id)
        if row is None:
            raise ReminderNotFound(reminder_id)
        return row

    def _keep(
        self,
        at: datetime,
        text: str,
        task_id: str | None,
        *,
        times_put_off: int = 0,
        repeats: str | None = None,
    ) -> Reminder:
        row = ReminderRow(
            id=self._new_id(),
            at=at,
            text=text,
            task_id=task_id,
            state=ReminderState.SET.value,
            created_at=self._now(),
            times_put_off=times_put_off,
            repeats=repeats,
        )
        self._session.add(row)
        return reminder_from(row)


class PauseWriter:
    """Changes until when nothing unasked is said, inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def set(self, until: datetime | None) -> datetime | None:
        """Pause until a moment, or end a pause; give what was set before."""
        before = pause_until(self._session)
        self._session.merge(PauseRow(id=1, until=until))
        return before
