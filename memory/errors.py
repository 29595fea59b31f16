"""What can go wrong with notes, memory and sessions.

* MemoryRefused      — cannot be done as asked; nothing was changed
  x MemoryFull       — the curated page is at its cap
  x LineNotFound     — no line carries this block id
  x NoteNotFound     — no note carries this block id
  x OutsideVault     — the path leaves the notes folder
  x NotText          — the file is not UTF-8 text
  x FileBusy         — somebody else kept changing the file
  x SessionUnknown   — no such conversation was begun
  x NotAnArchive     — the file is not a session archive
  x BadQuery         — a search filter cannot be read
* MemoryUnavailable  — the disk failed; nothing is known to have changed
  x CannotWrite      — read-only folder, full disk, missing rights
  x IndexUnusable    — the search index cannot be opened or rebuilt
"""

from __future__ import annotations


class MemoryRefused(Exception):
    """Cannot be done as asked."""


class MemoryFull(MemoryRefused):
    """MEMORY.md is full."""

    def __init__(self, size_chars: int, cap_chars: int) -> None:
        super().__init__(
            f"MEMORY.md would hold {size_chars:,} characters and its cap is {cap_chars:,}: "
            "forget a line first, or say it to the daily log"
        )
        self.size_chars, self.cap_chars = size_chars, cap_chars


class LineNotFound(MemoryRefused):
    """No line carries this block id."""

    def __init__(self, block: str, where: str) -> None:
        super().__init__(f"no line ^{block} in {where}: it was taken out or renamed already")
        self.block, self.where = block, where


class NoteNotFound(MemoryRefused):
    """No note carries this block id."""

    def __init__(self, block: str) -> None:
        super().__init__(f"no note with block {block}: it was moved or deleted already")
        self.block = block


class OutsideVault(MemoryRefused):
    """The path leaves the notes folder."""

    def __init__(self, path: str, folder: str) -> None:
        super().__init__(f"{path} is not inside {folder}: name a file of the notes folder")
        self.path, self.folder = path, folder


class NotText(MemoryRefused):
    """The file is not UTF-8 text."""

    def __init__(self, path: str, byte: int) -> None:
        super().__init__(
            f"{path} is not UTF-8 text (byte {byte:,}): save it as UTF-8 and say it again"
        )
        self.path, self.byte = path, byte


class FileBusy(MemoryRefused):
    """Somebody else kept changing the file."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} keeps changing under me; nothing was written: try again")
        self.path = path


class SessionUnknown(MemoryRefused):
    """No such conversation was begun."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"no session {session_id}: begin it first")
        self.session_id = session_id


class NotAnArchive(MemoryRefused):
    """The file is not a session archive."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is not a session archive: its first line should read "
            '"# Session: 2026-02-03 05:13:47 UTC"'
        )
        self.path = path


class BadQuery(MemoryRefused):
    """A search filter cannot be read."""

    def __init__(self, part: str, way_out: str) -> None:
        super().__init__(f"cannot read {part!r}: {way_out}")
        self.part = part


class MemoryUnavailable(Exception):
    """The disk failed; nothing is known to have changed."""


class CannotWrite(MemoryUnavailable):
    """The file could not be written."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"cannot write {path} ({why}): make the folder writable, or free space")
        self.path, self.why = path, why


class IndexUnusable(MemoryUnavailable):
    """The search index cannot be opened."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"cannot use the search index {path} ({why}): delete it, it is rebuilt")
        self.path, self.why = path, why
