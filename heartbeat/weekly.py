"""Deciding what the look back at the week holds, or that there is none. It sends nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from heartbeat.said import Quiet
from tasks_sync import Task

MOST_ASKED = 5


@dataclass(frozen=True)
class PutAside:
    """A task that was put aside because nobody touched it; `key` takes that back."""

    key: str
    title: str


@dataclass(frozen=True)
class Week:
    """What is known when the look back is due; `done` counts what was ticked off by local date.

    `someday` are the tasks that were put aside earlier, `is_away` whether the person has been
    silent for so long that nothing but this comes.
    """

    today: date
    done: Mapping[date, int]
    put_aside: Sequence[PutAside] = ()
    someday: Sequence[Task] = ()
    open_count: int = 0
    is_away: bool = False


@dataclass(frozen=True)
class LookBack:
    """The week in one screen: what was done when, what was put aside, what of old is still wanted.

    What was put aside is always told, since it was done unasked.
    """

    done: tuple[tuple[date, int], ...]
    put_aside: tuple[PutAside, ...]
    ask_about: tuple[Task, ...]

    @property
    def done_count(self) -> int:
        """Count what the week brought."""
        return sum(count for _, count in self.done)


@dataclass(frozen=True)
class StillHere:
    """One line for somebody who has not written for days."""

    open_count: int


Weekly: TypeAlias = LookBack | StillHere


def look_back(week: Week) -> Weekly | Quiet:
    """Choose what the end of the week shows; a week that left nothing passes in silence."""
    if week.is_away and not week.put_aside:
        return StillHere(week.open_count) if week.open_count else Quiet("no task is open")
    room = max(0, MOST_ASKED - len(week.put_aside))
    asked = tuple(in_turn(week.someday, week.today)[:room])
    if not (week.done or week.put_aside or asked):
        return Quiet("nothing was done this week and nothing is put aside")
    return LookBack(tuple(sorted(week.done.items())), tuple(week.put_aside), asked)


def in_turn(someday: Sequence[Task], today: date) -> list[Task]:
    """Order what was put aside so that each week begins where the last one left off."""
    if not someday:
        return []
    ordered = sorted(someday, key=lambda task: (task.created_at, task.id))
    start = today.toordinal() // 7 * MOST_ASKED % len(ordered)
    return [*ordered[start:], *ordered[:start]]
