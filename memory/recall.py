"""Recall over one notes folder: search, widen, follow links, look after the index.

This is the face that the command line, the chat and other programs use; it reads the files again
before it answers, and writes nothing but the index.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from threading import RLock
from typing import TypeVar

from memory import health, links
from memory.edits import lines_of
from memory.errors import IndexUnusable
from memory.files import left_behind, read_text
from memory.index import Index, delete_index, open_index
from memory.indexing import Refreshed, refresh
from memory.places import lines_meant, parse_place
from memory.search import Hit, Search
from memory.similarity import NoMeaning, Similarity
from memory.vault import MEMORY_CAP_CHARS, Vault

# So many new passages get their vectors while a question waits (some 15 s); more wait for
# `complete_meaning`.
WHILE_WAITING = 800
AT_A_TIME = 64
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Passage:
    """Lines of a page, counted from 1, both inclusive; no text when the page is missing."""

    path: str
    line0: int
    line1: int
    text: str


class Recall:
    """Finds things in the notes again. One question at a time; close it when done."""

    def __init__(
        self,
        vault: Vault,
        *,
        today: Callable[[], date] | None = None,
        meaning: Callable[[Index], Similarity] = NoMeaning,
    ) -> None:
        """Recall in `vault`. Without `today`, words like yesterday are only words."""
        self._vault, self._today, self._meaning = vault, today, meaning
        self._opened: tuple[Index, Similarity] | None = None
        self._turn = RLock()

    def close(self) -> None:
        """Let the index go."""
        with self._turn:
            if self._opened:
                self._opened[0].close()
                self._opened = None

    def search(self, words: str, most: int = 10, *, refresh: bool = True) -> tuple[Hit, ...]:
        """Give the best passages, best first; from the notes as they are now, unless told not to
        look at them again.
        """
        with self._turn:
            if refresh:
                self.refresh()
            return self._mended(lambda: self._searcher().search(words, top=most))

    def refresh(self) -> Refreshed:
        """Bring the index in step with the files."""
        with self._turn:
            return self._mended(self._refreshed)

    def rebuild(self) -> Refreshed:
        """Make the index anew from the notes."""
        with self._turn:
            self._mended(lambda: self._open()[0].clear())
            return self.refresh()

    def complete_meaning(self) -> None:
        """Give every passage its vector, where the embeddings are installed.

        A minute for 3,000 passages; questions are answered in between.
        """
        given = 1
        while given:
            with self._turn:
                given = self._open()[1].refresh(AT_A_TIME)

    def get(self, link: str, *, around: int = 0) -> Passage:
        """Give the lines that a link names (`path#L3-L5`, `path#Heading`, `path#^block`).

        `around` widens it by so many lines on both sides. A missing page gives no text.
        """
        place = parse_place(link)
        path = self._vault.inside(place.path)
        text = read_text(path) if path.is_file() else None
        if text is None:
            return Passage(place.path, 0, 0, "")
        lines = [line.rstrip("\r\n") for line in lines_of(text)]
        line0, line1 = lines_meant(place, lines)
        line0, line1 = max(1, line0 - around), min(len(lines), line1 + around)
        return Passage(place.path, line0, line1, "\n".join(lines[line0 - 1 : line1]))

    def links(self) -> links.LinkMap:
        """Follow every link of the notes."""
        with self._turn:
            self.refresh()
            index, _ = self._open()
            pages, anchors = index.pages(), index.anchors()
            paths = {page.page_id: page.path for page in pages}
            targets = [
                links.Target(page.path, page.aliases, frozenset(anchors.get(page.page_id, ())))
                for page in pages
            ]
            return links.map_links(targets, [(paths[page], link) for page, link in index.links()])

    def health(self) -> health.Health:
        """Look over the notes and the index."""
        with self._turn:
            refreshed, found = self.refresh(), self.links()
            index, similarity = self._open()
            pages, sizes = index.pages(), index.sizes()
            return health.Health(
                index_place=index.place,
                page_count=sizes.pages,
                unit_count=sizes.units,
                meaning=similarity.state,
                vector_share=similarity.share(),
                memory_chars=self._memory_chars(),
                memory_cap_chars=MEMORY_CAP_CHARS,
                unsound_pages=health.unsound(pages),
                odd_dates=health.odd_dates(pages, self._today() if self._today else None),
                broken_links=found.broken,
                duplicate_names=tuple(sorted(found.duplicates.items())),
                embed_cycles=found.embed_cycles,
                left_behind=self._left_behind(),
                unreadable=refreshed.unreadable,
            )

    def _mended(self, work: Callable[[], Answer]) -> Answer:
        """Do something with the index; when that is damaged inside, make it anew first."""
        try:
            return work()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            self.close()
            delete_index(self._vault.index_file)
            self._refreshed()
            return work()

    def _refreshed(self) -> Refreshed:
        index, similarity = self._open()
        refreshed = refresh(index, self._vault.folder)
        similarity.refresh(WHILE_WAITING)
        return refreshed

    def _searcher(self) -> Search:
        index, similarity = self._open()
        return Search(index, today=self._today, similarity=similarity)

    def _open(self) -> tuple[Index, Similarity]:
        if self._opened is None:
            try:
                index = open_index(self._vault.index_file)
            except IndexUnusable:
                # A read-only folder is searched all the same, from memory.
                index = open_index(None)
            self._opened = (index, self._meaning(index))
        return self._opened

    def _memory_chars(self) -> int:
        file = self._vault.memory_file
        return len(file.read_bytes().decode(errors="replace")) if file.is_file() else 0

    def _left_behind(self) -> tuple[str, ...]:
        folders = (self._vault.folder, self._vault.logs_folder, self._vault.notes_folder)
        return tuple(self._vault.name(path) for folder in folders for path in left_behind(folder))
