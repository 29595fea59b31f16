"""What a message can mean: something to do, something to look up, or nothing that is clear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from bot.actions import Action
from bot.mailbox import Button


@dataclass(frozen=True)
class Act:
    """Do this; `more` is said on top once it is done, `next_text` is worked on after it.

    `once` names what must not happen twice, however many messages ask for it.
    """

    action: Action
    more: str | None = None
    next_text: str | None = None
    once: str | None = None


@dataclass(frozen=True)
class ShowHelp:
    """Say what can be said."""


@dataclass(frozen=True)
class ShowToday:
    """Show what today holds."""


@dataclass(frozen=True)
class ShowOpen:
    """Show what is open, on one list or on all."""

    list_id: str | None = None
    list_title: str | None = None


@dataclass(frozen=True)
class ShowTask:
    """Show one task with its notes and subtasks."""

    task_id: str


@dataclass(frozen=True)
class ShowLists:
    """Show the lists."""


@dataclass(frozen=True)
class ShowDone:
    """Show what was finished today."""


@dataclass(frozen=True)
class ShowWhy:
    """Say why something was said, or was not, today."""


@dataclass(frozen=True)
class ShowStatus:
    """Say what is running and what waits."""


@dataclass(frozen=True)
class ShowStudy:
    """Repeat the open study question."""


@dataclass(frozen=True)
class Recall:
    """Look for something in the notes and past conversations."""

    query: str


@dataclass(frozen=True)
class ShowLoops:
    """Show what is open in notes and sessions, oldest first."""


@dataclass(frozen=True)
class ShowResume:
    """Say where the person was."""


@dataclass(frozen=True)
class ShowBriefs:
    """Say how each undertaking stands."""


@dataclass(frozen=True)
class BeginLink:
    """Begin to link Google: give the address where the person allows it."""


@dataclass(frozen=True)
class FinishLink:
    """Finish linking Google with the address that the browser was sent to."""

    pasted: str


@dataclass(frozen=True)
class SyncNow:
    """Bring the list in step with Google without waiting for the next time."""


@dataclass(frozen=True)
class Unclear:
    """Nothing was done: say so in one line, with the nearest thing that can be done."""

    says: str
    buttons: tuple[tuple[Button, ...], ...] = ()


Query: TypeAlias = (
    ShowHelp
    | ShowToday
    | ShowOpen
    | ShowTask
    | ShowLists
    | ShowDone
    | ShowWhy
    | ShowStatus
    | ShowStudy
    | ShowLoops
    | ShowResume
    | ShowBriefs
    | Recall
)
Errand: TypeAlias = BeginLink | FinishLink | SyncNow
"""What is done outside, over the network, and never while the door is held."""
Meaning: TypeAlias = Act | Query | Errand | Unclear
