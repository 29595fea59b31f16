"""The mark behind every line that the assistant writes: who said it, where, and its block id.

`- Ana likes tea %%tb author=Ana source=telegram:12345/678%% ^m678`

Obsidian hides what stands between `%%` and knows `^m678` as the line's block id. Nothing here
touches a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BEGIN = "%%tb begin%%"
END = "%%tb end%%"
BLOCK = re.compile(r"^[A-Za-z0-9-]{1,64}$")
_MARK = re.compile(
    r" ?%%tb author=(?P<author>\S*) source=(?P<source>\S*?)%%(?: \^(?P<block>[A-Za-z0-9-]+))?\s*$"
)
_ANCHOR = re.compile(r"(?:^|\s)\^(?P<block>[A-Za-z0-9-]+)\s*$")
_BULLET = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")


@dataclass(frozen=True)
class Marked:
    """A line read back. `author` and `source` are empty where the person wrote it."""

    text: str
    author: str = ""
    source: str = ""
    block: str = ""


def checked_block(block: str) -> str:
    """Let a block id pass that Obsidian can link to; ValueError for others."""
    if not BLOCK.match(block):
        raise ValueError(f"block id {block!r}: use 1 to 64 letters, digits and hyphens")
    return block


def one_line(text: str) -> str:
    """Fold line breaks into spaces and disarm comment marks, so that the text stays one line."""
    folded = " ".join(part.strip() for part in text.splitlines() if part.strip())
    return folded.replace("\0", "").replace("%%", r"\%\%")


def marked_bullet(text: str, *, author: str, source: str, block: str) -> str:
    """Word one bullet with its mark, without a line end."""
    said_by, said_in = _quoted(author), _quoted(source)
    return f"- {one_line(text)} %%tb author={said_by} source={said_in}%% ^{checked_block(block)}"


def read_line(line: str) -> Marked:
    """Take a line apart; a line without a mark is the person's own."""
    body = _BULLET.sub("", line.rstrip("\r\n"))
    if found := _MARK.search(body):
        text = body[: found.start()].replace(r"\%\%", "%%")
        author, source = _unquoted(found["author"]), _unquoted(found["source"])
        return Marked(text.strip(), author, source, found["block"] or "")
    if found := _ANCHOR.search(body):
        return Marked(body[: found.start()].strip(), block=found["block"])
    return Marked(body.strip())


def _quoted(value: str) -> str:
    return " ".join(value.split()).replace("%", "%25").replace(" ", "%20") or "unknown"


def _unquoted(value: str) -> str:
    return value.replace("%20", " ").replace("%25", "%")
