"""Scoring gaps for "a new question starts here", finer than a topic, by weights learned elsewhere.

Opens no file: `memory/boundaries/shipped.py` reads the weights, `benchmarks/memory_segments.py`
learns them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from memory.boundaries.cues import Cues, Utterance, asks_back, cues_of, plain
from memory.boundaries.terms import words

AROUND = (-2, -1, 0, 1, 2, 3)
PLAIN_ANSWERS = ("yes", "yeah", "yep", "no", "nope", "ok", "okay", "sure", "not", "i do", "i am")


@dataclass(frozen=True)
class QuestionWeights:
    """A linear model over named features; a feature without a weight counts nothing."""

    bias: float
    threshold: float
    weights: Mapping[str, float]


def question_scores(talk: Sequence[Utterance], model: QuestionWeights) -> list[float]:
    """Score every gap; over `model.threshold` a new question starts there."""
    return [
        model.bias + sum(value * model.weights.get(name, 0.0) for name, value in features.items())
        for features in question_features(talk)
    ]


def question_features(talk: Sequence[Utterance]) -> list[dict[str, float]]:
    """Name what stands around each gap, as numbers from 0 to about 5."""
    return [
        {**_seen(cues), **_turns_around(talk, gap), **_first_words(talk, gap)}
        for gap, cues in enumerate(cues_of(talk))
    ]


def _seen(cues: Cues) -> dict[str, float]:
    return {name: float(value) for name, value in asdict(cues).items()}


def _turns_around(talk: Sequence[Utterance], gap: int) -> dict[str, float]:
    features: dict[str, float] = {"first": float(gap == 0), "second": float(gap == 1)}
    for offset in AROUND:
        index = gap + offset
        if not 0 <= index < len(talk):
            features[f"{offset}:none"] = 1.0
            continue
        features |= {f"{offset}:{name}": value for name, value in _turn(talk[index])}
    return features


def _turn(utterance: Utterance) -> Iterator[tuple[str, float]]:
    text = plain(utterance.text)
    asks = text.endswith("?")
    yield "steers", float(utterance.steering)
    yield "steers and asks", float(utterance.steering and asks)
    yield "steers and tells", float(utterance.steering and not asks)
    yield "asks back", float(not utterance.steering and asks_back(text))
    yield "answers", float(utterance.steering and text.startswith(PLAIN_ANSWERS))
    yield "length", math.log1p(len(text.split()))
    yield "short", float(len(text.split()) < 6)
    yield "question inside", float("?" in text)


def _first_words(talk: Sequence[Utterance], gap: int) -> dict[str, float]:
    after, before = words(talk[gap + 1].text), words(talk[gap].text)
    side = "S" if talk[gap + 1].steering else "O"
    other = "S" if talk[gap].steering else "O"
    return {
        **{f"{side} starts {word}": 1.0 for word in after[:1]},
        **{f"{side} near start {word}": 1.0 for word in after[:4]},
        **{f"{side} pair {a} {b}": 1.0 for a, b in pairwise(after[:4])},
        **{f"{other} began {word}": 1.0 for word in before[:3]},
        **{f"{other} ended {word}": 1.0 for word in before[-2:]},
    }
