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
    FINISHED,
    FINISHING_PHRASES,
    HELPERS,
    NOT_DONE,
    OBJECT_FOLLOWS,
    OTHER_PEOPLE,
    OURSELVES,
    PART,
    PAST_FORMS,
    PAST_OR_NOT,
    SHARE,
    STILL_TO_DO,
    WHOLE,
)
from heartbeat.words import STOPWORDS, is_noise, plain, stem, words

LONGEST_SPEECH = 5000
SPELT = re.compile(r"[^\W_]+(?:['’][a-z]+)?", re.IGNORECASE)
BY_SOMEONE = re.compile(r"\bby (?:my|our) \w+|\bby (?!Mon|Tue|Wed|Thu|Fri|Sat|Sun)[A-Z]\w+")
NO_NEED = re.compile(r"\bno need to \w+")
GUESSED_SHARE = re.compile(r"\b(?:maybe|perhaps|probably|might be)\s+(\d|half|a |most)")
SENTENCE = re.compile(
    r"(?<=[.!?;…])(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!\bDr\.)(?<!\bProf\.)(?<!\bSt\.)(?<!\bNo\.)"
    r"\s+|\n+"
)
TURN_OF_THOUGHT = re.compile(
    r"\s*(?:,\s*|\s+)(?:but|though|although|however|except(?: that| for)?|apart from|other than"
    r"|all but|everything but|only|yet|while|whereas)\s+"
    r"|\s+[-–—]+\s+|\s*;\s*|\s*:\s+(?=i\b)",
    re.IGNORECASE,
)
NEXT_CLAIM = re.compile(
    r"\s*(?:,\s*(?:and\s+)?(?:then\s+)?|\s+and\s+(?:then\s+)?|\s+then\s+)"
    r"(?=(?:i|i've|i'll|i'm|we|we've|it's|still|now|tomorrow|later)\b)",
    re.IGNORECASE,
)


class Mood(StrEnum):
    """What a clause says about an act; LIMIT names a share and no act ("only half of it")."""

    DONE = "done"
    PART = "part"
    LIMIT = "limit"
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

    A question or a wish colours the rest of its own sentence, a turn such as "but" ends it. What
    is longer than a person types at once is a pasted text and is not read to its end.
    """
    for line in SENTENCE.split(speech[:LONGEST_SPEECH]):
        for piece in TURN_OF_THOUGHT.split(line.strip()):
            for text in NEXT_CLAIM.split(piece or ""):
                if words(text):
                    yield Clause(text.strip(), line.strip(), mood_of(text, line))


def mood_of(text: str, line: str) -> Mood:
    """Judge one clause: the careful readings come first, because a false "done" costs most."""
    said = GUESSED_SHARE.sub(r"\1", NO_NEED.sub("", plain(text)))
    if line.rstrip().endswith("?") or NOT_DONE.search(said) or STILL_TO_DO.search(said):
        return Mood.NOT_DONE
    if someone_else(text):
        return Mood.NOT_DONE
    partly = bool(PART.search(said) or SHARE.search(said)) and not WHOLE.search(said)
    if not tells_the_past(said):
        return Mood.LIMIT if partly else Mood.MENTIONED
    return Mood.PART if partly else Mood.DONE


def someone_else(text: str) -> bool:
    """Tell whether another person is named as the one who acted: "Anna called the dentist"."""
    if BY_SOMEONE.search(text):
        return True
    said = [word.replace("’", "'") for word in SPELT.findall(text)]
    act = act_place([plain(word) for word in said])
    subject = [word for word in said[:act] if plain(word) not in HELPERS] if act else []
    if not act or not subject or plain(subject[-1]) in OURSELVES:
        return False
    is_name = len(subject) == 1 and subject[0][0].isupper() and has_object(said[act + 1 :])
    return is_name or plain(subject[-1]) in OTHER_PEOPLE


def has_object(following: list[str]) -> bool:
    """Tell whether a verb's next words are its object, and not "Rent paid" with a time or place."""
    if not following:
        return False
    first = plain(following[0])
    return first in OBJECT_FOLLOWS or not (first in STOPWORDS or is_noise(stem(first)))


def tells_the_past(said: str) -> bool:
    """Tell whether a clause speaks of something that has happened."""
    if FINISHING_PHRASES.search(said) or FINISHED & set(words(said)):
        return True
    return act_place(words(said)) is not None


def act_place(said: list[str]) -> int | None:
    """Give the place of the first word that tells the past; None when none does."""
    for place, word in enumerate(said):
        acts = place == 0 or said[place - 1] in OURSELVES or said[place - 1] in HELPERS
        if is_past(word) or (word in PAST_OR_NOT and acts):
            return place
    return None


def is_past(word: str) -> bool:
    """Tell whether a word can be a past form."""
    return word in PAST_FORMS or (word.endswith("ed") and len(word) > 4 and stem(word) != word)


def points_back(text: str) -> bool:
    """Tell whether a clause only says "that is done" and names nothing."""
    said = words(FINISHING_PHRASES.sub("finished", plain(text)))
    return bool(FINISHED & set(said)) and all(word in BACKWARD for word in said)
