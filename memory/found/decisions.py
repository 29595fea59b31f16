"""Finding sentences that settle something. Who may settle it is the caller's question."""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory.found.questions import is_question
from memory.found.sentences import sentences

LABEL = re.compile(r"^(?:decision|decided|agreed)\s*[:\-–]\s*", re.I)
SETTLES = re.compile(
    r"\b(?:(?:we|i)(?:'ve| have)? (?:decided|agreed|settled|chose|chosen|picked)|decided (?:to|on|"
    r"against|that)|agreed (?:to|on|that)|(?:we(?:'re| are)|i(?:'m| am)|let'?s|we'?ll|i'?ll|we "
    r"will|we) (?:go(?:ing)?|stick(?:ing)?|stay(?:ing)?) with|going with|(?:we|i)(?:'ll| will) use|"
    r"let'?s use|"
    r"(?:we|i)(?: will not|'ll not| won't| are not going to|'re not going to)|settled on|"
    r"(?:use|take|keep|go with|prefer) [\w`./ -]{2,40} (?:instead of|rather than|, not)|"
    r"instead of|the decision is|final answer|it'?s decided)\b|\b(?:use|keep|make it|take) "
    r"[\w`./-]+(?: [\w`./-]+){0,3}, not [\w`./-]+",
    re.I,
)
HEDGED = re.compile(
    r"\b(?:if we|should we|could|might|maybe|perhaps|haven'?t|have not|not yet|until we|before we|"
    r"once we|when we|need to|needs to|to be) (?:\w+ ){0,2}(?:decide|agree|settle|use|go)|"
    r"\b(?:maybe|perhaps|might)\b|\b(?:haven'?t|have not|not) (?:\w+ )?(?:decided|agreed|"
    r"settled)\b",
    re.I,
)


@dataclass(frozen=True)
class FoundDecision:
    """A sentence that settles something, as it was put."""

    text: str
    line: int


def is_decision(sentence: str) -> bool:
    """Say whether a sentence settles something."""
    if LABEL.match(sentence):
        return True
    if is_question(sentence) or HEDGED.search(sentence):
        return False
    return bool(SETTLES.search(sentence.replace("’", "'")))


def decisions_in(text: str, first_line: int = 1) -> tuple[FoundDecision, ...]:
    """Give the decisions of a text in reading order."""
    return tuple(
        FoundDecision(LABEL.sub("", sentence.text), sentence.line)
        for sentence in sentences(text, first_line)
        if is_decision(sentence.text)
    )
