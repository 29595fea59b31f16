"""What is still open anywhere: unfinished topics, unticked tasks, unanswered questions.

Gathers and joins what says the same; reads no file, closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from memory import tasklines
from memory.boundaries.terms import Bag, bag, content, likeness, rarity
from memory.found.questions import is_question
from memory.found.sentences import BULLET, bare
from memory.review import Review, Segment, Status

SAME = 0.6


class LoopKind(StrEnum):
    """What is open."""

    TOPIC = "topic"
    TASK = "task"
    STEP = "next step"
    QUESTION = "question"


@dataclass(frozen=True)
class Loop:
    """One open thing where it stands; `since` is the local day that it was first written."""

    kind: LoopKind
    text: str
    path: str
    line: int
    since: date | None
    status: str = "open"

    @property
    def link(self) -> str:
        """Name the line as `get` takes it."""
        return f"{self.path}#L{self.line}"


@dataclass(frozen=True)
class OpenLoop:
    """A loop with its age in days (None when undated) and the other places that say the same."""

    loop: Loop
    age_days: int | None
    also: tuple[str, ...] = ()


def loops_of_review(review: Review, path: str, day: date | None) -> Iterator[Loop]:
    """Give what a session left open."""
    for segment in review.segments:
        if segment.resumed_in is None:
            yield from _topic(segment, path, day)
        for step in segment.next_steps:
            yield Loop(LoopKind.STEP, step.text, path, step.line, day)
        for question in segment.open_questions:
            yield Loop(LoopKind.QUESTION, question.text, path, question.line, day)


def _topic(segment: Segment, path: str, day: date | None) -> Iterator[Loop]:
    match segment.status:
        case Status.OPEN | Status.BLOCKED | Status.DEFERRED:
            words, line = segment.title.text, segment.title.line
            yield Loop(LoopKind.TOPIC, words, path, line, day, str(segment.status))
        case Status.DONE | Status.ABANDONED:
            return


def loops_of_page(text: str, path: str, day: date | None) -> Iterator[Loop]:
    """Give the unticked tasks of a page and its bullets that ask something."""
    fenced = False
    for number, line in enumerate(text.split("\n"), start=1):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        task = None if fenced else tasklines.parse(line)
        if task and task.is_open:
            since = task.created or day
            yield Loop(LoopKind.TASK, task.text, path, number, since)
        elif not fenced and task is None and BULLET.match(line) and _asks(bare(line)):
            yield Loop(LoopKind.QUESTION, _without_marks(bare(line)), path, number, day)


def _asks(words: str) -> bool:
    return is_question(_without_marks(words))


def _without_marks(words: str) -> str:
    return words.split(" %%")[0].split(" ^")[0].split(" [[#^")[0].strip()


def open_loops(loops: Sequence[Loop], today: date) -> tuple[OpenLoop, ...]:
    """Join loops that say the same, oldest first; undated ones come last."""
    oldest = sorted(loops, key=lambda loop: (loop.since or date.max, loop.path, loop.line))
    terms = [content(loop.text) for loop in oldest]
    weights = rarity(terms)
    bags = [bag([each], weights) for each in terms]
    kept: list[_Kept] = []
    holding: dict[str, list[_Kept]] = {}
    for loop, words in zip(oldest, bags, strict=True):
        # Only loops that share a word can say the same: thousands of tasks stay quick.
        near = [entry for term in words for entry in holding.get(term, ())]
        same = next((entry for entry in near if likeness(entry.words, words) >= SAME), None)
        if same:
            same.also.append(loop.link)
            continue
        entry = _Kept(loop, words, [])
        kept.append(entry)
        for term in words:
            holding.setdefault(term, []).append(entry)
    return tuple(
        OpenLoop(entry.loop, _age(entry.loop.since, today), tuple(dict.fromkeys(entry.also)))
        for entry in kept
    )


@dataclass
class _Kept:
    loop: Loop
    words: Bag
    also: list[str]


def _age(since: date | None, today: date) -> int | None:
    """A date in the future is no age below zero."""
    return max(0, (today - since).days) if since else None
