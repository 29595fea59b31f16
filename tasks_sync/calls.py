"""What is about to be sent for one outbox row: values, worked out when it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tasks_sync.remote import FieldChanges, NewTask, RemotePlace


@dataclass(frozen=True)
class InsertTask:
    """Make a task."""

    list_id: str
    task: NewTask


@dataclass(frozen=True)
class PatchTask:
    """Change fields of a task."""

    list_id: str
    task_id: str
    etag: str
    changes: FieldChanges


@dataclass(frozen=True)
class MoveTask:
    """Put a task elsewhere; `asked_before`: an earlier try may have arrived."""

    list_id: str
    task_id: str
    place: RemotePlace
    asked_before: bool


@dataclass(frozen=True)
class DeleteTask:
    """Delete a task."""

    list_id: str
    task_id: str
    etag: str | None


@dataclass(frozen=True)
class InsertList:
    """Make a list."""

    title: str


@dataclass(frozen=True)
class RenameList:
    """Give a list another title."""

    list_id: str
    title: str


@dataclass(frozen=True)
class DeleteList:
    """Delete a list."""

    list_id: str


@dataclass(frozen=True)
class ClearList:
    """Hide the completed tasks of a list."""

    list_id: str


Call: TypeAlias = (
    InsertTask
    | PatchTask
    | MoveTask
    | DeleteTask
    | InsertList
    | RenameList
    | DeleteList
    | ClearList
)


@dataclass(frozen=True)
class NothingToTell:
    """Google says already what we say; the row can go."""


@dataclass(frozen=True)
class NotYet:
    """Something else has to be told first."""


Prepared: TypeAlias = Call | NothingToTell | NotYet
