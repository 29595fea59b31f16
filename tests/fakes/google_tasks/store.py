"""One person's Google Tasks: every change either side can make, with Google's rules and limits.

It knows no HTTP. The API and the phone both act through it; the caller holds the lock.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from tests.fakes.google_tasks.clock import MILLISECOND, VirtualClock
from tests.fakes.google_tasks.messages import ApiError, Json, invalid, not_found
from tests.fakes.google_tasks.rows import (
    Limits,
    ListRow,
    Rules,
    Siblings,
    TaskRow,
    task_json,
)


@dataclass(frozen=True)
class Place:
    """Where a task goes: a list, a parent in it, and the sibling before it."""

    list_id: str
    parent: str | None = None
    previous: str | None = None


@dataclass
class World:
    """What all accounts of one server share."""

    clock: VirtualClock
    rng: random.Random
    rules: Rules = field(default_factory=Rules)
    limits: Limits = field(default_factory=Limits)


class Account:
    """The lists and tasks of one person."""

    def __init__(self, name: str, world: World) -> None:
        self.name, self.world = name, world
        self.lists: dict[str, ListRow] = {}
        self.tasks: dict[str, TaskRow] = {}
        self._dead: set[str] = set()
        self.deleted_originals: list[str] = []
        """Ids of assigned tasks whose original in Docs or Chat was deleted with them."""
        digits = f"{world.rng.randrange(10**20):020d}:0:0"
        self.default_list = base64.urlsafe_b64encode(digits.encode()).decode()
        self.lists[self.default_list] = ListRow(self.default_list, "My Tasks", world.clock.now())

    def list_row(self, list_id: str) -> ListRow:
        """Find a list by id or `@default`; 400 for what is no id at all, 404 for an unknown one."""
        list_id = self.default_list if list_id == "@default" else list_id
        if not _is_id(list_id):
            raise invalid("Invalid task list ID")
        if list_id not in self.lists:
            raise not_found("Task list not found.")
        return self.lists[list_id]

    def task_row(self, list_id: str, task_id: str) -> TaskRow:
        """Find a live task or tombstone in that very list."""
        home = self.list_row(list_id)
        if not _is_id(task_id):
            raise invalid("Invalid task ID")
        self._expire_tombstones()
        row = self.tasks.get(task_id)
        if row is None or row.list_id != home.id:
            raise not_found("Task not found.")
        return row

    def live_row(self, list_id: str, task_id: str) -> TaskRow:
        """Find a task that is not deleted."""
        row = self.task_row(list_id, task_id)
        if row.deleted:
            raise not_found("Task not found.")
        return row

    def children(self, task_id: str) -> list[TaskRow]:
        """Return the live children of a task."""
        return [row for row in self.tasks.values() if row.parent == task_id and not row.deleted]

    def shown(self, row: TaskRow) -> Json:
        """Show a task as the API does."""
        return task_json(row, self._siblings(row), self.world.rules)

    def newest_first(self, home: ListRow, after: tuple[int, str] | None) -> Iterator[TaskRow]:
        """Walk a list by modification time, newest first, from behind a key on."""
        self._expire_tombstones()
        return (self.tasks[task_id] for task_id in home.by_update.after(after))

    def new_list(self, title: str) -> ListRow:
        """Create a list; the same title twice is two lists."""
        if len(self.lists) >= self.world.limits.lists:
            raise _service_limit("The user has too many task lists.")
        row = ListRow(self._new_id(), self._title(title, ""), self.world.clock.now())
        self.lists[row.id] = row
        return row

    def rename_list(self, row: ListRow, title: str | None) -> None:
        row.title = self._title(title, row.title)
        self._touch_list(row)

    def delete_list(self, row: ListRow) -> None:
        """Delete a list with its tasks, which leave no tombstone."""
        if row.id == self.default_list:
            raise invalid("The default task list cannot be deleted.")
        del self.lists[row.id]
        for task in [task for task in self.tasks.values() if task.list_id == row.id]:
            self._note_original(task)
            self._drop(task)

    def insert(self, place: Place, **fields: object) -> TaskRow:
        """Create a task from `title`, `notes`, `due`, `completed`, `hidden` and the like."""
        home = self.list_row(place.list_id)
        self._check_total()
        self._check_room(home)
        row = TaskRow(self._new_id(), home.id, self.world.clock.now())
        self._check_place(row, home, place)
        self._assign(row, fields)
        row.parent = place.parent
        self.tasks[row.id] = row
        home.by_update.add(row.update_key)
        self._settle(row, place.previous)
        self._touch_list(home)
        return row

    def edit(self, row: TaskRow, **fields: object) -> None:
        """Change fields; completing leaves the order, reopening comes back first and unhidden."""
        was_open = row.is_open
        self._assign(row, fields)
        if row.is_open:
            row.hidden = False
        if row.is_open != was_open:
            self._settle(row, None)
        self._touch(row)

    def respawn(self, row: TaskRow) -> TaskRow | None:
        """Create the next occurrence of a recurring task, as a new task."""
        if row.repeat_days is None:
            return None
        due = row.due or self.world.clock.now().date()
        fields = {"title": row.title, "notes": row.notes, "repeat_days": row.repeat_days}
        next_due = due + timedelta(days=row.repeat_days)
        return self.insert(Place(row.list_id), due=next_due, **fields)

    def delete(self, row: TaskRow) -> None:
        """Turn a task into a tombstone; what becomes of its children is a rule."""
        if row.zombie:
            raise not_found("Task not found.")
        self._bury(row, touch=True)
        for child in self._descendants(row):
            match self.world.rules.children_of_deleted:
                case "zombies":
                    child.zombie = True
                case "vanish":
                    self._bury(child, touch=False)
                    self._forget(child)
                case "silent":
                    self._bury(child, touch=False)
                case "tombstones":
                    self._bury(child, touch=True)
        self._touch_list(self.lists[row.list_id])

    def restore(self, row: TaskRow) -> None:
        """Bring a tombstone back, first among its siblings; at the top if its parent is gone."""
        row.deleted = False
        self._dead.discard(row.id)
        if row.parent and (row.parent not in self.tasks or self.tasks[row.parent].deleted):
            row.parent = None
        self._settle(row, None)
        self._touch(row)
        self._touch_list(self.lists[row.list_id])

    def move(self, row: TaskRow, place: Place) -> None:
        """Put a task elsewhere, in its list or another; the id stays, no tombstone is left."""
        origin, goal = self.lists[row.list_id], self.list_row(place.list_id)
        if row.repeat_days is not None and goal is not origin:
            raise invalid("Recurring tasks cannot be moved between lists.")
        self._check_place(row, goal, place)
        self._siblings(row).remove(row.id)
        if goal is not origin:
            self._check_room(goal)
            self._carry(row, goal)
            self._move_children(row, goal)
            self._touch_list(origin)
        row.parent = place.parent
        self._settle(row, place.previous)
        if self.world.rules.move_touches:
            self._touch(row)
        self._touch_list(goal)

    def clear(self, home: ListRow) -> None:
        """Hide all completed tasks of a list."""
        for row in list(self.tasks.values()):
            if row.list_id == home.id and row.completed and not (row.hidden or row.deleted):
                row.hidden = True
                self._touch(row)
        self._touch_list(home)

    def _assign(self, row: TaskRow, fields: dict[str, object]) -> None:
        for name, value in fields.items():
            match name, value:
                case "title", str() | None:
                    row.title = self._title(value, row.title)
                case "notes", str() | None:
                    limit = self.world.limits.notes
                    row.notes = self._text(value, row.notes, limit) if value else None
                case _:
                    setattr(row, name, value)

    def _title(self, text: str | None, before: str) -> str:
        text = self._text(text or "", before, self.world.limits.title) or ""
        return text.strip() if self.world.rules.strip_text else text

    def _text(self, text: str, before: str | None, limit: int) -> str | None:
        if len(text) > limit:
            if self.world.rules.over_limit == "ignore":
                return before
            raise invalid(f"Text is longer than {limit} characters.")
        return text.replace("\0", "") if self.world.rules.strip_text else text

    def _check_total(self) -> None:
        if len(self.tasks) >= self.world.limits.tasks:
            raise _service_limit("The user has too many tasks.")

    def _check_room(self, home: ListRow) -> None:
        shown = sum(len(group.order) for group in home.groups.values())
        if shown >= self.world.limits.open_tasks_per_list:
            raise _service_limit("The task list has too many tasks.")

    def _check_place(self, row: TaskRow, home: ListRow, place: Place) -> None:
        if row.completed and row.hidden and (place.parent or place.previous):
            raise invalid("Completed hidden tasks can only be at the top, first.")
        if place.parent is not None:
            self._check_parent(row, self._neighbour(home, place.parent))
        if place.previous is not None:
            before = self._neighbour(home, place.previous)
            if before.parent != place.parent or before is row:
                raise invalid()

    def _check_parent(self, row: TaskRow, parent: TaskRow) -> None:
        if parent.assignment or row.assignment:
            raise invalid("Assigned tasks can neither be nor have a parent.")
        if parent.repeat_days or row.repeat_days:
            raise invalid("Recurring tasks can neither be nor have a parent.")
        if parent is row or parent in self._descendants(row):
            raise invalid()
        others = [child for child in self.children(parent.id) if child is not row]
        if len(others) >= self.world.limits.subtasks:
            raise _service_limit("The task has too many subtasks.")

    def _neighbour(self, home: ListRow, task_id: str) -> TaskRow:
        row = self.tasks.get(task_id)
        if row is None or row.list_id != home.id or row.deleted or row.hidden:
            raise invalid()
        return row

    def _new_id(self) -> str:
        return base64.urlsafe_b64encode(self.world.rng.randbytes(16)).decode().rstrip("=")

    def _siblings(self, row: TaskRow) -> Siblings:
        return self.lists[row.list_id].siblings(row.parent)

    def _descendants(self, row: TaskRow) -> list[TaskRow]:
        found = self.children(row.id)
        for child in found:
            found.extend(self.children(child.id))
        return found

    def _settle(self, row: TaskRow, previous: str | None) -> None:
        if row.is_open:
            self._siblings(row).place(row.id, previous)
        else:
            self._siblings(row).remove(row.id)

    def _touch(self, row: TaskRow) -> None:
        index = self.lists[row.list_id].by_update
        index.remove(row.update_key)
        row.modified = max(self.world.clock.now(), row.modified + MILLISECOND)
        index.add(row.update_key)

    def _touch_list(self, row: ListRow) -> None:
        row.modified = max(self.world.clock.now(), row.modified + MILLISECOND)

    def _bury(self, row: TaskRow, *, touch: bool) -> None:
        self._note_original(row)
        row.deleted = True
        self._dead.add(row.id)
        self._settle(row, None)
        if touch:
            self._touch(row)

    def _note_original(self, row: TaskRow) -> None:
        if row.assignment:
            self.deleted_originals.append(row.id)

    def _forget(self, row: TaskRow) -> None:
        self.lists[row.list_id].by_update.remove(row.update_key)
        self._drop(row)

    def _drop(self, row: TaskRow) -> None:
        self._dead.discard(row.id)
        del self.tasks[row.id]

    def _carry(self, row: TaskRow, goal: ListRow) -> None:
        self._siblings(row).remove(row.id)
        self.lists[row.list_id].by_update.remove(row.update_key)
        row.list_id = goal.id
        goal.by_update.add(row.update_key)

    def _move_children(self, row: TaskRow, goal: ListRow) -> None:
        for child in self._in_order(self._descendants(row)):
            if self.world.rules.children_follow_list_move:
                self._carry(child, goal)
            else:
                self._siblings(child).remove(child.id)
                child.parent = None
            self._settle(child, _LAST)
            if self.world.rules.followers_touched:
                self._touch(child)

    def _in_order(self, rows: list[TaskRow]) -> list[TaskRow]:
        return sorted(rows, key=lambda row: (self.shown(row).get("position", ""), row.id))

    def _expire_tombstones(self) -> None:
        oldest = self.world.clock.now() - timedelta(days=self.world.rules.tombstone_days)
        for row in [self.tasks[task_id] for task_id in self._dead]:
            if row.modified <= oldest:
                self._forget(row)

    def rows(self, list_id: str, chosen: Callable[[TaskRow], bool]) -> list[TaskRow]:
        """Return the chosen tasks of a list, by position."""
        home = self.list_row(list_id)
        return self._in_order(
            [r for r in self.tasks.values() if r.list_id == home.id and chosen(r)]
        )


_LAST = "behind all siblings"


def _is_id(text: str) -> bool:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return False
    return len(raw) in (16, 24)


def _service_limit(message: str) -> ApiError:
    return ApiError(403, "serviceLimit", message, domain="usageLimits")
