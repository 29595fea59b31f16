"""Picking the fields of a segment out of what was said and done. Judges no status."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from memory.boundaries.terms import content, rarity
from memory.found import ActionModel, actions_in, decisions_in, is_question, sentences
from memory.found.decisions import is_decision
from memory.outcomes import commit_subject, last_tally, opened_pull_request
from memory.review.quotes import quote, spoken
from memory.review.status import OFFERS_MORE, last_line, last_sentence
from memory.review.values import Decision, Outcome, OutcomeKind, Quote
from memory.segments import is_monologue
from memory.transcripts import Event, HumanTurn, Reply, Step, ToolUse

SUMMARY_QUOTES = 3
TAIL_SHARE = 0.2
PLANS = re.compile(
    r"^(?:(?:ok|okay|great|good|right|sure|alright|now|first|next|perfect|done)\b[ ,.!:]*)*(?:i'll|"
    r"i will|let me|let's|i'm going to|i am going to|now i|i need to|i should|looking|checking|"
    r"understood|committed|you're welcome|you are welcome|sure|of course|happy to|glad|no problem|"
    r"here(?:'s| is| are)|great question|hello|hi\b|hey)",
    re.I,
)
AGREES = re.compile(
    r"^(?:yes|yeah|yep|yup|ok|okay|sure|agreed|sounds good|good idea|do (?:that|it|so)|go "
    r"(?:ahead|for "
    r"it|with)|perfect|great|fine|right|exactly|let'?s do|please do|works for me|👍)\b",
    re.I,
)
CHOICE = re.compile(r"\bor\b.*\?\s*$|\bwhich\b.*\?\s*$", re.I)
ANSWERLESS = re.compile(
    r"\b(?:i don'?t know|not sure|no idea|can(?:'t|not) (?:tell|say|find)|unclear|need to check|"
    r"have to check|i'll (?:check|ask|find out))\b",
    re.I,
)
NEXT_HEADING = re.compile(
    r"^\W*(?:next(?: steps?)?|remaining|still (?:to do|open|left|missing)|to ?dos?|what'?s left|"
    r"left "
    r"to do|follow[- ]?ups?|action items?|open points?)\b[^.?!]{0,30}:?\W*$",
    re.I,
)
TELLS_YOU = re.compile(
    r"\b(?:you(?:'ll| will)? (?:need|have|should|must|may want|might want)|remember to|don't "
    r"forget|"
    r"make sure|next step|remains? to|still (?:needs?|has|have) to|left to do|must be|has to be|"
    r"need to be|"
    r"needs to be)\b",
    re.I,
)  # fmt: skip
OWN_PROMISE = re.compile(
    r"\b(?:i|we)(?:'ll| will| need to| have to| must| should|'m going to| am going to)\b", re.I
)
LATER_WORDS = re.compile(
    r"\b(?:tomorrow|tonight|later|next week|next month|by (?:mon|tues|wednes|thurs|fri|satur|"
    r"sun)day|"
    r"on (?:mon|tues|wednes|thurs|fri|satur|sun)day|remind me|before|after the|until)\b",
    re.I,
)


def summary_of(events: tuple[Event, ...], told: Sequence[Quote]) -> tuple[Quote, ...]:
    """Give up to three sentences of the replies that carry the segment's words, in order.

    What is `told` elsewhere on the page is not repeated.
    """
    spokesman = Reply if any(isinstance(event, Reply) for event in events) else HumanTurn
    elsewhere = {(quoted.event, quoted.text) for quoted in told}
    said = [
        (event, sentence.text)
        for event, sentence in spoken(events)
        if isinstance(event, spokesman)
        and not sentence.bulleted
        and not sentence.text.endswith(":")
        and (event.place.number, quote(event, sentence.text).text) not in elsewhere
        and not PLANS.match(sentence.text)
        and not is_question(sentence.text)
        and len(sentence.text.split()) >= 4
    ]
    topic = {term for e in events if isinstance(e, HumanTurn) for term in content(e.text)}
    weights = rarity([content(text) for _, text in said])
    # What was said last is what came of it: later sentences weigh up to twice as much.
    scores = [
        _weight(text, topic, weights) * (1 + index / len(said))
        for index, (_, text) in enumerate(said)
    ]
    best = sorted(range(len(said)), key=lambda i: -scores[i])
    kept: dict[str, int] = {}
    for index in best:
        kept.setdefault(said[index][1], index)
    chosen = sorted(list(kept.values())[:SUMMARY_QUOTES])
    return tuple(quote(*said[index]) for index in chosen) or _asked_for(events)


def _asked_for(events: tuple[Event, ...]) -> tuple[Quote, ...]:
    """When no reply says anything, what was asked is all there is to tell."""
    for event, sentence in spoken(events):
        if isinstance(event, HumanTurn):
            return (quote(event, sentence.text),)
    return ()


def _weight(text: str, topic: set[str], weights: dict[str, float]) -> float:
    terms = set(content(text))
    shared = sum(weights.get(term, 1.0) for term in terms & topic)
    length = min(len(text.split()), 20) / 20
    return length + shared + 0.5 * bool(re.search(r"\d", text))


def outcomes_of(events: tuple[Event, ...]) -> tuple[Outcome, ...]:
    """Give commits, pull requests, the last test tally and the files written."""
    return (*_commits(events), *_tests(events), *_files(events))


def _commits(events: tuple[Event, ...]) -> Iterator[Outcome]:
    for event in events:
        place = event.place
        if subject := commit_subject(event):
            yield Outcome(OutcomeKind.COMMIT, subject, place.number, place.line)
        if opened_pull_request(event) and isinstance(event, ToolUse):
            address = re.search(r"https?://\S+", event.result)
            shown = address[0] if address else last_line(event.result)
            yield Outcome(OutcomeKind.PULL_REQUEST, shown, place.number, place.line)


def _tests(events: tuple[Event, ...]) -> Iterator[Outcome]:
    result = last_tally(events)
    if result:
        line = next(e.place.line for e in events if e.place.number == result.event)
        yield Outcome(OutcomeKind.TESTS, result.said(), result.event, line)


def _files(events: tuple[Event, ...]) -> Iterator[Outcome]:
    written: dict[str, Event] = {}
    for event in events:
        if isinstance(event, ToolUse) and not event.failed:
            written |= dict.fromkeys(event.files, event)
    for path, event in written.items():
        yield Outcome(OutcomeKind.FILE, path, event.place.number, event.place.line)


def decisions_of(events: tuple[Event, ...]) -> tuple[Decision, ...]:
    """Give what the person settled: own words, an accepted proposal, or an answered choice."""
    found: list[Decision] = []
    offered: Reply | None = None
    for event in events:
        if isinstance(event, Reply):
            offered = event
        if isinstance(event, HumanTurn):
            found += _settled(event, offered)
            offered = None
    return tuple(found)


def _settled(human: HumanTurn, offered: Reply | None) -> Iterator[Decision]:
    own = [found.text for found in decisions_in(human.text)]
    yield from (Decision(quote(human, text)) for text in own)
    if offered is None or own:
        return
    asked = last_sentence(offered.text)
    first = human.text.strip().split("\n")[0]
    if CHOICE.search(asked) and len(first.split()) <= 25 and not is_question(first):
        yield Decision(quote(human, first), quote(offered, asked))
    elif AGREES.match(first):
        for sentence in sentences(offered.text):
            if is_decision(sentence.text):
                yield Decision(quote(offered, sentence.text))


def next_steps_of(events: tuple[Event, ...], actions: ActionModel) -> tuple[Quote, ...]:
    """Give what is left to do: the open steps of the plan, then what the end of the talk names."""
    steps: dict[str, Quote] = {}
    for found in (*_plan(events), *_named(events, actions)):
        steps.setdefault(found.text.casefold().rstrip("."), found)
    return tuple(steps.values())


def _plan(events: tuple[Event, ...]) -> Iterator[Quote]:
    plan = next((e for e in reversed(events) if isinstance(e, ToolUse) and e.todos), None)
    if plan:
        yield from (quote(plan, t.text) for t in plan.todos if t.step is not Step.DONE)


def _named(events: tuple[Event, ...], actions: ActionModel) -> Iterator[Quote]:
    said = [event for event in events if isinstance(event, HumanTurn | Reply)]
    # An agent does most of what it names; in plain talk nobody does, so all of it counts.
    worked = any(isinstance(event, ToolUse) for event in events)
    tail = events[-max(2, round(len(events) * TAIL_SHARE)) :] if worked else events
    recent = {event.place.number for event in (*tail, *said[-2:])}
    for event in said:
        if isinstance(event, HumanTurn):
            yield from _promised(event, actions, jotted=is_monologue(events))
        elif event.place.number in recent:
            yield from _told(event, actions)


def _promised(human: HumanTurn, actions: ActionModel, *, jotted: bool) -> Iterator[Quote]:
    """What the person takes on stays theirs; what they ask of the assistant does not count."""
    for found in actions_in(human.text, actions, jotted=jotted):
        if is_decision(found.text) or (is_question(found.text) and not found.marked):
            continue
        promised = OWN_PROMISE.search(found.text)
        theirs = found.owner not in ("", "us") and (promised or found.as_task)
        noted = jotted and found.as_task
        if found.marked or theirs or noted or (promised and LATER_WORDS.search(found.text)):
            yield quote(human, found.text)


def _told(reply: Reply, actions: ActionModel) -> Iterator[Quote]:
    listed = False
    likely = {found.text for found in actions_in(reply.text, actions)}
    for sentence in sentences(reply.text):
        if NEXT_HEADING.match(sentence.text):
            listed = True
        elif listed and sentence.bulleted:
            yield quote(reply, sentence.text)
        else:
            listed = listed and sentence.bulleted
            tells = TELLS_YOU.search(sentence.text) and not is_question(sentence.text)
            if tells and (sentence.text in likely or "you" in sentence.text.lower()):
                yield quote(reply, sentence.text)


def open_questions_of(events: tuple[Event, ...], later: Iterable[Event]) -> tuple[Quote, ...]:
    """Give the questions that nobody answered, here or `later` in the session."""
    found: dict[str, Quote] = {}
    for index, event in enumerate(events):
        if not isinstance(event, HumanTurn | Reply):
            continue
        for question in _asked(event):
            if not _is_answered(events, index) and not _met_later(event, question, later):
                found.setdefault(question.casefold(), quote(event, question))
    return tuple(found.values())


def _asked(event: HumanTurn | Reply) -> Iterator[str]:
    for sentence in sentences(event.text):
        if is_question(sentence.text) and not OFFERS_MORE.search(sentence.text):
            yield sentence.text


def _is_answered(events: Sequence[Event], index: int) -> bool:
    """The other side's next word answers, unless it only says that it does not know."""
    asker = events[index]
    for event in islice(events, index + 1, None):
        match asker, event:
            case Reply(), HumanTurn():
                return True
            case HumanTurn(), Reply(text=text):
                return not ANSWERLESS.search(text)
            case HumanTurn(speaker=who), HumanTurn(speaker=other) if who != other:
                return True
            case HumanTurn(), ToolUse():
                # Work that follows and ends without a reply was the answer.
                if not any(isinstance(e, Reply) for e in islice(events, index + 1, None)):
                    return True
    return False


def _met_later(asker: HumanTurn | Reply, question: str, later: Iterable[Event]) -> bool:
    """Somebody of the other side came back to it: two words of it return."""
    others = HumanTurn if isinstance(asker, Reply) else Reply
    asked = set(content(question))
    return any(
        len(asked & set(content(event.text))) >= 2 for event in later if isinstance(event, others)
    )
