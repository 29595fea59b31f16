"""What goes wrong on purpose, when, and how often. Nothing here touches a socket or a task."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

Hangup = Literal["FIN", "RST"]


@dataclass(frozen=True)
class Refuse:
    """Hang up without having processed the request."""

    how: Hangup = "FIN"


@dataclass(frozen=True)
class CommitThenDrop:
    """Process the request, then hang up without a word."""

    how: Hangup = "FIN"


@dataclass(frozen=True)
class CommitThenTruncate:
    """Process the request, promise the whole answer, send half of it, hang up."""


@dataclass(frozen=True)
class CommitThenDelay:
    """Process the request at once, answer `seconds` of real time later."""

    seconds: float


@dataclass(frozen=True)
class LateCommit:
    """Hang up at once (or hold the line for `hold_seconds`); process the request later.

    `seconds` are the clock's unless `real`: the commit lands on the first request, `advance` or
    look at the store after they have passed.
    """

    seconds: float
    how: Hangup = "FIN"
    real: bool = False
    hold_seconds: float = 0.0


@dataclass(frozen=True)
class Answer:
    """Answer with an error, before or after the commit."""

    status: int
    reason: str = "backendError"
    message: str = "Backend Error"
    committed: bool = False
    retry_after_seconds: int | None = None


@dataclass(frozen=True)
class EmptyItems:
    """Answer a list request with 200 and no items."""


class PageTokenQuirk(Enum):
    """Spoil `nextPageToken`: an empty string at the end, or the first page for ever."""

    EMPTY = "empty"
    LOOP = "loop"


Effect = (
    Refuse
    | CommitThenDrop
    | CommitThenTruncate
    | CommitThenDelay
    | LateCommit
    | Answer
    | EmptyItems
    | PageTokenQuirk
)


@dataclass
class FaultRule:
    """When an effect strikes: for matching requests, by number (from 1) or by chance."""

    effects: tuple[Effect, ...]
    method: str | None
    path: re.Pattern[str]
    nth: int | None
    probability: float
    times: int | None
    seen: int = 0
    struck: int = 0


@dataclass
class FaultPlan:
    """The rules in order; the first that strikes wins."""

    rng: random.Random
    rules: list[FaultRule] = field(default_factory=list)

    def add(
        self,
        *effects: Effect,
        method: str | None = None,
        path: str = "",
        nth: int | None = None,
        probability: float = 1.0,
        times: int | None = None,
    ) -> FaultRule:
        """Plan a fault: `path` is a regex found in the path; of several effects the lot picks one.

        `nth=2` strikes the second matching request from now on and no other; `probability` strikes
        by chance; `times` bounds how often.
        """
        times = 1 if nth is not None else times
        rule = FaultRule(effects, method, re.compile(path), nth, probability, times)
        self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Let everything go well from now on."""
        self.rules.clear()

    def choose(self, method: str, path: str) -> Effect | None:
        """Say what shall go wrong with this request."""
        struck: Effect | None = None
        for rule in self.rules:
            if rule.method in (None, method) and rule.path.search(path):
                rule.seen += 1
                if struck is None and self._strikes(rule):
                    rule.struck += 1
                    struck = self.rng.choice(rule.effects)
        return struck

    def _strikes(self, rule: FaultRule) -> bool:
        if rule.times is not None and rule.struck >= rule.times:
            return False
        if rule.nth is not None:
            return rule.seen == rule.nth
        return rule.probability >= 1 or self.rng.random() < rule.probability
