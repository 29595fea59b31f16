"""Finding lines that ask for something to be done. Offers them; adds no task.

Marks come first (a checkbox, TODO, an arrow), then a linear model of English requests and promises
whose weights `memory/found/shipped.py` reads. Each find carries its confidence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from memory.found.sentences import Sentence, bare, sentences
from memory.word_lists import word_set

TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\$link|\?|!|\d+|:")
MARK = re.compile(
    r"^(?:\[ \]\s*|(?:TODO|FIXME|AI|ACTION(?: ITEM)?S?|NEXT(?: STEPS?)?|TASK|To ?do|Action(?: "
    r"item)?|"
    r"Next(?: steps?)?)\s*(?:\((?P<who>[\w .-]+)\))?\s*[:\-–]\s*|(?:->|→|=>|⇒)\s*|"
    r"TODO(?:\((?P<whose>[\w .-]+)\))?\s+)"
)
CHECKED = re.compile(r"^\[[xX-]\]")
MENTION = re.compile(r"(?:^|\s)@(?P<name>[A-Za-z][\w.-]*)")
LEADING_NAME = re.compile(
    r"^(?P<name>[A-Z][a-zà-ÿ'-]+(?: [A-Z][a-zà-ÿ'-]+)?)"
    r"(?: to (?=[a-z])| will | should | must | needs to | has to | is going to |: (?=[a-z]))"
)
NOT_NAMES = word_set(
    "This That It There Something Someone Next Also Then Time What You He She We They And But Or "
    "So If Sure Glad Happy Due According Thanks Back Failure Note Nice Good Great Sorry Able Ready "
    "Used Decision Decided Agreed Question Idea Update Todo Action Summary Reminder Warning"
)
FIRST_PERSON = re.compile(
    r"^(?:and |so |then |ok,? )*(?:I|i)(?:'ll| will|'m going to| need to| must| should| have to)\b"
)
PLURAL = re.compile(
    r"^(?:and |so |then |ok,? )*(?:[Ww]e)(?:'ll| will| need to| must| should| have to)\b"
)

ASK = re.compile(
    r"\b(?:can|could|would|will) (?:you|u|someone|anyone|we)\b|\bplease\b|\bpls\b|\blet me know\b|"
    r"\bneed (?:you|to)\b|\bwould you mind\b|\bmake sure\b|\bi(?:'d| would) (?:like|appreciate)|"
    r"\byou (?:should|must|need|may want|have to)\b|\bcall me\b|\bsend me\b|"
    r"\bwe (?:need|should|must)\b"
)
PROMISE = re.compile(
    r"\b(?:i|we)(?:'ll| will| am going to| shall|'m going to)\b|\bi plan to\b|\bi'll\b"
)
MEETING = re.compile(
    r"\b(?:meet|meeting|lunch|dinner|call|get together|available|schedule|conference)\b"
)
QUESTION_START = re.compile(
    r"^(?:who|what|when|where|why|how|which|do|does|did|are|is|can|could|would|will|have|has|any|"
    r"should)\b"
)
IMPERATIVE = re.compile(
    r"^(?:please |also,? |just |then |and |so |kindly |pls )*(?:add|ask|arrange|be|book|bring|buy|"
    r"call|change|check|clean|click|come|complete|confirm|contact|copy|create|decide|delete|do|"
    r"don't|draft|email|ensure|fill|find|finish|fix|follow|forward|get|give|go|have|help|hold|"
    r"include|investigate|join|keep|let|look|make|move|note|order|pass|pay|ping|plan|prepare|print|"
    r"provide|put|read|remind|remember|remove|rename|renew|reply|research|respond|return|review|"
    r"run|"
    r"save|schedule|see|send|set|share|sign|start|stop|submit|take|talk|tell|test|try|update|"
    r"upload|"
    r"use|visit|wait|write)\b"
)
JOTTED = re.compile(
    r"^(?:also |and |maybe )?(?:(?:i |we )?(?:need|have|must|should|ought)(?: to)? (?=[a-z])|"
    r"(?:please "
    r"|don't forget to |remember to )?(?:add|answer|apply|arrange|ask|book|bring|buy|call|cancel|"
    r"check|clean|collect|compare|contact|copy|draft|email|fetch|fill in|find|finish|fix|follow up|"
    r"get|give|install|invite|mail|message|move|order|organi[sz]e|pack|pay|phone|pick up|ping|plan|"
    r"prepare|print|register|remind|renew|reply|research|return|review|schedule|sell|send|set up|"
    r"sign|sort out|submit|talk to|tell|text|try|update|upload|visit|wash|write)\b(?! (?:is|was|"
    r"are)\b))",
    re.I,
)
DATED = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\btomorrow\b|\btoday\b|\bnext week\b|"
    r"\bby (?:the )?(?:end|noon|\d)"
)
SELLING = re.compile(r"\$\d|\bfree\b|%|\boff\b")
HABITS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("asks", ASK),
    ("promises", PROMISE),
    ("meets", MEETING),
    ("starts as a question", QUESTION_START),
    ("starts as an order", IMPERATIVE),
    ("names a day", DATED),
    ("sells", SELLING),
    ("ends with ?", re.compile(r"\?$")),
    ("asks you", re.compile(r"\byour?\b.*\?$")),
    ("has ?", re.compile(r"\?")),
    ("has !", re.compile(r"!")),
    ("has a link", re.compile(r"\$link|https?:")),
    ("says me or us", re.compile(r"\b(?:me|us)\b")),
    ("starts with if", re.compile(r"^if\b")),
)


@dataclass(frozen=True)
class ActionModel:
    """A linear model; over `listed` a line is worth showing, over `task` it is shown as a task."""

    bias: float
    listed: float
    task: float
    weights: Mapping[str, float]

    def score(self, text: str) -> float:
        """Give the log odds that a sentence asks for or promises something."""
        found = action_features(text)
        return self.bias + sum(self.weights.get(name, 0.0) * value for name, value in found.items())


@dataclass(frozen=True)
class FoundAction:
    """A line to offer: the quoted words, whose it is, how sure, and what gave it away."""

    text: str
    line: int
    owner: str
    confidence: float
    as_task: bool
    marked: bool


def actions_in(text: str, model: ActionModel, *, jotted: bool = False) -> tuple[FoundAction, ...]:
    """Give the lines of a text that ask for something, in reading order.

    In a person's own `jotted` notes a line that starts with an order ("call Bo") is a task too.
    """
    return tuple(_found(sentences(text), model, jotted=jotted))


def _found(
    lines: tuple[Sentence, ...], model: ActionModel, *, jotted: bool
) -> Iterator[FoundAction]:
    for sentence in lines:
        if CHECKED.match(sentence.text):
            continue
        mark = MARK.match(sentence.text)
        words = sentence.text[mark.end() :].strip() if mark else sentence.text
        if not words:
            continue
        score = model.score(words)
        owner = (mark and (mark["who"] or mark["whose"])) or _owner(words)
        # "Ana to send the plan", "call Bo": so people write minutes and lists, but seldom mail.
        jot = jotted and bool(owner or JOTTED.match(words))
        if mark or owner or jot or score > model.listed:
            sure = 0.95 if mark else max(_chance(score), 0.8 if jot else 0.0)
            as_task = bool(mark) or jot or score > model.task
            yield FoundAction(words, sentence.line, owner, round(sure, 3), as_task, bool(mark))


def _owner(words: str) -> str:
    if FIRST_PERSON.match(words):
        return "me"
    if PLURAL.match(words):
        return "us"
    if (mention := MENTION.search(words)) and mention.start() == 0:
        return mention["name"]
    leading = LEADING_NAME.match(words)
    return leading["name"] if leading and leading["name"] not in NOT_NAMES else ""


def action_features(text: str) -> dict[str, float]:
    """Name what the model looks at: words, pairs and habits, longer texts scaled down."""
    plain = bare(text).lower().replace("’", "'").replace("‘", "'").strip()
    tokens = ["<n>" if token.isdigit() else token for token in TOKEN.findall(plain)]
    scale = 2.5 / math.sqrt(len(tokens) or 1)
    features = {f"1 {token}": scale for token in tokens}
    features |= {f"2 {a} {b}": scale for a, b in pairwise(["^", *tokens, "$"])}
    features |= {f"3 ^ {a} {b}": scale for a, b in pairwise(tokens[:2])}
    features |= {f"r {habit}": 1.0 for habit, pattern in HABITS if pattern.search(plain)}
    return features | _size(len(tokens), capital=text.strip()[:1].isupper())


def _size(tokens: int, *, capital: bool) -> dict[str, float]:
    sizes = {
        "r short": tokens < 5,
        "r long": tokens > 25,
        "r very long": tokens > 45,
        "r capital": capital,
    }
    return {name: 1.0 for name, true in sizes.items() if true}


def _chance(score: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
