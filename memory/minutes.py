"""Reading a notes folder for what is open, where the person was, and how undertakings stand.

Reads files again when they changed; writes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from pathlib import Path

from memory import frontmatter
from memory.briefs import Brief, WorkNote, briefs, work_note
from memory.errors import NotText
from memory.files import read_text
from memory.found import ActionModel
from memory.indexing import page_files
from memory.loops import Loop, OpenLoop, loops_of_page, loops_of_review, open_loops
from memory.resume import NothingYet, Resumption, resumption
from memory.review import Review, review
from memory.transcripts import Transcript, read_transcript
from memory.vault import Vault, day_of

SESSION_MARK = "# Session: "


@dataclass(frozen=True)
class _Session:
    path: str
    key: str
    transcript: Transcript
    review: Review


class Minutes:
    """Reviews of all archived sessions of one folder, and what follows from them."""

    def __init__(self, vault: Vault, *, actions: ActionModel, zone: tzinfo) -> None:
        """Read in `vault`; `zone` is the person's, for the day of a session."""
        self._vault, self._actions, self._zone = vault, actions, zone
        self._read: dict[str, tuple[tuple[int, int], _Session]] = {}

    def loops(self, today: date) -> tuple[OpenLoop, ...]:
        """Give what is open anywhere, oldest first."""
        return open_loops(list(self._loops()), today)

    def resume(self, key: str = "") -> Resumption | NothingYet:
        """Give the last topic of the newest session, of one chat when its key is named."""
        sessions = [s for s in self._sessions() if key in (s.key, "") and s.review.segments]
        if not sessions:
            return NothingYet()
        newest = max(sessions, key=lambda s: (_moment(s.transcript), s.path))
        return resumption(newest.transcript, newest.review, newest.path)

    def briefs(self, today: date) -> tuple[Brief, ...]:
        """Give how each epic stands."""
        return briefs(list(self._work()), today)

    def projects(self, today: date) -> tuple[tuple[str, str, int], ...]:
        """Name each undertaking with its page and how many of its pieces are not closed."""
        return tuple(
            (brief.title, brief.epic.path, brief.open_count)
            for brief in self.briefs(today)
            if brief.epic
        )

    def _loops(self) -> Iterator[Loop]:
        for session in self._sessions():
            started = session.transcript.started
            day = started.astimezone(self._zone).date() if started else None
            yield from loops_of_review(session.review, session.path, day)
        for path, text in self._pages():
            yield from loops_of_page(text, path, self._page_day(path, text))

    def _page_day(self, path: str, text: str) -> date | None:
        written = frontmatter.read(text).text("created")[:10]
        try:
            return day_of(Path(path)) or date.fromisoformat(written)
        except ValueError:
            return None

    def _work(self) -> Iterator[WorkNote]:
        for path, text in self._pages():
            head = frontmatter.read(text)
            titles = (line[2:].strip() for line in text.split("\n") if line.startswith("# "))
            name = Path(path).stem
            if note := work_note(path, head.text("title") or next(titles, name), head):
                yield note

    def _pages(self) -> Iterator[tuple[str, str]]:
        for path, _ in page_files(self._vault.folder):
            text = self._text(path)
            if text is not None and not text.startswith(SESSION_MARK):
                yield path, text

    def _sessions(self) -> Iterator[_Session]:
        for path, stat in page_files(self._vault.folder):
            if not path.startswith(f"{self._vault.name(self._vault.logs_folder)}/"):
                continue
            stamp = (stat.st_mtime_ns, stat.st_size)
            known = self._read.get(path)
            if known is None or known[0] != stamp:
                session = self._session(path)
                if session is None:
                    continue
                self._read[path] = known = (stamp, session)
            yield known[1]

    def _session(self, path: str) -> _Session | None:
        text = self._text(path)
        if text is None or not text.startswith(SESSION_MARK):
            return None
        transcript = read_transcript(text, path)
        keys = (line for line in text.split("\n")[:8] if "Session Key" in line)
        key = next(keys, "").partition("**: ")[2].strip()
        return _Session(path, key, transcript, review(transcript, self._actions))

    def _text(self, path: str) -> str | None:
        try:
            text = read_text(self._vault.folder / path)
        except (NotText, OSError):
            # `touchbase memory health` names pages that cannot be read.
            return None
        return text.replace("\r\n", "\n") if text is not None and "\x00" not in text else None


def _moment(transcript: Transcript) -> datetime:
    times = [event.place.at for event in transcript.events if event.place.at]
    found = max(times, default=transcript.started)
    return found or datetime.min.replace(tzinfo=times[0].tzinfo if times else None)
