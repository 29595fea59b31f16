"""The stems of words, asked of SQLite's own porter tokenizer, so that what we count is what its
index holds. Nothing here searches.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence


class Stemmer:
    """Knows the stem of each word it was asked for; close it when done."""

    def __init__(self) -> None:
        """Open a private in-memory tokenizer."""
        self._known: dict[str, str] = {}
        self._tokenizer = sqlite3.connect(":memory:", check_same_thread=False)
        self._tokenizer.execute(
            "CREATE VIRTUAL TABLE seen USING fts5(word, tokenize='porter unicode61')"
        )
        self._tokenizer.execute("CREATE VIRTUAL TABLE stem USING fts5vocab(seen, 'instance')")

    def close(self) -> None:
        """Let the tokenizer go."""
        self._tokenizer.close()

    def stems(self, words: Iterable[str]) -> list[str]:
        """Give the stem of each word, in order."""
        wanted = list(words)
        known = self._known
        if fresh := [word for word in dict.fromkeys(wanted) if word not in known]:
            self._learn(fresh)
        return [known[word] for word in wanted]

    def stems_of(self, texts: Sequence[Sequence[str]]) -> list[list[str]]:
        """Give the stems of many texts; asking once for all is many times faster."""
        known = self._known
        if fresh := {word for words in texts for word in words if word not in known}:
            self._learn(sorted(fresh))
        return [[known[word] for word in words] for words in texts]

    def _learn(self, fresh: list[str]) -> None:
        ask = self._tokenizer
        ask.executemany("INSERT INTO seen (rowid, word) VALUES (?, ?)", enumerate(fresh))
        found = dict(ask.execute("SELECT doc, term FROM stem ORDER BY offset DESC"))
        ask.execute("DELETE FROM seen")
        self._known.update((word, found.get(at, word)) for at, word in enumerate(fresh))
