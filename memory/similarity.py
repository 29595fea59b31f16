"""The port for meaning beside words: how near each unit is to a question. Nothing here computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from memory.index import Index


class Similarity(Protocol):
    """Knows vectors of units; a cosine lies between -1 and 1."""

    @property
    def state(self) -> str:
        """Say in a few words whether it works, and with what."""
        ...

    def share(self) -> float:
        """Give the share of units that have a vector, from 0 to 1."""
        ...

    def refresh(self, most: int) -> int:
        """Give at most so many new units their vectors, and say how many."""
        ...

    def nearest(self, wording: str, count: int) -> list[int]:
        """Give the ids of the units nearest to a question, nearest first."""
        ...

    def of(self, wording: str, unit_ids: Sequence[int]) -> dict[int, tuple[float, float]]:
        """Give the cosines of each unit and of its window; units without a vector are left out."""
        ...


class NoMeaning:
    """Words only: the default, where the embeddings are not installed."""

    state = "not installed (make embeddings)"

    def __init__(self, index: Index | None = None) -> None:
        """Take the index that others would keep vectors in."""

    def share(self) -> float:
        """Give nothing: there are no vectors."""
        return 0.0

    def refresh(self, _most: int) -> int:
        """Do nothing."""
        return 0

    def nearest(self, _wording: str, _count: int) -> list[int]:
        """Find nothing."""
        return []

    def of(self, _wording: str, _unit_ids: Sequence[int]) -> dict[int, tuple[float, float]]:
        """Know nothing."""
        return {}
