"""Reading the person's notes as values. Nothing here changes a file or searches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from memory import frontmatter
from memory.archives import Archive, parse
from memory.edits import lines_of
from memory.errors import NotText
from memory.files import read_text
from memory.marks import BEGIN, END, read_line
from memory.vault import Vault, day_of

# A note's head is read, not the note: a vault may hold a 50 MB page.
_HEAD_BYTES = 65_536


@dataclass(frozen=True)
class Line:
    """One bullet. `author`, `source` and `block` are empty where the person wrote it."""

    path: str
    line: int
    text: str
    author: str = ""
    source: str = ""
    block: str = ""


@dataclass(frozen=True)
class DayLog:
    """The log of one local date."""

    day: date
    path: str
    text: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class NoteHead:
    """What a note says about itself; properties it does not have are empty."""

    path: str
    title: str
    kind: str
    status: str
    created: str
    updated: str
    author: str
    source: str
    block: str
    tags: tuple[str, ...]
    problem: str = ""


class MemoryReader:
    """Answers from the files as they are now; keeps nothing."""

    def __init__(self, vault: Vault) -> None:
        """Read in `vault`, which need not exist yet."""
        self._vault = vault

    def remembered(self) -> tuple[Line, ...]:
        """Give every bullet of MEMORY.md, the person's and ours."""
        return self._bullets(self._vault.memory_file)

    def memory_text(self) -> str:
        """Give MEMORY.md whole; empty when missing."""
        return self._text(self._vault.memory_file)

    def day(self, day: date) -> DayLog | None:
        """Give the log of a local date, or None when nothing was logged."""
        path = self._vault.log_file(day)
        if not path.is_file():
            return None
        return DayLog(day, self._vault.name(path), self._text(path), self._bullets(path))

    def days(self) -> tuple[date, ...]:
        """Give the local dates that have a log, oldest first."""
        folder = self._vault.logs_folder
        found = [day_of(path) for path in folder.glob("*.md")] if folder.is_dir() else []
        return tuple(sorted(day for day in found if day))

    def notes(self) -> tuple[NoteHead, ...]:
        """Give the heads of all notes, by path."""
        return tuple(self._head(path) for path in self._pages(self._vault.notes_folder))

    def note_text(self, name: str) -> str | None:
        """Give one page of the vault by its relative path; OutsideVault, NotText."""
        path = self._vault.inside(name)
        return read_text(path) if path.is_file() else None

    def sessions(self) -> tuple[tuple[str, Archive], ...]:
        """Give the archived conversations with their paths, oldest first."""
        found = [
            (self._vault.name(path), archive)
            for path in self._pages(self._vault.logs_folder)
            if not day_of(path) and (archive := parse(self._text(path)))
        ]
        return tuple(sorted(found, key=lambda each: each[1].started))

    def heartbeat(self) -> str | None:
        """Give HEARTBEAT.md, or None when missing."""
        return read_text(self._vault.heartbeat_file)

    def _bullets(self, path: Path) -> tuple[Line, ...]:
        name, found = self._vault.name(path), []
        for number, line in enumerate(lines_of(self._text(path)), start=1):
            if line.lstrip().startswith(("- ", "* ", "+ ")) and line.strip() not in (BEGIN, END):
                marked = read_line(line)
                found.append(
                    Line(name, number, marked.text, marked.author, marked.source, marked.block)
                )
        return tuple(found)

    def _head(self, path: Path) -> NoteHead:
        with path.open("rb") as page:
            text = page.read(_HEAD_BYTES).decode(errors="replace")
        head = frontmatter.read(text)
        titles = (
            line[2:].strip() for line in lines_of(text)[head.line_count :] if line[:2] == "# "
        )
        return NoteHead(
            path=self._vault.name(path),
            title=head.text("title") or next(titles, path.stem),
            kind=head.text("type"),
            status=head.text("status"),
            created=head.text("created"),
            updated=head.text("updated"),
            author=head.text("author"),
            source=head.text("source"),
            block=head.text("block"),
            tags=tuple(tag.lstrip("#") for tag in head.items("tags") if tag),
            problem=head.problem,
        )

    def _pages(self, folder: Path) -> Iterator[Path]:
        if folder.is_dir():
            yield from sorted(path for path in folder.rglob("*.md") if path.is_file())

    def _text(self, path: Path) -> str:
        try:
            return read_text(path) or ""
        except NotText:
            return path.read_bytes().decode(errors="replace")
