"""Markdown that the person owns, and finding things in it again.

Public face: values, reading and errors. What changes files is `memory.writes` (lines and notes)
and `memory.sessions` (turns and archives), which only the door's handlers and the composition
root import.
"""

from memory.archives import Archive, ArchivedTurn, read_archive
from memory.errors import (
    BadQuery,
    CannotWrite,
    FileBusy,
    IndexUnusable,
    LineNotFound,
    MemoryFull,
    MemoryRefused,
    MemoryUnavailable,
    NotAnArchive,
    NoteNotFound,
    NotText,
    OutsideVault,
    SessionUnknown,
)
from memory.reads import DayLog, Line, MemoryReader, NoteHead
from memory.vault import Vault

__all__ = [
    "Archive",
    "ArchivedTurn",
    "BadQuery",
    "CannotWrite",
    "DayLog",
    "FileBusy",
    "IndexUnusable",
    "Line",
    "LineNotFound",
    "MemoryFull",
    "MemoryReader",
    "MemoryRefused",
    "MemoryUnavailable",
    "NotAnArchive",
    "NotText",
    "NoteHead",
    "NoteNotFound",
    "OutsideVault",
    "SessionUnknown",
    "Vault",
    "read_archive",
]
