"""Laying one clause beside one title: what of the title it names, and whether the act fits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from heartbeat.claims import is_past
from heartbeat.cues import FINISHERS
from heartbeat.titles import Title, numbers_in
from heartbeat.words import (
    alike,
    bare,
    is_noise,
    kin,
    plain,
    stem,
    stem_set,
    stems,
    verb_group,
    word_set,
    words,
)

ENOUGH = 0.75
"""Share of a title's weight that a clause must name before it can speak for the whole task."""

SOME = 0.45
"""Share of a title's weight from which a clause may mean the task, or a part of it."""

NARROWING = word_set(
    """outline outlines draft drafts introduction intro abstract section sections chapter chapters
    page pages paragraph paragraphs slide slides figure figures skeleton beginning heading title
    table tables notes question questions exercise exercises step steps item items appendix
    conclusion bibliography summary email mail reminder appointment estimate quote form template
    budget research materials"""
)
"""Words for a part of a thing, or for what comes before it."""

DOING = word_set("finish write make prepare study submit fix buy send read review clean visit")
"""Acts that can stand for a title that names only a thing ("milk", "grant draft")."""


WORKING = stem_set("work start begin continue try attempt progress headway")
"""Acts that fit any task, and of which a whole one is never made."""


class Act(StrEnum):
    """How the clause's verb relates to the title's."""

    SAME = "same"
    IMPLIED = "implied"
    OTHER = "other"


@dataclass(frozen=True)
class Reading:
    """One clause beside one title.

    `narrowed`: it names a part of the thing. `shifted`: the thing's name goes on into another's
    ("milk chocolate"). `spans_further`: the title counts more than the clause does.
    `nothing_else`: every thing that it names is in the title.
    """

    title: Title
    coverage: float
    named: frozenset[str]
    act: Act
    narrowed: bool
    shifted: bool
    numbers_fit: bool
    spans_further: bool
    nothing_else: bool

    @property
    def score(self) -> float:
        """Give the share named, a little less where the act is only implied."""
        return round(self.coverage * (1.0 if self.act is Act.SAME else 0.95), 3)

    @property
    def may_mean(self) -> bool:
        """Tell whether the clause may mean this task, wholly or in part."""
        named_enough = self.coverage >= SOME or self.nothing_else
        return named_enough and self.act is not Act.OTHER

    @property
    def is_whole(self) -> bool:
        """Tell whether the clause names this task and nothing narrower or other."""
        fits = self.act is not Act.OTHER and self.numbers_fit and not self.spans_further
        return fits and self.coverage >= ENOUGH and not (self.narrowed or self.shifted)


def lay_beside(text: str, title: Title) -> Reading:
    """Read a clause as if it spoke of a task."""
    said = stems(text)
    named = frozenset(one for one in title.stems if any(alike(one, word) for word in said))
    total = sum(weight for _, weight in title.weights)
    covered = sum(weight for one, weight in title.weights if one in named)
    numbers = numbers_in(text)
    return Reading(
        title=title,
        coverage=covered / total if total else 0.0,
        named=named,
        act=act_of(text, said, title),
        narrowed=any(word in NARROWING and word not in title.spelt for word in words(text)),
        shifted=is_shifted(text, title),
        numbers_fit=not title.numbers or not numbers or bool(numbers & title.numbers),
        spans_further=title.spans and not title.numbers <= numbers,
        nothing_else=bool(named) and all(is_of(word, title) for word in said),
    )


def is_of(stemmed: str, title: Title) -> bool:
    """Tell whether a stem is one of the title's, or names no thing of its own."""
    if verb_group(stemmed) or is_noise(stemmed) or is_past(stemmed):
        return True
    return any(alike(stemmed, one) for one in title.stems)


def act_of(text: str, said: list[str], title: Title) -> Act:
    """Compare the clause's acts with the title's."""
    groups = {group for word in said if word not in title.stems and (group := verb_group(word))}
    spelt = {bare(word) for word in words(text)}
    if WORKING & set(said):
        return Act.IMPLIED
    finishes = "finish" in groups or "did" in spelt or bool(FINISHERS.search(plain(text)))
    if title.verb and (kin(title.verb) & groups or (title.verb == "buy" and "got" in spelt)):
        return Act.OTHER if is_their_act(text, title) else Act.SAME
    if title.verb is None:
        acted = any(is_past(word) and stem(word) in title.stems for word in spelt)
        return Act.IMPLIED if acted or finishes or groups & DOING else Act.OTHER
    return Act.IMPLIED if finishes and not groups - {"finish"} else Act.OTHER


def is_their_act(text: str, title: Title) -> bool:
    """Tell whether those whom a title names did the act: "the dentist called"."""
    said = words(text)
    acts = [place for place, word in enumerate(said) if verb_group(stem(word)) == title.verb]
    theirs = title.verb in ("call", "reply", "ask") or (title.verb == "write" and "wrote" in said)
    return bool(theirs and acts) and any(place < acts[0] for place in places_of(said, title))


def places_of(said: list[str], title: Title) -> list[int]:
    """Give where in a clause the title's words stand."""
    return [
        place
        for place, word in enumerate(said)
        if any(alike(stem(bare(word)), one) for one in title.stems)
    ]


def is_shifted(text: str, title: Title) -> bool:
    """Tell whether the last word that names the task leads on into another thing.

    "Milk chocolate" is not milk, and "the rent for the rehearsal room" may not be the rent.
    """
    for phrase in PHRASE.split(text):
        said = words(phrase)
        if places := places_of(said, title):
            following = [word for word in said[places[-1] + 1 :] if bare(word) not in ARTICLES]
            if following and bare(following[0]) in BELONGING:
                following = following[1:]
            if following and is_thing(following[0]):
                return True
    return False


def is_thing(word: str) -> bool:
    """Tell whether a word after a task's name can be the name of another thing."""
    return not (is_noise(stem(bare(word))) or is_past(word) or bare(word) in FOLLOWERS)


PHRASE = re.compile(r"[,.;:!?()]+(?:\s|$)")
ARTICLES = word_set("a an the this that these those my our your his her their its s")
BELONGING = word_set("of for")
FOLLOWERS = word_set(
    """a an the this that these those my your our his her their its of to for in on at by with
    from about into over up out off and or as is are was were be been i we you he she it they
    just so then also too very really all now today already finally has have had did get got
    yesterday before after during while because since through via per using without around
    earlier again twice once together online there here this morning afternoon evening night
    lunch noon done finished complete completed sorted ready went took which who when where if
    monday tuesday wednesday thursday friday saturday sunday last next first sent paid submitted
    until till between within and but well good great fine yay lol hooray thanks phew session
    sessions so which that took after"""
)
