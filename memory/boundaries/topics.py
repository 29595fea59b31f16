"""Scoring the gap before each turn for "a new topic starts here". Weights by hand, no training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from memory.boundaries.cues import Cues, Utterance, cues_of

NEVER = -9.0
# Round numbers by judgement: a request that introduces something and repeats nothing starts a
# topic; an answer to what was just asked, or a word that points back, does not.
START = -1.0


@dataclass(frozen=True)
class TopicGap:
    """A gap, its score (0 is an even bet, each point a step surer) and why, in words."""

    before: int
    score: float
    because: tuple[str, ...]


def topic_gaps(talk: Sequence[Utterance]) -> tuple[TopicGap, ...]:
    """Score every gap; `before` is the index of the utterance that would open the topic.

    A topic starts with a turn of the person who steers: other gaps score NEVER.
    """
    return tuple(_weigh(before, cues) for before, cues in enumerate(cues_of(talk), start=1))


def _weigh(before: int, cues: Cues) -> TopicGap:
    if not cues.after_steers:
        return TopicGap(before, NEVER, ())
    weighed = list(_reasons(cues))
    score = START + sum(weight for weight, _ in weighed)
    told = tuple(reason for weight, reason in weighed if weight >= 0.5 and reason)
    return TopicGap(before, round(score, 3), told)


def _reasons(cues: Cues) -> list[tuple[float, str]]:
    return [
        (1.0 * cues.opens, "opens with a request"),
        (1.0 * cues.asks, "opens with a question"),
        (1.0 * cues.introduces, "introduces something"),
        (1.5 * cues.shifts, "says so"),
        (1.5 * cues.before_closes, "the turn before closes"),
        (0.5 * cues.new_terms, "new words"),
        (-0.5 * cues.shared_terms, ""),
        (-2.0 * cues.answers, ""),
        (-1.0 * cues.points_back, ""),
        (-1.5 * cues.before_asks, ""),
        (-1.0 * cues.empty, ""),
        (-2.0 * cues.likeness, ""),
    ]
