"""Judging how a segment ended, from its last turns, tools and plan. Each verdict names its "
"event."""

from __future__ import annotations

import re
from collections.abc import Sequence

from memory.found import is_question, sentences
from memory.outcomes import commit_subject, last_paragraph, opened_pull_request, tally
from memory.review.quotes import quote
from memory.review.values import Quote, Status
from memory.transcripts import Event, HumanTurn, Reply, Step, ToolUse

LATER = re.compile(
    r"\b(?:for later|later(?: on| today| this week)?[.!]?$|not now|some other time|another day|"
    r"leave (?:it|that|this|the [\w -]+) (?:for|until|till|as)|park (?:it|this|that|the)|postpone|"
    r"defer|put (?:it|this|that) off|come back to (?:it|this|that)|pick (?:it|this|that) up|"
    r"(?:let'?s|i'?ll|we'?ll|we can|look at|continue|finish|handle|fix) [^.?!]{0,50}\b(?:tomorrow|"
    r"next week|another day|on \w+day|after the [\w ]+)[.!]?$|revisit)",
    re.I,
)
BLOCKED = re.compile(
    r"\b(?:blocked (?:by|on|until|because)|(?:we are|i am|i'm|this is|it's|still|is) blocked|"
    r"waiting "
    r"(?:for|on)|can(?:'t|not) (?:proceed|continue|reach|access|go on)|need(?:s)? (?:access|"
    r"permission|credentials)|no access|permission denied|stuck)\b",
    re.I,
)
CLOSED = re.compile(
    r"^(?:(?:ok|okay|yes|great|nice|cool|perfect|awesome|excellent|wonderful|ah|oh)\b[ ,.!]*)*(?:"
    r"thanks|thank you|thx|ty\b|perfect|great|awesome|excellent|lgtm|looks good|works|it works|"
    r"that works|that did it|done|solved|fixed|ship it|merged?|all good|that'?s all|good job|"
    r"nice|wonderful|got it)\b",
    re.I,
)
STILL_BROKEN = re.compile(r"\b(?:but|still|doesn'?t|not work|fails?|except|however)\b", re.I)
OFFERS_MORE = re.compile(
    r"(?:anything|something) else|(?:want|would you like|shall i|should i) .*\b(?:also|next|too)\b|"
    r"help (?:you )?with|let me know",
    re.I,
)


def judged(events: Sequence[Event], *, last: bool) -> tuple[Status, Quote]:
    """Give the status of a segment and the words that show it; `last` says nothing follows."""
    human = _last(events, HumanTurn)
    reply = _last(events, Reply)
    return (
        _deferred(events, human)
        or _blocked(events, reply, human)
        or _asks_back(events, reply)
        or _done(events, human)
        or _planned(events)
        or _answered(events, human, reply)
        or _left(events, last=last)
    )


Verdict = tuple[Status, Quote]


def _deferred(events: Sequence[Event], human: Event | None) -> Verdict | None:
    if not isinstance(human, HumanTurn) or _worked_after(events, human):
        return None
    for sentence in sentences(human.text):
        if LATER.search(sentence.text):
            # "Not now then. Maybe in January": what follows says until when.
            start = max(0, human.text.find(sentence.text))
            return Status.DEFERRED, quote(human, human.text[start:])
    return None


def _blocked(events: Sequence[Event], reply: Event | None, human: Event | None) -> Verdict | None:
    for said in (human, reply):
        if isinstance(said, HumanTurn | Reply) and not _worked_after(events, said):
            for line in last_paragraph(said.text).split("\n"):
                if BLOCKED.search(line) and not is_question(line):
                    return Status.BLOCKED, quote(said, line)
    failure = _unresolved_failure(events)
    closed = isinstance(human, HumanTurn) and CLOSED.match(human.text)
    if failure and not closed:
        return Status.BLOCKED, quote(failure, last_line(failure.result) or failure.request)
    return None


def _unresolved_failure(events: Sequence[Event]) -> ToolUse | None:
    """Give the last tool use when it failed; a failed search or look is no blocker."""
    uses = [event for event in events if isinstance(event, ToolUse)]
    result = tally(uses[-1]) if uses else None
    if uses and (uses[-1].failed or (result and result.failed)):
        return uses[-1]
    return None


def _done(events: Sequence[Event], human: Event | None) -> Verdict | None:
    """A commit or passing tests with no edit behind them, or else the person's word."""
    for event in reversed(events):
        if subject := commit_subject(event):
            return Status.DONE, quote(event, subject)
        if opened_pull_request(event):
            return Status.DONE, quote(event, last_line(_result(event)))
        result = tally(event)
        if result and not result.failed:
            return Status.DONE, quote(event, result.said())
        if result or (isinstance(event, ToolUse) and event.files):
            break
    if isinstance(human, HumanTurn) and CLOSED.match(human.text.strip()):
        first = human.text.split("\n")[0]
        if not STILL_BROKEN.search(first) and not is_question(first):
            return Status.DONE, quote(human, human.text)
    return None


def _asks_back(events: Sequence[Event], reply: Event | None) -> Verdict | None:
    """A question at the end of the last reply waits for the person."""
    if isinstance(reply, Reply) and events[-1] is reply:
        line = last_sentence(reply.text)
        if is_question(line) and not OFFERS_MORE.search(line):
            return Status.OPEN, quote(reply, line)
    return None


def _planned(events: Sequence[Event]) -> Verdict | None:
    plan = next((e for e in reversed(events) if isinstance(e, ToolUse) and e.todos), None)
    if plan is None:
        return None
    waiting = [todo for todo in plan.todos if todo.step is not Step.DONE]
    if waiting:
        return Status.OPEN, quote(plan, waiting[0].text)
    return Status.DONE, quote(plan, plan.todos[-1].text)


def _answered(events: Sequence[Event], human: Event | None, reply: Event | None) -> Verdict | None:
    """A question that got its answer is done, although nobody said thanks."""
    if not isinstance(human, HumanTurn) or not isinstance(reply, Reply):
        return None
    after = reply.place.number > human.place.number
    asked = is_question(human.text.strip().split("\n")[-1])
    if asked and after and not any(isinstance(event, ToolUse) and event.files for event in events):
        return Status.DONE, quote(reply, last_line(reply.text))
    return None


def _left(events: Sequence[Event], *, last: bool) -> Verdict:
    end = events[-1]
    words = _result(end) or (end.text if isinstance(end, HumanTurn | Reply) else "")
    shown = quote(end, last_line(words) or "(nothing said)")
    if last:
        return Status.OPEN, shown
    talked = not any(isinstance(event, ToolUse) for event in events)
    # In plain conversation a topic that simply ends was talked through; only work is abandoned.
    return (Status.DONE if talked and isinstance(end, Reply) else Status.ABANDONED), shown


def _worked_after(events: Sequence[Event], said: Event) -> bool:
    later = [event for event in events if event.place.number > said.place.number]
    return any(isinstance(event, ToolUse) and not event.failed for event in later)


def _last(events: Sequence[Event], kind: type[HumanTurn] | type[Reply]) -> Event | None:
    return next((event for event in reversed(events) if isinstance(event, kind)), None)


def _result(event: Event) -> str:
    return event.result or event.request if isinstance(event, ToolUse) else ""


def last_line(text: str) -> str:
    """Give the last line that says something."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return lines[-1] if lines else ""


def last_sentence(text: str) -> str:
    """Give the last sentence, where a reply puts its question."""
    found = sentences(text)
    return found[-1].text if found else ""
