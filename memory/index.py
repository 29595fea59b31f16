"""The search index over the notes: one SQLite file that can be deleted at any time.

What is in it: every page with its size and time, every unit with its stems, FTS5 tables over the
unit (`own`), over the unit with its neighbours (`win`), and over CJK runs and ids (`tri`). A
unit's id is its page's id and its place on the page, so that neighbours are neighbouring ids.
Nothing here reads notes or ranks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from memory.errors import IndexUnusable
from memory.pages import Kind, Link, Page, Unit
from memory.stems import Stemmer
from memory.words import content_words, literals

SCHEMA_VERSION = 1
WINDOW = 2
PAGE_BITS = 20
_BATCH = 500
_RUN_BYTES = 16 * 1024 * 1024
_SCHEMA = """
CREATE TABLE pages (
  id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, mtime_ns INTEGER NOT NULL,
  size INTEGER NOT NULL, sha TEXT NOT NULL, title TEXT NOT NULL, aliases TEXT NOT NULL,
  created TEXT NOT NULL, updated TEXT NOT NULL, problem TEXT NOT NULL,
  unit_count INTEGER NOT NULL, stem_count INTEGER NOT NULL, window_count INTEGER NOT NULL);
CREATE TABLE units (
  id INTEGER PRIMARY KEY, line0 INTEGER NOT NULL, line1 INTEGER NOT NULL, kind TEXT NOT NULL,
  author TEXT NOT NULL, at TEXT NOT NULL, heading TEXT NOT NULL, tags TEXT NOT NULL,
  text TEXT NOT NULL, stems TEXT NOT NULL, literals TEXT NOT NULL,
  length INTEGER NOT NULL, asks INTEGER NOT NULL);
CREATE TABLE links (
  page INTEGER NOT NULL, line INTEGER NOT NULL, target TEXT NOT NULL, anchor TEXT NOT NULL,
  embed INTEGER NOT NULL);
CREATE INDEX links_by_page ON links (page);
CREATE TABLE anchors (page INTEGER NOT NULL, anchor TEXT NOT NULL);
CREATE INDEX anchors_by_page ON anchors (page);
CREATE TABLE authors (page INTEGER NOT NULL, author TEXT NOT NULL);
CREATE INDEX authors_by_page ON authors (page);
CREATE TABLE days (page INTEGER NOT NULL, day TEXT NOT NULL);
CREATE INDEX days_by_page ON days (page);
CREATE VIRTUAL TABLE own USING fts5(
  stems, content='units', content_rowid='id', tokenize='porter unicode61');
CREATE VIRTUAL TABLE win USING fts5(stems, content='', tokenize='porter unicode61');
CREATE VIRTUAL TABLE tri USING fts5(
  literals, content='units', content_rowid='id', tokenize='trigram');
CREATE VIRTUAL TABLE own_terms USING fts5vocab(own, 'row');
CREATE VIRTUAL TABLE win_terms USING fts5vocab(win, 'row');
CREATE VIRTUAL TABLE own_places USING fts5vocab(own, 'instance');
CREATE TABLE vectors (
  unit INTEGER PRIMARY KEY, model TEXT NOT NULL, scale REAL NOT NULL, bytes BLOB NOT NULL);
"""


@dataclass(frozen=True)
class PageStamp:
    """How a file looked when it was indexed."""

    page_id: int
    mtime_ns: int
    size: int
    sha: str


@dataclass(frozen=True)
class PageRow:
    """What the index keeps of a page beside its units."""

    page_id: int
    path: str
    title: str
    aliases: tuple[str, ...]
    created: str
    updated: str
    problem: str
    unit_count: int


@dataclass(frozen=True)
class UnitRow:
    """One unit as the index holds it."""

    unit_id: int
    path: str
    unit: Unit

    @property
    def page_id(self) -> int:
        """The page that it stands on."""
        return self.unit_id >> PAGE_BITS


class UnitWords(NamedTuple):
    """The stems of a unit in the order of its text, and whether it asks something.

    Each stem has a space on both sides, so that `stems.count(" go ")` counts whole stems.
    """

    stems: str
    length: int
    asks: bool


@dataclass(frozen=True)
class Sizes:
    """How much is in the index."""

    pages: int
    units: int
    stems: int
    window_stems: int


class Index:
    """One open index. Not for several threads at once; close it when done."""

    def __init__(self, connection: sqlite3.Connection, place: str) -> None:
        """Use an open connection whose schema is in place; see `open_index`."""
        self.connection, self.place = connection, place
        self.stemmer = Stemmer()

    def close(self) -> None:
        """Let the file go."""
        self.stemmer.close()
        self.connection.close()

    def stamps(self) -> dict[str, PageStamp]:
        """Give how each indexed file looked, by path."""
        rows = self.connection.execute("SELECT path, id, mtime_ns, size, sha FROM pages")
        return {path: PageStamp(*rest) for path, *rest in rows}

    def sizes(self) -> Sizes:
        """Count pages, units and stems."""
        row = self.connection.execute(
            "SELECT count(*), total(unit_count), total(stem_count), total(window_count) FROM pages"
        ).fetchone()
        return Sizes(*map(int, row))

    def put(self, page: Page, *, mtime_ns: int, size: int, sha: str, problem: str = "") -> None:
        """Index a page in the place of what was known of it."""
        self.drop([page.name])
        stems = self.stemmer.stems_of([content_words(unit.text) for unit in page.units])
        windows = windows_of(stems)
        head = page.properties
        row = self.connection.execute(
            "INSERT INTO pages (path, mtime_ns, size, sha, title, aliases, created, updated,"
            " problem, unit_count, stem_count, window_count)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(page.name, mtime_ns, size, sha, page.title, "\n".join(page.aliases)),
                *(head.text("created"), head.text("updated"), problem or head.problem),
                *(len(stems), sum(map(len, stems)), sum(map(len, windows))),
            ),
        )
        assert row.lastrowid is not None
        self._put_units(row.lastrowid, page.units, stems, windows)
        self._put_links(row.lastrowid, page)

    def touch(self, path: str, *, mtime_ns: int, size: int) -> None:
        """Note that a file was saved again with the same text."""
        self.connection.execute(
            "UPDATE pages SET mtime_ns = ?, size = ? WHERE path = ?", (mtime_ns, size, path)
        )

    def drop(self, paths: Iterable[str]) -> None:
        """Forget pages; those not known are passed over."""
        for path in paths:
            found = self.connection.execute("SELECT id FROM pages WHERE path = ?", (path,))
            for (page_id,) in found.fetchall():
                self._drop_units(page_id)
                for table in ("links", "anchors", "authors", "days"):
                    self.connection.execute(f"DELETE FROM {table} WHERE page = ?", (page_id,))
                self.connection.execute("DELETE FROM pages WHERE id = ?", (page_id,))

    def clear(self) -> None:
        """Forget everything, in place: another process may have the file open."""
        for table in ("own", "win", "tri"):
            self.connection.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")
        for table in ("pages", "units", "links", "anchors", "authors", "days", "vectors"):
            self.connection.execute(f"DELETE FROM {table}")

    def commit(self) -> None:
        """Make what was put and dropped visible to others."""
        self.connection.commit()

    def pages(self) -> list[PageRow]:
        """Give every page, by path."""
        rows = self.connection.execute(
            "SELECT id, path, title, aliases, created, updated, problem, unit_count"
            " FROM pages ORDER BY path"
        )
        return [
            PageRow(page_id, path, title, tuple(filter(None, aliases.split("\n"))), *rest)
            for page_id, path, title, aliases, *rest in rows
        ]

    def links(self) -> list[tuple[int, Link]]:
        """Give every link with the page it stands on."""
        rows = self.connection.execute(
            "SELECT page, line, target, anchor, embed FROM links ORDER BY page, line"
        )
        return [
            (page, Link(line, target, anchor, bool(embed)))
            for page, line, target, anchor, embed in rows
        ]

    def anchors(self) -> dict[int, set[str]]:
        """Give the headings and block ids of each page, lower-case."""
        found: dict[int, set[str]] = {}
        for page, anchor in self.connection.execute("SELECT page, anchor FROM anchors"):
            found.setdefault(page, set()).add(anchor)
        return found

    def authors(self) -> set[str]:
        """Give everybody who wrote or said something."""
        rows = self.connection.execute("SELECT DISTINCT author FROM authors WHERE author != ''")
        return {author for (author,) in rows}

    def units(self, unit_ids: Iterable[int]) -> dict[int, UnitRow]:
        """Give units by id; those that do not exist are left out."""
        rows = self._by_id(
            "SELECT u.id, p.path, u.line0, u.line1, u.kind, u.text, u.author, u.at, u.heading,"
            f" u.tags FROM units u JOIN pages p ON p.id = u.id >> {PAGE_BITS} WHERE u.id IN",
            unit_ids,
        )
        return {row[0]: _unit_row(*row) for row in rows}

    def words(self, unit_ids: Iterable[int]) -> dict[int, UnitWords]:
        """Give what units say, as counting needs it; those that do not exist are left out."""
        rows = self._by_id("SELECT id, stems, length, asks FROM units WHERE id IN", unit_ids)
        return {unit_id: UnitWords(*rest) for unit_id, *rest in rows}

    def _by_id(self, select: str, unit_ids: Iterable[int]) -> Iterator[tuple[Any, ...]]:
        wanted = sorted(unit_ids)
        for at in range(0, len(wanted), _BATCH):
            batch = wanted[at : at + _BATCH]
            yield from self.connection.execute(f"{select} ({','.join('?' * len(batch))})", batch)

    def _put_units(
        self,
        page_id: int,
        units: Sequence[Unit],
        stems: Sequence[Sequence[str]],
        windows: Sequence[Sequence[str]],
    ) -> None:
        first, execute = page_id << PAGE_BITS, self.connection.executemany
        execute(
            "INSERT INTO units VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    *(first + at, unit.line0, unit.line1, unit.kind.value, unit.author, unit.at),
                    *(unit.heading, " ".join(unit.tags), unit.text),
                    *(_spaced(stems[at]), " ".join(literals(unit.text))),
                    *(len(stems[at]), "?" in unit.text),
                )
                for at, unit in enumerate(units)
            ),
        )
        execute(
            "INSERT INTO own (rowid, stems) VALUES (?, ?)",
            ((first + at, _spaced(words)) for at, words in enumerate(stems)),
        )
        execute(
            "INSERT INTO win (rowid, stems) VALUES (?, ?)",
            ((first + at, " ".join(words)) for at, words in enumerate(windows)),
        )
        execute(
            "INSERT INTO tri (rowid, literals) SELECT id, literals FROM units"
            " WHERE id = ? AND literals != ''",
            ((first + at,) for at in range(len(units))),
        )

    def _put_links(self, page_id: int, page: Page) -> None:
        execute = self.connection.executemany
        execute(
            "INSERT INTO links VALUES (?, ?, ?, ?, ?)",
            ((page_id, each.line, each.target, each.anchor, each.embed) for each in page.links),
        )
        execute("INSERT INTO anchors VALUES (?, ?)", ((page_id, each) for each in page.anchors))
        authors = sorted({unit.author for unit in page.units})
        execute("INSERT INTO authors VALUES (?, ?)", ((page_id, author) for author in authors))
        days = sorted({unit.at[:10] for unit in page.units if unit.at})
        execute("INSERT INTO days VALUES (?, ?)", ((page_id, day) for day in days))

    def _drop_units(self, page_id: int) -> None:
        first, execute = page_id << PAGE_BITS, self.connection.executemany
        behind = (page_id + 1) << PAGE_BITS
        rows = self.connection.execute(
            "SELECT id, stems, literals FROM units WHERE id >= ? AND id < ? ORDER BY id",
            (first, behind),
        ).fetchall()
        windows = windows_of([stems.split() for _, stems, _ in rows])
        # FTS5 forgets a row of outside content only when told what it had been given.
        forget = "INSERT INTO {0} ({0}, rowid, {1}) VALUES ('delete', ?, ?)"
        execute(forget.format("own", "stems"), ((row[0], row[1]) for row in rows))
        execute(
            forget.format("win", "stems"),
            ((row[0], " ".join(words)) for row, words in zip(rows, windows, strict=True)),
        )
        execute(forget.format("tri", "literals"), ((row[0], row[2]) for row in rows if row[2]))
        for table, column in (("units", "id"), ("vectors", "unit")):
            self.connection.execute(
                f"DELETE FROM {table} WHERE {column} >= ? AND {column} < ?", (first, behind)
            )


def open_index(place: Path | None) -> Index:
    """Open the index file, made anew when missing, outdated or broken; None is in memory."""
    if place is None:
        return Index(_connected(":memory:"), ":memory:")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        return Index(_connected(str(place)), str(place))
    except sqlite3.OperationalError as failed:
        raise IndexUnusable(str(place), str(failed)) from failed
    except sqlite3.DatabaseError:
        return _made_anew(place)
    except OSError as failed:
        raise IndexUnusable(str(place), failed.strerror or str(failed)) from failed


def delete_index(place: Path) -> None:
    """Throw the index away, with what SQLite keeps beside it."""
    for ending in ("", "-wal", "-shm"):
        place.with_name(place.name + ending).unlink(missing_ok=True)


def windows_of(stems: Sequence[Sequence[str]]) -> list[list[str]]:
    """Give each unit's stems with those of its neighbours on both sides."""
    return [
        [stem for words in stems[max(0, at - WINDOW) : at + WINDOW + 1] for stem in words]
        for at in range(len(stems))
    ]


def neighbours_of(unit_id: int) -> range:
    """Give the ids of a unit and its neighbours; some may not exist."""
    first = (unit_id >> PAGE_BITS) << PAGE_BITS
    return range(max(first, unit_id - WINDOW), unit_id + WINDOW + 1)


def _connected(place: str) -> sqlite3.Connection:
    connection = sqlite3.connect(place, timeout=10, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # The index can be rebuilt from the notes: losing the last write is no loss.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -65536")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            connection.executescript(_SCHEMA)
            # Fewer, larger runs: filling the window table is most of the work of indexing.
            for table in ("own", "win"):
                connection.execute(
                    f"INSERT INTO {table} ({table}, rank) VALUES ('hashsize', {_RUN_BYTES})"
                )
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.commit()
    except sqlite3.DatabaseError:
        connection.close()
        raise
    if version not in (0, SCHEMA_VERSION):
        connection.close()
        raise sqlite3.DatabaseError(f"schema {version} is not {SCHEMA_VERSION}")
    return connection


def _spaced(stems: Sequence[str]) -> str:
    return f" {'  '.join(stems)} " if stems else ""


def _made_anew(place: Path) -> Index:
    try:
        delete_index(place)
        return Index(_connected(str(place)), str(place))
    except (sqlite3.DatabaseError, OSError) as failed:
        raise IndexUnusable(str(place), str(failed)) from failed


def _unit_row(
    unit_id: int,
    path: str,
    line0: int,
    line1: int,
    kind: str,
    text: str,
    author: str,
    at: str,
    heading: str,
    tags: str,
) -> UnitRow:
    unit = Unit(line0, line1, Kind(kind), text, author, at, heading, tuple(tags.split()))
    return UnitRow(unit_id, path, unit)
