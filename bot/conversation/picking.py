"""Finding the one task that a few words name. Two that fit are a question, never a guess."""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation.meaning import Unclear
from bot.mailbox import Button
from tasks_sync import Task

MOST_SHOWN = 4


def pick(wanted: str, tasks: Sequence[Task], verb: str) -> Task | Unclear:
    """Give the task that `wanted` names: by its whole title, else by words, else by a part."""
    words = bare(wanted)
    if not words:
        return Unclear("Which task? Say some words of its title.")
    named = fitting(words, tasks)
    if len(named) == 1:
        return named[0]
    if named:
        return which(named, verb)
    return Unclear(f"No task here looks like “{wanted.strip()[:60]}”; nothing was done.")


def bare(wanted: str) -> str:
    """Bring words that name a task to the form in which they are compared."""
    return wanted.strip(" .!?\"'“”").casefold()


def fitting(words: str, tasks: Sequence[Task]) -> Sequence[Task]:
    """Give the tasks that bare words name; a rule that fits any of them is the last asked."""
    for fits in (same, has_words, has_part):
        if named := [task for task in tasks if words and fits(words, task.title.casefold())]:
            return named
    return ()


def same(words: str, title: str) -> bool:
    """The title, word for word."""
    return words == title


def has_words(words: str, title: str) -> bool:
    """Every word said begins a word of the title."""
    parts = title.split()
    return all(any(part.startswith(word) for part in parts) for word in words.split())


def has_part(words: str, title: str) -> bool:
    """The title holds what was said, or was said with more around it."""
    return words in title or (len(title) > 3 and title in words)


def which(named: Sequence[Task], verb: str) -> Unclear:
    """Ask which of several; at most four are named, each a button."""
    shown = named[:MOST_SHOWN]
    titles = " or ".join(f"“{task.title}”" for task in shown)
    more = f" (and {len(named) - len(shown)} more)" if len(named) > len(shown) else ""
    buttons = tuple((Button(task.title[:40], f"{verb}:{task.id}"),) for task in shown if verb)
    return Unclear(f"Which one: {titles}{more}?", buttons)
