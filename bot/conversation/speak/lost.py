"""Wording values that lost when both sides changed the same, each with its way back."""

from __future__ import annotations

from datetime import date

from bot.conversation.speak.phrases import clipped, count_phrase
from bot.mailbox import Button, Reply
from tasks_sync import Status
from tasks_sync.conflicts import Conflict
from tasks_sync.notices import ValuesLost

MOST_SHOWN = 3


def say_lost(notice: ValuesLost) -> Reply:
    """Tell what lost, with a button that brings each value back; what is too much is counted."""
    shown = notice.conflicts[:MOST_SHOWN]
    lines = [lost_phrase(conflict) for conflict in shown]
    if more := len(notice.conflicts) - len(shown):
        values = count_phrase(more, "more value")
        lines.append(f"… and {values} lost; `touchbase tasks conflicts` shows all.")
    return Reply("\n".join(lines), tuple(way_back(conflict) for conflict in shown))


def way_back(conflict: Conflict) -> tuple[Button, ...]:
    """The buttons that settle one conflict."""
    if conflict.lost == "deleted":
        return (Button("Delete it after all", f"lost:{conflict.id}"),)
    value = value_phrase(conflict.field, conflict.lost, 24)
    return (Button(f"Bring back {value}", f"lost:{conflict.id}"),)


def lost_phrase(conflict: Conflict) -> str:
    """Say in one line what both sides changed, what stays and what lost."""
    where, elsewhere = ("here", "at Google")[:: 1 if conflict.lost_side == "here" else -1]
    if conflict.lost == "deleted":
        return f"“{conflict.title}” was deleted {where}, but changed {elsewhere}, so it stays."
    if conflict.kept == "deleted":
        return f"“{conflict.title}” was changed {where}, but deleted {elsewhere}, so it is gone."
    if conflict.field == "place":
        return f"Both sides moved “{conflict.title}”: the place given {where} lost."
    what = {"due": "day", "list title": "title"}.get(conflict.field, conflict.field)
    kept, lost = (value_phrase(conflict.field, each) for each in (conflict.kept, conflict.lost))
    return (
        f"Both sides changed the {what} of “{conflict.title}”: "
        f"{kept} stays, {lost} (written {where}) lost."
    )


def brought_phrase(field: str, lost: str) -> str:
    """Name what was brought back."""
    match field:
        case "task":
            return "the deletion" if lost == "deleted" else "the task"
        case "place":
            return value_phrase(field, lost)
        case "due":
            return f"the day: {value_phrase(field, lost)}"
        case _:
            return f"the {field} {value_phrase(field, lost)}"


def value_phrase(field: str, value: str, length: int = 60) -> str:
    """Name one value of a field."""
    match field:
        case "due" if value:
            day = date.fromisoformat(value)
            return f"{day:%a} {day.day} {day:%b %Y}"
        case "due":
            return "no day"
        case "status":
            return "“done”" if value == Status.COMPLETED else "“open”"
        case "place":
            return "the other place"
        case _:
            return f"“{clipped(' '.join(value.split()), length)}”" if value else "nothing"
