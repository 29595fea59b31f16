"""Which open tasks press, and why. Nothing here reads a list or says anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

from tasks_sync import Task

SOON = timedelta(days=2)
SLIPPED_AFTER = timedelta(days=3)
"""A task this long past its day is not shown again without asking what should become of it."""

UNTOUCHED_FOR = timedelta(days=14)
"""So long past its day and as long unchanged, a task is put aside."""
MOST_PUT_ASIDE = 5


@dataclass(frozen=True)
class DueToday:
    """Its day is today."""


@dataclass(frozen=True)
class WaitingSince:
    """Its day has passed; it has been waiting since then."""

    day: date


@dataclass(frozen=True)
class DueSoon:
    """Its day is near."""

    day: date


@dataclass(frozen=True)
class NextUp:
    """It has no day, or a distant one; it stands near the top of the person's own order."""


Reason: TypeAlias = DueToday | WaitingSince | DueSoon | NextUp


@dataclass(frozen=True)
class Pressing:
    """A task and why it is brought up."""

    task: Task
    reason: Reason


def by_pressure(open_tasks: Iterable[Task], today: date) -> tuple[Pressing, ...]:
    """Order open tasks: today's first, then those waiting (newest first), soon ones, the rest.

    What waits longest comes last among the waiting, because a wall of old things hides the day.
    """
    shown = (task for task in open_tasks if task.is_open and not task.hidden)
    return tuple(sorted((Pressing(task, reason_for(task, today)) for task in shown), key=pressure))


def reason_for(task: Task, today: date) -> Reason:
    """Say why an open task would be brought up on a day."""
    if task.due is None or task.due > today + SOON:
        return NextUp()
    if task.due == today:
        return DueToday()
    return WaitingSince(task.due) if task.due < today else DueSoon(task.due)


def pressure(one: Pressing) -> tuple[int, int, str, str]:
    """Give the sorting key of a pressing task; ties fall to the person's own order."""
    place = (one.task.position, one.task.id)
    match one.reason:
        case DueToday():
            return (0, 0, *place)
        case WaitingSince(day=day):
            return (1, -day.toordinal(), *place)
        case DueSoon(day=day):
            return (2, day.toordinal(), *place)
        case NextUp():
            return (3, one.task.due.toordinal() if one.task.due else date.max.toordinal(), *place)


def due_by(open_tasks: Iterable[Task], today: date) -> tuple[Pressing, ...]:
    """List what is due by today, in order of pressure."""
    return tuple(
        one
        for one in by_pressure(open_tasks, today)
        if isinstance(one.reason, DueToday | WaitingSince)
    )


def slipped(open_tasks: Iterable[Task], today: date) -> tuple[Pressing, ...]:
    """List the tasks whose day passed so long ago that the person should be asked about them."""
    return tuple(
        one
        for one in due_by(open_tasks, today)
        if isinstance(one.reason, WaitingSince) and today - one.reason.day >= SLIPPED_AFTER
    )


def untouched(open_tasks: Sequence[Task], now: datetime, today: date) -> tuple[Task, ...]:
    """List the tasks to put aside, the longest waiting first and no more than one can take in.

    A subtask stays with its parent, and a parent where one of its subtasks was touched.
    """
    alive = {task.parent_id for task in open_tasks if now - task.updated_at < UNTOUCHED_FOR}
    found = [
        one
        for one in slipped(open_tasks, today)
        if is_untouched(one.task, now, today) and one.task.id not in alive
    ]
    return tuple(one.task for one in found[::-1][:MOST_PUT_ASIDE])


def is_untouched(task: Task, now: datetime, today: date) -> bool:
    """Tell whether a task's day and its last change are both long gone, and it may be moved."""
    if task.assigned or task.parent_id or task.due is None:
        return False
    return today - task.due >= UNTOUCHED_FOR and now - task.updated_at >= UNTOUCHED_FOR
