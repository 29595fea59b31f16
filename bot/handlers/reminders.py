"""How reminders are set and called off."""

from __future__ import annotations

from bot.actions import CancelReminder, PutOffReminder, RestoreReminder, SetReminder
from bot.door import Job
from bot.outcomes import Done, ReminderFacts
from heartbeat.reminders import Reminder


def facts_of(reminder: Reminder) -> ReminderFacts:
    return ReminderFacts(reminder.id, reminder.at, reminder.text)


def set_reminder(action: SetReminder, job: Job) -> Done:
    reminder = job.writers.reminders.add(action.at, action.text)
    return Done(action, reminder.text, CancelReminder(reminder.id), facts_of(reminder))


def cancel(action: CancelReminder, job: Job) -> Done:
    reminder = job.writers.reminders.cancel(action.reminder_id)
    return Done(action, reminder.text, RestoreReminder(reminder.id), facts_of(reminder))


def restore(action: RestoreReminder, job: Job) -> Done:
    reminder = job.writers.reminders.restore(action.reminder_id)
    return Done(action, reminder.text, CancelReminder(reminder.id), facts_of(reminder))


def put_off(action: PutOffReminder, job: Job) -> Done:
    reminder = job.writers.reminders.put_off(action.reminder_id, action.at)
    return Done(action, reminder.text, CancelReminder(reminder.id), facts_of(reminder))
