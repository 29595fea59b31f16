"""Pk, WindowDiff and F1 as SuperDialseg's code counts them, and the plain cutters beside ours."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from memory.boundaries.terms import bag, content, likeness

Cuts = Sequence[int]


@dataclass(frozen=True)
class Scores:
    """Means over dialogues; Pk and WD are better when lower, F1 when higher."""

    pk: float
    wd: float
    f1: float

    def __str__(self) -> str:
        return f"Pk {self.pk:.3f}  WD {self.wd:.3f}  F1 {self.f1:.3f}"


def scored(pairs: Iterable[tuple[Cuts, Cuts]]) -> Scores:
    """Score (true, found) pairs; a cut is 1 at its gap."""
    each = [(*disagreement(true, found), exact_f1(true, found)) for true, found in pairs]
    pk, wd, f1 = (statistics.fmean(column) for column in zip(*each, strict=True))
    return Scores(pk, wd, f1)


def disagreement(true: Cuts, found: Cuts) -> tuple[float, float]:
    """Give Pk and WindowDiff with a window of half the mean true segment, at least 2."""
    utterances = len(true) + 1
    window = max(2, round(utterances / (sum(true) + 1) / 2))
    places = utterances - window
    if places <= 0:
        return 0.0, 0.0
    counts = [(sum(true[i : i + window]), sum(found[i : i + window])) for i in range(places)]
    apart = sum((t > 0) != (f > 0) for t, f in counts)
    different = sum(t != f for t, f in counts)
    return apart / places, different / places


def exact_f1(true: Cuts, found: Cuts) -> float:
    """Give F1 over gaps; two empty answers agree."""
    both = sum(t and f for t, f in zip(true, found, strict=True))
    total = sum(true) + sum(found)
    return 2 * both / total if total else 1.0


def near_f1(true: Sequence[int], found: Sequence[int], within: int = 1) -> tuple[int, int, int]:
    """Count hits, found and true; each true border pays for one found border nearby."""
    left = list(true)
    hits = 0
    for place in found:
        near = [border for border in left if abs(border - place) <= within]
        if near:
            left.remove(min(near, key=lambda border: abs(border - place)))
            hits += 1
    return hits, len(found), len(true)


def texttiling(texts: Sequence[str], reach: int = 2, strictness: float = 0.5) -> list[int]:
    """Cut where word overlap dips: Hearst's depth score over whole utterances."""
    pieces = [content(text) for text in texts]
    alike = [
        likeness(
            bag(pieces[max(0, gap + 1 - reach) : gap + 1], {}),
            bag(pieces[gap + 1 : gap + 1 + reach], {}),
        )
        for gap in range(len(pieces) - 1)
    ]
    depths = [_climb(alike, gap, -1) + _climb(alike, gap, 1) for gap in range(len(alike))]
    if not depths:
        return []
    bar = statistics.fmean(depths) + strictness * statistics.pstdev(depths)
    return [int(depth > bar) for depth in depths]


def _climb(alike: Sequence[float], gap: int, step: int) -> float:
    top = alike[gap]
    at = gap + step
    while 0 <= at < len(alike) and alike[at] >= top:
        top = alike[at]
        at += step
    return top - alike[gap]


def folds(count: int, of: int, shuffle: Callable[[list[int]], None]) -> Iterable[set[int]]:
    """Split the numbers below `count` into `of` parts by chance."""
    order = list(range(count))
    shuffle(order)
    return [set(order[part::of]) for part in range(of)]


def chance(log_odds: float) -> float:
    """Turn log odds into a probability."""
    return 1 / (1 + math.exp(-log_odds))
