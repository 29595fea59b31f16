"""Putting two changes of one page together by lines, losing nothing of either. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from memory.edits import lines_of, newline_of


def merge(base: str, mine: str, theirs: str) -> str:
    """Apply what `theirs` changed in `base` to `mine`; where both added lines, both stay.

    A line that either took out is out. Line ends are those of `theirs`.
    """
    before, ours, other = (_bare(text) for text in (base, mine, theirs))
    we_added, we_dropped = _changes(before, ours)
    they_added, they_dropped = _changes(before, other)
    merged: list[str] = []
    for at in range(len(before) + 1):
        merged += we_added.get(at, [])
        if they_added.get(at) != we_added.get(at):
            merged += they_added.get(at, [])
        if at < len(before) and at not in we_dropped and at not in they_dropped:
            merged.append(before[at])
    end = newline_of(theirs)
    ending = "" if theirs and not theirs.endswith("\n") else end
    return end.join(merged) + (ending if merged else "")


def _bare(text: str) -> list[str]:
    return [line.rstrip("\r\n") for line in lines_of(text)]


def _changes(before: Sequence[str], after: Sequence[str]) -> tuple[dict[int, list[str]], set[int]]:
    """Say which lines were added in front of which old line, and which old lines went."""
    added: dict[int, list[str]] = {}
    dropped: set[int] = set()
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, old0, old1, new0, new1 in matcher.get_opcodes():
        if kind != "equal":
            dropped |= set(range(old0, old1))
            if new1 > new0:
                added[old0] = list(after[new0:new1])
    return added, dropped
