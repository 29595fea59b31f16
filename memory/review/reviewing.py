"""Putting a review together: cut, then judge each segment. Decides nothing by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from memory.boundaries import QuestionWeights
from memory.boundaries.terms import bag, content, likeness, rarity
from memory.found import ActionModel
from memory.review.fields import (
    decisions_of,
    next_steps_of,
    open_questions_of,
    outcomes_of,
    summary_of,
)
from memory.review.quotes import titled
from memory.review.status import judged
from memory.review.values import Quote, Review, Segment, Status
from memory.segments import Grain, Span, cuttable, spans
from memory.transcripts import Compaction, Event, HumanTurn, Reply, ToolUse, Transcript

SAME_TOPIC = 0.45
# How far ahead, in events and in segments, an answer or a resumption is looked for.
ANSWERED_WITHIN = 400
RESUMED_WITHIN = 60
UNFINISHED = {Status.ABANDONED, Status.OPEN, Status.BLOCKED, Status.DEFERRED}


def review(
    transcript: Transcript,
    actions: ActionModel,
    grain: Grain = Grain.EVEN,
    questions: QuestionWeights | None = None,
) -> Review:
    """Cut a session into segments and fill in the fields of each.

    `questions` only matters for the finest grain, which then parts questions of one topic too.
    """
    session = cuttable(transcript.events, questions)
    cut = spans(session, grain)
    resumed = _resumptions(cut)
    segments = tuple(
        _segment(number, cut, actions, resumed.get(number)) for number in range(1, len(cut) + 1)
    )
    times = [event.place.at for event in transcript.events if event.place.at]
    branches = [event.place.branch for event in transcript.events if event.place.branch]
    return Review(
        transcript.dialect,
        transcript.session,
        transcript.cwd,
        branches[-1] if branches else "",
        min(times, default=transcript.started),
        max(times, default=None),
        len(transcript.events),
        transcript.skipped,
        grain,
        segments,
        session.gaps,
    )


def _segment(
    number: int, cut: Sequence[Span], actions: ActionModel, resumed_in: int | None
) -> Segment:
    span = cut[number - 1]
    events = span.events
    last = number == len(cut)
    status, because = judged(events, last=last)
    next_steps = next_steps_of(events, actions)
    following = (event for after in cut[number:] for event in after.events)
    open_questions = open_questions_of(events, tuple(islice(following, ANSWERED_WITHIN)))
    if _among_people(events) and status in {Status.OPEN, Status.ABANDONED}:
        status, because = _talked(because, (*next_steps, *open_questions))
    times = [event.place.at for event in events if event.place.at]
    return Segment(
        number,
        _title(events),
        status,
        because,
        summary_of(events, (*next_steps, because)),
        outcomes_of(events),
        next_steps,
        decisions_of(events),
        open_questions,
        events[0].place.number,
        events[-1].place.number,
        times[0] if times else None,
        times[-1] if times else None,
        span.opened_by,
        resumed_in if status in UNFINISHED else None,
    )


def _among_people(events: Sequence[Event]) -> bool:
    return not any(isinstance(event, Reply | ToolUse) for event in events)


def _talked(because: Quote, waiting: tuple[Quote, ...]) -> tuple[Status, Quote]:
    """People and notes abandon nothing: what they leave is waiting, or was talked through."""
    return (Status.OPEN, waiting[0]) if waiting else (Status.DONE, because)


def _title(events: Sequence[Event]) -> Quote:
    for kind in (HumanTurn, Reply, Compaction):
        for event in events:
            if isinstance(event, kind) and event.text.strip():
                return titled(event, event.text)
    place = events[0].place
    return Quote("(no words)", place.number, place.line)


def _resumptions(cut: Sequence[Span]) -> dict[int, int]:
    """Find segments that a later one takes up again: asked about in much the same words."""
    asked = [[term for e in span.events for term in _asked(e)] for span in cut]
    weights = rarity(asked)
    bags = [bag([terms], weights) for terms in asked]
    return dict(_pairs(bags))


def _pairs(bags: Sequence[dict[str, float]]) -> Iterator[tuple[int, int]]:
    for earlier in range(len(bags)):
        for later in range(earlier + 1, min(len(bags), earlier + 1 + RESUMED_WITHIN)):
            if likeness(bags[earlier], bags[later]) >= SAME_TOPIC:
                yield earlier + 1, later + 1
                break


def _asked(event: Event) -> list[str]:
    return content(event.text) if isinstance(event, HumanTurn) else []
