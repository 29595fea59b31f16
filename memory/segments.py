"""Cutting a session into topics: atoms, gap scores, cuts. Reads no file and names no segment.

An atom is one human turn with everything until the next. Scores are kept, so that a finer or a
coarser cut needs no second reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import IntEnum

from memory.boundaries import (
    QuestionWeights,
    TopicGap,
    Utterance,
    plain,
    question_scores,
    topic_gaps,
    within_budget,
)
from memory.outcomes import commit_subject, last_paragraph, opened_pull_request, tests_passed
from memory.transcripts import Compaction, Event, HumanTurn, Reply, ToolUse
from memory.work import Work, worked_on

LONG_SILENCE = timedelta(minutes=30)
OVERNIGHT = timedelta(hours=6)
# Turns that steer the work at hand: they never open a topic, whatever they look like.
ABOUT_THE_WORK = re.compile(
    r"^(?:(?:ok|okay|nice|great|good|perfect|cool|yes|no|now|thanks|thank you|hmm|please|and|then|"
    r"can you|could you|let'?s)\b[ ,.!:]*)*(?:(?:re-?)?run (?:it|them|the|all|that|everything)\b.*"
    r"(?:tests?|suite|lint\w*|checks?|again|once more)|(?:git )?commit\b|push\b|ship it|merge it|"
    r"show (?:me )?(?:the|that|a) (?:diff|output|log|result)|try (?:it |that )?again|continue\b|"
    r"keep going|go (?:on|ahead)|do (?:it|that|so)\b|undo|revert (?:that|it|the last)|looks good|"
    r"lgtm|double.?check|summari[sz]e (?:where|what|the state)|what(?:'s| is) left|why did "
    r"(?:that|it)|"
    r"still (?:fails|broken)|that still|(?:leave|keep|park|postpone) .*\b(?:later|tomorrow|for now|"
    r"after))|^(?:perfect|works|great|nice|thanks|thank you)\b.{0,25}$"
)
LEAST_ATOMS = 2
LEAST_EVENTS = 8
# A short exchange between two gaps as sure as this is a topic of its own all the same.
SURE = 3.0
# In notes a paragraph of this many words is a topic of its own.
LEAST_WORDS = 12
# An agent session of 166 events reads well as 3 to 7 segments; a budget keeps long ones there.
EVENTS_OF_BUDGET = 166
MOST_PER_BUDGET = 7
LEAST_SEGMENTS = 3


class Grain(IntEnum):
    """How finely to cut; each step moves the threshold by one point of score."""

    COARSEST = -2
    COARSER = -1
    EVEN = 0
    FINER = 1
    FINEST = 2


@dataclass(frozen=True)
class Atom:
    """One human turn and what followed; a session may open with an atom that has no turn."""

    events: tuple[Event, ...]

    @property
    def human(self) -> HumanTurn | None:
        """The turn that opened it."""
        return self.events[0] if isinstance(self.events[0], HumanTurn) else None


@dataclass(frozen=True)
class Gap:
    """The place before an atom: how likely a new topic starts there, and why.

    `asks_anew` says that a new question starts there, topic or not; only the finest cut asks.
    """

    before_atom: int
    event: int
    score: float
    because: tuple[str, ...]
    asks_anew: bool = False


@dataclass(frozen=True)
class Cuttable:
    """A session made ready: cut it as often as you like with `spans`."""

    atoms: tuple[Atom, ...]
    gaps: tuple[Gap, ...]
    monologue: bool = False


@dataclass(frozen=True)
class Span:
    """A run of atoms that belong together, and the gap that opened it (none for the first)."""

    atoms: tuple[Atom, ...]
    opened_by: Gap | None

    @property
    def events(self) -> tuple[Event, ...]:
        """All events in reading order."""
        return tuple(event for atom in self.atoms for event in atom.events)


def cuttable(events: Sequence[Event], questions: QuestionWeights | None = None) -> Cuttable:
    """Group events into atoms and score the gaps between them.

    With `questions`, the finest cut also parts the questions of one topic.
    """
    atoms = tuple(_atoms(events))
    return Cuttable(atoms, tuple(_gaps(atoms, questions)), is_monologue(events))


def spans(session: Cuttable, grain: Grain = Grain.EVEN) -> tuple[Span, ...]:
    """Cut at every gap whose score beats the grain's threshold, then join what is too small."""
    scores = [gap.score for gap in session.gaps]
    chosen = [
        index
        for index, gap in enumerate(session.gaps)
        if gap.score > -float(grain) or (gap.asks_anew and grain is Grain.FINEST)
    ]
    if any(isinstance(event, ToolUse) for atom in session.atoms for event in atom.events):
        chosen = within_budget(scores, chosen, _budget(session.atoms, grain))
    if grain <= Grain.EVEN:
        chosen = _without_crumbs(session, chosen)
    return tuple(_spans(session, [session.gaps[index] for index in chosen]))


def _atoms(events: Sequence[Event]) -> Iterator[Atom]:
    running: list[Event] = []
    for event in events:
        if isinstance(event, HumanTurn) and any(not isinstance(e, Compaction) for e in running):
            yield Atom(tuple(running))
            running = []
        running.append(event)
    if running:
        yield Atom(tuple(running))


def _gaps(atoms: Sequence[Atom], questions: QuestionWeights | None) -> Iterator[Gap]:
    talk: list[Utterance] = []
    opens_at: dict[int, int] = {}
    for index, atom in enumerate(atoms):
        if atom.human:
            opens_at[index] = len(talk)
            talk.append(Utterance(atom.human.text, steering=True))
        talk.extend(_last_words(atom))
    worded = {gap.before: gap for gap in topic_gaps(talk)}
    asked = question_scores(talk, questions) if questions else []
    anew = {at + 1 for at, score in enumerate(asked) if questions and score > questions.threshold}
    work = worked_on(atom.events for atom in atoms)
    for index in range(1, len(atoms)):
        opens = opens_at.get(index, -1)
        gap = _gap(atoms, index, worded.get(opens), work)
        yield replace(gap, asks_anew=opens in anew)


def _last_words(atom: Atom) -> Iterator[Utterance]:
    replies = [event.text for event in atom.events if isinstance(event, Reply)]
    if replies:
        yield Utterance(last_paragraph(replies[-1]), steering=False)


def _gap(atoms: Sequence[Atom], index: int, worded: TopicGap | None, work: Work) -> Gap:
    score = worded.score if worded else 0.0
    reasons = list(worded.because) if worded else []
    for weight, reason in (*_circumstances(atoms, index), *work.at(index)):
        score += weight
        if weight > 0:
            reasons.append(reason)
    return Gap(index, atoms[index].events[0].place.number, round(score, 3), tuple(reasons))


def _circumstances(atoms: Sequence[Atom], index: int) -> Iterator[tuple[float, str]]:
    before, after = atoms[index - 1], atoms[index]
    here, there = after.events[0].place, before.events[-1].place
    silence = here.at - there.at if here.at and there.at else timedelta(0)
    if silence > OVERNIGHT:
        yield 1.5, f"{silence.total_seconds() / 3600:.0f} hours of silence"
    elif silence > LONG_SILENCE:
        yield 1.0, f"{silence.total_seconds() / 60:.0f} minutes of silence"
    if here.cwd and there.cwd and here.cwd != there.cwd:
        yield 2.5, "another folder"
    if here.branch and there.branch and here.branch != there.branch:
        yield 1.5, "another branch"
    if any(commit_subject(event) or opened_pull_request(event) for event in before.events):
        yield 1.0, "a commit before"
    if any(tests_passed(event) for event in before.events):
        yield 0.25, "tests passed before"
    if any(isinstance(event, Compaction) for event in after.events):
        yield 0.5, "the context was cut here"
    if after.human and ABOUT_THE_WORK.match(plain(after.human.text)):
        yield -3.0, ""


def _budget(atoms: Sequence[Atom], grain: Grain) -> int:
    """Give the most cuts of a session in which an agent worked."""
    events = sum(len(atom.events) for atom in atoms)
    most = int(events * MOST_PER_BUDGET / EVENTS_OF_BUDGET * 2.0 ** int(grain))
    return max(LEAST_SEGMENTS, most) - 1


def is_monologue(events: Sequence[Event]) -> bool:
    """Say whether only one person speaks and nothing is done: notes, not a conversation."""
    speakers = {event.speaker for event in events if isinstance(event, HumanTurn)}
    return len(speakers) == 1 and all(isinstance(event, HumanTurn) for event in events)


def _without_crumbs(session: Cuttable, chosen: list[int]) -> list[int]:
    """Drop the weaker edge of each segment too small to stand alone, in reading order."""
    kept = list(chosen)
    at = 0
    while at <= len(kept):
        edge = _weaker_edge(session, kept, at)
        if edge is None:
            at += 1
        else:
            # The segment that the crumb joined is looked at again.
            del kept[edge]
            at = edge
    return kept


def _weaker_edge(session: Cuttable, kept: Sequence[int], at: int) -> int | None:
    """Give which of the kept cuts to drop for segment `at`; None when it can stand alone."""
    left = kept[at - 1] if at else -1
    right = kept[at] if at < len(kept) else len(session.gaps)
    atoms = session.atoms[left + 1 : right + 1]
    if len(atoms) >= LEAST_ATOMS or sum(len(atom.events) for atom in atoms) >= LEAST_EVENTS:
        return None
    if session.monologue and _words(atoms) >= LEAST_WORDS:
        return None
    edges = [edge for edge in (at - 1, at) if 0 <= edge < len(kept)]
    weakest = min(edges, key=lambda edge: session.gaps[kept[edge]].score, default=None)
    if weakest is None or session.gaps[kept[weakest]].score >= SURE:
        return None
    return weakest


def _words(atoms: Sequence[Atom]) -> int:
    return sum(len(atom.human.text.split()) for atom in atoms if atom.human)


def _spans(session: Cuttable, cuts: Sequence[Gap]) -> Iterator[Span]:
    edges = [0, *(gap.before_atom for gap in cuts), len(session.atoms)]
    openers: list[Gap | None] = [None, *cuts]
    for opener, start, end in zip(openers, edges, edges[1:], strict=False):
        if start < end:
            yield Span(session.atoms[start:end], opener)
