"""The verbs of lists: show, make, rename, delete, clear."""

from __future__ import annotations

import re

from bot.actions import AddList, ClearCompleted, DeleteList, RenameList, Together
from bot.conversation.meaning import Act, Meaning, ShowDone, ShowLists, ShowOpen, Unclear
from bot.conversation.situation import Situation
from bot.conversation.words import QUOTES, shorten
from tasks_sync import TaskList

FILLERS = re.compile(r"^(?:my|the|all|on|list)\s+", re.IGNORECASE)
EVERYTHING = ("", "tasks", "open", "open tasks", "everything", "all")


def show_list(rest: str, situation: Situation) -> Meaning:
    """Show everything open, or one list of it."""
    wanted = FILLERS.sub("", rest).strip(" ?.")
    if wanted.casefold() in EVERYTHING:
        return ShowOpen()
    if listed := list_named(rest, situation):
        return ShowOpen(listed.id, listed.title)
    match wanted.casefold():
        case "done":
            return ShowDone()
        case "lists":
            return ShowLists()
        case _:
            return no_list(wanted, situation)


def list_named(words: str, situation: Situation) -> TaskList | None:
    """Give the list of that title: `Work`, `#Work`, `the “Work” list`, `my Work`."""
    bare = words.strip(" ?.!")
    readings = (bare, FILLERS.sub("", bare), FILLERS.sub("", bare).removesuffix(" list"))
    for reading in readings:
        wanted = reading.strip(f"#~ {QUOTES}").casefold()
        for listed in situation.lists:
            if listed.title.casefold() == wanted:
                return listed
    return None


def no_list(wanted: str, situation: Situation) -> Unclear:
    """Say that there is no such list, and which there are."""
    names = ", ".join(f"“{listed.title}”" for listed in situation.lists)
    return Unclear(f"There is no list “{shorten(wanted, 40)}”. There is: {names}.")


def new_list(rest: str, situation: Situation) -> Meaning:
    """Make a list; a second of the same title would only confuse."""
    title = rest.strip(f" .{QUOTES}")
    if not title:
        return Unclear("What is the list called? For example: new list Groceries")
    if listed := list_named(title, situation):
        return Unclear(f"There is a list “{listed.title}” already; nothing was done.")
    return Act(AddList(title))


def rename_list(rest: str, situation: Situation) -> Meaning:
    """Give a list another title: `rename list Work to Office`."""
    name, _, title = rest.partition(" to ")
    listed = list_named(name, situation)
    if listed is None:
        return no_list(name, situation)
    if not title.strip(f" .{QUOTES}"):
        return Unclear(f"Rename it to what? For example: rename list {listed.title} to Office")
    return Act(RenameList(listed.id, title.strip(f" .{QUOTES}")))


def delete_list(rest: str, situation: Situation) -> Meaning:
    """Remove a list with its tasks."""
    listed = list_named(rest, situation)
    return Act(DeleteList(listed.id)) if listed else no_list(rest, situation)


def clear(rest: str, situation: Situation) -> Meaning:
    """Put finished tasks out of sight: of the list that is named, else of all that have any."""
    if rest:
        listed = list_named(rest, situation)
        return Act(ClearCompleted(listed.id)) if listed else no_list(rest, situation)
    clearing = tuple(ClearCompleted(listed.id) for listed in situation.lists_to_clear())
    if not clearing:
        return Unclear("No finished task is in sight; there is nothing to clear.")
    return Act(clearing[0] if len(clearing) == 1 else Together(clearing))
