"""What a session says that is worth a line in MEMORY.md: offered in the evening, written by nobody
but the person. Quotes only."""

from __future__ import annotations

import re

from memory.found import is_question, sentences
from memory.review import Quote, Review
from memory.review.quotes import quote
from memory.transcripts import HumanTurn, Transcript

LASTING = re.compile(
    r"\b(?:i(?:'m| am) (?:allergic|vegetarian|vegan|left-handed|based in|called)|my (?!(?:god|"
    r"bad)\b)"
    r"[\w -]{2,30} (?:is|are|lives?|works?)\b|i (?:always|never|usually|prefer|hate|love|live in|"
    r"work (?:at|as|in))\b|remember that\b|from now on\b|call me \w+|don'?t ever\b|for the "
    r"record\b)",
    re.I,
)
PASSING = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|right now|at the moment|this week)\b", re.I
)
MOST_WORDS = 40


def worth_keeping(transcript: Transcript, review: Review) -> tuple[Quote, ...]:
    """Give lasting facts in the person's own words, and what they decided, each once."""
    found: dict[str, Quote] = {}
    for event in transcript.events:
        if isinstance(event, HumanTurn):
            for sentence in sentences(event.text):
                if _lasts(sentence.text):
                    found.setdefault(sentence.text.casefold(), quote(event, sentence.text))
    for segment in review.segments:
        for decision in segment.decisions:
            if decision.about is None:
                found.setdefault(decision.quote.text.casefold(), decision.quote)
    return tuple(sorted(found.values(), key=lambda each: each.event))


def _lasts(sentence: str) -> bool:
    return (
        bool(LASTING.search(sentence.replace("’", "'")))
        and not PASSING.search(sentence)
        and not is_question(sentence)
        and len(sentence.split()) <= MOST_WORDS
    )
