"""Finding what was written or said, with where it stands and why it was chosen.

Nothing here changes a note. A question is the OR of its content words, never the AND.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from memory import candidates
from memory.index import Index, UnitRow
from memory.query import needs_today, parse_query
from memory.ranking import Features, Ranked, rank
from memory.similarity import Similarity


@dataclass(frozen=True)
class Hit:
    """One answer: lines count from 1, both inclusive; `features` add up to the score."""

    path: str
    line0: int
    line1: int
    text: str
    score: float
    author: str
    at: str
    heading: str
    features: Features

    @property
    def link(self) -> str:
        """Name the lines as `get` takes them."""
        return f"{self.path}#L{self.line0}-L{self.line1}"


class Search:
    """Answers questions from one index."""

    def __init__(
        self,
        index: Index,
        *,
        today: Callable[[], date] | None = None,
        similarity: Similarity,
        weights: Features | None = None,
    ) -> None:
        """Search in `index`; `today` is the person's local date, for words like yesterday."""
        self._index, self._today = index, today
        self._similarity, self._weights = similarity, weights

    def search(self, text: str, *, top: int = 10) -> tuple[Hit, ...]:
        """Give the best `top` units, best first; BadQuery for a filter that cannot be read."""
        today = self._today() if self._today and needs_today(text) else None
        query = parse_query(text, authors=self._index.authors(), today=today)
        asked = candidates.ask(self._index, query)
        rows = candidates.find(self._index, asked, self._similarity)
        counted = candidates.candidates(self._index, asked, rows, self._similarity)
        ranked = rank(query, counted, candidates.collection(asked), weights=self._weights)
        found = {row.unit_id: row for row in rows}
        return tuple(_hit(found[each.unit_id], each) for each in ranked[:top])


def _hit(row: UnitRow, ranked: Ranked) -> Hit:
    unit = row.unit
    return Hit(
        row.path,
        unit.line0,
        unit.line1,
        unit.text,
        ranked.score,
        unit.author,
        unit.at,
        unit.heading,
        ranked.features,
    )
