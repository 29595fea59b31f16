"""Reading a task's title as an act and the things it is about, weighted by how rare they are."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from heartbeat.words import alike, plain, stem_set, stems, verb_group, words

STUDY_WORDS = stem_set("study question session learn practice practise lesson course")
NUMBER = re.compile(r"\d+")
SPAN = re.compile(r"(\d+)\s*(?:-|–|to)\s*(\d+)")
SEVERAL = re.compile(r"\s(?:and|&|\+|then)\s|,|/", re.IGNORECASE)
LONGEST_SPAN = 1000


@dataclass(frozen=True)
class Title:
    """A task's title: the group of its leading verb, and its other stems with their weights;
    `spelt` and `phrase` are all its words as written."""

    task_id: str
    text: str
    verb: str | None
    weights: tuple[tuple[str, float], ...]
    spelt: frozenset[str]
    phrase: tuple[str, ...]
    numbers: frozenset[int]
    spans: bool
    several: bool

    @cached_property
    def stems(self) -> frozenset[str]:
        """Give the stems without their weights."""
        return frozenset(stem for stem, _ in self.weights)


class Shelf:
    """A person's titles, to be looked up by what a clause names."""

    def __init__(self, titles: Iterable[Title]) -> None:
        self.titles = tuple(titles)
        self._with_stem: dict[str, list[int]] = defaultdict(list)
        self._with_initial: dict[str, list[str]] = defaultdict(list)
        for place, title in enumerate(self.titles):
            for one in title.stems:
                self._with_stem[one].append(place)
        for one in self._with_stem:
            self._with_initial[one[0]].append(one)

    def named_in(self, said: Iterable[str]) -> tuple[Title, ...]:
        """Give the titles that share a stem with a clause, in their own order."""
        places = {
            place
            for word in said
            for one in self._with_initial.get(word[0], ())
            if alike(one, word)
            for place in self._with_stem[one]
        }
        return tuple(self.titles[place] for place in sorted(places))


def read_all(tasks: Iterable[tuple[str, str]]) -> tuple[Title, ...]:
    """Read the titles of a person's open tasks, given as (id, title)."""
    kept = [(task_id, text, parts(text)) for task_id, text in tasks]
    seen_in = Counter(stem for _, _, (_, objects) in kept for stem in set(objects))
    return tuple(
        Title(
            task_id=task_id,
            text=text,
            verb=verb,
            weights=tuple((one, weight(seen_in[one], len(kept))) for one in dict.fromkeys(objects)),
            spelt=frozenset(words(text)),
            phrase=tuple(words(text)),
            numbers=numbers_in(text),
            spans=bool(SPAN.search(plain(text))),
            several=bool(SEVERAL.search(text.strip())),
        )
        for task_id, text, (verb, objects) in kept
    )


def parts(text: str) -> tuple[str | None, list[str]]:
    """Part a title into the group of its leading verb, if it has one, and the rest."""
    found = stems(text)
    verb = verb_group(found[0]) if found else None
    return (verb, found[1:]) if verb and len(found) > 1 else (None, found)


def weight(seen_in: int, among: int) -> float:
    """Weigh a stem by its rarity among the person's tasks; the commonest counts one."""
    return 1.0 + math.log(among / seen_in)


def numbers_in(text: str) -> frozenset[int]:
    """Give the numbers that a text names, those inside a span such as 1-3 included."""
    said = plain(text)
    named = {int(number) for number in NUMBER.findall(said) if len(number) <= 9}
    for first, last in SPAN.findall(said):
        if len(first) <= 9 and len(last) <= 9 and 0 < int(last) - int(first) < LONGEST_SPAN:
            named.update(range(int(first), int(last)))
    return frozenset(named)
