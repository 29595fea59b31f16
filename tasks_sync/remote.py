"""Google's side as the sync sees it: values and the port. Nothing here knows HTTP or JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from tasks_sync.model import UNSET, DayChange, Status, TextChange, Unset


@dataclass(frozen=True)
class RemoteList:
    """A list at Google."""

    id: str
    title: str
    etag: str


@dataclass(frozen=True)
class RemoteTask:
    """A task as Google shows it; ids are Google's."""

    id: str
    list_id: str
    etag: str
    updated: datetime | None
    title: str
    notes: str
    due: date | None
    status: Status
    completed_at: datetime | None
    hidden: bool
    deleted: bool
    parent_id: str | None
    position: str
    assigned: bool
    web_link: str | None
    links_json: str | None


@dataclass(frozen=True)
class Standing:
    """Where a task stands at Google among its siblings."""

    id: str
    parent_id: str | None
    position: str


@dataclass(frozen=True)
class TaskPage:
    """One page of a list; `server_date` is Google's clock when it was answered."""

    items: tuple[RemoteTask, ...]
    next_token: str | None
    server_date: datetime


@dataclass(frozen=True)
class StandingPage:
    """One page of positions."""

    items: tuple[Standing, ...]
    next_token: str | None


@dataclass(frozen=True)
class NewTask:
    """A task to make at Google, under `parent_id` and after `previous_id`, or first."""

    title: str
    notes: str
    due: date | None
    status: Status
    completed_at: datetime | None
    parent_id: str | None
    previous_id: str | None


@dataclass(frozen=True)
class FieldChanges:
    """Fields to change at Google; None clears. `completed_at` goes along with `status`."""

    title: TextChange = UNSET
    notes: TextChange = UNSET
    due: DayChange = UNSET
    status: Status | Unset = UNSET
    completed_at: datetime | None = None

    def __bool__(self) -> bool:
        """Tell whether there is anything to change."""
        return self != FieldChanges()


@dataclass(frozen=True)
class RemotePlace:
    """Where to move a task at Google; `to_list_id` only when it changes lists."""

    parent_id: str | None
    previous_id: str | None
    to_list_id: str | None = None


class Remote(Protocol):
    """Google Tasks. Every call may raise Unavailable or RequestRefused of `errors`.

    Reading may be tried again inside; changing is sent at most once a call.
    """

    @property
    def link_id(self) -> str | None:
        """Name the present sign-in; None when the account is not linked."""

    @property
    def requests(self) -> int:
        """Count the requests made so far."""

    @property
    def server_ahead_seconds(self) -> float | None:
        """Give how far Google's clock was ahead of ours at the last answer."""

    def default_list(self) -> RemoteList:
        """Fetch the account's default list; its id also tells accounts apart."""

    def lists(self) -> tuple[RemoteList, ...]:
        """Fetch all lists."""

    def task_list(self, list_id: str) -> RemoteList:
        """Fetch one list."""

    def insert_list(self, title: str) -> RemoteList:
        """Make a list."""

    def rename_list(self, list_id: str, title: str) -> RemoteList:
        """Give a list another title."""

    def delete_list(self, list_id: str) -> None:
        """Delete a list with its tasks."""

    def page(self, list_id: str, updated_min: datetime | None, token: str | None) -> TaskPage:
        """Fetch a page of tasks, deleted and hidden ones too."""

    def standings(self, list_id: str, token: str | None) -> StandingPage:
        """Fetch a page of the positions of what is in sight."""

    def task(self, list_id: str, task_id: str) -> RemoteTask:
        """Fetch one task."""

    def insert(self, list_id: str, task: NewTask) -> RemoteTask:
        """Make a task."""

    def patch(self, list_id: str, task_id: str, etag: str, changes: FieldChanges) -> RemoteTask:
        """Change fields if the task still has this etag; raise RemoteChanged if not."""

    def move(self, list_id: str, task_id: str, place: RemotePlace) -> RemoteTask:
        """Put a task elsewhere."""

    def delete(self, list_id: str, task_id: str, etag: str | None) -> None:
        """Delete a task if it still has this etag (None: in any case)."""

    def clear(self, list_id: str) -> None:
        """Hide all completed tasks of a list."""


Boundary = Callable[[str], None]
"""Called at every point where the process could die; tests raise in it."""
