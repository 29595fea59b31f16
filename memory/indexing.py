"""Bringing the index in step with the files, reading only what changed. Nothing here searches."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from memory.index import Index, PageStamp
from memory.pages import Page, parse_page

PAGE_SUFFIXES = (".md", ".markdown")
# Of a larger page the head is indexed, and health says so.
PAGE_BYTES = 4 * 1024 * 1024
_COMMIT_EVERY = 2_000


@dataclass(frozen=True)
class Refreshed:
    """What a refresh found."""

    indexed: int = 0
    dropped: int = 0
    unchanged: int = 0
    unreadable: tuple[str, ...] = ()
    stale: bool = False


def refresh(index: Index, folder: Path) -> Refreshed:
    """Index new and changed pages of `folder`, forget vanished ones.

    When another process is indexing at this moment its result is used as it is (`stale`).
    """
    try:
        return _refreshed(index, folder)
    except sqlite3.OperationalError as failed:
        index.connection.rollback()
        if "locked" in str(failed) or "readonly" in str(failed):
            return Refreshed(stale=True)
        raise


def page_files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Give the pages below `folder` by relative name; hidden files and folders are passed by."""
    pending = [(folder, "")]
    while pending:
        here, prefix = pending.pop()
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    pending.append((Path(entry.path), f"{prefix}{entry.name}/"))
                elif entry.name.lower().endswith(PAGE_SUFFIXES) and entry.is_file():
                    yield f"{prefix}{entry.name}", entry.stat()
            except OSError:
                continue


def _refreshed(index: Index, folder: Path) -> Refreshed:
    known, indexed, unchanged = index.stamps(), 0, 0
    unreadable: list[str] = []
    missing = set(known)
    for name, stat in page_files(folder):
        before = known.get(name)
        if before and (before.mtime_ns, before.size) == (stat.st_mtime_ns, stat.st_size):
            missing.discard(name)
            unchanged += 1
            continue
        taken = _taken(index, folder, name, stat, before)
        if taken is None:
            unreadable.append(name)
            continue
        missing.discard(name)
        indexed += taken
        if indexed % _COMMIT_EVERY == _COMMIT_EVERY - 1:
            index.commit()
    index.drop(missing)
    index.commit()
    return Refreshed(indexed, len(missing), unchanged, tuple(unreadable))


def _taken(
    index: Index, folder: Path, name: str, stat: os.stat_result, before: PageStamp | None
) -> bool | None:
    """Index one file; False when only its time changed, None when it cannot be read now."""
    try:
        with (folder / name).open("rb") as file:
            raw = file.read(PAGE_BYTES + 1)
    except OSError:
        return None
    sha = hashlib.sha256(raw).hexdigest()
    if before and before.sha == sha:
        index.touch(name, mtime_ns=stat.st_mtime_ns, size=stat.st_size)
        return False
    text, problem = _text(raw)
    saved = datetime.fromtimestamp(stat.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M")
    page = parse_page(name, text, saved=saved) if text is not None else Page(name, name, ())
    index.put(page, mtime_ns=stat.st_mtime_ns, size=stat.st_size, sha=sha, problem=problem)
    return True


def _text(raw: bytes) -> tuple[str | None, str]:
    """Decode a page; None for what is not text. Says in words what is left out."""
    if b"\0" in raw[:65_536]:
        return None, "binary, not text: not indexed"
    problem = ""
    if len(raw) > PAGE_BYTES:
        raw = raw[: raw.rfind(b"\n", 0, PAGE_BYTES) + 1] or raw[:PAGE_BYTES]
        problem = f"too large: only the first {PAGE_BYTES // 1024 // 1024} MiB are indexed"
    try:
        return raw.decode("utf-8-sig"), problem
    except UnicodeDecodeError as bad:
        said = f"not UTF-8 (byte {bad.start:,}): unreadable characters were replaced"
        return raw.decode(errors="replace"), problem or said
