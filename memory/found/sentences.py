"""Cutting text into sentences that know their line. Code fences are passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

FENCE = re.compile(r"^\s*(?:```|~~~)")
BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+")
HEADING = re.compile(r"^\s*#{1,6}\s+")
QUOTE = re.compile(r"^\s*>\s?")
WRAPPED_CHARS = 60
# Typed chat starts sentences in lower case too; short forms are sorted out below.
END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[\w@])")
SHORT_FORMS = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|Dr|Prof|Mr|Ms|Mrs|St|No|approx|cf|resp|incl|ca|max|min|p|pp|\d)|"
    r"\b[A-Z])\.$"
)


@dataclass(frozen=True)
class Sentence:
    """One sentence as it stands; `line` counts from 1, `bulleted` says that it opens an item."""

    text: str
    line: int
    bulleted: bool = False


def sentences(text: str, first_line: int = 1) -> tuple[Sentence, ...]:
    """Give the sentences of a text; a wrapped line is joined to the one before."""
    return tuple(
        Sentence(piece, line, bulleted)
        for line, bulleted, whole in _paragraphs(text.split("\n"), first_line)
        for piece in _cut(whole)
    )


def bare(line: str) -> str:
    """Take list, quote and heading marks off a line."""
    for mark in (QUOTE, HEADING, BULLET):
        line = mark.sub("", line, count=1)
    return line.strip()


def _paragraphs(lines: list[str], first_line: int) -> Iterator[tuple[int, bool, str]]:
    running: tuple[int, bool, str] | None = None
    fenced = False
    for number, line in enumerate(lines, start=first_line):
        if FENCE.match(line):
            fenced = not fenced
        words = "" if fenced or FENCE.match(line) else bare(line)
        opens = bool(BULLET.match(line) or HEADING.match(line))
        if running and words and not opens and _goes_on(running[2], words):
            running = (running[0], running[1], f"{running[2]} {words}")
            continue
        if running:
            yield running
        running = (number, bool(BULLET.match(line)), words) if words else None
    if running:
        yield running


def _goes_on(before: str, words: str) -> bool:
    """A line is wrapped when the one before is long; short typed lines stand for themselves."""
    return len(before) >= WRAPPED_CHARS and words[:1].islower() and before[-1:] not in ".!?:"


def _cut(whole: str) -> Iterator[str]:
    start = 0
    for end in END.finditer(whole):
        if SHORT_FORMS.search(whole[start : end.start()]):
            continue
        yield whole[start : end.end()].strip()
        start = end.end()
    if whole[start:].strip():
        yield whole[start:].strip()
