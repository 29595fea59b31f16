"""Deciding what the morning briefing holds, or that there is none. It words and sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from heartbeat.pressing import Pressing, by_pressure, slipped
from heartbeat.reminders import Reminder
from heartbeat.said import Quiet, SavedQuestion, UnfinishedStudy
from heartbeat.slots import Slot
from tasks_sync import Task

MOST_PRIORITIES = 3
MOST_REMINDERS = 5
MOST_LOG_LINES = 2
MOST_MISSED = 3
MOST_LINES = 12
SAVED_LINES = 4
"""Lines that a saved question takes: an empty one, where it comes from, itself, what to say."""


@dataclass(frozen=True)
class Morning:
    """What is known when the briefing is due.

    `reminders` are those set for today, `log` what the person wrote yesterday and left open,
    `missed` the slots that lapsed since the last briefing.
    """

    today: date
    open_tasks: Sequence[Task] = ()
    reminders: Sequence[Reminder] = ()
    done_yesterday: int = 0
    log: Sequence[str] = ()
    saved: SavedQuestion | None = None
    unfinished: UnfinishedStudy | None = None
    missed: Sequence[Slot] = ()


@dataclass(frozen=True)
class Briefing:
    """One screen for the morning; the counts say how much more there is than is shown."""

    day: date
    priorities: tuple[Pressing, ...]
    open_count: int
    due_count: int
    reminders: tuple[Reminder, ...] = ()
    reminder_count: int = 0
    done_yesterday: int = 0
    log: tuple[str, ...] = ()
    saved: SavedQuestion | None = None
    unfinished: UnfinishedStudy | None = None
    slipped: tuple[Pressing, ...] = ()
    missed: tuple[Slot, ...] = ()

    @property
    def more(self) -> int:
        """Count the open tasks that are not shown."""
        return self.open_count - len(self.priorities)


def brief(morning: Morning) -> Briefing | Quiet:
    """Choose what one screen of the morning holds: at most twelve lines, the day's first.

    A saved study question alone is worth a briefing; yesterday's counts and missed slots alone
    are not, because they ask nothing of the person.
    """
    ordered = by_pressure(morning.open_tasks, morning.today)
    if not (ordered or morning.reminders or morning.saved or morning.unfinished):
        return Quiet("nothing is open, saved or planned for today")
    whole = Briefing(
        day=morning.today,
        priorities=ordered[:MOST_PRIORITIES],
        open_count=len(ordered),
        due_count=sum(1 for one in ordered if one.task.due and one.task.due <= morning.today),
        reminders=tuple(sorted(morning.reminders, key=lambda one: (one.at, one.id))),
        reminder_count=len(morning.reminders),
        done_yesterday=morning.done_yesterday,
        log=tuple(morning.log[:MOST_LOG_LINES]),
        saved=morning.saved,
        unfinished=morning.unfinished,
        slipped=slipped(morning.open_tasks, morning.today),
        missed=tuple(morning.missed[:MOST_MISSED]),
    )
    return on_one_screen(whole)


def on_one_screen(briefing: Briefing) -> Briefing:
    """Leave out what does not fit: first yesterday's lines, then what was missed, then the rest.

    What slipped and what was missed take one line each, however many they are.
    """
    study = SAVED_LINES if briefing.saved else int(briefing.unfinished is not None)
    room = MOST_LINES - 1 - len(briefing.priorities) - int(briefing.more > 0) - study
    reminders = briefing.reminders[: min(room, MOST_REMINDERS)]
    room -= len(reminders)
    slipped_ones = briefing.slipped if room else ()
    room -= bool(slipped_ones)
    missed = briefing.missed if room else ()
    room -= bool(missed)
    return replace(
        briefing,
        reminders=reminders,
        slipped=slipped_ones,
        missed=missed,
        log=briefing.log[:room],
    )


def line_count(briefing: Briefing) -> int:
    """Count the lines that a briefing takes when each of its parts is worded in one."""
    study = SAVED_LINES if briefing.saved else int(briefing.unfinished is not None)
    parts = (briefing.more > 0, briefing.slipped, briefing.missed)
    listed = len(briefing.priorities) + len(briefing.reminders) + len(briefing.log)
    return 1 + listed + study + sum(1 for part in parts if part)
