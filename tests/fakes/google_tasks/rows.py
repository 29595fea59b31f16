"""Tasks and lists as the server keeps them, and as it shows them. No rule of change lives here."""

from __future__ import annotations

import base64
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from tests.fakes.google_tasks.clock import milliseconds, timestamp
from tests.fakes.google_tasks.messages import Json

API = "https://www.googleapis.com/tasks/v1"


@dataclass
class Rules:
    """Where the real service varies or is not known for certain; defaults are the likely ones."""

    updated_granularity_ms: int = 1
    """1000 shows `updated` in whole seconds, as up to 2024. Etags stay millisecond-grade."""
    children_of_deleted: Literal["silent", "vanish", "zombies", "tombstones"] = "silent"
    """silent: deleted without a newer `updated`; vanish: 404 at once; zombies: stay listed and
    cannot be deleted; tombstones: deleted like the parent."""
    get_of_deleted_is_404: bool = False
    undelete_restores: bool = True
    move_touches: bool = True
    """Whether a move gives the task a new `updated` and etag."""
    children_follow_list_move: bool = True
    """False leaves them behind at the top level of the old list."""
    followers_touched: bool = True
    """Whether children that follow their parent to another list get a new `updated`."""
    updated_min_inclusive: bool = True
    completing_by_api_respawns: bool = True
    """False: completing a recurring task through the API ends the series."""
    completing_by_api_cascades: bool = False
    deleting_recurring_respawns: bool = False
    hidden_accepted_on_insert: bool = True
    over_limit: Literal["refuse", "ignore"] = "refuse"
    """ignore: a title or note that is too long is silently not taken."""
    strip_text: bool = False
    """True trims blanks around titles and drops NULs, which no one has promised."""
    if_match_on_move: bool = False
    tombstone_days: int = 90


@dataclass
class Limits:
    """The documented limits; lower them to reach them."""

    title: int = 1024
    notes: int = 8192
    open_tasks_per_list: int = 20_000
    tasks: int = 100_000
    lists: int = 2_000
    subtasks: int = 2_000


@dataclass
class TaskRow:
    """A task, live or tombstone."""

    id: str
    list_id: str
    modified: datetime
    title: str = ""
    notes: str | None = None
    due: date | None = None
    completed: datetime | None = None
    parent: str | None = None
    hidden: bool = False
    deleted: bool = False
    repeat_days: int | None = None
    assignment: Json | None = None
    links: list[Json] = field(default_factory=list)
    zombie: bool = False
    distortion: Json = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.completed is None and not self.deleted

    @property
    def update_key(self) -> tuple[int, str]:
        return -milliseconds(self.modified), self.id


class Siblings:
    """The open tasks under one parent, densely numbered from 0."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self._numbers: dict[str, int] | None = {}

    def place(self, task: str, after: str | None) -> None:
        """Put a task behind `after`, first when None, last when `after` is no open sibling."""
        self.remove(task)
        if after is None:
            self.order.insert(0, task)
        elif after in self.order:
            self.order.insert(self.order.index(after) + 1, task)
        else:
            self.order.append(task)

    def remove(self, task: str) -> None:
        self._numbers = None
        if task in self.order:
            self.order.remove(task)

    def number(self, task: str) -> int:
        if self._numbers is None:
            # Writes mostly land first or last; only reads of whole lists pay for the numbering.
            for number in (0, len(self.order) - 1):
                if self.order[number] == task:
                    return number
            self._numbers = {each: number for number, each in enumerate(self.order)}
        return self._numbers[task]


class ByUpdate:
    """Task ids of one list, last modified first, in the order in which pages are cut."""

    def __init__(self) -> None:
        self._keys: list[tuple[int, str]] = []

    def add(self, key: tuple[int, str]) -> None:
        insort(self._keys, key)

    def remove(self, key: tuple[int, str]) -> None:
        place = bisect_left(self._keys, key)
        if self._keys[place : place + 1] == [key]:
            del self._keys[place]

    def after(self, key: tuple[int, str] | None) -> Iterator[str]:
        start = 0 if key is None else bisect_right(self._keys, key)
        for place in range(start, len(self._keys)):
            yield self._keys[place][1]


@dataclass
class ListRow:
    """A task list."""

    id: str
    title: str
    modified: datetime
    by_update: ByUpdate = field(default_factory=ByUpdate)
    groups: dict[str | None, Siblings] = field(default_factory=dict)

    def siblings(self, parent: str | None) -> Siblings:
        return self.groups.setdefault(parent, Siblings())


def etag(modified: datetime) -> str:
    """Write the low 32 bits of the modification time as Google does: signed, base64, quoted."""
    low = milliseconds(modified) & 0xFFFFFFFF
    signed = low - (1 << 32) if low >= 1 << 31 else low
    return f'"{base64.urlsafe_b64encode(str(signed).encode()).decode().rstrip("=")}"'


def shown_updated(row: TaskRow, rules: Rules) -> datetime:
    """Cut the modification time to the granularity that the service shows."""
    grain = timedelta(milliseconds=rules.updated_granularity_ms)
    return row.modified - (row.modified - datetime.min.replace(tzinfo=row.modified.tzinfo)) % grain


def position(row: TaskRow, siblings: Siblings) -> str:
    """Number open tasks densely; show completed ones behind them, newest first."""
    if row.completed is not None:
        return f"{9_999_999_999_999_999_999 - milliseconds(row.completed):020d}"
    return f"{0 if row.deleted else siblings.number(row.id):020d}"


def task_json(row: TaskRow, siblings: Siblings, rules: Rules) -> Json:
    """Show a task as the API does: empty fields are absent."""
    link_id = base64.urlsafe_b64encode(row.id.encode()).decode().rstrip("=")
    body: Json = {
        "kind": "tasks#task",
        "id": row.id,
        "etag": etag(row.modified),
        "title": row.title,
        "updated": timestamp(shown_updated(row, rules)),
        "selfLink": f"{API}/lists/{row.list_id}/tasks/{row.id}",
        "parent": row.parent,
        "position": position(row, siblings),
        "notes": row.notes or None,
        "status": "needsAction" if row.completed is None else "completed",
        "due": row.due and f"{row.due}T00:00:00.000Z",
        "completed": row.completed and timestamp(row.completed),
        "deleted": row.deleted or None,
        "hidden": row.hidden or None,
        "links": row.links,
        "webViewLink": f"https://tasks.google.com/task/{link_id}?sa=6",
        "assignmentInfo": row.assignment,
    }
    return {name: value for name, value in (body | row.distortion).items() if value is not None}


def list_json(row: ListRow) -> Json:
    """Show a list as the API does."""
    return {
        "kind": "tasks#taskList",
        "id": row.id,
        "etag": etag(row.modified),
        "title": row.title,
        "updated": timestamp(row.modified),
        "selfLink": f"{API}/users/@me/lists/{row.id}",
    }
