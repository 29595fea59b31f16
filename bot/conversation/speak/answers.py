"""Wording what was looked up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias, assert_never

from bot.conversation.speak.google import account_phrase
from bot.conversation.speak.outcomes import study_asked
from bot.conversation.speak.phrases import (
    count_phrase,
    day_phrase,
    moment_phrase,
    task_lines,
)
from bot.mailbox import Button, Reply
from gpu_lab.study import StudyState
from heartbeat.ledger import Claimed, Lapsed, Line, Planned, Sent, Suppressed, Unknown
from heartbeat.reminders import Reminder
from tasks_sync import Task
from tasks_sync.standing import SyncState

MOST_TASKS = 15
SLOT_NAMES = {"weekend-briefing": "briefing", "weekly": "look back at the week"}
COUNTED = re.compile(r"(?<=^check-in)-\d+$")
MOST_LINES = 30

HELP = """\
You can write as you speak, for example:
• add call the lab tomorrow
• done call the lab   ·   reopen   ·   move call the lab to friday
• move milk to Groceries   ·   new list Work   ·   add milk under dinner
• list   ·   show call the lab   ·   /today   ·   undo
• remind me at 15:00 to stretch
• remember that the rack key is with Ada   ·   note …
• what did we say about quotas   ·   /resume   ·   /loops
• paste a messy note: it is kept word for word, what it asks for is offered
• /study gpu scheduler, then “save this for tomorrow morning”
• /new ends the session, /why says why I wrote or did not, /link links Google
• /pause today: nothing unasked but reminders   ·   move chapter 3 to someday

When a session ends I ask whether it checks off a task; only your yes does."""


@dataclass(frozen=True)
class Help:
    """What can be said."""


@dataclass(frozen=True)
class Today:
    """What the day holds."""

    day: date
    due: Sequence[Task]
    open_count: int
    done: Sequence[Task]
    reminders: Sequence[Reminder]


@dataclass(frozen=True)
class Open:
    """What is open, on one list or on all."""

    tasks: Sequence[Task]
    list_title: str | None


@dataclass(frozen=True)
class OneTask:
    """One task, its subtasks and its list."""

    task: Task
    below: Sequence[Task]
    list_title: str


@dataclass(frozen=True)
class Lists:
    """The lists by title, each with the number of its open tasks."""

    lists: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class DoneToday:
    """What was finished today."""

    tasks: Sequence[Task]


@dataclass(frozen=True)
class Why:
    """What became of today's slots."""

    lines: Sequence[Line]


@dataclass(frozen=True)
class Status:
    """What is running and what waits."""

    open_count: int
    unsynced: int
    waiting_letters: int
    google: SyncState | None
    paused_until: datetime | None
    next_slots: Sequence[tuple[str, datetime]]


@dataclass(frozen=True)
class OpenStudy:
    """The study question that waits."""

    state: StudyState


@dataclass(frozen=True)
class Hit:
    """Something found: where, and the text there."""

    link: str
    text: str


@dataclass(frozen=True)
class Found:
    """What a search found."""

    query: str
    hits: Sequence[Hit]


@dataclass(frozen=True)
class Page:
    """A page that `memory` has worded: open loops, where one was, briefs."""

    text: str


Answer: TypeAlias = (
    Page | Help | Today | Open | OneTask | Lists | DoneToday | Why | Status | OpenStudy | Found
)


def answer(found: Answer, now: datetime) -> Reply:
    """Put what was looked up into words."""
    match found:
        case Help():
            return Reply(HELP)
        case Today():
            return Reply(today_page(found, now))
        case Open(tasks=tasks, list_title=title):
            return Reply(open_page(tasks, title, now.date()))
        case OneTask():
            return task_page(found, now.date())
        case Lists():
            return Reply(lists_page(found))
        case DoneToday(tasks=tasks):
            return Reply(done_page(tasks))
        case Why(lines=lines):
            return Reply(
                "\n".join(why_line(line, now) for line in lines) or "No slot was due today yet."
            )
        case Status():
            return Reply(status_page(found, now))
        case OpenStudy(state=state):
            return Reply(study_asked(state))
        case Page(text=text):
            return Reply(first_lines(text))
        case Found():
            return Reply(found_page(found))
        case _:
            assert_never(found)


def today_page(page: Today, now: datetime) -> str:
    """Show the day: what is due, what is set, what is done."""
    lines = [f"{page.day:%A} {page.day.day} {page.day:%B}"]
    lines += task_lines(page.due, page.day, MOST_TASKS) or ["Nothing is due."]
    lines += [f"{moment_phrase(each.at, now)}  {each.text}" for each in page.reminders]
    lines += [f"✓ {task.title}" for task in page.done]
    rest = page.open_count - len(page.due)
    if rest:
        lines.append(f"{rest} more open, /list shows {'it' if rest == 1 else 'them'}.")
    return "\n".join(lines)


def open_page(tasks: Sequence[Task], title: str | None, today: date) -> str:
    """Show what is open."""
    place = f" on “{title}”" if title else ""
    if not tasks:
        return f"Nothing is open{place}."
    head = f"{count_phrase(len(tasks), 'task')} open{place}:"
    return "\n".join([head, *task_lines(tasks, today, MOST_TASKS)])


def task_page(page: OneTask, today: date) -> Reply:
    """Show one task: its day, its list, its notes, its subtasks."""
    task = page.task
    day = f", {day_phrase(task.due, today)}" if task.due else ""
    lines = [f"{task.title}", f"on “{page.list_title}”{day}"]
    lines += [first_lines(task.notes)] if task.notes else []
    lines += [f"   {'•' if each.is_open else '✓'} {each.title}" for each in page.below]
    if not task.is_open:
        return Reply("\n".join(lines))
    return Reply("\n".join(lines), ((Button("Done", f"done:{task.id}"),),))


def lists_page(page: Lists) -> str:
    """Name the lists, and how much is open on each."""
    counted = ((title, f"{count} open" if count else "nothing open") for title, count in page.lists)
    return "\n".join(f"• {title}: {says}" for title, says in counted)


def done_page(tasks: Sequence[Task]) -> str:
    """Show what was finished."""
    if not tasks:
        return "Nothing ticked off today yet."
    return "\n".join(
        [f"{count_phrase(len(tasks), 'thing')} done today:", *(f"✓ {task.title}" for task in tasks)]
    )


def why_line(line: Line, now: datetime) -> str:
    """Say what became of one slot, and why."""
    name = slot_name(line.slot.job_id.partition(":")[0])
    return f"{moment_phrase(line.slot.planned_at, now)} {name}: {standing_phrase(line, now)}"


def slot_name(job_id: str) -> str:
    """Name what is said at a slot: `check-in`, `briefing`."""
    return SLOT_NAMES.get(job_id) or COUNTED.sub("", job_id)


def standing_phrase(line: Line, now: datetime) -> str:
    """Say how a slot stands."""
    match line.standing:
        case Sent():
            return f"said at {moment_phrase(line.changed_at, now)}"
        case Suppressed(reason=reason):
            return f"not said: {reason}"
        case Lapsed(reason=reason):
            return f"missed: {reason}"
        case Unknown(reason=reason):
            return f"perhaps said: {reason}"
        case Planned(because=because):
            return f"waiting: {because}"
        case Claimed():
            return "waiting to be delivered"
        case _:
            assert_never(line.standing)


def status_page(page: Status, now: datetime) -> str:
    """Say what is running and what waits."""
    google = f"Google: {account_phrase(page.google, page.unsynced, now)}"
    lines = [f"{count_phrase(page.open_count, 'task')} open", google]
    if page.waiting_letters:
        lines.append(f"{count_phrase(page.waiting_letters, 'message')} waiting to be delivered")
    if page.paused_until is not None and now < page.paused_until:
        lines.append(f"Paused until {moment_phrase(page.paused_until, now)}; reminders still come")
    lines += [f"Next: {slot_name(name)} {moment_phrase(at, now)}" for name, at in page.next_slots]
    return "\n".join(lines)


def first_lines(text: str) -> str:
    """Give as much of a page as a chat can hold."""
    lines = text.strip().split("\n")
    rest = len(lines) - MOST_LINES
    more = f"\n… {rest} more lines on the command line" if rest > 0 else ""
    return "\n".join(lines[:MOST_LINES]) + more


def found_page(page: Found) -> str:
    """Show what a search found, each with its place; say so when it is nothing."""
    if not page.hits:
        return f"I found nothing about “{page.query}” in the notes or past sessions."
    return "\n".join(f"• {' '.join(hit.text.split())[:200]}\n  [[{hit.link}]]" for hit in page.hits)
