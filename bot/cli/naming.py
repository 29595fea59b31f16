"""Finding the task, list or day that words on the command line name, and refusing what none has.

Two that fit are a question, never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NoReturn

from bot.conversation.words import shorten

if TYPE_CHECKING:
    from bot.app import App
    from tasks_sync import Task, TaskList
    from tasks_sync.conflicts import Conflict

SHORT_ID = 8
LEAST_ID = 6
MOST_SHOWN = 4


def refuse(message: str) -> NoReturn:
    """Raise a refusal: the thing, the value and the way out."""
    from tasks_sync import TaskRefused

    raise TaskRefused(message)


def find(touchbase: App, words: str, *, finished: bool = False) -> Task:
    """Find the one task that an id or words name, among the open ones first or the finished."""
    from bot.conversation.picking import bare, fitting

    if not words.strip():
        refuse("which task? Give its id or words of its title; `touchbase tasks list` shows them")
    tasks = touchbase.library.tasks.tasks()
    by_id = [task for task in tasks if fits_id(words, task.id)]
    if len(by_id) == 1:
        return by_id[0]
    for looked_at in (finished, not finished):
        named = fitting(bare(words), [task for task in tasks if task.is_open is not looked_at])
        if len(named) == 1:
            return named[0]
        if named:
            refuse(which(named))
    refuse(f"No task here looks like “{shorten(words)}”; `touchbase tasks list --all` shows them")


def find_list(touchbase: App, name: str) -> TaskList:
    """Find a list by its title, its id or the beginning of that."""
    lists = touchbase.library.tasks.lists()
    for fits in (
        lambda found: found.id == name,
        lambda found: found.title == name,
        lambda found: found.title.casefold() == name.strip().casefold(),
        lambda found: fits_id(name, found.id),
    ):
        named = [found for found in lists if fits(found)]
        if len(named) == 1:
            return named[0]
        if named:
            refuse(which(named))
    titles = ", ".join(repr(found.title) for found in lists)
    refuse(f"there is no list {shorten(name)!r}; there is: {titles}")


def find_conflict(conflicts: Sequence[Conflict], wanted: str) -> Conflict:
    """Find a conflict by the beginning of its id."""
    named = [each for each in conflicts if wanted and each.id.startswith(wanted)]
    if len(named) != 1:
        refuse(
            f"{shorten(wanted)!r} names {len(named)} conflicts; "
            "`touchbase tasks conflicts` shows them"
        )
    return named[0]


def read_day(touchbase: App, words: str | None) -> date | None:
    """Read a day; none or no words is no day."""
    from bot.conversation.dates import day_named

    if words is None or words.casefold() in ("none", ""):
        return None
    day = day_named(words, touchbase.assistant.local_now().date())
    if day is None:
        refuse(
            f"--due {shorten(words)!r} is no day; "
            "use YYYY-MM-DD, today, tomorrow, a weekday, or none"
        )
    return day


def fits_id(words: str, whole: str) -> bool:
    """Tell whether words are an id or enough of its beginning."""
    return words == whole or (len(words) >= LEAST_ID and whole.startswith(words))


def which(named: Sequence[Task] | Sequence[TaskList]) -> str:
    """Ask which of several, by what tells them apart: their ids."""
    titles = [f"“{shorten(each.title)}” ({each.id[:SHORT_ID]})" for each in named[:MOST_SHOWN]]
    more = f" (and {len(named) - MOST_SHOWN} more)" if len(named) > MOST_SHOWN else ""
    return f"which one: {' or '.join(titles)}{more}? Name it by the id in brackets."
