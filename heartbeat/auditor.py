"""Comparing what was done in a session with the open tasks, so that the person can be asked.

It completes nothing and asks nothing: it gives matches with the line that speaks for each. Only
the person's own words and our own receipts count as evidence, never what the assistant said.
When in doubt it says less: a task wrongly called done costs more than one not noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from heartbeat.acts import Act
from heartbeat.claims import Clause, Mood, clauses, points_back
from heartbeat.readings import ENOUGH, SOME, Reading, lay_beside
from heartbeat.spoken import Spoken
from heartbeat.titles import STUDY_WORDS, Shelf, Title, read_all
from heartbeat.words import alike, is_noise, stems, verb_group
from tasks_sync import Task

MOST_CANDIDATES = 4
UNDER_WAY = re.compile(
    r"\bhalf\s?way\b|\bmid\s?way\b|\bhalf done\b|\d\s*%|\bpart\s?way\b", re.IGNORECASE
)
MARGIN = 0.15
LOOK_BACK = 4
"""How many clauses back a bare "done" may point."""


class Extent(StrEnum):
    """How much of a task a line speaks for; POSSIBLE is one of several it may mean."""

    FULL = "full"
    PART = "part"
    POSSIBLE = "possible"


@dataclass(frozen=True)
class Studied:
    """A study session on a topic, and whether it was gone through to its end."""

    topic: str
    whole: bool


@dataclass(frozen=True)
class WhatWasDone:
    """What can speak for a task: the person's turns in order, study sessions, written receipts."""

    said: tuple[str, ...] = ()
    studied: tuple[Studied, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Match:
    """A task that something speaks for; `evidence` quotes it, `score` lies between 0 and 1."""

    task_id: str
    title: str
    extent: Extent
    evidence: str
    score: float


def audit(done: WhatWasDone, open_tasks: Iterable[Task]) -> tuple[Match, ...]:
    """Give the open tasks that something speaks for: whole ones first, the best score first.

    Tasks that a line cannot tell apart are POSSIBLE, at most four: the person must say which.
    A task that is named again as not done is not given.
    """
    shelf = Shelf(read_all((task.id, task.title) for task in open_tasks if task.is_open))
    found: dict[str, Match] = {}
    said = [clause for speech in (*done.said, *done.evidence) for clause in clauses(speech)]
    for place, clause in enumerate(said):
        weigh(clause, said[max(0, place - LOOK_BACK) : place], shelf, found)
    for studied in done.studied:
        for match in matches_of_study(studied, shelf.titles):
            keep(found, match)
    return in_order(found.values())


def weigh(clause: Clause, before: Sequence[Clause], shelf: Shelf, found: dict[str, Match]) -> None:
    """Add what one clause speaks for to `found`, or take back what it denies."""
    spoken = Spoken(clause.text)
    readings = [lay_beside(spoken, title) for title in shelf.named_in(spoken.stems)]
    match clause.mood:
        case Mood.DONE if points_back(clause.text):
            for match in matches_before(clause, before, shelf):
                keep(found, match)
        case Mood.DONE:
            for match in matches_of_done(clause, readings):
                keep(found, match)
        case Mood.PART:
            for match in matches_of_part(clause, readings):
                keep(found, match)
            qualify(clause, before, readings, found)
        case Mood.NOT_DONE:
            for reading in readings:
                if reading.touches and reading.coverage >= ENOUGH:
                    found.pop(reading.title.task_id, None)
            qualify(clause, before, readings, found)
        case Mood.LIMIT:
            if UNDER_WAY.search(clause.text):
                for match in matches_of_part(clause, readings):
                    keep(found, match)
            qualify(clause, before, readings, found)
        case Mood.MENTIONED:
            pass


def matches_of_done(clause: Clause, readings: Sequence[Reading]) -> Iterator[Match]:
    """Give what a finished act speaks for: whole tasks, a part of one, or several it may mean."""
    whole = rivals([reading for reading in readings if reading.is_whole])
    for one in whole:
        alone = not any(one.named & other.named for other in whole if other is not one)
        yield match_of(one, Extent.FULL if alone else Extent.POSSIBLE, clause)
    if not whole:
        near = [one for one in readings if one.may_mean and one.act is not Act.OTHER]
        yield from (match_of(one, extent_of(one), clause) for one in rivals(near))


def extent_of(reading: Reading) -> Extent:
    """Choose between part and possible for a clause that does not name the whole task."""
    listed = reading.title.several and not reading.shifted
    return Extent.PART if reading.narrowed or reading.spans_further or listed else Extent.POSSIBLE


def matches_of_part(clause: Clause, readings: Sequence[Reading]) -> Iterator[Match]:
    """Give the task of which a clause says that part is done."""
    best = rivals([one for one in readings if one.may_mean and not one.shifted])
    extent = Extent.PART if len(best) == 1 else Extent.POSSIBLE
    yield from (match_of(one, extent, clause) for one in best)


def matches_before(clause: Clause, before: Sequence[Clause], shelf: Shelf) -> Iterator[Match]:
    """Give the task that "done" points back to: the one spoken of just before, if it is one."""
    for earlier in reversed(before):
        spoken = Spoken(earlier.text)
        near = (lay_beside(spoken, title) for title in shelf.named_in(spoken.stems))
        whole = rivals([one for one in near if one.names_it])
        if whole:
            extent = Extent.FULL if len(whole) == 1 else Extent.POSSIBLE
            quoted = replace(clause, line=f"{earlier.line} … {clause.line}")
            yield from (match_of(one, extent, quoted) for one in whole)
            return
        if stems(earlier.text) and not points_back(earlier.text):
            return


def qualify(
    clause: Clause, before: Sequence[Clause], readings: Sequence[Reading], found: dict[str, Match]
) -> None:
    """Turn "done" into "in part" when the same sentence goes on to say what is missing.

    A clause that is about something else ("but I have to buy milk") qualifies nothing.
    """
    goes_on = bool(before) and before[-1].line == clause.line
    if not goes_on or names_a_thing(clause) or any(one.coverage >= SOME for one in readings):
        return
    for task_id, match in found.items():
        if match.evidence == clause.line and match.extent is Extent.FULL:
            found[task_id] = replace(match, extent=Extent.PART)


def names_a_thing(clause: Clause) -> bool:
    """Tell whether a clause names a thing of its own, beside acts and small words."""
    return any(not is_noise(word) and verb_group(word) is None for word in stems(clause.text))


def matches_of_study(studied: Studied, titles: Sequence[Title]) -> Iterator[Match]:
    """Give the tasks that a study session speaks for; two about the same are for the person."""
    scores = {title: score for title in titles if (score := study_score(studied, title)) >= SOME}
    whole = [title for title, score in scores.items() if studied.whole and score == 1]
    done = "studied" if studied.whole else "studied in part"
    for title, score in scores.items():
        extent = Extent.FULL if len(whole) == 1 else Extent.POSSIBLE
        extent = extent if title in whole else Extent.PART
        yield Match(title.task_id, title.text, extent, f"{done}: {studied.topic}", score)


def study_score(studied: Studied, title: Title) -> float:
    """Give how nearly a title asks to study just this topic; 1 is exactly, 0 not at all."""
    topic = frozenset(stems(studied.topic)) - STUDY_WORDS
    about = title.stems - STUDY_WORDS
    if not topic or not (title.verb in ("study", None) or title.stems & STUDY_WORDS):
        return 0.0
    named = sum(1 for one in about if any(alike(one, other) for other in topic))
    return round(named / max(len(about), len(topic)), 3)


def rivals(readings: Sequence[Reading]) -> list[Reading]:
    """Give the best readings and those too close to them to choose, best first.

    A title whose named words are among a better one's is no rival: "the report appendix" means
    the appendix, though it also names the report.
    """
    kept: list[Reading] = []
    for one in sorted(readings, key=lambda one: (-one.score, -len(one.named), one.title.task_id)):
        better = [other for other in readings if one.named < other.named]
        beaten = [other for other in kept if one.named & other.named and is_beaten(one, other)]
        if not (better or beaten):
            kept.append(one)
    return kept


def is_beaten(one: Reading, other: Reading) -> bool:
    """Tell whether a reading scores so much less than another that it is not meant."""
    return other.score - one.score > MARGIN


def match_of(reading: Reading, extent: Extent, clause: Clause) -> Match:
    """Make the match that a reading amounts to."""
    title = reading.title
    return Match(title.task_id, title.text, extent, clause.line, reading.score)


RANK = {Extent.FULL: 0, Extent.PART: 1, Extent.POSSIBLE: 2}


def keep(found: dict[str, Match], match: Match) -> None:
    """Keep the latest word on a task, but let no vague one displace a clear one."""
    before = found.get(match.task_id)
    if before is None or match.extent is not Extent.POSSIBLE or before.extent is Extent.POSSIBLE:
        found[match.task_id] = match


def in_order(found: Iterable[Match]) -> tuple[Match, ...]:
    """Order matches, whole ones first, and keep at most four that are only possible."""
    ordered = sorted(found, key=lambda one: (RANK[one.extent], -one.score, one.task_id))
    clear = [one for one in ordered if one.extent is not Extent.POSSIBLE]
    return tuple(clear + ordered[len(clear) :][:MOST_CANDIDATES])
