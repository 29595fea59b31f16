"""Letters on their way out: taken to be carried, and what became of each. Writes none itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.conversation.speak import say_reminder, say_reminders
from bot.door import Door, Writers
from bot.library import Library
from bot.mailbox import Kind, Letter, LetterState
from heartbeat.checkins import NudgeRules, may_sound
from heartbeat.ledger import Lapsed, Sent, Suppressed, Unknown
from heartbeat.reminders import JOB_PREFIX, Reminder

MOST_REMINDERS_APART = 3


@dataclass(frozen=True)
class Outgoing:
    """The half of the channels' desk that letters go out over."""

    door: Door
    library: Library
    zone: ZoneInfo
    now: Callable[[], datetime]
    rules: NudgeRules

    def local_now(self) -> datetime:
        """Give the moment in the person's zone."""
        return self.now().astimezone(self.zone)

    def collect(self, channel: str) -> Sequence[Letter]:
        """Take the letters to carry now, each marked as on its way."""
        due: list[Letter] = []
        if not self.library.letters_wait(channel):
            return due

        def take(writers: Writers) -> None:
            for late in writers.mail.late(channel):
                self._end_slot(writers, late, Suppressed("nobody was there to read it in time"))
            self._freshen(writers, writers.mail.due(channel))
            due.extend(writers.mail.due(channel))
            for letter in due:
                writers.mail.sending(letter.number)

        self.door.write(take)
        return due

    def _freshen(self, writers: Writers, due: Sequence[Letter]) -> None:
        """Word reminders for the moment at which they go: by now late, and many of them in one.

        What may have arrived stays as it is, since it goes once more under its own mark.
        """
        found = [
            (each, reminder)
            for letter in due
            if letter.kind is Kind.REMINDER and not letter.perhaps_sent
            for each in writers.mail.carried_in(letter) or [letter]
            if (reminder := self._reminder_in(each))
        ]
        if len(found) > MOST_REMINDERS_APART:
            together = sorted((reminder for _, reminder in found), key=lambda each: each.at)
            reply = say_reminders(together, self.local_now())
            sounds = any(self._may_sound(reminder) for _, reminder in found)
            writers.mail.gather([each for each, _ in found], reply, sounds=sounds)
            return
        for each, reminder in found:
            line = writers.slots.line(*each.slot) if each.slot else None
            again = line is not None and line.repeated
            reply = say_reminder(reminder, self.local_now(), again=again)
            writers.mail.reword(each, reply, sounds=self._may_sound(reminder))

    def _reminder_in(self, letter: Letter) -> Reminder | None:
        """Find the reminder that a letter was said for."""
        job_id, _ = letter.slot or ("", "")
        return self.library.reminders.find(job_id.removeprefix(JOB_PREFIX))

    def _may_sound(self, reminder: Reminder) -> bool:
        return may_sound(reminder.at, self.rules, now=self.now(), timezone=self.zone)

    def delivered(self, letter: Letter, message_id: str) -> None:
        """Say that a letter arrived, under the id that the channel gave it."""

        def mark(writers: Writers) -> None:
            for each in (letter, *writers.mail.carried_in(letter)):
                writers.mail.sent(each.number, message_id)
                self._end_slot(writers, each, Sent(message_id))

        self.door.write(mark)

    def not_delivered(self, letter: Letter, *, after_seconds: float, reason: str) -> None:
        """Say that a letter certainly did not arrive; it is carried again later."""
        after = timedelta(seconds=after_seconds)
        self.door.write(
            lambda writers: writers.mail.again(letter.number, after=after, reason=reason)
        )

    def lost(self, letter: Letter, state: LetterState, reason: str) -> None:
        """End a letter as unknown, failed or dropped."""
        ending = Unknown(reason) if state is LetterState.UNKNOWN else Lapsed(reason)

        def mark(writers: Writers) -> None:
            for each in (letter, *writers.mail.carried_in(letter)):
                writers.mail.end(each.number, state, reason)
                self._end_slot(writers, each, ending)

        self.door.write(mark)

    def interrupted(self, channel: str) -> Sequence[Letter]:
        """List letters whose sending a crash cut off."""
        found: list[Letter] = []
        self.door.write(lambda writers: found.extend(writers.mail.interrupted(channel)))
        return found

    def _end_slot(
        self, writers: Writers, letter: Letter, ending: Sent | Suppressed | Lapsed | Unknown
    ) -> None:
        """End the slot that a letter was said for, if it was for one."""
        line = writers.slots.line(*letter.slot) if letter.slot else None
        if line is not None:
            writers.slots.end(line.slot, ending)
