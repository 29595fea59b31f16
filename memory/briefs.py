"""How each undertaking stands: epics with children, derived ready, blocked and deferred.

Notes say only what a person types (status, parent, what waits for what, until when); whether a
note is ready or blocked is derived here and stored nowhere. Reads no file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from memory.frontmatter import Frontmatter

LINK = re.compile(r"\[\[([^\]|#^]+)[^\]]*\]\]")
EPICS = {"epic", "project"}
WORK = {"task", "bug", "feature", "chore", "story", "milestone", "issue"}
SCRATCHPADS = {"scratchpad"}
CLOSED_WORDS = {"closed", "done", "completed", "complete", "cancelled", "abandoned", "rejected"}
# What others must wait for; "discovered-from" and "related" hold nobody up.
WAITS = ("blocked_by", "depends_on", "waits_for", "waits-for", "conditional_blocks")
BLOCKS = ("blocks",)


class Standing(StrEnum):
    """Where a piece of work stands; ready and blocked are derived."""

    READY = "ready"
    IN_PROGRESS = "in progress"
    BLOCKED = "blocked"
    DEFERRED = "deferred"
    CLOSED = "closed"


@dataclass(frozen=True)
class WorkNote:
    """A note as typed: names are without folder and ending."""

    name: str
    path: str
    title: str
    kind: str
    status: str
    parent: str
    waits_for: tuple[str, ...]
    blocks: tuple[str, ...]
    supersedes: tuple[str, ...]
    defer_until: date | None
    updated: str


@dataclass(frozen=True)
class Child:
    """One piece of work and why it stands so."""

    note: WorkNote
    standing: Standing
    because: str
    children: tuple[Child, ...] = ()


@dataclass(frozen=True)
class Brief:
    """An epic, its children, the newest scratchpad, and cycles of waiting when there are any."""

    epic: WorkNote | None
    children: tuple[Child, ...]
    scratchpads: tuple[WorkNote, ...]
    counts: Mapping[Standing, int]
    cycles: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Name it; work without an epic comes together under one line."""
        return self.epic.title if self.epic else "Without an epic"

    @property
    def open_count(self) -> int:
        """How many pieces of work are not closed."""
        return sum(self.counts.values()) - self.counts.get(Standing.CLOSED, 0)


def work_note(path: str, title: str, head: Frontmatter) -> WorkNote | None:
    """Read a note's properties; None when it is no piece of work."""
    kind = head.text("type").strip().lower()
    if kind not in EPICS | WORK | SCRATCHPADS:
        return None
    return WorkNote(
        path.rsplit("/", 1)[-1].removesuffix(".md"),
        path,
        title,
        kind,
        head.text("status").strip().lower().replace("-", "_"),
        next(iter(_names(head, ("parent", "epic"))), ""),
        tuple(_names(head, WAITS)),
        tuple(_names(head, BLOCKS)),
        tuple(_names(head, ("supersedes",))),
        _day(head.text("defer_until") or head.text("deferred")),
        head.text("updated"),
    )


def _names(head: Frontmatter, keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        typed = head.text(key)
        links = LINK.findall(typed)
        for name in links or [part for part in head.items(key) if part]:
            yield name.strip().rsplit("/", 1)[-1].removesuffix(".md")


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed.strip()[:10])
    except ValueError:
        return None


def briefs(notes: Sequence[WorkNote], today: date) -> tuple[Brief, ...]:
    """Give one brief an epic, epics with ready work first, then work without an epic."""
    board = _Board(notes, today)
    epics = [note for note in notes if note.kind in EPICS and board.parent(note) is None]
    found = [board.brief(epic) for epic in epics]
    found.sort(key=lambda brief: (-brief.counts.get(Standing.READY, 0), brief.title))
    loose = board.brief(None)
    return (*found, loose) if loose.children else tuple(found)


class _Board:
    """All work by name; asks each note once, so that cycles end."""

    def __init__(self, notes: Sequence[WorkNote], today: date) -> None:
        self._notes = {note.name.casefold(): note for note in notes}
        self._today = today
        self._waits: dict[str, list[str]] = {key: [] for key in self._notes}
        for key, note in self._notes.items():
            self._waits[key] += [name.casefold() for name in note.waits_for]
            for name in note.blocks:
                self._waits.setdefault(name.casefold(), []).append(key)

    def parent(self, note: WorkNote) -> WorkNote | None:
        """Give the note above; notes that are each other's parents have none."""
        seen = {note.name.casefold()}
        above = first = self._notes.get(note.parent.casefold())
        while above is not None:
            if above.name.casefold() in seen:
                return None
            seen.add(above.name.casefold())
            above = self._notes.get(above.parent.casefold())
        return first

    def brief(self, epic: WorkNote | None) -> Brief:
        children = tuple(self._children(epic, frozenset()))
        counts = Counter(child.standing for child in _flat(children))
        pads = [n for n in self._notes.values() if n.kind in SCRATCHPADS and self.parent(n) is epic]
        return Brief(epic, children, tuple(self._current(pads)), counts, self._cycles(children))

    def _children(self, above: WorkNote | None, seen: frozenset[str]) -> Iterator[Child]:
        for key, note in self._notes.items():
            nested = note.kind in EPICS and above is None
            if key in seen or nested or note.kind in SCRATCHPADS or self.parent(note) is not above:
                continue
            standing, because = self._standing(note)
            below = tuple(self._children(note, seen | {key}))
            yield Child(note, standing, because, below)

    def _standing(self, note: WorkNote) -> tuple[Standing, str]:
        if note.status in CLOSED_WORDS:
            return Standing.CLOSED, note.status
        deferred = self._deferred(note)
        if deferred:
            return Standing.DEFERRED, deferred
        held_up = self._held_up(note)
        if held_up:
            return Standing.BLOCKED, held_up
        if note.status in {"in_progress", "active", "hooked"}:
            return Standing.IN_PROGRESS, note.status
        return Standing.READY, ""

    def _deferred(self, note: WorkNote) -> str:
        if note.defer_until and note.defer_until > self._today:
            return f"until {note.defer_until.isoformat()}"
        return "no date" if note.status == "deferred" and not note.defer_until else ""

    def _held_up(self, note: WorkNote) -> str:
        for name in self._waits.get(note.name.casefold(), []):
            other = self._notes.get(name)
            if other is None:
                return f"waits for {name}, which is no note"
            if other.status not in CLOSED_WORDS:
                return f"waits for {other.title}"
        above = self.parent(note)
        if above and above.status not in CLOSED_WORDS:
            reason = self._deferred(above) or self._waiting_above(above)
            return f"{above.title}: {reason}" if reason else ""
        return "said so" if note.status == "blocked" else ""

    def _waiting_above(self, above: WorkNote) -> str:
        open_names = [
            self._notes[name].title
            for name in self._waits.get(above.name.casefold(), [])
            if name in self._notes and self._notes[name].status not in CLOSED_WORDS
        ]
        return f"waits for {open_names[0]}" if open_names else ""

    def _current(self, pads: Sequence[WorkNote]) -> list[WorkNote]:
        old = {name.casefold() for pad in pads for name in pad.supersedes}
        current = [pad for pad in pads if pad.name.casefold() not in old]
        return sorted(current, key=lambda pad: pad.updated, reverse=True)

    def _cycles(self, children: Sequence[Child]) -> tuple[str, ...]:
        return tuple(
            f"{child.note.title} waits for itself"
            for child in _flat(children)
            if self._reaches(child.note.name.casefold())
        )

    def _reaches(self, start: str) -> bool:
        seen: set[str] = set()
        ahead = list(self._waits.get(start, []))
        while ahead:
            key = ahead.pop()
            if key == start:
                return True
            if key not in seen:
                seen.add(key)
                ahead += self._waits.get(key, [])
        return False


def _flat(children: Sequence[Child]) -> Iterator[Child]:
    for child in children:
        yield child
        yield from _flat(child.children)
