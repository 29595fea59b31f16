"""Where was I: the last topic of a session, small enough to hand to anybody. Reads no file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from memory.review import Outcome, Quote, Review, Segment, Status
from memory.review.quotes import quote
from memory.transcripts import HumanTurn, Reply, Transcript

MOST_TOKENS = 1_200
CHARS_PER_TOKEN = 4
CONTEXT_LINES = 5


@dataclass(frozen=True)
class Resumption:
    """The last topic; `handed_off` says that it was finished and nothing waits."""

    path: str
    segment: Segment
    handed_off: bool
    waiting: tuple[Quote, ...]
    context: tuple[tuple[str, Quote], ...]
    unfinished_before: tuple[Segment, ...]


@dataclass(frozen=True)
class NothingYet:
    """There is no session to resume."""


def resumption(transcript: Transcript, review: Review, path: str) -> Resumption | NothingYet:
    """Pick what a person needs to go on; a clean hand-off is a result."""
    if not review.segments:
        return NothingYet()
    last = review.segments[-1]
    waiting = (*last.next_steps, *last.open_questions)
    said = [
        event
        for event in transcript.events
        if isinstance(event, HumanTurn | Reply) and last.first_event <= event.place.number
    ]
    context = tuple((event.speaker, quote(event, event.text)) for event in said[-CONTEXT_LINES:])
    unfinished = tuple(
        segment
        for segment in review.segments[:-1]
        if segment.resumed_in is None
        and segment.status in {Status.OPEN, Status.BLOCKED, Status.DEFERRED}
    )
    handed_off = last.status is Status.DONE and not waiting and not unfinished
    return Resumption(path, last, handed_off, waiting, context, unfinished)


def resume_page(found: Resumption | NothingYet) -> str:
    """Word it in at most 1,200 tokens (four characters each); the oldest context goes first."""
    if isinstance(found, NothingYet):
        return "Nothing to resume yet: no session has been archived.\n"
    text = "\n".join(_lines(found)) + "\n"
    while len(text) > MOST_TOKENS * CHARS_PER_TOKEN:
        found = _less(found)
        text = "\n".join(_lines(found)) + "\n"
    return text


def _less(found: Resumption) -> Resumption:
    """Drop what is missed least: context, then older topics, then files, then steps."""
    if found.context:
        return replace(found, context=found.context[1:])
    if found.unfinished_before:
        return replace(found, unfinished_before=found.unfinished_before[1:])
    outcomes = found.segment.outcomes
    if len(outcomes) > 1:
        fewer = replace(found.segment, outcomes=outcomes[: len(outcomes) // 2])
        return replace(found, segment=fewer)
    return replace(found, waiting=found.waiting[: len(found.waiting) // 2])


def _lines(found: Resumption) -> Iterator[str]:
    segment = found.segment
    yield f"# Where you were: {segment.title.text}"
    yield ""
    if found.handed_off:
        yield "Finished, and nothing is waiting."
    yield f"{segment.status.capitalize()}: {_cited(segment.because)}"
    yield from (f"- {outcome.kind}: {_result(outcome)}" for outcome in segment.outcomes)
    if found.waiting:
        yield from ("", "Next:")
        yield from (f"- {_cited(each)}" for each in found.waiting)
    if found.unfinished_before:
        yield from ("", "Before that, unfinished:")
        for before in found.unfinished_before:
            yield f"- {_cited(before.title)} ({before.status})"
    if found.context:
        yield from ("", "Last words:")
        yield from (f"> {speaker}: {_cited(said)}" for speaker, said in found.context)
    yield from ("", f"From {found.path}; numbers in brackets are its events.")


def _cited(said: Quote) -> str:
    return f"{said.text} [{said.event}]"


def _result(outcome: Outcome) -> str:
    return f"{outcome.text} [{outcome.event}]"
