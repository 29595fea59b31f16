"""Changing the text of a page by one line. Nothing here touches a file.

Each edit keeps every other byte: line ends, a missing final line break, the byte order mark.
"""

from __future__ import annotations

import re

from memory.marks import BEGIN, END, read_line


def lines_of(text: str) -> list[str]:
    """Cut after each line feed and nowhere else: a form feed inside a line is the person's."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def newline_of(text: str) -> str:
    """Say which line end the page uses; the commoner one where it mixes."""
    windows = text.count("\r\n")
    return "\r\n" if windows * 2 > text.count("\n") else "\n"


def find_block(text: str, block: str) -> int | None:
    """Find the line with this block id, counted from 0."""
    if f"^{block}" not in text:
        return None
    for at, line in enumerate(lines_of(text)):
        if read_line(line).block == block:
            return at
    return None


def append_line(text: str, line: str) -> str:
    """Add a line at the end, with or without a final line break as the page had it."""
    end = newline_of(text)
    if not text:
        return line + end
    if text.endswith("\n"):
        return text + line + end
    return text + end + line


def append_in_block(text: str, line: str) -> str:
    """Add a line at the end of the marked block; make the block when the page has none."""
    lines, end = lines_of(text), newline_of(text)
    where = _end_of_block(lines)
    if where is None:
        gap = end if text.strip() else ""
        opened = append_line(text, gap + BEGIN) if text else BEGIN + end
        return append_line(append_line(opened, line), END)
    if where == len(lines):
        return append_line(text, line)
    return "".join([*lines[:where], line + end, *lines[where:]])


def remove_block(text: str, block: str) -> str | None:
    """Take out exactly the line with this block id; None when there is none."""
    at = find_block(text, block)
    if at is None:
        return None
    lines = lines_of(text)
    kept = lines[:at] + lines[at + 1 :]
    # The page's last line had no line break: neither has the new last line.
    if kept and at == len(kept) and not lines[at].endswith("\n"):
        kept[-1] = kept[-1].removesuffix("\n").removesuffix("\r")
    return "".join(kept)


def set_property(text: str, name: str, value: str) -> str:
    """Set one line of the frontmatter that is there already; other pages stay as they are."""
    lines = lines_of(text)
    if not lines or lines[0].strip().lstrip("\ufeff") != "---":
        return text
    for at, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            return text
        if line.startswith(f"{name}:"):
            ending = line[len(line.rstrip("\r\n")) :]
            return "".join([*lines[:at], f"{name}: {value}{ending}", *lines[at + 1 :]])
    return text


def _end_of_block(lines: list[str]) -> int | None:
    opened = None
    for at, line in enumerate(lines):
        if line.strip() == BEGIN:
            opened = at
        elif opened is not None and line.strip() == END:
            return at
    if opened is None:
        return None
    # The person took the end mark out: the block is the run of bullets below the begin mark.
    at = opened + 1
    while at < len(lines) and lines[at].lstrip().startswith("-"):
        at += 1
    return at
