"""Finding questions, by their mark and by their wording. Whether one was answered is not asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory.found.sentences import sentences

LABEL = re.compile(r"^(?:Q|QUESTION|Open question|Question|\?\?+|\?)\s*[:.\-–]?\s+", re.I)
ASKED = re.compile(r"\?[\s\"')\]*_]*(?:$|\()")
# Code, addresses and optional types end in "?" without asking anything.
NOT_ASKED = re.compile(r"https?://\S*\?\S*$|`[^`]*\?`$|\b[A-Za-z_]+<[^>]*>\?$|^\S*\w\?\w\S*$")
UNSURE = re.compile(
    r"\b(?:not sure|unsure|unclear|no idea|don'?t know|do not know|wonder(?:ing)?|need to (?:find "
    r"out|figure out|clarify)|to be (?:decided|clarified)|tbd|open(?: point)?:|still open|remains "
    r"open|have to (?:find out|figure out))\b.*\b(?:if|whether|how|what|who|when|where|why|which|"
    r"tbd|about)\b|\b(?:anyone|anybody|someone) knows?\b|^does any(?:one|body)\b|\btbd\b",
    re.I,
)
INVERTED = re.compile(
    r"^(?:(?:and|but|so|ok|hmm|also)[, ]+)*(?:(?:who|what|where|when|why|how|which)(?:'s| is| "
    r"are| was|"
    r" were| do| does| did| can| could| should| would| will| has| have| many| much| long| often|"
    r" about)"
    r"|(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|am) "
    r"(?:i|you|we|they|he|she|it|there|this|that|these|those|the|a|an|my|your|our|their|any|"
    r"some)) ",
    re.I,
)
ORDER_OF_TEACHING = re.compile(r"\b(?:works?|matters?|happened)\b[.:]?$", re.I)


@dataclass(frozen=True)
class FoundQuestion:
    """A question as it was put."""

    text: str
    line: int


def is_question(sentence: str) -> bool:
    """Say whether a sentence asks something, with or without its mark."""
    text = sentence.strip()
    if LABEL.match(text) and len(text.split()) > 2:
        return True
    if NOT_ASKED.search(text):
        return False
    if ASKED.search(text):
        return True
    if text.endswith((".", "!", ":")):
        return bool(UNSURE.search(text))
    return bool(UNSURE.search(text) or _inverted(text))


def questions_in(text: str, first_line: int = 1) -> tuple[FoundQuestion, ...]:
    """Give the questions of a text in reading order."""
    return tuple(
        FoundQuestion(LABEL.sub("", sentence.text), sentence.line)
        for sentence in sentences(text, first_line)
        if is_question(sentence.text)
    )


def _inverted(text: str) -> bool:
    """Typed questions often lose their mark; headings ("How it works") are no questions."""
    return (
        bool(INVERTED.match(text)) and len(text.split()) >= 4 and not ORDER_OF_TEACHING.search(text)
    )
