"""Telling what a person says they did from what they did not, will do, or did in part.

It reads only the person's own words, clause by clause, and knows no tasks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from heartbeat.cues import (
    BACKWARD,
    FINISHERS,
    HELPERS,
    NOT_DONE,
    OTHER_PEOPLE,
    PART,
    PAST_FORMS,
    SHARE,
    STILL_TO_DO,
    WHOLE,
)
from heartbeat.words import plain, stem, words

SENTENCE = re.compile(r"(?<=[.!?;…])\s+|\n+")
TURN_OF_THOUGHT = re.compile(
    r"\s*(?:,\s*|\s+)(?:but|though|although|however|except that|only|yet|while|whereas)\s+"
    r"|\s+[-–—]+\s+|\s*;\s*|\s*:\s+(?=i\b)",
    re.IGNORECASE,
)
NEXT_CLAIM = re.compile(
    r"\s*(?:,\s*(?:and\s+)?(?:then\s+)?|\s+and\s+(?:then\s+)?|\s+then\s+)"
    r"(?=(?:i|i've|i'll|i'm|we|we've|it's|still|now|tomorrow|later)\b)",
    re.IGNORECASE,
)


class Mood(StrEnum):
    """What a clause says about an act."""

    DONE = "done"
    PART = "part"
    NOT_DONE = "not done"
    MENTIONED = "mentioned"


@dataclass(frozen=True)
class Clause:
    """A piece of one's speech with its mood; `line` is the sentence it was said in."""

    text: str
    line: str
    mood: Mood


def clauses(speech: str) -> Iterator[Clause]:
    """Give the clauses of a speech with their moods, in order.

    A question or a wish colours the rest of its own sentence, a turn such as "but" ends it.
    """
    for line in SENTENCE.split(speech):
        for piece in TURN_OF_THOUGHT.split(line.strip()):
            for text in NEXT_CLAIM.split(piece or ""):
                if words(text):
                    yield Clause(text.strip(), line.strip(), mood_of(text, line))


def mood_of(text: str, line: str) -> Mood:
    """Judge one clause: the careful readings come first, because a false "done" costs most."""
    said = plain(text)
    if line.rstrip().endswith("?") or NOT_DONE.search(said) or someone_else(said):
        return Mood.NOT_DONE
    if STILL_TO_DO.search(said):
        return Mood.NOT_DONE
    if not tells_the_past(said):
        return Mood.MENTIONED
    if (PART.search(said) or SHARE.search(said)) and not WHOLE.search(said):
        return Mood.PART
    return Mood.DONE


def someone_else(said: str) -> bool:
    """Tell whether another person is named as the one who acted."""
    before_act = [word for word in takewhile_not_past(words(said)) if word not in HELPERS]
    return bool(before_act) and (before_act[-1] in OTHER_PEOPLE or before_act[-1].endswith("'s"))


def takewhile_not_past(said: list[str]) -> list[str]:
    """Give the words before the first that tells the past; all of them when none does."""
    first = next((place for place, word in enumerate(said) if is_past(word)), None)
    return said[:first] if first is not None else []


def tells_the_past(said: str) -> bool:
    """Tell whether a clause speaks of something that has happened."""
    return bool(FINISHERS.search(said)) or any(is_past(word) for word in words(said))


def is_past(word: str) -> bool:
    """Tell whether a word can be a past form."""
    return word in PAST_FORMS or (word.endswith("ed") and len(word) > 4 and stem(word) != word)


def points_back(text: str) -> bool:
    """Tell whether a clause only says "that is done" and names nothing."""
    return bool(FINISHERS.search(plain(text))) and all(word in BACKWARD for word in words(text))
