"""Finding the act in a clause: does the person say that they did what a title asks for?

Only a few shapes count: "I called the dentist", "called the dentist", "the rent is paid", "rent
paid", "finished (writing) the draft", "managed to call". Whatever has another subject, or no past
act at all, does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from heartbeat.claims import has_object, is_past
from heartbeat.cues import FINISHED, HELPERS, OURSELVES, PAST_OR_NOT
from heartbeat.spoken import Spoken
from heartbeat.titles import Title
from heartbeat.words import (
    STOPWORDS,
    alike,
    bare,
    is_noise,
    kin,
    stem,
    verb_group,
    word_set,
)

DOING = word_set("finish write make prepare study submit fix buy send read review clean visit")
"""Acts that can stand for a title that names only a thing ("milk", "grant draft")."""

WORKING = word_set(
    """work worked working start started starting begin began begun beginning continue continued
    continuing try tried trying attempted progress headway"""
)
"""Acts that fit any task, and of which a whole one is never made."""

TALKING = word_set("call reply ask")
LEADING = word_set("and then so")
AUXILIARY = word_set("is are was were be been being got get has have had s")


class Act(StrEnum):
    """How what the person did relates to what a title asks for."""

    SAME = "same"
    IMPLIED = "implied"
    OTHER = "other"


def act_of(spoken: Spoken, title: Title) -> Act:
    """Give the closest act in a clause that is the person's own."""
    own = {
        act
        for phrase in spoken.phrases
        for place, act in acts_in(phrase, title)
        if is_own(phrase, place, title)
    }
    return next((act for act in (Act.SAME, Act.IMPLIED) if act in own), Act.OTHER)


def touches(spoken: Spoken, title: Title) -> bool:
    """Tell whether a clause is about doing the task at all: begun, planned, denied or done."""
    said = [word for phrase in spoken.phrases for word in phrase]
    if title.verb is None or any(word in WORKING or word in FINISHED for word in said):
        return True
    groups = {verb_group(stem(word)) for word in said}
    if title.verb == "buy" and "got" in said:
        return True
    return bool(groups & (kin(title.verb) | {"finish"}))


def acts_in(phrase: Sequence[str], title: Title) -> Iterator[tuple[int, Act]]:
    """Give the places of past acts that can be the title's."""
    for place, word in enumerate(phrase):
        act = None
        if word in FINISHED:
            act = finishing(phrase, place, title)
        elif is_past(word) or (word in PAST_OR_NOT and is_at_head(phrase, place)):
            act = doing(phrase[place], title)
        if act:
            yield place, act


def is_at_head(phrase: Sequence[str], place: int) -> bool:
    """Tell whether a word that may be past stands where an act stands: "I set", not "a set"."""
    return place == 0 or phrase[place - 1] in (OURSELVES | HELPERS | LEADING)


def finishing(phrase: Sequence[str], place: int, title: Title) -> Act | None:
    """Judge "finished": alone it can stand for any act, but "finished printing" is printing."""
    ahead = (
        verb_group(stem(word)) for word in phrase[place + 1 : place + 4] if can_act(word, title)
    )
    group = next((group for group in ahead if group), None)
    if group is None or group == "finish":
        return Act.IMPLIED
    if title.verb:
        return Act.SAME if group in kin(title.verb) else None
    return Act.IMPLIED if group in DOING else None


def can_act(word: str, title: Title) -> bool:
    """Tell whether a word after "finished" can be an act and not the title's own noun."""
    return word.endswith("ing") or not any(alike(stem(word), one) for one in title.stems)


def doing(word: str, title: Title) -> Act | None:
    """Judge a past act."""
    group = verb_group(stem(word))
    if title.verb:
        fits = group in kin(title.verb) or (title.verb == "buy" and word == "got")
        return Act.SAME if fits else None
    if is_title_word(word, title):
        return Act.SAME
    return Act.IMPLIED if group in DOING else None


def is_own(phrase: Sequence[str], place: int, title: Title) -> bool:
    """Tell whether an act is the person's: by "I", by no subject at all, or done to the thing."""
    at = place - 1
    while at >= 0 and phrase[at] not in LEADING and is_small(phrase[at]):
        at -= 1
    if at < 0 or phrase[at] in OURSELVES:
        return True
    if phrase[at] in LEADING:
        earlier = [before for before in range(at) if is_past(phrase[before])]
        return is_own(phrase, earlier[0], title) if earlier else True
    return was_done_to(phrase, at, place, title)


def was_done_to(phrase: Sequence[str], at: int, place: int, title: Title) -> bool:
    """Tell whether the words before an act name just the title's thing: "the rent is paid"."""
    before = phrase[: at + 1]
    names_it = is_title_word(phrase[at], title) and all(
        word in STOPWORDS
        or word in HELPERS
        or is_noise(stem(bare(word)))
        or is_title_word(word, title)
        for word in before
    )
    if not names_it or has_object(list(phrase[place + 1 :])):
        return False
    passive = any(word in AUXILIARY for word in phrase[at + 1 : place]) or "'s" in phrase[at]
    # "The dentist called" is what the dentist did; "the dentist was called" is not.
    acted = verb_group(stem(phrase[place])) in TALKING or phrase[place] == "wrote"
    return passive or not acted


def is_small(word: str) -> bool:
    """Tell whether a word before an act is no subject: a helper, an adverb, a time."""
    return word in HELPERS or is_noise(stem(bare(word)))


def is_title_word(word: str, title: Title) -> bool:
    """Tell whether a word is one of the title's."""
    return any(alike(stem(bare(word)), one) for one in title.stems)
