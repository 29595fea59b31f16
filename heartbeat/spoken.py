"""A clause taken apart once, so that it can be laid beside every title."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from heartbeat.cues import FINISHING_PHRASES
from heartbeat.titles import numbers_in
from heartbeat.words import plain, stems, words

PHRASE = re.compile(r"[,.;:!?()]+(?:\s|$)")


@dataclass(frozen=True)
class Spoken:
    """A clause as spoken; every way of saying "finished" that takes several words is made one."""

    text: str

    @cached_property
    def even(self) -> str:
        """Give the text with its phrases for "finished" evened out, cases kept."""
        return FINISHING_PHRASES.sub("finished", self.text.replace("’", "'"))

    @cached_property
    def phrases(self) -> tuple[tuple[str, ...], ...]:
        """Give its words, parted where there is a comma or the like."""
        parted = (tuple(words(phrase)) for phrase in PHRASE.split(self.even))
        return tuple(phrase for phrase in parted if phrase)

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """Give its stems without the small words."""
        return tuple(stems(self.even))

    @cached_property
    def numbers(self) -> frozenset[int]:
        """Give the numbers that it names."""
        return numbers_in(self.text)

    @cached_property
    def plain(self) -> str:
        """Give it folded, as it was said."""
        return plain(self.text)
