"""What a reminder is, and which are due. Nothing here stores or says one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from heartbeat.slots import Once, Purpose, Slot

JOB_PREFIX = "reminder:"
ONCE_MORE_AFTER = timedelta(minutes=30)


class ReminderState(StrEnum):
    """How a reminder stands."""

    SET = "set"
    CANCELLED = "cancelled"
    SAID = "said"


@dataclass(frozen=True)
class Reminder:
    """Something to say at a moment that the person named, quiet hours or not.

    `repeats` is the id of the reminder that it says once more, unless the person came by.
    """

    id: str
    at: datetime
    text: str
    task_id: str | None
    state: ReminderState
    times_put_off: int = 0
    repeats: str | None = None


@dataclass(frozen=True)
class DueReminder:
    """A reminder whose moment has come, and how late it is."""

    reminder: Reminder
    late_by: timedelta
    possible_repeat: bool = False


def jobs_of(reminders: Iterable[Reminder]) -> tuple[Once, ...]:
    """Make one job per reminder that is set; another moment makes another slot."""
    return tuple(
        Once(JOB_PREFIX + reminder.id, Purpose.REMINDER, reminder.at)
        for reminder in reminders
        if reminder.state is ReminderState.SET
    )


def reminder_id(slot: Slot) -> str | None:
    """Give the reminder that a slot is about."""
    return slot.job_id.removeprefix(JOB_PREFIX) if slot.purpose is Purpose.REMINDER else None


def due_reminders(reminders: Iterable[Reminder], now: datetime) -> tuple[DueReminder, ...]:
    """List the reminders whose moment has come, the oldest first, however late."""
    due = (
        DueReminder(reminder, now - reminder.at)
        for reminder in reminders
        if reminder.state is ReminderState.SET and reminder.at <= now
    )
    return tuple(sorted(due, key=lambda one: (one.reminder.at, one.reminder.id)))
