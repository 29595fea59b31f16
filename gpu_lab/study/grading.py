"""Grading an answer against what the lab computed. Code decides; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How an answer did."""

    RIGHT = "right"
    PARTLY = "partly"
    WRONG = "wrong"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Grade:
    """The verdict, what the lab computed, and why it is so."""

    verdict: Verdict
    expected: str
    why: str


def numbers_in(text: str) -> tuple[int, ...]:
    """Read the whole numbers in an answer, in order; digits inside names such as H100 are not."""
    return tuple(int(found) for found in re.findall(r"(?<![A-Za-z\d.])\d+(?![\d.]*[A-Za-z])", text))


def grade_numbers(answer: str, expected: tuple[int, ...], why: str) -> Grade:
    """Hold the numbers in an answer against the expected ones, in order.

    Right when all agree, partly when some do, unreadable when the answer holds too few numbers
    to be one (so that it is asked again and not marked wrong).
    """
    shown = ", ".join(str(number) for number in expected)
    given = numbers_in(answer)
    if len(given) < len(expected):
        return Grade(Verdict.UNREADABLE, shown, why)
    agreed = sum(a == b for a, b in zip(given[-len(expected) :], expected, strict=True))
    verdict = {len(expected): Verdict.RIGHT, 0: Verdict.WRONG}.get(agreed, Verdict.PARTLY)
    return Grade(verdict, shown, why)


def names_in(answer: str, choices: Iterable[str]) -> set[str]:
    """Find which of the choices stand in an answer as words of their own."""
    return {name for name in choices if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", answer)}


def grade_choice(answer: str, expected: str, choices: Sequence[str], why: str) -> Grade:
    """Hold a named choice against the expected one; naming several is no answer."""
    # As written first: node A must not be read out of "a node, D I think".
    named = names_in(answer, choices) or names_in(answer.upper(), choices)
    if len(named) != 1:
        return Grade(Verdict.UNREADABLE, expected, why)
    return Grade(Verdict.RIGHT if named == {expected} else Verdict.WRONG, expected, why)
