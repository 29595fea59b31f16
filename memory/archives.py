"""The session archive: wording one exactly, and reading those in the wild. Touches no file but
the one that `read_archive` is given.

```
# Session: 2026-02-03 05:13:47 UTC

- **Session Key**: agent:main:main
- **Session ID**: 0b5c...
- **Source**: telegram

## Conversation Summary

user: a line
  and its continuation
assistant: an answer
```
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from memory.edits import lines_of
from memory.errors import NotAnArchive

SILENT_TOKENS = ("NO_REPLY", "HEARTBEAT_OK", "ANNOUNCE_SKIP", "[SILENT]")
SESSION_COMMANDS = ("/new", "/reset")
SLUG_CHARS = 30
_STAMP = re.compile(r"^\ufeff?# Session: (\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) UTC\s*$")
_BULLET = re.compile(r"^- \*\*(Session Key|Session ID|Source)\*\*: ?(.*)$")
_TURN = re.compile(r"^(?P<speaker>[^\W\d_][^:\n]{0,39}): ?(?P<text>.*)$")
_ROLES = {"user", "assistant", "system", "tool"}
_SUMMARY = "## Conversation Summary"


@dataclass(frozen=True)
class ArchivedTurn:
    """One turn with its lines in the file, counted from 1, both inclusive."""

    speaker: str
    text: str
    line0: int
    line1: int


@dataclass(frozen=True)
class Archive:
    """A conversation that is over. `started` is aware UTC."""

    started: datetime
    key: str
    session_id: str
    source: str
    turns: tuple[ArchivedTurn, ...]


def render(
    started: datetime, key: str, session_id: str, source: str, said: Iterable[tuple[str, str]]
) -> str:
    """Word an archive of (speaker, text) pairs; control tokens and commands stay out."""
    stamp = started.astimezone(UTC)
    header = [
        f"# Session: {stamp:%Y-%m-%d %H:%M:%S} UTC",
        "",
        f"- **Session Key**: {key}",
        f"- **Session ID**: {session_id or 'unknown'}",
        f"- **Source**: {source or 'unknown'}",
        "",
    ]
    turns = [_turn(speaker, text) for speaker, text in said if text]
    body = [_SUMMARY, "", *turns, ""] if turns else []
    return "\n".join([*header, *body])


def spoken(speaker: str, text: str) -> str:
    """Take the control tokens out of a turn; empty when nothing else was said."""
    text = text.strip()
    if text.split(maxsplit=1)[:1] and text.split(maxsplit=1)[0].lower() in SESSION_COMMANDS:
        return ""
    if speaker == "user":
        return "" if text in SILENT_TOKENS else text
    for token in SILENT_TOKENS:
        text = text.removeprefix(token).removesuffix(token).strip()
    return text


def slug(text: str) -> str:
    """Make the name part `[a-z0-9-]{1,30}` out of whole words; empty when there are none."""
    folded = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    name = ""
    for word in re.findall(r"[a-z0-9]+", folded):
        longer = f"{name}-{word}" if name else word[:SLUG_CHARS]
        if len(longer) > SLUG_CHARS:
            break
        name = longer
    return name


def read_archive(path: Path) -> Archive:
    """Read an archive leniently; NotAnArchive when the first line is not its header."""
    archive = parse(path.read_text(encoding="utf-8", errors="replace"))
    if archive is None:
        raise NotAnArchive(str(path))
    return archive


def parse(text: str) -> Archive | None:
    """Read an archive's text: header-only, any speakers, continuation indented or not."""
    lines = [line.rstrip("\r\n") for line in lines_of(text)]
    stamp = _STAMP.match(lines[0]) if lines else None
    started = _moment(stamp) if stamp else None
    if started is None:
        return None
    body = _start_of_body(lines)
    bullets = {
        found[1]: found[2].strip() for line in lines[:body] if (found := _BULLET.match(line))
    }
    return Archive(
        started,
        bullets.get("Session Key", ""),
        bullets.get("Session ID", "unknown"),
        bullets.get("Source", "unknown"),
        _turns(lines, body),
    )


def _turn(speaker: str, text: str) -> str:
    name = " ".join(speaker.replace(":", " ").split()) or "unknown"
    first, *rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join([f"{name}: {first}", *(f"  {line}" if line.strip() else "" for line in rest)])


def _moment(stamp: re.Match[str]) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{stamp[1]}T{stamp[2]}+00:00")
    except ValueError:
        return None


def _start_of_body(lines: Sequence[str]) -> int:
    """Find the first line behind the summary heading, or behind the header bullets."""
    after_bullets = 1
    for at, line in enumerate(lines):
        if line.strip() == _SUMMARY:
            return at + 1
        if _BULLET.match(line):
            after_bullets = at + 1
        elif _TURN.match(line) and at > 0:
            break
    return after_bullets


def _turns(lines: Sequence[str], body: int) -> tuple[ArchivedTurn, ...]:
    speakers = _speakers(lines[body:])
    turns: list[ArchivedTurn] = []
    parts: list[str] = []
    speaker, opened = "", 0
    for at in range(body, len(lines)):
        found = _TURN.match(lines[at])
        if found and found["speaker"] in speakers:
            turns += _closed(speaker, parts, opened)
            speaker, parts, opened = found["speaker"], [found["text"]], at + 1
        elif speaker:
            parts.append(lines[at].removeprefix("  "))
    return tuple(turns + _closed(speaker, parts, opened))


def _closed(speaker: str, parts: list[str], opened: int) -> list[ArchivedTurn]:
    while parts and not parts[-1].strip():
        parts = parts[:-1]
    if not speaker or not parts:
        return []
    return [ArchivedTurn(speaker, "\n".join(parts).rstrip(), opened, opened + len(parts) - 1)]


def _speakers(body: Sequence[str]) -> set[str]:
    """Tell names from words that happen to end in a colon.

    Bodies are not escaped. Where the roles `user` and `assistant` speak, only roles do. Else a
    name opens the body, speaks twice, or stands in a body whose every line opens a turn or is
    indented.
    """
    opened = [found["speaker"] for line in body if (found := _TURN.match(line))]
    if not opened:
        return set()
    strict = all(not line.strip() or line.startswith("  ") or _TURN.match(line) for line in body)
    if opened[0] in _ROLES and not strict:
        return _ROLES
    counted = Counter(opened)
    return {name for name, count in counted.items() if strict or count > 1 or name == opened[0]}
