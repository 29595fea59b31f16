"""Trimming what was said to what a page can hold. Cuts, never rewords."""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory.boundaries.terms import content
from memory.found import Sentence, sentences
from memory.review.values import Quote
from memory.transcripts import Event, HumanTurn, Reply

TITLE_CHARS = 60
QUOTE_CHARS = 240
LEAD = re.compile(
    r"^(?:(?:ok|okay|wow|congrats|hi|hello|hey|yes|no|thanks|thank you|great|good|perfect|cool|"
    r"nice|alright|so|and|well|now|next|also|then|please|pls|separately|one more thing|another "
    r"thing|different topic|new topic|by the way|btw|actually|moving on)\b[ ,.:;!–-]*)+",
    re.I,
)
REQUEST = re.compile(
    r"^(?:(?:(?:can|could|would|will) you(?: please| maybe| also)?|i(?:'d| would) like (?:you )?to|"
    r"i(?: also| really| just)? (?:need|want)(?: you)?(?: to)?|we(?: also)? (?:need|have|want|"
    r"should|must)(?: to)?|let'?s|please|help me(?: to)?|i(?:'m| am) (?:trying|going) to) )+",
    re.I,
)
CLAUSE = re.compile(
    r"[;:]|,(?= (?:so|because|but|and|then|which|since|as|it|we|i|they|he|she|this|that)\b)|"
    r" [–—-] | (?:because|so that|since|but|which) ",
    re.I,
)
MARKUP = re.compile(r"\*\*|__|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")


def quote(event: Event, text: str, limit: int = QUOTE_CHARS) -> Quote:
    """Quote words of an event, cut at a word when they are too many."""
    return Quote(trimmed(MARKUP.sub("", text), limit), event.place.number, event.place.line)


def trimmed(text: str, limit: int) -> str:
    """Bring text on one line and cut it at a word."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1]
    return cut[: cut.rfind(" ") if " " in cut[limit // 2 :] else None].rstrip(" ,;:") + "…"


def titled(event: Event, text: str) -> Quote:
    """Make a title of what was asked: greetings and "can you" off, first clause, at most 60."""
    clauses = [clause for s in sentences(text) if len(clause := _clause(s.text)) > 3]
    # "Hey Mel!", "Wow.", "Congrats": a greeting names no topic where something else does.
    telling = [clause for clause in clauses if len(content(clause)) > 1]
    chosen = next(iter(telling or clauses), text)
    return quote(event, chosen[:1].upper() + chosen[1:], TITLE_CHARS)


def _clause(sentence: str) -> str:
    polite = LEAD.sub("", sentence.strip()).strip()
    bare = REQUEST.sub("", polite)
    # "Can you plan the trip?" asks for a plan; without its lead it is no question any more.
    bare = bare.strip(" .!:;,-–" + ("?" if bare != polite else ""))
    if len(bare) <= TITLE_CHARS:
        return bare
    first = CLAUSE.search(bare, 12)
    return bare[: first.start()].strip(" .,") if first else bare


def spoken(events: tuple[Event, ...]) -> Iterator[tuple[HumanTurn | Reply, Sentence]]:
    """Give every sentence that was said, with its event."""
    for event in events:
        if isinstance(event, HumanTurn | Reply):
            for sentence in sentences(event.text):
                yield event, sentence
