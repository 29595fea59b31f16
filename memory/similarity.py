"""The port for meaning beside words: how near each unit is to a question. Nothing here computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Similarity(Protocol):
    """Knows vectors of units; a cosine lies between -1 and 1."""

    def nearest(self, words: Sequence[str], count: int) -> list[int]:
        """Give the ids of the units nearest to a question, nearest first."""
        ...

    def of(self, words: Sequence[str], unit_ids: Sequence[int]) -> dict[int, tuple[float, float]]:
        """Give the cosines of each unit and of its window; units without a vector are left out."""
        ...
