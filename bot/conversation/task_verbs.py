"""The verbs of tasks: add, done, reopen, delete, move, rename, describe, show."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

from bot.actions import (
    Action,
    AddTask,
    CompleteTask,
    DeleteTask,
    EditTask,
    PlaceTask,
    PutAside,
    ReopenTask,
    Together,
)
from bot.conversation.dates import day_named, split_due
from bot.conversation.list_verbs import list_named, show_list
from bot.conversation.meaning import Act, Meaning, ShowTask, Unclear
from bot.conversation.picking import pick, same
from bot.conversation.situation import Situation
from bot.conversation.words import QUOTES, shorten
from tasks_sync import Task, TaskChanges

NO_DAY = re.compile(r"^(?:no (?:day|date|due date)|any ?time)$", re.IGNORECASE)
BESIDE = re.compile(
    r"^(?P<name>.+?)\s+(?P<where>under|below|after|behind)\s+(?P<other>.+)$", re.IGNORECASE
)
UNDER = re.compile(r"^(?P<title>.+)\s+under\s+(?P<parent>.+)$", re.IGNORECASE)
FIRST = ("top", "the top", "first", "the front")


def add(rest: str, situation: Situation) -> Meaning:
    """Read one new task, or one a line."""
    lines = [line.lstrip("-*• ").strip() for line in rest.split("\n")]
    if all(line.casefold().startswith("add ") for line in lines[1:]):
        # Each line was written as a request of its own.
        lines[1:] = [line[len("add ") :].strip() for line in lines[1:]]
    tasks = [read_task(line, situation) for line in lines if line]
    match tasks:
        case []:
            return Unclear("Add what? For example: add call the lab tomorrow")
        case [task]:
            return Act(task)
        case _:
            return Act(Together(tuple(tasks)))


def read_task(words: str, situation: Situation) -> AddTask:
    """Read a task's words: `call mum by friday #Home`; words in quotes are kept as they are.

    `under` makes a subtask only when the whole title of an open task follows: things are also
    cleaned under the sink.
    """
    list_id = None
    for listed in situation.lists:
        tag = re.compile(rf"(?:^|\s)[#~]{re.escape(listed.title)}(?=\s|$)", re.IGNORECASE)
        if tag.search(words):
            words, list_id = tag.sub("", words).strip(), listed.id
    if (below := UNDER.match(words)) and (parent := titled(below["parent"], situation)):
        title, due = split_due(below["title"], situation.today)
        return AddTask(title.strip(QUOTES), due, list_id=parent.list_id, parent_id=parent.id)
    if quoted := re.match(r"^[\"'“‘](?P<title>.+)[\"'”’](?P<rest>[^\"'”’]*)$", words):
        _, due = split_due(f"x {quoted['rest'].strip()}", situation.today)
        return AddTask(quoted["title"].strip(), due, list_id=list_id)
    title, due = split_due(words, situation.today)
    return AddTask(title, due, list_id=list_id)


def titled(words: str, situation: Situation) -> Task | None:
    """Give the one open task of that very title, if it may have subtasks."""
    wanted = words.strip(f" .!{QUOTES}").casefold()
    named = [task for task in situation.open_tasks if same(wanted, task.title.casefold())]
    return named[0] if len(named) == 1 and named[0].parent_id is None else None


def done(rest: str, situation: Situation) -> Meaning:
    """Tick off the task that is named."""
    return picked(rest, situation.open_tasks, CompleteTask, "done")


def reopen(rest: str, situation: Situation) -> Meaning:
    """Open the finished task that is named."""
    if not rest and situation.done_tasks:
        return Act(ReopenTask(situation.done_tasks[0].id))
    return picked(rest, situation.done_tasks, ReopenTask, "open")


def delete(rest: str, situation: Situation) -> Meaning:
    """Remove the task that is named."""
    return picked(rest, situation.open_tasks, DeleteTask, "drop")


def picked(rest: str, tasks: Sequence[Task], action: Callable[[str], Action], verb: str) -> Meaning:
    """Act on the one task that `rest` names, or say why not."""
    found = pick(rest, tasks, verb)
    return found if isinstance(found, Unclear) else Act(action(found.id))


def move(rest: str, situation: Situation) -> Meaning:
    """Give a task another day or place: `move chapter 3 to thursday`, `... under the thesis`."""
    name, _, words = rest.rpartition(" to ")
    if not name:
        name, day = split_due(rest, situation.today)
        return redated(name, day, situation) if day else beside(rest, situation)
    to = words.strip(" .!")
    if day := day_named(to, situation.today):
        return redated(name, day, situation)
    if to.casefold() == "someday":
        return put_aside(name, situation)
    if NO_DAY.match(to):
        return redated(name, None, situation)
    if to.casefold() in FIRST:
        return to_the_top(name, situation)
    if listed := list_named(to, situation):
        return placed(name, situation, listed.id)
    return beside(rest, situation)


def put_aside(rest: str, situation: Situation) -> Meaning:
    """Put the task that is named on the list of someday."""
    return picked(rest, situation.open_tasks, PutAside, "someday")


def redated(name: str, day: date | None, situation: Situation) -> Meaning:
    """Give the task that is named a day, or none."""
    found = pick(name, situation.open_tasks, "tomorrow" if day else "")
    return found if isinstance(found, Unclear) else Act(EditTask(found.id, TaskChanges(due=day)))


def to_the_top(name: str, situation: Situation) -> Meaning:
    """Put the task that is named before all others where it is."""
    found = pick(name, situation.open_tasks, "")
    if isinstance(found, Unclear):
        return found
    return Act(PlaceTask(found.id, found.list_id, found.parent_id))


def beside(rest: str, situation: Situation) -> Meaning:
    """Put a task under another, or behind it."""
    found = BESIDE.match(rest)
    if not found:
        _, _, where = rest.rpartition(" to ")
        unknown = f"“{shorten(where, 40)}” is no day and no list here. " if where != rest else ""
        names = " or ".join(f"“{listed.title}”" for listed in situation.lists[:4])
        return Unclear(
            f"{unknown}Move it to a day, a list ({names}), the top, "
            "or under or after another task; for example: move chapter 3 to thursday"
        )
    other = pick(found["other"], situation.open_tasks, "")
    if isinstance(other, Unclear):
        return other
    if found["where"].casefold() in ("under", "below"):
        return placed(found["name"], situation, other.list_id, other.id)
    return placed(found["name"], situation, other.list_id, other.parent_id, other.id)


def placed(
    name: str,
    situation: Situation,
    list_id: str,
    parent_id: str | None = None,
    after_id: str | None = None,
) -> Meaning:
    """Put the task that is named there."""
    found = pick(name, situation.open_tasks, "")
    if isinstance(found, Unclear):
        return found
    return Act(PlaceTask(found.id, list_id, parent_id, after_id))


def rename(rest: str, situation: Situation) -> Meaning:
    """Give a task another title: `rename chapter to read chapter 4`."""
    name, _, title = rest.partition(" to ")
    if not title.strip():
        return Unclear("Rename it to what? For example: rename chapter to read chapter 4")
    found = pick(name, situation.open_tasks, "")
    if isinstance(found, Unclear):
        return found
    return Act(EditTask(found.id, TaskChanges(title=title.strip(QUOTES))))


def describe(rest: str, situation: Situation) -> Meaning:
    """Write behind a task's notes: `add a note to call the lab: ask for Ada`."""
    name, _, words = rest.partition(":")
    found = pick(name, situation.open_tasks, "")
    if isinstance(found, Unclear):
        return found
    if not words.strip():
        return Unclear(f"Note what? For example: add a note to {found.title}: ask for Ada")
    notes = f"{found.notes}\n{words.strip()}" if found.notes else words.strip()
    return Act(EditTask(found.id, TaskChanges(notes=notes)))


def show(rest: str, situation: Situation) -> Meaning:
    """Show one task with its notes and subtasks, or a list."""
    shown = show_list(rest, situation)
    if not isinstance(shown, Unclear):
        return shown
    found = pick(rest, situation.open_tasks, "show")
    if not isinstance(found, Unclear):
        return ShowTask(found.id)
    if found.buttons:
        return found
    return Unclear(
        f"No list or open task looks like “{shorten(rest, 40)}”; /lists names the lists."
    )
