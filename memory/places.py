"""Which lines a link into a page means: `path#L3-L5`, `path#Heading`, `path#^block`. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from memory.errors import BadQuery

_PLACE = re.compile(
    r"^(?P<path>[^#]*)(?:#(?:L(?P<line0>\d+)(?:-L?(?P<line1>\d+))?|(?P<anchor>.+)))?$"
)
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t#]*$")


@dataclass(frozen=True)
class Place:
    """A place on a page; line0 is 0 where no lines are named."""

    path: str
    line0: int = 0
    line1: int = 0
    anchor: str = ""


def parse_place(link: str) -> Place:
    """Read a link as search gives it, or as `[[...]]` has it; BadQuery for another form."""
    found = _PLACE.match(link.strip().removeprefix("[[").removesuffix("]]"))
    if found is None or not found["path"]:
        raise BadQuery(link, "name a page and lines, as in notes/boat.md#L3-L5")
    line0 = int(found["line0"] or 0)
    return Place(found["path"], line0, int(found["line1"] or line0), found["anchor"] or "")


def lines_meant(place: Place, lines: Sequence[str]) -> tuple[int, int]:
    """Give the first and last line meant, counted from 1; the whole page when it names no place."""
    if place.line0:
        return place.line0, max(place.line0, place.line1)
    if place.anchor.startswith("^"):
        return _block(place.anchor, lines)
    if place.anchor:
        return _section(place.anchor, lines)
    return 1, len(lines)


def _block(anchor: str, lines: Sequence[str]) -> tuple[int, int]:
    for at, line in enumerate(lines, start=1):
        if re.search(rf"(?:^|\s){re.escape(anchor)}\s*$", line, re.I):
            return at, at
    raise BadQuery(anchor, "the page has no such block")


def _section(anchor: str, lines: Sequence[str]) -> tuple[int, int]:
    """Find a heading and everything below it, down to the next of its level."""
    opened, level = 0, 0
    for at, line in enumerate(lines, start=1):
        found = _HEADING.match(line)
        if found and opened and len(found[1]) <= level:
            return opened, at - 1
        if found and not opened and found[2].lower() == anchor.lower():
            opened, level = at, len(found[1])
    if not opened:
        raise BadQuery(anchor, "the page has no such heading")
    return opened, len(lines)
