"""What a sync has to say to the person: values. Nothing here words or sends a message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from tasks_sync.conflicts import Conflict


@dataclass(frozen=True)
class NeedsSignIn:
    """Google no longer accepts the sign-in; linking again resumes, and nothing is lost."""


@dataclass(frozen=True)
class NeedsScope:
    """The box for Google Tasks was not ticked; link again and tick it."""


@dataclass(frozen=True)
class NeedsSameAccount:
    """The sign-in is somebody else's; link the account that the tasks here belong to."""


@dataclass(frozen=True)
class NeedsClient:
    """Google refuses the client id, secret or project of the settings."""

    why: str


@dataclass(frozen=True)
class LinkedAgain:
    """A sign-in works (again); so many changes were waiting."""

    waiting: int


@dataclass(frozen=True)
class GoogleAway:
    """Google was not reached or failed; tried again at `retry_at`."""

    why: str
    retry_at: datetime


@dataclass(frozen=True)
class PausedForToday:
    """The day's requests are spent; changes are sent on from `until`."""

    until: datetime


@dataclass(frozen=True)
class StorageFailed:
    """The database here could not be written; nothing is lost, the sync is tried again."""

    why: str


@dataclass(frozen=True)
class MassRemoval:
    """Google shows `gone` of `of` tasks of a list as gone; kept here until the person says."""

    list_id: str
    list_title: str
    gone: int
    of: int


@dataclass(frozen=True)
class ListRemoved:
    """A list was deleted at Google; `kept` tasks not yet sent went to the default list."""

    list_title: str
    deleted: int
    kept: int


@dataclass(frozen=True)
class TaskCameBack:
    """A task deleted on one side was edited on the other, and is kept."""

    task_id: str
    title: str
    deleted_here: bool


@dataclass(frozen=True)
class MoveReverted:
    """Google does not allow this move; the task is where it was."""

    task_id: str
    title: str
    why: str


@dataclass(frozen=True)
class Quarantined:
    """Google keeps refusing one change; it is set aside until the task is edited again."""

    task_id: str | None
    title: str
    why: str


@dataclass(frozen=True)
class ClearHeld:
    """More tasks were completed elsewhere than were seen when clearing; ask again."""

    list_id: str
    list_title: str
    cleared: int
    more: int


@dataclass(frozen=True)
class TwinRemoved:
    """A second copy that a broken line had made at Google was deleted."""

    task_id: str
    title: str


@dataclass(frozen=True)
class TwinKept:
    """A second copy turned up at Google and was touched since, so both are kept."""

    task_id: str
    title: str


@dataclass(frozen=True)
class ValuesLost:
    """Values that lost because both sides changed the same; each can be brought back."""

    conflicts: tuple[Conflict, ...]


Notice: TypeAlias = (
    NeedsSignIn
    | NeedsScope
    | NeedsSameAccount
    | NeedsClient
    | LinkedAgain
    | GoogleAway
    | PausedForToday
    | StorageFailed
    | MassRemoval
    | ListRemoved
    | TaskCameBack
    | MoveReverted
    | Quarantined
    | ClearHeld
    | TwinRemoved
    | TwinKept
    | ValuesLost
)
