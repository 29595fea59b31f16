"""What can be refused about reminders. Each class's docstring is what the person reads."""

from __future__ import annotations

from datetime import datetime


class ReminderRefused(Exception):
    """A reminder cannot be set or changed as asked."""


class ReminderInThePast(ReminderRefused):
    """That moment has passed; name one that is still to come."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"{at:%Y-%m-%d %H:%M} UTC has passed")
        self.at = at


class ReminderNotFound(ReminderRefused):
    """There is no such reminder any more."""

    def __init__(self, reminder_id: str) -> None:
        super().__init__(reminder_id)
        self.reminder_id = reminder_id


class ReminderEmpty(ReminderRefused):
    """A reminder needs a word about what to remind you of."""


class ReminderTooLong(ReminderRefused):
    """That is too long for a reminder; keep it as a note and be reminded of the note."""
