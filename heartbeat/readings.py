"""Laying one clause beside one title: what of the title it names, and whether the act fits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heartbeat.cues import FINISHERS
from heartbeat.titles import Title, numbers_in
from heartbeat.words import (
    alike,
    bare,
    is_noise,
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

NARROWING = stem_set(
    """outline draft introduction intro abstract section chapter page paragraph slide
    figure skeleton beginning heading title table notes question exercise step item appendix
    conclusion bibliography summary email mail reminder appointment estimate quote form template
    plan list budget research materials tool box shell"""
)
"""Words for a part of a thing, or for what comes before it."""

DOING = word_set("finish write make prepare study submit fix buy send read review clean")
"""Acts that can stand for a title that names only a thing ("milk", "grant draft")."""


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
    """

    title: Title
    coverage: float
    named: frozenset[str]
    act: Act
    narrowed: bool
    shifted: bool
    numbers_fit: bool
    spans_further: bool

    @property
    def score(self) -> float:
        """Give the share named, a little less where the act is only implied."""
        return round(self.coverage * (1.0 if self.act is Act.SAME else 0.95), 3)

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
        narrowed=any(word in NARROWING and word not in title.stems for word in said),
        shifted=is_shifted(text, title),
        numbers_fit=not title.numbers or not numbers or bool(numbers & title.numbers),
        spans_further=title.spans and not title.numbers <= numbers,
    )


def act_of(text: str, said: list[str], title: Title) -> Act:
    """Compare the clause's acts with the title's."""
    groups = {group for word in said if word not in title.stems and (group := verb_group(word))}
    finishes = bool(FINISHERS.search(plain(text)))
    if title.verb in groups:
        return Act.SAME
    if title.verb is None:
        return Act.IMPLIED if finishes or groups & DOING or not groups else Act.OTHER
    return Act.IMPLIED if finishes and not groups - {"finish"} else Act.OTHER


def is_shifted(text: str, title: Title) -> bool:
    """Tell whether the last word that names the task leads straight into another noun."""
    said = words(text)
    places = [
        place
        for place, word in enumerate(said)
        if any(alike(stem(bare(word)), one) for one in title.stems)
    ]
    if not places or places[-1] + 1 >= len(said):
        return False
    following = said[places[-1] + 1]
    return not is_noise(stem(following)) and bare(following) not in FOLLOWERS


FOLLOWERS = word_set(
    """a an the this that these those my your our his her their its of to for in on at by with
    from about into over up out off and or as is are was were be been i we you he she it they
    just so then also too very really all now today already finally has have had did get got
    yesterday before after during while because since through via per using without around
    earlier again twice once together online there here this morning afternoon evening night
    lunch noon done finished complete completed sorted ready went took which who when where if
    monday tuesday wednesday thursday friday saturday sunday last next first sent paid submitted
    until till between within and but well good great fine yay lol hooray thanks phew"""
)
