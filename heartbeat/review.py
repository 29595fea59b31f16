"""Deciding what the end-of-day review holds, or that there is none. It words and sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from heartbeat.pressing import Pressing, by_pressure, due_by, slipped
from heartbeat.said import Quiet, SavedQuestion, UnfinishedStudy
from tasks_sync import Task

MOST_DONE = 5
MOST_LEFT = 5
MOST_SLIPPED = 3


@dataclass(frozen=True)
class Evening:
    """What is known when the review is due; `studied` names the topics of today's sessions."""

    today: date
    open_tasks: Sequence[Task] = ()
    done_today: Sequence[Task] = ()
    studied: Sequence[str] = ()
    saved: SavedQuestion | None = None
    unfinished: UnfinishedStudy | None = None
    notes_written: int = 0


@dataclass(frozen=True)
class Review:
    """The day in one screen: what was done, what is left, what to begin with tomorrow.

    `left` are tasks due by today that are still open, proposed for `tomorrow` and never moved
    unasked. `ask_about` have waited so long that the question is: keep, another day, or drop.
    """

    day: date
    tomorrow: date
    done: tuple[Task, ...]
    done_count: int
    left: tuple[Pressing, ...]
    left_count: int
    ask_about: tuple[Pressing, ...]
    first_tomorrow: Pressing | None
    open_count: int
    studied: tuple[str, ...] = ()
    saved: SavedQuestion | None = None
    unfinished: UnfinishedStudy | None = None
    notes_written: int = 0

    @property
    def planned_count(self) -> int:
        """Count what the day held: done, and due but still open ("4 of 7")."""
        return self.done_count + self.left_count


def review(evening: Evening) -> Review | Quiet:
    """Choose what the end of the day shows; a day with nothing done or due passes in silence."""
    left = due_by(evening.open_tasks, evening.today)
    happened = evening.done_today or evening.studied or evening.saved or evening.notes_written
    if not (left or happened or evening.unfinished):
        return Quiet("nothing was done, studied or due today")
    asked = slipped(evening.open_tasks, evening.today)[:MOST_SLIPPED]
    moving = tuple(one for one in left if one not in asked)
    tomorrow = evening.today + timedelta(days=1)
    return Review(
        day=evening.today,
        tomorrow=tomorrow,
        done=tuple(evening.done_today[:MOST_DONE]),
        done_count=len(evening.done_today),
        left=moving[:MOST_LEFT],
        left_count=len(left),
        ask_about=asked,
        first_tomorrow=first_of_tomorrow(evening.open_tasks, tomorrow),
        open_count=sum(1 for task in evening.open_tasks if task.is_open and not task.hidden),
        studied=tuple(dict.fromkeys(evening.studied)),
        saved=evening.saved,
        unfinished=evening.unfinished,
        notes_written=evening.notes_written,
    )


def first_of_tomorrow(open_tasks: Sequence[Task], tomorrow: date) -> Pressing | None:
    """Give the task that tomorrow would begin with if nothing changed."""
    return next(iter(by_pressure(open_tasks, tomorrow)), None)
