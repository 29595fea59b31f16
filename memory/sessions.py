"""Conversations on disk: every turn written through as it happens, archived when it is over.

The sidecar (`.touchbase/sessions/ID.jsonl`) is the truth; the archive in `memory/sessions/` is
derived from it for the person to read. Nothing here decides when a session is over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from urllib.parse import quote
from zoneinfo import ZoneInfo

from memory import archives
from memory.errors import CannotWrite, SessionUnknown
from memory.files import Step, create_file, no_step, read_text, sync_folder
from memory.vault import Vault

_TAIL_BYTES = 4096


@dataclass(frozen=True)
class Turn:
    """One turn as it was said; `at` is aware UTC."""

    speaker: str
    text: str
    at: datetime
    message_id: str


@dataclass(frozen=True)
class OpenSession:
    """A conversation with turns that are in no archive yet."""

    session_id: str
    key: str
    source: str
    started: datetime
    last_at: datetime
    turn_count: int


@dataclass
class _Sidecar:
    """What one JSONL file says. `archived` counts the turns that an archive holds already."""

    key: str = ""
    source: str = ""
    started: datetime | None = None
    turns: list[Turn] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    archived: int = 0
    closed: bool = False
    broken_lines: int = 0


class SessionLog:
    """Keeps the turns of each session and archives them."""

    def __init__(
        self,
        vault: Vault,
        *,
        now: Callable[[], datetime],
        timezone: ZoneInfo,
        step: Step = no_step,
    ) -> None:
        """Take the clock (aware UTC) and the person's timezone, which dates the file names."""
        self._vault, self._now, self._timezone, self._step = vault, now, timezone, step
        self._loaded: dict[str, _Sidecar] = {}
        self._turn = Lock()

    def begin(self, session_id: str, *, key: str, source: str) -> None:
        """Open a session; beginning it again changes nothing."""
        with self._turn:
            if self._sidecar(session_id).started is not None:
                return
            line = {"type": "session", "session_id": session_id, "key": key, "source": source}
            self._write(session_id, {**line, "started": self._now().isoformat()})

    def append(
        self, session_id: str, speaker: str, text: str, *, at: datetime, message_id: str
    ) -> None:
        """Write a turn through to the disk; the same message id again changes nothing."""
        with self._turn:
            sidecar = self._begun(session_id)
            if message_id in sidecar.seen:
                return
            said = {"type": "turn", "speaker": speaker, "text": text}
            self._write(session_id, {**said, "at": at.isoformat(), "message_id": message_id})

    def turns(self, session_id: str) -> tuple[Turn, ...]:
        """Give every turn of a session, in the order they were said."""
        with self._turn:
            return tuple(self._begun(session_id).turns)

    def archive(self, session_id: str, reason: str) -> Path | None:
        """Write what is not archived yet to `memory/sessions/`; None when nothing was said.

        After a crash in the middle, doing it again finds the same file and writes no second one.
        """
        with self._turn:
            sidecar = self._begun(session_id)
            fresh = sidecar.turns[sidecar.archived :]
            said = [(turn.speaker, archives.spoken(turn.speaker, turn.text)) for turn in fresh]
            spoken = any(text for _, text in said)
            path = self._archived(session_id, sidecar, fresh, said) if spoken else None
            if fresh or not sidecar.closed:
                name = self._vault.name(path) if path else ""
                mark = {"type": "archived", "path": name, "reason": reason}
                self._write(session_id, {**mark, "turns": len(sidecar.turns)})
            return path

    def unarchived(self) -> tuple[OpenSession, ...]:
        """Give the sessions that still have to be archived, oldest first."""
        with self._turn:
            found = [self._open(session_id) for session_id in self._session_ids()]
        return tuple(sorted(filter(None, found), key=lambda each: each.started))

    def _archived(
        self,
        session_id: str,
        sidecar: _Sidecar,
        fresh: list[Turn],
        said: list[tuple[str, str]],
    ) -> Path:
        started = fresh[0].at if sidecar.archived else (sidecar.started or fresh[0].at)
        text = archives.render(started, sidecar.key, session_id, sidecar.source, said)
        for path in self._names(started, said):
            if create_file(path, text, step=self._step) or read_text(path) == text:
                return path
        raise AssertionError("names never run out")

    def _names(self, started: datetime, said: list[tuple[str, str]]) -> Iterator[Path]:
        local = started.astimezone(self._timezone)
        opener = next((text for speaker, text in said if text and speaker != "assistant"), "")
        stem = f"{local:%Y-%m-%d}-{archives.slug(opener) or f'{local:%H%M}'}"
        folder = self._vault.sessions_folder
        yield folder / f"{stem}.md"
        number = 2
        while True:
            yield folder / f"{stem}-{number}.md"
            number += 1

    def _open(self, session_id: str) -> OpenSession | None:
        sidecar = self._sidecar(session_id)
        started, fresh = sidecar.started, sidecar.turns[sidecar.archived :]
        if started is None or not fresh:
            return None
        last_at, count = fresh[-1].at, len(fresh)
        return OpenSession(session_id, sidecar.key, sidecar.source, started, last_at, count)

    def _begun(self, session_id: str) -> _Sidecar:
        sidecar = self._sidecar(session_id)
        if sidecar.started is None:
            raise SessionUnknown(session_id)
        return sidecar

    def _sidecar(self, session_id: str) -> _Sidecar:
        if session_id not in self._loaded:
            sidecar = _Sidecar()
            for line in _lines(self._path(session_id)):
                _take(sidecar, line)
            self._loaded[session_id] = sidecar
        return self._loaded[session_id]

    def _write(self, session_id: str, record: dict[str, str | int]) -> None:
        path = self._path(session_id)
        line = json.dumps(record, ensure_ascii=False)
        try:
            self._append_through(path, line)
        except OSError as failed:
            # What is on the disk is unknown now: read it again before the next turn.
            self._loaded.pop(session_id, None)
            raise CannotWrite(str(path), failed.strerror or str(failed)) from failed
        _take(self._sidecar(session_id), line)

    def _append_through(self, path: Path, line: str) -> None:
        fresh = not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as out:
            # A crash may have left half a line: close it, so that ours stands alone.
            start = b"" if _ends_whole(path) else b"\n"
            raw = start + line.encode() + b"\n"
            self._step("append")
            out.write(raw[: len(raw) // 2])
            self._step("half")
            out.write(raw[len(raw) // 2 :])
            out.flush()
            os.fsync(out.fileno())
        self._step("appended")
        if fresh:
            sync_folder(path.parent)

    def _path(self, session_id: str) -> Path:
        name = quote(session_id, safe="@+=,").replace(".", "%2E")
        return self._vault.state_folder / "sessions" / f"{name}.jsonl"

    def _session_ids(self) -> list[str]:
        folder = self._vault.state_folder / "sessions"
        paths = folder.glob("*.jsonl") if folder.exists() else []
        still_open = [path for path in paths if not _is_closed(path)]
        return [found for path in still_open if (found := _session_id(path))]


def _take(sidecar: _Sidecar, line: str) -> None:
    """Add one line of the file to what is known; a torn line is counted and passed over."""
    try:
        record = json.loads(line)
        match record["type"]:
            case "session":
                sidecar.key, sidecar.source = record["key"], record["source"]
                sidecar.started = datetime.fromisoformat(record["started"])
            case "turn" if record["message_id"] not in sidecar.seen:
                at = datetime.fromisoformat(record["at"])
                turn = Turn(record["speaker"], record["text"], at, record["message_id"])
                sidecar.turns.append(turn)
                sidecar.seen.add(turn.message_id)
                sidecar.closed = False
            case "archived":
                sidecar.archived, sidecar.closed = record["turns"], True
    except (ValueError, KeyError, TypeError):
        sidecar.broken_lines += 1


def _lines(path: Path) -> list[str]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    return [line for line in raw.decode(errors="replace").split("\n") if line.strip()]


def _session_id(path: Path) -> str:
    """Read whose file this is; empty when no line says so."""
    for line in _lines(path):
        try:
            return str(json.loads(line)["session_id"])
        except (ValueError, KeyError, TypeError):
            continue
    return ""


def _is_closed(path: Path) -> bool:
    """Tell from the last line alone whether an archive holds everything."""
    with path.open("rb") as back:
        size = back.seek(0, os.SEEK_END)
        back.seek(max(0, size - _TAIL_BYTES))
        last = back.read().rstrip(b"\n").rsplit(b"\n", 1)[-1]
    return last.startswith(b'{"type": "archived"')


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as back:
        if back.seek(0, os.SEEK_END) == 0:
            return True
        back.seek(-1, os.SEEK_END)
        return back.read(1) == b"\n"
