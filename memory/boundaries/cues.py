"""What a reader notices at the gap before an utterance: openers, answers, closers, shared words.

The word lists are general English of asking and answering, written by hand. Nothing is weighed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from memory.boundaries.terms import Bag, bag, content, likeness, rarity, words

ASKS = (
    r"(?:can|could|would|will) (?:you|i|we|someone)\b|(?:please |pls )?(?:add|book|build|buy|call|"
    r"change|check|clean|create|debug|delete|draft|explain|find|fix|get|give|help|implement|"
    r"investigate|list|look up|make|migrate|move|navigate|open|order|plan|play|put|read|refactor|"
    r"remind|remove|rename|reserve|review|run|schedule|search|send|set|show|start|summari[sz]e|"
    r"switch|take|tell|translate|update|upgrade|write)\b"
)
NEEDS = (
    r"i(?:'m| am|m)?(?: also| just| really| actually)? (?:need|want|looking|look|searching|"
    r"interested|trying|planning|hoping|wondering|curious|would like|'d like)\b|i'?d(?: also)? "
    r"like\b|i would(?: also)? like\b|we (?:need|want|should)\b|let'?s\b|"
    r"i(?:'m| am) in (?:need|the mood)"
)
QUESTION_WORDS = (
    r"(?:what|where|when|who|why|how|which|is|are|do|does|did|will|should|am|has|have)\b"
)
POLITE_LEAD = (
    r"(?:(?:hi|hello|hey|ok|okay|great|good|thanks|thank you|alright|well|so|and|yes|no|perfect|"
    r"awesome|cool|excellent|wonderful|please|actually|oh|now|next)\b[ ,.!-]*)*"
)
OPENER = re.compile(rf"^{POLITE_LEAD}(?:{NEEDS}|{ASKS})")
ASKED = re.compile(rf"^{POLITE_LEAD}{QUESTION_WORDS}")
SHIFT = re.compile(
    r"^(?:(?:ok|okay|great|thanks|thank you|good|perfect|alright|cool|nice)\b[ ,.!]*)*(?:now|next|"
    r"also|separately|another|different|new topic|by the way|btw|moving on|on to|switching|"
    r"unrelated|one more|hi|hello|hey|anyway|besides)\b|\b(?:i also (?:need|want)|i am also|"
    r"i'm also|different (?:question|topic|thing)|new (?:topic|question)|unrelated|"
    r"something else)\b"
)
INTRODUCES = re.compile(
    r"\b(?:an?|some|any|another|the (?:nearest|closest|best|next|weather|forecast))\b"
)
ANSWERS = re.compile(
    r"^(?:yes|yeah|yep|yup|no|nope|nah|ok|okay|sure|great|perfect|awesome|good|fine|thanks|thank|"
    r"that|it|sounds|how about|what about|either|any|maybe|i don'?t|not|both|cool|excellent|nice|"
    r"wonderful|oh|actually|never ?mind|in that case|then|and|but|or|neither|correct|right|"
    r"exactly|alright)\b"
)
POINTS_BACK = re.compile(
    r"\b(?:it|its|it's|they|them|their|that|those|this one|that one|these|there|he|she|him|her|"
    r"same|instead|other|else|either|one|ones)\b"
)
CLOSES = re.compile(
    r"(?:anything|something) else|you(?:'re| are) welcome|(?:other|further|more) (?:bookings|"
    r"assistance|help|questions)|have a (?:great|good|nice|wonderful)|enjoy|good ?bye|\bbye\b|glad "
    r"(?:i|to)|happy to (?:help|have)|thank(?:s| you)|that(?:'s| is| will be) all|my pleasure|no "
    r"problem|take care|drive carefully|welcome|(?:is|are|been|was) (?:booked|reserved|set|"
    r"scheduled|confirmed|completed?|successful|done|merged|fixed)|reference number|successful|"
    r"sent|scheduled|reminder|works now|all (?:set|done|green)|merged|shipped"
)
ANYTHING_ELSE = re.compile(r"(?:anything|something) else|further|other help|more help")


@dataclass(frozen=True)
class Utterance:
    """One turn: what was said, and whether by the person who steers the conversation."""

    text: str
    steering: bool


@dataclass(frozen=True)
class Cues:
    """What stands at one gap; `before` and `after` name its two sides."""

    after_steers: bool
    opens: bool
    asks: bool
    shifts: bool
    introduces: bool
    answers: bool
    points_back: bool
    before_asks: bool
    before_closes: bool
    empty: bool
    new_terms: int
    shared_terms: int
    new_share: float
    likeness: float
    wide_likeness: float


def cues_of(talk: Sequence[Utterance]) -> tuple[Cues, ...]:
    """Look at every gap of a conversation; gap i lies between utterances i and i + 1."""
    pieces = [content(utterance.text) for utterance in talk]
    weights = rarity(pieces)
    return tuple(_cues(talk, pieces, weights, gap) for gap in range(len(talk) - 1))


def plain(text: str) -> str:
    """Bring to the form that the patterns read: lower case, straight apostrophes."""
    return text.lower().replace("’", "'").strip()


def asks_back(text: str) -> bool:
    """Say whether a turn ends with a question that wants an answer (not "anything else?")."""
    return text.rstrip(". ").endswith("?") and not ANYTHING_ELSE.search(text)


def _cues(talk: Sequence[Utterance], pieces: Sequence[list[str]], weights: Bag, gap: int) -> Cues:
    before, after = plain(talk[gap].text), plain(talk[gap + 1].text)
    recent = {term for piece in pieces[max(0, gap - 5) : gap + 1] for term in piece}
    terms = set(pieces[gap + 1])
    return Cues(
        after_steers=talk[gap + 1].steering,
        opens=bool(OPENER.match(after)),
        asks=bool(ASKED.match(after)),
        shifts=bool(SHIFT.search(after)),
        introduces=bool(INTRODUCES.search(" ".join(words(after)[:14]))),
        answers=bool(ANSWERS.match(after)),
        points_back=bool(POINTS_BACK.search(after)),
        before_asks=asks_back(before),
        before_closes=bool(CLOSES.search(before)),
        empty=not terms,
        new_terms=min(4, len(terms - recent)),
        shared_terms=min(3, len(terms & recent)),
        new_share=len(terms - recent) / len(terms) if terms else 0.0,
        likeness=_likeness(pieces, weights, gap, 2),
        wide_likeness=_likeness(pieces, weights, gap, 4),
    )


def _likeness(pieces: Sequence[list[str]], weights: Bag, gap: int, reach: int) -> float:
    before = pieces[max(0, gap + 1 - reach) : gap + 1]
    return likeness(bag(before, weights), bag(pieces[gap + 1 : gap + 1 + reach], weights))
