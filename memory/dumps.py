"""Sorting a messy note: topics, actions, questions, decisions, names. Writes nothing, adds no task.

The raw text stays as it came; every find names its line, counted from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from memory.boundaries.cues import SHIFT
from memory.boundaries.terms import Bag, bag, content, likeness, rarity
from memory.errors import MemoryRefused
from memory.found import (
    ActionModel,
    FoundDecision,
    FoundQuestion,
    actions_in,
    decisions_in,
    due_in,
    is_question,
    people_in,
    questions_in,
    things_in,
)
from memory.found.decisions import is_decision
from memory.found.sentences import BULLET, HEADING, bare

TITLE_CHARS = 60
SAME_TOPIC = 0.25
COMMON_LINES = 50
MOST_CHARS = 1_000_000
LABEL = re.compile(r"^\s*(?:[-*+]\s+)?(?P<label>[^.?!:]{2,50}):\s*$")


class DumpRefused(MemoryRefused):
    """This text cannot become a note."""


@dataclass(frozen=True)
class DumpLine:
    """One line as it came."""

    number: int
    text: str


@dataclass(frozen=True)
class Topic:
    """Lines that belong together, under their heading or their first words."""

    title: str
    lines: tuple[DumpLine, ...]


@dataclass(frozen=True)
class DumpAction:
    """A line to offer as a task; `as_task` says that the model is sure enough to show it so."""

    text: str
    line: int
    owner: str
    due: date | None
    confidence: float
    as_task: bool


@dataclass(frozen=True)
class Dump:
    """A sorted note."""

    raw: str
    title: str
    topics: tuple[Topic, ...]
    actions: tuple[DumpAction, ...]
    questions: tuple[FoundQuestion, ...]
    decisions: tuple[FoundDecision, ...]
    people: tuple[str, ...]
    things: tuple[str, ...]


def read_dump(raw: str, actions: ActionModel, today: date) -> Dump:
    """Sort a text. Raises DumpRefused for an empty, a binary or a huge one."""
    if "\x00" in raw:
        raise DumpRefused("this text is binary; paste or forward words")
    if len(raw) > MOST_CHARS:
        raise DumpRefused(f"this note has {len(raw):,} characters; {MOST_CHARS:,} fit: split it")
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise DumpRefused("this note is empty; write a line first")
    topics = tuple(_topics(text))
    found = tuple(_actions(text, actions, today))
    asked = {action.line for action in found if action.as_task}
    return Dump(
        raw,
        topics[0].title,
        topics,
        found,
        # "Can you call Bo?" is listed once, as something to do.
        tuple(q for q in questions_in(text) if q.line not in asked),
        decisions_in(text),
        people_in(text),
        things_in(text),
    )


def _actions(text: str, actions: ActionModel, today: date) -> Iterator[DumpAction]:
    for found in actions_in(text, actions, jotted=True):
        if is_decision(found.text) or (is_question(found.text) and not found.as_task):
            continue
        due = due_in(found.text, today)
        yield DumpAction(
            found.text,
            found.line,
            found.owner or "me",
            due.day if due else None,
            found.confidence,
            found.as_task,
        )


@dataclass(frozen=True)
class _Group:
    heading: str
    lines: tuple[DumpLine, ...]


def _topics(text: str) -> Iterator[Topic]:
    groups = [group for group in _groups(text.split("\n")) if group.lines or group.heading]
    for group in _gathered(groups):
        yield Topic(group.heading or _short(group.lines[0].text), group.lines)


def _groups(lines: Sequence[str]) -> Iterator[_Group]:
    """Headings, labels, blank lines and words like "also" part groups; indented lines stay."""
    heading = ""
    running: list[DumpLine] = []
    blank = False
    for number, line in enumerate(lines, start=1):
        label = _is_label(lines, number - 1)
        # Bullets under a heading stay with it over blank lines; plain text does not.
        parts = blank and not (heading and BULLET.match(line)) and not line.startswith((" ", "\t"))
        if line.strip() and (label or parts or (running and not heading and _turns(line))):
            yield _Group(heading, tuple(running))
            heading = _short(bare(line).rstrip(": ")) if label else ""
            running = []
        if line.strip() and not label:
            running.append(DumpLine(number, line.rstrip()))
        blank = not line.strip()
    yield _Group(heading, tuple(running))


def _is_label(lines: Sequence[str], at: int) -> bool:
    """A heading, a short line that ends in a colon, or a short plain line right above bullets."""
    line = lines[at]
    if HEADING.match(line) or LABEL.match(line):
        return True
    below = lines[at + 1] if at + 1 < len(lines) else ""
    plain = line.strip() and not BULLET.match(line) and line.strip()[-1] not in ".?!"
    return bool(plain and BULLET.match(below) and len(line.split()) <= 5)


def _turns(line: str) -> bool:
    return not line.startswith((" ", "\t")) and bool(SHIFT.match(bare(line).lower()))


def _gathered(groups: Sequence[_Group]) -> list[_Group]:
    """Bring loose lines to the group above that speaks of the same; the rest stay as they came."""
    terms = {line.number: content(line.text) for group in groups for line in group.lines}
    weights = rarity(list(terms.values()))
    words = {number: bag([each], weights) for number, each in terms.items()}
    gathered: list[list[DumpLine]] = []
    headings: list[str] = []
    speaking_of: dict[str, dict[int, int]] = {}
    for group in groups:
        left: list[DumpLine] = []
        for line in group.lines:
            home = None if group.heading else _home(line.number, words, speaking_of)
            (left if home is None else gathered[home]).append(line)
        if left or group.heading:
            gathered.append(left)
            headings.append(group.heading)
            for line in left:
                for term in words[line.number]:
                    speaking_of.setdefault(term, {})[line.number] = len(gathered) - 1
    return [_Group(*each) for each in zip(headings, map(tuple, gathered), strict=True)]


def _home(
    number: int, words: Mapping[int, Bag], speaking_of: Mapping[str, Mapping[int, int]]
) -> int | None:
    """Give the group of the line above that is most alike, where one is alike enough."""
    near: dict[int, int] = {}
    for term in words[number]:
        # A word that stands everywhere tells no topic.
        if len(speaking_of.get(term, ())) <= COMMON_LINES:
            near |= speaking_of.get(term, {})
    best = max(near, key=lambda other: likeness(words[number], words[other]), default=None)
    if best is None or likeness(words[number], words[best]) < SAME_TOPIC:
        return None
    return near[best]


def _short(line: str) -> str:
    words = " ".join(BULLET.sub("", bare(line)).split())
    if len(words) <= TITLE_CHARS:
        return words.rstrip(" .;,")
    cut = words[: TITLE_CHARS - 1]
    return cut[: cut.rfind(" ") if " " in cut else None].rstrip(" ,;") + "…"


@dataclass(frozen=True)
class TaskItem:
    """An item of the notes list that is something to do; the rest is its context."""

    title: str
    context: str
    due: date | None


@dataclass(frozen=True)
class NoteItem:
    """An item of the notes list that is only worth keeping."""

    title: str
    text: str


def sorted_item(title: str, notes: str, actions: ActionModel, today: date) -> TaskItem | NoteItem:
    """Say what an item of the notes list becomes: a task when its title asks for something."""
    offered = [action for action in _actions(title, actions, today) if action.as_task]
    if offered:
        due = offered[0].due or next((d.day for d in [due_in(notes, today)] if d), None)
        return TaskItem(offered[0].text, notes, due)
    return NoteItem(title, notes)
