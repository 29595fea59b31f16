"""Which units answer a question best, and why. Pure: no file, database or clock.

Each feature is divided by its largest value among the candidates, weighed and added up. BM25 is
Robertson's, with the idf of Lucene (never negative).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property

from memory.query import NamedDate, Query

LONG_ENOUGH_WORDS = 30
# Sentences that have nothing to do with each other have cosines below this.
NEAR = 0.3
_DAYS_AFTER = 7
_JOINED_LENGTH = 1.5


@dataclass(frozen=True)
class Features:
    """What speaks for one candidate, or the weight of each.

    * own, window, page: BM25 of the unit, of it with two neighbours on each side, of its page
    * asked: BM25 of the question that the message before asks; answer: of that and the unit as one
    * author: the question names who said it; date: it names when
    * own_vector, window_vector: cosines, where the embeddings are installed
    * length: longer units say more; literal: CJK runs and ids found letter by letter
    * recency: newest 1, oldest 0; counts only when the question asks for the latest
    """

    own: float = 0.0
    answer: float = 0.0
    asked: float = 0.0
    window: float = 0.0
    page: float = 0.0
    author: float = 0.0
    date: float = 0.0
    own_vector: float = 0.0
    window_vector: float = 0.0
    length: float = 0.0
    literal: float = 0.0
    recency: float = 0.0


NAMES = tuple(each.name for each in fields(Features))

# Round figures set by hand; nothing was fitted by a program. See docs/measured-memory.md.
WEIGHTS = Features(
    own=1.2,
    answer=1.0,
    asked=1.0,
    window=2.7,
    page=1.7,
    author=2.75,
    date=3.3,
    own_vector=1.9,
    window_vector=2.4,
    length=1.3,
    literal=3.0,
    recency=0.0,
)
# Where vectors speak too, the bare words of a unit need not speak so loud.
WEIGHTS_WITH_VECTORS = replace(WEIGHTS, own=0.6)
WHEN_LATEST_IS_ASKED = 2.0


@dataclass(frozen=True)
class Counted:
    """How often one text has each stem of the question, and its length in stems."""

    counts: Mapping[str, int]
    length: float


NOTHING = Counted({}, 0)


@dataclass(frozen=True)
class Field:
    """One collection of texts that BM25 counts in: how many, how long, how many hold a stem."""

    count: int
    mean_length: float
    holding: Mapping[str, int]
    k1: float = 1.2
    b: float = 0.75

    @cached_property
    def rarity(self) -> dict[str, float]:
        """How much each stem tells: the idf of Lucene."""
        return {
            stem: math.log(1 + (self.count - holding + 0.5) / (holding + 0.5))
            for stem, holding in self.holding.items()
        }

    def score(self, text: Counted) -> float:
        """Score one text by how often it has each stem of the question."""
        total = 0.0
        norm = self.k1 * (1 - self.b + self.b * text.length / (self.mean_length or 1))
        for stem, times in text.counts.items():
            total += self.rarity[stem] * times * (self.k1 + 1) / (times + norm)
        return total


@dataclass(frozen=True)
class Candidate:
    """A unit that may answer. Similarities are cosines; None where there are no vectors.

    `before` counts the unit in front of it when that asks something, and is empty otherwise.
    """

    unit_id: int
    own: Counted
    window: Counted
    page: Counted
    before: Counted
    author: str
    day: date | None
    word_count: int
    own_similarity: float | None = None
    window_similarity: float | None = None
    literals: int = 0


@dataclass(frozen=True)
class Collection:
    """What the ranking knows of all units, windows and pages."""

    own: Field
    window: Field
    page: Field


@dataclass(frozen=True)
class Ranked:
    """One answer with its score and what it is made of (weighed, so that they add up)."""

    unit_id: int
    score: float
    features: Features


def rank(
    query: Query,
    candidates: Sequence[Candidate],
    collection: Collection,
    *,
    weights: Features | None = None,
) -> list[Ranked]:
    """Order candidates, best first; equal ones newest first, then as they were given.

    Nothing, when none has a word in common with the question or comes near its meaning.
    """
    if weights is None:
        with_vectors = any(each.own_similarity is not None for each in candidates)
        weights = WEIGHTS_WITH_VECTORS if with_vectors else WEIGHTS
    if not any(_speaks(query, each) for each in candidates):
        return []
    measured = [measure(query, candidate, collection) for candidate in candidates]
    recency = WHEN_LATEST_IS_ASKED if query.latest else weights.recency
    newest = _recency(candidates)
    highest = {name: max((getattr(each, name) for each in measured), default=0) for name in NAMES}
    ranked = []
    for candidate, features in zip(candidates, measured, strict=True):
        weighed = {
            name: getattr(weights, name) * getattr(features, name) / highest[name]
            for name in NAMES
            if highest[name] > 0
        }
        weighed["recency"] = recency * newest.get(candidate.unit_id, 0.0)
        parts = Features(**weighed)
        ranked.append(Ranked(candidate.unit_id, sum(weighed.values()), parts))
    days = {each.unit_id: (each.day or date.min).toordinal() for each in candidates}
    return sorted(ranked, key=lambda each: (-round(each.score, 9), -days[each.unit_id]))


def measure(query: Query, candidate: Candidate, collection: Collection) -> Features:
    """Measure what speaks for one candidate, not yet divided or weighed."""
    return Features(
        own=collection.own.score(candidate.own),
        answer=collection.own.score(_joined(candidate.before, candidate.own)),
        asked=collection.own.score(candidate.before),
        window=collection.window.score(candidate.window),
        page=collection.page.score(candidate.page),
        author=float(len(query.names) == 1 and candidate.author == query.names[0]),
        date=max((date_match(each, candidate.day) for each in query.dates), default=0.0),
        own_vector=max(candidate.own_similarity or 0.0, 0.0),
        window_vector=max(candidate.window_similarity or 0.0, 0.0),
        length=min(1.0, candidate.word_count / LONG_ENOUGH_WORDS),
        literal=float(candidate.literals),
    )


def date_match(named: NamedDate, day: date | None) -> float:
    """Say how well a day fits a named date: people tell of a day on it or soon after it."""
    if day is None:
        return 0.0
    if named.year is not None and named.month is None:
        return 1.0 if day.year == named.year else 0.0
    if named.month is None:
        return 0.0
    months = (day.year * 12 + day.month) - ((named.year or day.year) * 12 + named.month)
    if named.year is None and months < 0:
        months += 12
    fits = {0: 1.0, 1: 0.3}.get(months, 0.0)
    if named.day is not None and months in (0, 1):
        told_after = (day - _day(named, day, months)).days
        fits += 1.5 if told_after == 0 else float(0 < told_after <= _DAYS_AFTER)
    return fits


def _day(named: NamedDate, day: date, months: int) -> date:
    assert named.month is not None
    assert named.day is not None
    year = named.year or (day.year if day.month - named.month == months else day.year - 1)
    try:
        return date(year, named.month, named.day)
    except ValueError:
        return date(year, named.month, 28)


def _speaks(query: Query, candidate: Candidate) -> bool:
    """Tell an answer from what only stands nearest: with no word in common and far in meaning."""
    far = candidate.own_similarity is not None and candidate.own_similarity < NEAR
    said = candidate.window.counts or candidate.literals or query.dates or query.has_filters
    return bool(said) or not far


def _joined(before: Counted, own: Counted) -> Counted:
    """Read a question and its answer as one text, expected to be half as long again."""
    counts = dict(own.counts)
    for stem, times in before.counts.items():
        counts[stem] = counts.get(stem, 0) + times
    return Counted(counts, (own.length + before.length) / _JOINED_LENGTH)


def _recency(candidates: Sequence[Candidate]) -> dict[int, float]:
    """Place each dated candidate between the oldest (0) and the newest (1)."""
    days = {each.unit_id: each.day.toordinal() for each in candidates if each.day}
    if not days:
        return {}
    oldest, newest = min(days.values()), max(days.values())
    return {unit_id: (day - oldest) / ((newest - oldest) or 1) for unit_id, day in days.items()}
