"""Cutting long text into messages that Telegram takes, measured as it measures."""

from __future__ import annotations

import re

LONGEST = 4096
"""UTF-16 units in one message (Bot API, sendMessage)."""

BREAKS = (
    re.compile(r"\n{2,}"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])\s+"),
    re.compile(r"\s+"),
)


def units(text: str) -> int:
    """Measure text in UTF-16 units, as Telegram does: an emoji is two or more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, longest: int = LONGEST) -> list[str]:
    """Cut text into pieces of at most `longest` units, at a paragraph, line, sentence or word.

    A piece is at least half full where a cut can be chosen; without any break it is cut between
    two characters. Text that fits comes back as it is.
    """
    pieces = []
    rest = text.strip()
    while units(rest) > longest:
        end, begin = place_to_cut(rest, longest)
        pieces.append(rest[:end])
        rest = rest[begin:].lstrip()
    return [*pieces, rest]


def place_to_cut(text: str, longest: int) -> tuple[int, int]:
    """Find where a piece ends and the next begins, in characters."""
    most = reach(text, longest)
    for pattern in BREAKS:
        found = [cut for cut in pattern.finditer(text[: most + 1]) if cut.start() <= most]
        if found and found[-1].start() >= most // 2:
            return found[-1].start(), found[-1].end()
    whole = max(1, before_joiner(text, most))
    return whole, whole


def reach(text: str, longest: int) -> int:
    """Count the characters at the start of `text` that fit into `longest` units."""
    used = 0
    for index, char in enumerate(text):
        used += 2 if ord(char) > 0xFFFF else 1
        if used > longest:
            return index
    return len(text)


def before_joiner(text: str, index: int) -> int:
    """Step back so that no joined emoji or combined letter is torn; within reason."""
    for place in range(index, max(index - 32, 0), -1):
        if not (joins(text[place]) or text[place - 1] == "\u200d"):
            return place
    return index


def joins(char: str) -> bool:
    """Tell whether a character belongs to the one before it."""
    code = ord(char)
    return (
        char in "\u200d\ufe0e\ufe0f\u20e3" or 0x0300 <= code <= 0x036F or 0x1F3FB <= code <= 0x1F3FF
    )


def shortened(text: str, longest: int) -> str:
    """Give the beginning of a text in at most `longest` units."""
    if units(text) <= longest:
        return text
    return text[: before_joiner(text, reach(text, longest - 1))].rstrip() + "…"
