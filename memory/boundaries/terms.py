"""Content words and their stems, and how alike two stretches of talk are. Knows no topic."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from memory.word_lists import word_set

WORD = re.compile(r"[a-z][a-z']+|\d[\d:.]*")
EMPTY_WORDS = word_set(
    "a an the and or but if then so as of at by for from in into on onto to with without about "
    "over under up down out off than too very just only also not no nor do does did doing done be "
    "am is are was were been being have has had having will would shall should can could may might "
    "must i me my mine myself we us our ours you your yours he him his she her it its they them "
    "their this that these those there here what which who whom whose when where why how all any "
    "both each few more most other some such own same im ive ill id dont youre thats its lets "
    "please thank thanks yes yeah yep no nope ok okay sure hi hello hey great good fine well oh "
    "let want wants need needs like know look looking looks help one ones thing things something "
    "anything else make makes making get gets got getting go goes going tell give find sound "
    "sounds think really actually now right alright"
)
SUFFIXES = (
    ("ies", "y"),
    ("sses", "ss"),
    ("ing", ""),
    ("ed", ""),
    ("ly", ""),
    ("es", "e"),
    ("s", ""),
)


def words(text: str) -> list[str]:
    """Split into lower-case words and numbers."""
    return WORD.findall(text.lower().replace("’", "'"))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Take off one common English ending; meant for counting matches, not for reading."""
    for ending, instead in SUFFIXES:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lse":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def content(text: str) -> list[str]:
    """Give the stems of the words that carry a topic, numbers left out."""
    return [
        stem(word)
        for word in words(text)
        if word.replace("'", "") not in EMPTY_WORDS and not word[0].isdigit()
    ]


Bag = dict[str, float]


def rarity(pieces: Sequence[Iterable[str]]) -> Bag:
    """Weigh each stem by how few of the pieces it stands in."""
    seen_in = Counter(term for piece in pieces for term in set(piece))
    return {term: math.log(1 + len(pieces) / count) for term, count in seen_in.items()}


def bag(pieces: Iterable[Iterable[str]], weights: Bag) -> Bag:
    """Count the stems of some pieces, each times its weight."""
    counts = Counter(term for piece in pieces for term in piece)
    return {term: count * weights.get(term, 1.0) for term, count in counts.items()}


def likeness(one: Bag, other: Bag) -> float:
    """Give the cosine of two bags, from 0 to 1."""
    if not one or not other:
        return 0.0
    shared = sum(value * other[term] for term, value in one.items() if term in other)
    return shared / (_length(one) * _length(other))


def _length(of: Bag) -> float:
    return math.sqrt(sum(value * value for value in of.values()))
