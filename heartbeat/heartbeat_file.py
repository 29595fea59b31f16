"""Understanding HEARTBEAT.md: what the person asks to be looked at. It opens no file.

A file that holds only headings, empty list stubs, comments and fences asks for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

HEADING = re.compile(r"^#+(\s|$)")
STUB = re.compile(r"^[-*+]\s*(\[[\sXx]?\]\s*)?$")
COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)
FENCE = re.compile(r"^\s*(```|~~~)")
BOX = re.compile(r"^[-*+]\s+\[(?P<mark>[\sXx]?)\]\s+(?P<text>\S.*)$")
BULLET = re.compile(r"^[-*+]\s+(?P<text>\S.*)$")
RANK = re.compile(
    r"^\[(?P<rank>[a-z]+)(\s*\|\s*(?P<paused>paused))?\]\s*(?P<text>.*)$", re.IGNORECASE
)
INTERVAL = re.compile(r"^(?P<count>\d+)\s*(?P<unit>[smhd])$")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
RANKS = ("high", "medium", "low", "paused")


@dataclass(frozen=True)
class Item:
    """One thing to look at; ticked and paused ones are kept but not brought up."""

    text: str
    ticked: bool = False
    paused: bool = False
    rank: str = "medium"


@dataclass(frozen=True)
class Periodic:
    """One entry of the older `tasks:` block: a prompt to come back to at an interval."""

    name: str
    interval: timedelta
    prompt: str


@dataclass(frozen=True)
class AsksNothing:
    """The file asks for nothing, and why that is so."""

    because: str


@dataclass(frozen=True)
class Asks:
    """What the file asks for; `complaints` say which entries could not be understood, and why."""

    items: tuple[Item, ...]
    periodic: tuple[Periodic, ...] = ()
    complaints: tuple[str, ...] = ()

    @property
    def standing(self) -> tuple[str, ...]:
        """Name what is to be looked at, the highest rank first."""
        wanted = [item for item in self.items if not (item.ticked or item.paused)]
        return tuple(item.text for item in sorted(wanted, key=lambda item: RANKS.index(item.rank)))


HeartbeatFile: TypeAlias = Asks | AsksNothing


def parse(text: str | None) -> HeartbeatFile:
    """Understand the file; None means that there is no file, which asks for nothing."""
    if text is None:
        return AsksNothing("there is no HEARTBEAT.md")
    lines = [line for line in COMMENT.sub("", text).splitlines() if not is_empty(line)]
    if not lines:
        return AsksNothing("HEARTBEAT.md holds nothing but headings and empty lines")
    block, rest = split_tasks_block(lines)
    periodic, complaints = read_tasks_block(block)
    return Asks(tuple(item_from(line.strip()) for line in rest), periodic, complaints)


def due_periodic(
    asks: Asks, *, last_done: Mapping[str, datetime], now: datetime
) -> tuple[Periodic, ...]:
    """List the entries whose interval has passed; one that was never done is due."""
    return tuple(
        entry
        for entry in asks.periodic
        if (last := last_done.get(entry.name)) is None or now - last >= entry.interval
    )


def is_empty(line: str) -> bool:
    """Tell whether a line asks for nothing; `#TODO` without a blank is content."""
    bare = line.strip()
    return not bare or bool(HEADING.match(bare) or STUB.match(bare) or FENCE.match(bare))


def item_from(line: str) -> Item:
    """Read one line: a box, a bullet or plain words, with a rank such as `[low|paused]`."""
    if box := BOX.match(line):
        ranked = ranked_item(box["text"])
        return Item(ranked.text, box["mark"].strip() != "", ranked.paused, ranked.rank)
    bullet = BULLET.match(line)
    return ranked_item(bullet["text"] if bullet else line)


def ranked_item(text: str) -> Item:
    """Take a leading rank off a text, if one is there."""
    found = RANK.match(text)
    if not found or found["rank"].lower() not in RANKS or not found["text"]:
        return Item(text)
    rank = found["rank"].lower()
    return Item(found["text"], paused=bool(found["paused"]) or rank == "paused", rank=rank)


def split_tasks_block(lines: list[str]) -> tuple[list[str], list[str]]:
    """Part the older `tasks:` block from the other lines; it ends where indentation does."""
    block: list[str] = []
    rest: list[str] = []
    inside = False
    for line in lines:
        if line.rstrip() == "tasks:":
            inside = True
        elif inside and belongs_to_block(line):
            block.append(line)
        else:
            inside = False
            rest.append(line)
    return block, rest


def belongs_to_block(line: str) -> bool:
    """Tell whether a line continues a `tasks:` block."""
    return line[:1].isspace() or line.startswith("- name:")


def read_tasks_block(block: list[str]) -> tuple[tuple[Periodic, ...], tuple[str, ...]]:
    """Read the entries of a `tasks:` block; incomplete and repeated ones become complaints."""
    named: dict[str, Periodic] = {}
    complaints: list[str] = []
    for entry in map(periodic_from, entries(block)):
        if isinstance(entry, str):
            complaints.append(entry)
        elif entry.name in named:
            complaints.append(f"task {entry.name!r} is in HEARTBEAT.md twice; the first counts")
        else:
            named[entry.name] = entry
    return tuple(named.values()), tuple(dict.fromkeys(complaints))


def entries(block: list[str]) -> Iterator[dict[str, str]]:
    """Give each entry's fields as written."""
    fields: dict[str, str] = {}
    for line in block:
        bare = line.strip()
        if bare.startswith("- ") and fields:
            yield fields
            fields = {}
        name, _, value = bare.removeprefix("- ").partition(":")
        fields[name.strip()] = value.strip().strip("\"'")
    if fields:
        yield fields


def periodic_from(fields: dict[str, str]) -> Periodic | str:
    """Make an entry, or say what is wrong with it."""
    name = fields.get("name", "")
    found = INTERVAL.match(fields.get("interval", ""))
    if not name:
        return "a task in HEARTBEAT.md has no name; write `- name: ...`"
    if not found or int(found["count"]) == 0:
        written = fields.get("interval", "nothing")
        return f"task {name!r} in HEARTBEAT.md: interval {written!r} is not like 30m, 2h or 1d"
    if not fields.get("prompt"):
        return f'task {name!r} in HEARTBEAT.md has no prompt; write `prompt: "..."`'
    interval = timedelta(**{UNITS[found["unit"]]: int(found["count"])})
    return Periodic(name, interval, fields["prompt"])
