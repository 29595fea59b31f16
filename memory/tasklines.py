"""Task lines in notes: reading the emoji and the dataview form, writing either by setting.

`- [ ] call Bo 📅 2026-03-01 ⏫ #home ^b1`  and  `- [ ] call Bo [due:: 2026-03-01]`

Nothing here touches a file or a task list.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from enum import Enum


class TaskForm(Enum):
    """How task lines are written."""

    EMOJI = "emoji"
    DATAVIEW = "dataview"


@dataclass(frozen=True)
class TaskLine:
    """One checkbox line. `status` is the character between the brackets."""

    text: str
    status: str = " "
    created: date | None = None
    scheduled: date | None = None
    start: date | None = None
    due: date | None = None
    done: date | None = None
    cancelled: date | None = None
    priority: str = ""
    repeat: str = ""
    id: str = ""
    depends_on: tuple[str, ...] = ()
    block: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it still has to be done."""
        return self.status not in "xX-"


DATES = {
    "created": ("➕", "created"),
    "scheduled": ("⏳", "scheduled"),
    "start": ("🛫", "start"),
    "due": ("📅", "due"),
    "done": ("✅", "completion"),
    "cancelled": ("❌", "cancelled"),
}
PRIORITIES = {"🔺": "highest", "⏫": "high", "🔼": "medium", "🔽": "low", "⏬": "lowest"}
_LINE = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+\[(?P<status>.)\]\s+(?P<body>.*?)\s*$")
_BLOCK = re.compile(r"\s\^(?P<block>[A-Za-z0-9-]+)$")
_EMOJI_VALUE = r"\s*(?P<value>\d{4}-\d{2}-\d{2})"
_FIELD = re.compile(r"[\[(](?P<name>\w+):: *(?P<value>[^\])]*)[\])]")
_REPEAT = re.compile(r"🔁\s*(?P<value>every [\w ,]+?)(?=\s*(?:[^\w\s,]|$))")
_ID = re.compile(r"🆔\s*(?P<value>[\w-]+)")
_DEPENDS = re.compile(r"⛔\s*(?P<value>[\w-]+(?:\s*,\s*[\w-]+)*)")
_ON_COMPLETION = re.compile(r"🏁\s*\w+")
_NAMES = {dataview: name for name, (_, dataview) in DATES.items()} | {
    "priority": "priority",
    "repeat": "repeat",
    "id": "id",
    "dependsOn": "depends_on",
}


def parse(line: str) -> TaskLine | None:
    """Read a task line of either form, or of both; None when there is no checkbox."""
    # Variation selectors and hard spaces behind an emoji are invisible and break readers.
    plain = line.rstrip("\r\n").replace("\ufe0f", "").replace("\u00a0", " ")
    found = _LINE.match(plain)
    if found is None:
        return None
    body, known = found["body"], dict[str, object]()
    if anchor := _BLOCK.search(body):
        known["block"], body = anchor["block"], body[: anchor.start()]
    body = _take_fields(_take_emoji(body, known), known)
    return TaskLine(text=" ".join(body.split()), status=found["status"], **known)  # type: ignore[arg-type]


def render(task: TaskLine, form: TaskForm) -> str:
    """Word a task line; empty fields are left out."""
    parts = [f"- [{task.status}] {task.text}"]
    parts += _emoji_parts(task) if form is TaskForm.EMOJI else _dataview_parts(task)
    if task.block:
        parts.append(f"^{task.block}")
    return " ".join(parts)


def due_words(day: date, form: TaskForm) -> str:
    """Word the day that something is due."""
    emoji, name = DATES["due"]
    return f"{emoji} {day}" if form is TaskForm.EMOJI else f"[{name}:: {day}]"


def _take_emoji(body: str, known: dict[str, object]) -> str:
    for name, (emoji, _) in DATES.items():
        body = _take(re.compile(emoji + _EMOJI_VALUE), body, known, name, _date)
    for emoji, level in PRIORITIES.items():
        if emoji in body:
            known["priority"], body = level, body.replace(emoji, " ")
    body = _take(_REPEAT, body, known, "repeat", str)
    body = _take(_ID, body, known, "id", str)
    body = _take(_DEPENDS, body, known, "depends_on", _ids)
    return _ON_COMPLETION.sub(" ", body)


def _take(
    pattern: re.Pattern[str],
    body: str,
    known: dict[str, object],
    name: str,
    read: Callable[[str], object],
) -> str:
    """Move one value out of the text; a value that cannot be read stays where it is."""
    found = pattern.search(body)
    value = read(found["value"].strip()) if found else None
    if found is None or value is None:
        return body
    known.setdefault(name, value)
    return f"{body[: found.start()]} {body[found.end() :]}"


def _take_fields(body: str, known: dict[str, object]) -> str:
    for found in list(_FIELD.finditer(body)):
        name = _NAMES.get(found["name"])
        if name is None:
            continue
        value: object = found["value"].strip()
        if name in DATES:
            value = _date(found["value"].strip())
        elif name == "depends_on":
            value = _ids(found["value"])
        if value is not None:
            known.setdefault(name, value)
            body = body.replace(found[0], " ", 1)
    return body


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _ids(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _emoji_parts(task: TaskLine) -> list[str]:
    signs = {level: emoji for emoji, level in PRIORITIES.items()}
    parts = [f"🆔 {task.id}"] if task.id else []
    parts += [f"⛔ {','.join(task.depends_on)}"] if task.depends_on else []
    parts += [signs[task.priority]] if task.priority in signs else []
    parts += [f"🔁 {task.repeat}"] if task.repeat else []
    return parts + [f"{DATES[name][0]} {value}" for name, value in _dates(task)]


def _dataview_parts(task: TaskLine) -> list[str]:
    named = [("id", task.id), ("dependsOn", ", ".join(task.depends_on))]
    named += [("priority", task.priority), ("repeat", task.repeat)]
    named += [(DATES[name][1], value) for name, value in _dates(task)]
    return [f"[{name}:: {value}]" for name, value in named if value]


def _dates(task: TaskLine) -> list[tuple[str, str]]:
    """Give the dates that are set, in the order of the class."""
    set_dates = [(each.name, getattr(task, each.name)) for each in fields(task)]
    return [(name, value.isoformat()) for name, value in set_dates if name in DATES and value]
