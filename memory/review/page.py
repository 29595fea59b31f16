"""Wording a review as a page of minutes in markdown. Adds headings and numbers, no content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from memory.review.values import Outcome, OutcomeKind, Quote, Review, Segment, Status

MARKS = {
    Status.DONE: "✓",
    Status.BLOCKED: "■",
    Status.OPEN: "○",
    Status.ABANDONED: "–",
    Status.DEFERRED: "→",
}
FILES_SHOWN = 6
DIALECTS = {"claude-code": "Claude Code", "codex": "Codex", "chat": "chat", "text": "notes"}


def review_page(review: Review, name: str, zone: tzinfo | None = None) -> str:
    """Give the minutes; `name` is the file's, `zone` the person's for the times shown."""
    lines = [*_head(review, name, zone), *_left_to_do(review), *_asked(review)]
    for segment in review.segments:
        lines += _segment(segment, review.cwd, zone)
    lines += ["---", _foot(review, name)]
    return "\n".join(lines) + "\n"


def _head(review: Review, name: str, zone: tzinfo | None) -> Iterator[str]:
    first = review.segments[0].title.text if review.segments else name
    count = len(review.segments)
    yield f"# {first}" if count == 1 else f"# Minutes: {name}"
    yield ""
    parts = [_span(review.started, review.ended, zone), DIALECTS[review.dialect]]
    parts += [f"`{review.cwd}`"] if review.cwd else []
    parts += [f"branch `{review.branch}`"] if review.branch else []
    yield " · ".join(part for part in parts if part)
    yield ""
    if not review.segments:
        yield "Nothing was said."
        yield ""
        return
    counted = Counter(segment.status for segment in review.segments)
    tally = ", ".join(f"{counted[status]} {status}" for status in Status if counted[status])
    yield f"**{count} topic{'s' * (count > 1)}: {tally}.**"
    yield ""
    if count > 1:
        yield from (_line_of(segment) for segment in review.segments)
        yield ""


def _line_of(segment: Segment) -> str:
    again = f", continued in {segment.resumed_in}" if segment.resumed_in else ""
    return f"{segment.number}. {segment.title.text} — {segment.status}{again}"


def _left_to_do(review: Review) -> Iterator[str]:
    steps = [(s, step) for s in review.segments for step in s.next_steps]
    if steps:
        yield "## To do"
        yield ""
        yield from (f"- [ ] {_cited(step)}{_of(s, review)}" for s, step in steps)
        yield ""


def _asked(review: Review) -> Iterator[str]:
    questions = [(s, question) for s in review.segments for question in s.open_questions]
    if questions:
        yield "## Waiting for an answer"
        yield ""
        yield from (f"- {_cited(question)}{_of(s, review)}" for s, question in questions)
        yield ""


def _of(segment: Segment, review: Review) -> str:
    return f" — topic {segment.number}" if len(review.segments) > 1 else ""


def _segment(segment: Segment, cwd: str, zone: tzinfo | None) -> Iterator[str]:
    yield f"## {segment.number}. {segment.title.text} {MARKS[segment.status]}"
    yield ""
    when = _span(segment.started, segment.ended, zone)
    where = f"events {segment.first_event}–{segment.last_event}"
    yield f"*{' · '.join(part for part in (when, where) if part)}*"
    yield ""
    yield from (f"{_cited(said)}" for said in segment.summary)
    if segment.summary:
        yield ""
    yield _verdict(segment)
    told = [o for o in segment.outcomes if o.event != segment.because.event]
    yield from _outcomes(told, cwd)
    for decision in segment.decisions:
        about = f" — to “{decision.about.text}”" if decision.about else ""
        yield f"- **Decided**: {_cited(decision.quote)}{about}"
    yield ""


def _verdict(segment: Segment) -> str:
    shown = next((o.kind for o in segment.outcomes if o.event == segment.because.event), "")
    status = f"{segment.status.capitalize()}, {shown}" if shown else segment.status.capitalize()
    again = f"; continued in {segment.resumed_in}" if segment.resumed_in else ""
    return f"- **{status}**: {_cited(segment.because)}{again}"


def _outcomes(outcomes: Sequence[Outcome], cwd: str) -> Iterator[str]:
    for outcome in outcomes:
        match outcome.kind:
            case OutcomeKind.COMMIT:
                yield f"- **Committed**: {outcome.text} [{outcome.event}]"
            case OutcomeKind.PULL_REQUEST:
                yield f"- **Pull request**: {outcome.text} [{outcome.event}]"
            case OutcomeKind.TESTS:
                yield f"- **Tests**: {outcome.text} [{outcome.event}]"
            case OutcomeKind.FILE:
                pass
    files = [o for o in outcomes if o.kind is OutcomeKind.FILE]
    if files:
        more = len(files) - FILES_SHOWN
        prefix = f"{cwd}/" if cwd else ""
        shown = ", ".join(
            f"`{outcome.text.removeprefix(prefix)}` [{outcome.event}]"
            for outcome in files[:FILES_SHOWN]
        )
        yield f"- **Files**: {shown}" + (f" and {more} more" if more > 0 else "")


def _cited(said: Quote) -> str:
    return f"{said.text} [{said.event}]"


def _foot(review: Review, name: str) -> str:
    skipped = review.skipped.said()
    passed_over = f" Skipped: {skipped}." if skipped else ""
    if not review.segments:
        return f"`{name}` has no events.{passed_over}"
    return (
        f"Numbers in brackets are the {review.event_count} events of `{name}`; "
        f"every line above is quoted from them.{passed_over}"
    )


def _span(start: datetime | None, end: datetime | None, zone: tzinfo | None) -> str:
    if start is None:
        return ""
    begun = start.astimezone(zone) if zone else start
    shown = f"{begun:%a} {begun.day} {begun:%b %Y}, {begun:%H:%M}"
    if end is None:
        return shown
    ended = end.astimezone(zone) if zone else end
    if ended.date() == begun.date():
        return f"{shown}–{ended:%H:%M}" if ended != begun else shown
    return f"{shown} – {ended:%a} {ended.day} {ended:%b}, {ended:%H:%M}"
