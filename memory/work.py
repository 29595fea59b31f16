"""Which files and words each stretch of a session worked on, and how alike two stretches are.

Looks at tool requests and replies; scores, but does not cut.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from memory.boundaries.terms import Bag, bag, content, likeness, rarity
from memory.transcripts import Compaction, Event, HumanTurn, Reply, ToolUse

PATH = re.compile(r"(?<![\w:/.-])(?:[\w.-]+/)*[\w-][\w.-]*\.[A-Za-z][\w]{0,7}\b")
REACH = 2
# A file that every third stretch touches (a README, a lock file) tells nothing about topics.
COMMON_SHARE = 1 / 3
FEW_STRETCHES = 6


@dataclass(frozen=True)
class Stretch:
    """Paths that one stretch touched (read or written) and the stems of what was said."""

    files: frozenset[str]
    terms: tuple[str, ...]
    asked: frozenset[str]


@dataclass(frozen=True)
class Work:
    """All stretches with the rarity of their words."""

    stretches: tuple[Stretch, ...]
    weights: Bag
    common: frozenset[str]

    def at(self, index: int) -> Iterator[tuple[float, str]]:
        """Score the gap before a stretch: points for new work, and why."""
        before = self.stretches[max(0, index - REACH) : index]
        after = self.stretches[index : index + REACH]
        touched = self._files(before)
        coming = self._files(after[:1])
        if touched and coming:
            yield (-1.5, "") if touched & coming else (0.75, "other files")
        known = {term for stretch in before for term in stretch.terms}
        yield -0.5 * min(3, len(after[0].asked & known)), ""
        alike = likeness(self._bag(before), self._bag(after))
        yield round(1.0 - 4.0 * alike, 3), "other words"

    def _files(self, stretches: Sequence[Stretch]) -> set[str]:
        return {path for stretch in stretches for path in stretch.files} - self.common

    def _bag(self, stretches: Sequence[Stretch]) -> Bag:
        return bag((stretch.terms for stretch in stretches), self.weights)


def worked_on(stretches: Iterable[Sequence[Event]]) -> Work:
    """Note the files and words of each stretch of events."""
    seen = tuple(_stretch(events) for events in stretches)
    counts = Counter(path for stretch in seen for path in stretch.files)
    often = max(FEW_STRETCHES, len(seen)) * COMMON_SHARE
    common = frozenset(path for path, count in counts.items() if count > often)
    return Work(seen, rarity([stretch.terms for stretch in seen]), common)


def _stretch(events: Sequence[Event]) -> Stretch:
    files: set[str] = set()
    terms: list[str] = []
    asked: set[str] = set()
    for event in events:
        match event:
            case HumanTurn(text=text):
                asked |= set(content(text))
                terms += content(text)
            case Reply(text=text):
                terms += content(text)
            case ToolUse(request=request, files=written):
                files |= {*written, *PATH.findall(request)}
            case Compaction():
                pass
    return Stretch(frozenset(files), tuple(terms), frozenset(asked))
