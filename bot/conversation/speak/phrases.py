"""Small phrases that many sentences share: days, moments, counts, tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.mailbox import Button
from bot.offers import Offer, OfferKind
from tasks_sync import Task

Rows = tuple[tuple[Button, ...], ...]


def day_phrase(day: date, today: date) -> str:
    """Name a day as one would in speech: today, tomorrow, Friday, Fri 4 Dec, 4 Dec 2027."""
    ahead = (day - today).days
    if ahead in (-1, 0, 1):
        return ("yesterday", "today", "tomorrow")[ahead + 1]
    if 1 < ahead < 7:
        return f"{day:%A}"
    return f"{day:%a} {day.day} {day:%b}" + (f" {day.year}" if day.year != today.year else "")


def moment_phrase(at: datetime, now: datetime) -> str:
    """Name a moment in the person's zone: `15:00`, `tomorrow 09:00`."""
    local = at.astimezone(now.tzinfo)
    clock = f"{local:%H:%M}"
    return (
        clock if local.date() == now.date() else f"{day_phrase(local.date(), now.date())} {clock}"
    )


def length_phrase(length: timedelta) -> str:
    """Name a length of time roughly: `2 h 10 min`, `3 days`."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return count_phrase(minutes // (24 * 60), "day")


def count_phrase(count: int, noun: str) -> str:
    """Count things: `1 task`, `3 tasks`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def due_suffix(due: date | None, today: date) -> str:
    """Give a task's day for the end of a line, in the past as `since`."""
    if due is None:
        return ""
    if due < today:
        return f"  (since {day_phrase(due, today)})"
    return f"  ({day_phrase(due, today)})"


def task_lines(tasks: Sequence[Task], today: date, most: int) -> list[str]:
    """Write tasks one a line, subtasks indented; what is too much is counted."""
    shown = [
        f"{'   ' if task.parent_id else ''}• {task.title}{due_suffix(task.due, today)}"
        for task in tasks[:most]
    ]
    if len(tasks) > most:
        shown.append(f"… and {len(tasks) - most} more")
    return shown


def offer_button(offer: Offer) -> Button:
    """The button that takes an offer."""
    verb = "Add" if offer.kind is OfferKind.TASK else "Keep"
    return Button(f"{verb}: {clipped(offer.text, 40)}", f"propose:{offer.id}")


def clipped(text: str, length: int) -> str:
    """Cut a text to what fits, saying so."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
