"""The person with Google's own app in hand: acts on the same store, with first-party manners.

It never goes over HTTP and is never throttled; unlike the API it hides what it completes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from tests.fakes.google_tasks.messages import Json
from tests.fakes.google_tasks.rows import TaskRow
from tests.fakes.google_tasks.store import Account, Place


class Phone:
    """Every act returns the id of what it made or changed; ids may also be unique titles."""

    def __init__(self, account: Account, lock: threading.RLock, settle: Callable[[], None]) -> None:
        self._account, self._lock, self._settle = account, lock, settle

    def add(
        self,
        title: str,
        task_list: str = "@default",
        *,
        notes: str | None = None,
        due: date | None = None,
        parent: str | None = None,
        previous: str | None = None,
    ) -> str:
        """Add a task, first among its siblings unless behind `previous`."""
        with self._act():
            place = Place(self.list_id(task_list), self._id(parent), self._id(previous))
            return self._account.insert(place, title=title, notes=notes, due=due).id

    def add_recurring(
        self, title: str, task_list: str = "@default", *, due: date, every_days: int = 1
    ) -> str:
        """Add a task that comes back as a new task each time it is completed."""
        with self._act():
            place = Place(self.list_id(task_list))
            return self._account.insert(place, title=title, due=due, repeat_days=every_days).id

    def receive(self, title: str, task_list: str = "@default", *, surface: str = "DOCUMENT") -> str:
        """Be assigned a task in a document or a chat space."""
        with self._act():
            source: Json = {
                "linkToTask": "https://docs.google.com/document/d/1",
                "surfaceType": surface,
            }
            if surface == "SPACE":
                source["spaceInfo"] = {"space": "spaces/1"}
            else:
                source["driveResourceInfo"] = {"driveFileId": "1"}
            place = Place(self.list_id(task_list))
            return self._account.insert(place, title=title, assignment=source).id

    def edit(self, task: str, **fields: str | date | None) -> str:
        """Change `title`, `notes` or `due`; None empties."""
        if unknown := fields.keys() - {"title", "notes", "due"}:
            raise TypeError(f"the phone cannot edit {sorted(unknown)}")
        with self._act():
            row = self.row(task)
            self._account.edit(row, **fields)
            return row.id

    def complete(self, task: str) -> str:
        """Complete a task and its open subtasks: hidden at once; a recurring one comes back."""
        with self._act():
            row = self.row(task)
            was_open, now = row.is_open, self._account.world.clock.now()
            for each in [*self._account.children(row.id), row]:
                if each.is_open:
                    self._account.edit(each, completed=now, hidden=True)
            if was_open:
                self._account.respawn(row)
            return row.id

    def reopen(self, task: str) -> str:
        """Take a completion back; the task comes first among its siblings."""
        with self._act():
            row = self.row(task)
            self._account.edit(row, completed=None, hidden=False)
            return row.id

    def delete(self, task: str) -> str:
        with self._act():
            row = self.row(task)
            self._account.delete(row)
            return row.id

    def undelete(self, task_id: str) -> str:
        """Press "undo" after a deletion."""
        with self._act():
            self._account.restore(self._account.tasks[task_id])
            return task_id

    def move(self, task: str, previous: str | None = None) -> str:
        """Drag a task behind a sibling, or to the first place."""
        with self._act():
            row = self.row(task)
            self._account.move(row, Place(row.list_id, row.parent, self._id(previous)))
            return row.id

    def reparent(self, task: str, parent: str | None, previous: str | None = None) -> str:
        """Indent a task under another, or outdent it with None; the app knows one level."""
        with self._act():
            row, goal = self.row(task), self._id(parent)
            if goal and (self._account.tasks[goal].parent or self._account.children(row.id)):
                raise ValueError("the app nests one level deep")
            self._account.move(row, Place(row.list_id, goal, self._id(previous)))
            return row.id

    def move_to_list(self, task: str, task_list: str) -> str:
        """Move a task, with its subtasks, to the top of another list."""
        with self._act():
            row = self.row(task)
            self._account.move(row, Place(self.list_id(task_list)))
            return row.id

    def clear(self, task_list: str = "@default") -> None:
        """Clear the completed tasks of a list away."""
        with self._act():
            self._account.clear(self._account.list_row(self.list_id(task_list)))

    def new_list(self, title: str) -> str:
        with self._act():
            return self._account.new_list(title).id

    def rename_list(self, task_list: str, title: str) -> None:
        with self._act():
            self._account.rename_list(self._account.list_row(self.list_id(task_list)), title)

    def delete_list(self, task_list: str) -> None:
        with self._act():
            self._account.delete_list(self._account.list_row(self.list_id(task_list)))

    def row(self, task: str) -> TaskRow:
        """Find a live task by id or by a title that only one live task has."""
        with self._lock:
            if task in self._account.tasks:
                return self._live(self._account.tasks[task])
            found = [r for r in self._account.tasks.values() if r.title == task and not r.deleted]
            if len(found) != 1:
                raise LookupError(f"{len(found)} live tasks are titled {task!r}; name one by id")
            return found[0]

    def _live(self, row: TaskRow) -> TaskRow:
        if row.deleted:
            raise LookupError(f"the task {row.title!r} is deleted; the app shows it no more")
        return row

    def list_id(self, task_list: str) -> str:
        """Find a list by id, `@default`, or a title that only one list has."""
        if task_list == "@default":
            return self._account.default_list
        if task_list in self._account.lists:
            return task_list
        found = [row.id for row in self._account.lists.values() if row.title == task_list]
        if len(found) != 1:
            raise LookupError(f"{len(found)} lists are titled {task_list!r}; name one by id")
        return found[0]

    def _id(self, task: str | None) -> str | None:
        return None if task is None else self.row(task).id

    @contextmanager
    def _act(self) -> Iterator[None]:
        with self._lock:
            self._account.world.clock.tick()
            self._settle()
            yield
