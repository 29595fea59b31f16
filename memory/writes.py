"""Changing the person's notes by one line or one note at a time. Protected: only the door's
handlers may import this. Nothing here reads notes for anybody.

**Invariant:** nothing enters MEMORY.md but through `remember`, which the door calls for what the
person said or tapped; no review, summary or schedule may.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from memory import edits, frontmatter
from memory.commits import Commits
from memory.errors import LineNotFound, MemoryFull, NoteNotFound, NotText
from memory.files import Step, create_file, edit_file, left_behind, move_aside, no_step, read_text
from memory.marks import checked_block, marked_bullet, one_line
from memory.vault import MEMORY_CAP_CHARS, Vault, day_of

# A repeated message is looked for in this many newest logs: a restart may come days later.
LOGS_SEARCHED = 31
# A note saved this lately may still be open in an editor.
QUIET = timedelta(minutes=5)
_NAME_CHARS = 80
_FORBIDDEN_IN_NAMES = re.compile(r'[#|^:%\[\]/\\*?"<>\x00-\x1f\x7f]+')
_RESERVED_NAMES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.I)


@dataclass(frozen=True)
class Written:
    """Where a line or note now is (or was, when taken out): `path` is relative to the vault,
    `line` counts from 1, `text` is the line as it stands in the file."""

    path: str
    line: int
    block: str
    text: str = ""


class MemoryWriter:
    """Writes lines and notes, each whole or not at all, each once per block id."""

    def __init__(
        self,
        vault: Vault,
        *,
        now: Callable[[], datetime],
        timezone: ZoneInfo,
        memory_cap_chars: int = MEMORY_CAP_CHARS,
        commits: Commits | None = None,
        step: Step = no_step,
    ) -> None:
        """Take the clock (aware UTC) and the person's timezone, which dates the daily log."""
        self._vault, self._now, self._timezone = vault, now, timezone
        self._cap, self._commits, self._step = memory_cap_chars, commits, step

    def log(self, line: str, *, author: str, source: str, block: str) -> Written:
        """Add one bullet to the local day's log."""
        if before := self._found(block, list(self._logs())[:LOGS_SEARCHED]):
            return before
        moment = self._local_now()
        bullet = marked_bullet(f"{moment:%H:%M} {line}", author=author, source=source, block=block)
        heading = f"# {moment.date().isoformat()}\n\n"
        return self._put(
            self._vault.log_file(moment.date()),
            lambda text: edits.append_line(text or heading, bullet),
            block,
            f"Log: {one_line(line)[:60]}",
        )

    def unlog(self, block: str) -> Written:
        """Take exactly that bullet out of its log; LineNotFound when it is gone."""
        return self._take_out(block, self._logs(), "the daily logs")

    def remember(self, text: str, *, author: str, source: str, block: str) -> Written:
        """Add one bullet to the marked block of MEMORY.md; MemoryFull when it would not fit."""
        if before := self._found(block, [self._vault.memory_file]):
            return before
        bullet = marked_bullet(text, author=author, source=source, block=block)

        def within_cap(page: str) -> str:
            fuller = edits.append_in_block(page or "# Memory\n", bullet)
            if len(fuller) > self._cap:
                raise MemoryFull(len(fuller), self._cap)
            return fuller

        summary = f"Remember: {one_line(text)[:60]}"
        return self._put(self._vault.memory_file, within_cap, block, summary)

    def forget(self, block: str) -> Written:
        """Take exactly that line out of MEMORY.md, as the person may have reworded it."""
        return self._take_out(block, [self._vault.memory_file], "MEMORY.md")

    def note(
        self,
        title: str,
        body: str,
        *,
        kind: str,
        author: str,
        source: str,
        block: str,
        status: str = "open",
    ) -> Written:
        """Write a new note with flat frontmatter under a name that is free."""
        moment = f"{self._local_now():%Y-%m-%dT%H:%M}"
        properties = {
            "created": moment,
            "updated": moment,
            "author": author,
            "source": source,
            "type": kind,
            "status": status,
            "block": checked_block(block),
        }
        text = f"{frontmatter.render(properties)}\n# {one_line(title)}\n\n{body.rstrip()}\n"
        for path in self._free_names(title):
            if create_file(path, text, step=self._step) or _block_of(path) == block:
                return self._recorded(Written(self._vault.name(path), 1, block, text), path, "Note")
        raise AssertionError("names never run out")

    def drop_note(self, block: str) -> Written:
        """Move the note into the vault's trash, with whatever the person wrote into it since."""
        for path in sorted(self._vault.notes_folder.rglob("*.md")):
            if _block_of(path) == block:
                return self._trashed(path, block)
        raise NoteNotFound(block)

    def stamp(self) -> tuple[str, ...]:
        """Set `updated` of the notes that the person saved since, and name them.

        A note still being worked on is left alone; one without that property always is.
        """
        due = [
            (path, saved)
            for path in sorted(self._vault.notes_folder.rglob("*.md"))
            if (saved := self._saved_since(path))
        ]
        for path, saved in due:
            stamped = partial(edits.set_property, name="updated", value=saved)
            edit_file(path, stamped, step=self._step, keep_time=True)
        return tuple(self._vault.name(path) for path, _ in due)

    def recover(self) -> tuple[str, ...]:
        """Put aside what a write cut off by a crash left behind, and name it.

        Call it at the start, before anything is written. The pages themselves are whole either
        way; what is put aside may hold an edit that the person saved in that very instant.
        """
        folders = (self._vault.folder, self._vault.logs_folder, self._vault.notes_folder)
        aside = self._vault.state_folder / "left-behind"
        return tuple(
            self._vault.name(move_aside(path, aside))
            for folder in folders
            for path in left_behind(folder)
        )

    def _saved_since(self, path: Path) -> str:
        """Say when a note was saved, if that is later than it says and a while ago."""
        saved = datetime.fromtimestamp(path.stat().st_mtime, self._timezone)
        moment = f"{saved:%Y-%m-%dT%H:%M}"
        said = frontmatter.read(_lenient(path)).text("updated")
        later = bool(said) and said < moment[: len(said)]
        return moment if later and self._local_now() - saved > QUIET else ""

    def _put(self, path: Path, edit: Callable[[str], str], block: str, message: str) -> Written:
        def once(page: str) -> str:
            return page if edits.find_block(page, block) is not None else edit(page)

        text = edit_file(path, once, step=self._step)
        at = edits.find_block(text, block)
        if at is None:
            raise LineNotFound(block, self._vault.name(path))
        return self._recorded(self._written(path, at, text, block), path, message)

    def _take_out(self, block: str, paths: Iterable[Path], where: str) -> Written:
        for path in paths:
            text = _lenient(path)
            at = edits.find_block(text, block)
            if at is not None:
                edit_file(path, lambda page: _without(page, block), step=self._step)
                return self._recorded(self._written(path, at, text, block), path, "Take out a line")
        raise LineNotFound(block, where)

    def _found(self, block: str, paths: Iterable[Path]) -> Written | None:
        for path in paths:
            text = _lenient(path)
            at = edits.find_block(text, checked_block(block))
            if at is not None:
                return self._written(path, at, text, block)
        return None

    def _written(self, path: Path, at: int, text: str, block: str) -> Written:
        line = edits.lines_of(text)[at].rstrip("\r\n")
        return Written(self._vault.name(path), at + 1, block, line)

    def _recorded(self, written: Written, path: Path, message: str) -> Written:
        if self._commits is not None:
            self._commits.record(path, message)
        return written

    def _logs(self) -> Iterator[Path]:
        """Give the daily logs, newest first."""
        folder = self._vault.logs_folder
        named = [path for path in folder.glob("*.md") if day_of(path)] if folder.exists() else []
        yield from sorted(named, reverse=True)

    def _free_names(self, title: str) -> Iterator[Path]:
        name = _file_name(title) or f"Note {self._local_now():%Y-%m-%d %H%M}"
        yield self._vault.notes_folder / f"{name}.md"
        number = 2
        while True:
            yield self._vault.notes_folder / f"{name} {number}.md"
            number += 1

    def _trashed(self, path: Path, block: str) -> Written:
        target = move_aside(path, self._vault.trash_folder)
        self._recorded(Written("", 0, block), path, "Take a note back")
        return Written(self._vault.name(target), 1, block, _lenient(target))

    def _local_now(self) -> datetime:
        return self._now().astimezone(self._timezone)


def _without(page: str, block: str) -> str:
    shorter = edits.remove_block(page, block)
    return page if shorter is None else shorter


def _lenient(path: Path) -> str:
    """Read a page to look for a block in; what is not text holds none of ours."""
    try:
        return read_text(path) or ""
    except (NotText, OSError):
        return ""


def _block_of(path: Path) -> str:
    return frontmatter.read(_lenient(path)).text("block")


def _file_name(title: str) -> str:
    """Make a name that Obsidian can link to and every file system can hold."""
    name = " ".join(_FORBIDDEN_IN_NAMES.sub(" ", title).split())[:_NAME_CHARS].strip(" .")
    return f"{name} note" if _RESERVED_NAMES.match(name) else name
