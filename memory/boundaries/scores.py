"""Turning gap scores into cuts. Reads no text."""

from __future__ import annotations

from collections.abc import Sequence


def above(scores: Sequence[float], threshold: float) -> list[int]:
    """Give the indices of the gaps whose score is over the threshold."""
    return [index for index, score in enumerate(scores) if score > threshold]


def within_budget(scores: Sequence[float], chosen: Sequence[int], most: int) -> list[int]:
    """Keep at most `most` of the chosen gaps, the surest ones, in reading order."""
    surest = sorted(chosen, key=lambda index: (-scores[index], index))[: max(0, most)]
    return sorted(surest)
