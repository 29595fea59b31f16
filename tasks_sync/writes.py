"""Changing tasks. Protected: only the door's handlers and the composition root import this.

Every change notes in the same transaction what Google is to be told. Nothing here commits, and
nothing here talks to Google.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from tasks_sync.canon import clean_notes, clean_title
from tasks_sync.errors import (
    AlreadyCleared,
    AlreadyDone,
    AssignedReadOnly,
    ChangedSince,
    DefaultListKept,
    ListNotFound,
    NotDeleted,
    NotDone,
    OutOfSight,
    TaskNotFound,
    TooDeep,
    WouldCycle,
)
from tasks_sync.model import UNSET, Place, Status, Task, TaskChanges, TaskList
from tasks_sync.ordering import rank_between
from tasks_sync.outbox import Outbox
from tasks_sync.reads import seen
from tasks_sync.rows import OpKind, TaskBaseRow, TaskListRow, TaskRow
from tasks_sync.siblings import place_of, rank_after

DEFAULT_TITLE = "My Tasks"


def ensure_default_list(
    session: Session, *, new_id: Callable[[], str], now: Callable[[], datetime]
) -> TaskList:
    """Give the default list, making it on first use.

    Google is not told: the account has a default list of its own, which becomes this one.
    """
    wanted = select(TaskListRow).where(
        col(TaskListRow.is_default).is_(True), col(TaskListRow.deleted_at).is_(None)
    )
    row = session.exec(wanted).first()
    if row is None:
        at = now()
        row = TaskListRow(
            id=new_id(), title=DEFAULT_TITLE, is_default=True, created_at=at, updated_at=at
        )
        session.add(row)
        session.flush()
    return TaskList(row.id, row.title, row.is_default)


class TaskWriter:
    """Changes tasks and lists, inside one transaction that somebody else opens and commits."""

    def __init__(
        self, session: Session, *, now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._session, self._now, self._new_id = session, now, new_id
        self._outbox = Outbox(session, now, new_id)

    # Tasks

    def add(
        self,
        title: str,
        *,
        list_id: str | None = None,
        notes: str = "",
        due: date | None = None,
        parent_id: str | None = None,
        after_id: str | None = None,
    ) -> Task:
        """Put a task on a list, first among its siblings unless told after which.

        First, because that is where Google puts a new task.
        """
        place = Place(self._list_for_new(list_id, parent_id), parent_id, after_id)
        self._check_parent(place, title, has_children=False)
        at = self._now()
        row = TaskRow(
            id=self._new_id(),
            list_id=place.list_id,
            parent_id=place.parent_id,
            rank=rank_after(self._session, place, moving=None),
            title=clean_title(title),
            notes=clean_notes(notes),
            due=due,
            place_at=at,
            created_at=at,
            updated_at=at,
        )
        self._session.add(row)
        self._session.flush()
        self._tell(OpKind.INSERT, row)
        return seen(row)

    def edit(self, task_id: str, changes: TaskChanges) -> tuple[Task, TaskChanges]:
        """Change some fields; also give the changes that take this back.

        Raise ChangedSince when `changes.while_still` holds for none of the fields.
        """
        row = self._own(task_id)
        fresh = _still_wanted(row, changes)
        before: dict[str, str | date | None] = {}
        after: dict[str, str | date | None] = {}
        at = self._now()
        for field, value in _cleaned(fresh):
            before[field], after[field] = getattr(row, field), value
            if before[field] != value:
                setattr(row, field, value)
                setattr(row, f"{field}_at", at)
        if before != after:
            self._touch(row)
            self._tell(OpKind.PATCH, row)
        return seen(row), TaskChanges(**before, while_still=TaskChanges(**after))  # type: ignore[arg-type]

    def complete(self, task_id: str) -> Task:
        """Tick a task off; raise AlreadyDone when it is."""
        row = self._row(task_id)
        if row.status == Status.COMPLETED:
            raise AlreadyDone(row.title)
        return self._set_status(row, Status.COMPLETED)

    def reopen(self, task_id: str) -> Task:
        """Take the tick off; the task stands where it stood. Raise NotDone when it is open."""
        row = self._row(task_id)
        if row.status == Status.NEEDS_ACTION:
            raise NotDone(row.title)
        row.hidden = False
        return self._set_status(row, Status.NEEDS_ACTION)

    def delete(self, task_id: str) -> Task:
        """Take a task and its subtasks off the list; `restore` brings them back."""
        row = self._own(task_id)
        before = seen(row)
        at = self._now()
        for child in self._children(row.id):
            if child.assigned:
                raise AssignedReadOnly(child.title)
            self._delete(child, at, root=row.id)
        self._delete(row, at, root=row.id)
        return before

    def restore(self, task_id: str) -> Task:
        """Bring back a deleted task with the subtasks deleted with it, where it stood."""
        row = self._session.get(TaskRow, task_id)
        if row is None:
            raise TaskNotFound(task_id)
        if row.deleted_at is None:
            raise NotDeleted(row.title)
        self._list(row.list_id)
        deleted_with = select(TaskRow).where(
            TaskRow.deleted_with == row.id, col(TaskRow.deleted_at).is_not(None)
        )
        family = [row, *(kin for kin in self._session.exec(deleted_with) if kin.id != row.id)]
        self._restore(family)
        return seen(row)

    def move(self, task_id: str, place: Place) -> tuple[Task, Place]:
        """Put a task, with its subtasks, elsewhere; also give the place it had."""
        row = self._own(task_id)
        children = self._children(row.id)
        if row.id in (place.parent_id, place.after_id):
            raise WouldCycle(row.title)
        if row.hidden:
            raise OutOfSight(row.title)
        self._list(place.list_id)
        self._check_parent(place, row.title, has_children=bool(children))
        before = place_of(self._session, row)
        if place != before:
            row.rank = rank_after(self._session, place, moving=row.id)
            self._put(row, place)
            for child in children:
                self._put(child, Place(place.list_id, row.id))
        return seen(row), before

    def clear_completed(self, list_id: str) -> tuple[str, ...]:
        """Put the completed tasks of a list out of sight; give their ids."""
        self._list(list_id)
        wanted = select(TaskRow).where(
            TaskRow.list_id == list_id,
            TaskRow.status == Status.COMPLETED,
            col(TaskRow.hidden).is_(False),
            col(TaskRow.deleted_at).is_(None),
        )
        rows = self._session.exec(wanted).all()
        for row in rows:
            row.hidden = True
            self._touch(row)
        if rows:
            self._outbox.want(OpKind.CLEAR, list_id=list_id, task_id=None)
        return tuple(row.id for row in rows)

    def unclear(self, task_ids: Sequence[str]) -> None:
        """Bring cleared tasks back into sight; raise AlreadyCleared once Google cleared them."""
        rows = [self._row(task_id) for task_id in task_ids]
        at_google = [row for row in rows if self._cleared_at_google(row)]
        if at_google:
            raise AlreadyCleared(len(at_google))
        for row in rows:
            row.hidden = False
            self._touch(row)
        for list_id in {row.list_id for row in rows}:
            self._outbox.cancel(OpKind.CLEAR, list_id=list_id, task_id=None)

    # Lists

    def add_list(self, title: str) -> TaskList:
        """Make a list, after the others."""
        at = self._now()
        last = self._session.exec(select(func.max(TaskListRow.rank))).one()
        row = TaskListRow(
            id=self._new_id(),
            title=clean_title(title),
            rank=rank_between(last, None) or 0,
            title_at=at,
            created_at=at,
            updated_at=at,
        )
        self._session.add(row)
        self._session.flush()
        self._outbox.want(OpKind.LIST_INSERT, list_id=row.id, task_id=None)
        return TaskList(row.id, row.title, row.is_default)

    def rename_list(self, list_id: str, title: str) -> tuple[TaskList, str]:
        """Give a list another title; also give the one it had."""
        row = self._list(list_id)
        before, row.title = row.title, clean_title(title)
        if row.title != before:
            row.title_at = row.updated_at = self._now()
            self._session.flush()
            self._outbox.want(OpKind.LIST_RENAME, list_id=row.id, task_id=None)
        return TaskList(row.id, row.title, row.is_default), before

    def delete_list(self, list_id: str) -> TaskList:
        """Delete a list with its tasks; raise DefaultListKept or AssignedReadOnly."""
        row = self._list(list_id)
        if row.is_default:
            raise DefaultListKept(row.title)
        tasks = self._live(list_id)
        if assigned := next((task for task in tasks if task.assigned), None):
            # Google would delete the original in the document or chat as well.
            raise AssignedReadOnly(assigned.title)
        at = self._now()
        for task in tasks:
            task.deleted_at, task.deleted_with = at, row.id
            self._touch(task)
        row.deleted_at = row.updated_at = at
        self._session.flush()
        self._outbox.want(OpKind.LIST_DELETE, list_id=row.id, task_id=None)
        return TaskList(row.id, row.title, row.is_default)

    def restore_list(self, list_id: str) -> TaskList:
        """Bring back a deleted list with the tasks deleted with it."""
        row = self._session.get(TaskListRow, list_id)
        if row is None:
            raise ListNotFound(list_id)
        if row.deleted_at is None:
            raise NotDeleted(row.title)
        row.deleted_at, row.updated_at = None, self._now()
        self._session.flush()
        deletion_waited = self._outbox.cancel(OpKind.LIST_DELETE, list_id=row.id, task_id=None)
        if not deletion_waited or row.remote_id is None:
            row.title_at = self._now()
            self._outbox.want(OpKind.LIST_INSERT, list_id=row.id, task_id=None)
        deleted_with = select(TaskRow).where(TaskRow.deleted_with == row.id)
        self._restore(self._session.exec(deleted_with).all())
        return TaskList(row.id, row.title, row.is_default)

    # What the changes above are made of

    def _row(self, task_id: str) -> TaskRow:
        row = self._session.get(TaskRow, task_id)
        if row is None or row.deleted_at is not None:
            raise TaskNotFound(task_id)
        return row

    def _own(self, task_id: str) -> TaskRow:
        row = self._row(task_id)
        if row.assigned:
            raise AssignedReadOnly(row.title)
        return row

    def _list(self, list_id: str) -> TaskListRow:
        row = self._session.get(TaskListRow, list_id)
        if row is None or row.deleted_at is not None:
            raise ListNotFound(list_id)
        return row

    def _list_for_new(self, list_id: str | None, parent_id: str | None) -> str:
        if list_id is not None:
            return self._list(list_id).id
        if parent_id is not None:
            return self._row(parent_id).list_id
        return ensure_default_list(self._session, new_id=self._new_id, now=self._now).id

    def _check_parent(self, place: Place, title: str, *, has_children: bool) -> None:
        if place.parent_id is None:
            return
        parent = self._own(place.parent_id)
        if parent.list_id != place.list_id:
            raise TaskNotFound(place.parent_id)
        if parent.hidden:
            raise OutOfSight(parent.title)
        if parent.parent_id is not None or has_children:
            raise TooDeep(title)

    def _children(self, task_id: str) -> Sequence[TaskRow]:
        wanted = (
            select(TaskRow)
            .where(TaskRow.parent_id == task_id, col(TaskRow.deleted_at).is_(None))
            .order_by(col(TaskRow.rank), col(TaskRow.id))
        )
        return self._session.exec(wanted).all()

    def _live(self, list_id: str) -> Sequence[TaskRow]:
        wanted = select(TaskRow).where(
            TaskRow.list_id == list_id, col(TaskRow.deleted_at).is_(None)
        )
        return self._session.exec(wanted).all()

    def _put(self, row: TaskRow, place: Place) -> None:
        row.list_id, row.parent_id, row.place_at = place.list_id, place.parent_id, self._now()
        self._touch(row)
        self._tell(OpKind.MOVE, row)

    def _set_status(self, row: TaskRow, status: Status) -> Task:
        at = self._now()
        row.status, row.status_at = status, at
        row.completed_at = at if status is Status.COMPLETED else None
        self._touch(row)
        self._tell(OpKind.PATCH, row)
        return seen(row)

    def _delete(self, row: TaskRow, at: datetime, *, root: str) -> None:
        row.deleted_at, row.deleted_with = at, root
        self._touch(row)
        self._tell(OpKind.DELETE, row)

    def _restore(self, family: Sequence[TaskRow]) -> None:
        for row in family:
            row.deleted_at = row.deleted_with = None
            self._touch(row)
        for row in family:
            parent = self._session.get(TaskRow, row.parent_id) if row.parent_id else None
            if parent is not None and parent.deleted_at is not None:
                row.parent_id = None
            self._tell_restored(row)

    def _tell_restored(self, row: TaskRow) -> None:
        where = {"list_id": row.list_id, "task_id": row.id}
        self._outbox.cancel(OpKind.DELETE, list_id=row.list_id, task_id=row.id)
        base = self._session.get(TaskBaseRow, row.id)
        if base is not None and base.deleted:
            # Google has carried the deletion out: the task is made anew there, and the tombstone
            # that is still to be read is nobody's.
            self._session.delete(base)
            base, row.remote_id = None, None
        row.place_at = self._now()
        if base is not None and row.remote_id is not None:
            # Whatever was edited before the deletion dropped its row has to be told again.
            self._outbox.want(OpKind.PATCH, **where, local_rev=row.local_rev)
            self._outbox.want(OpKind.MOVE, **where, local_rev=row.local_rev)
            return
        self._outbox.want(OpKind.INSERT, **where, local_rev=row.local_rev)

    def _cleared_at_google(self, row: TaskRow) -> bool:
        base = self._session.get(TaskBaseRow, row.id)
        return base is not None and base.hidden

    def _touch(self, row: TaskRow) -> None:
        row.local_rev += 1
        row.updated_at = self._now()
        self._session.flush()

    def _tell(self, kind: OpKind, row: TaskRow) -> None:
        self._outbox.want(kind, list_id=row.list_id, task_id=row.id, local_rev=row.local_rev)


def _still_wanted(row: TaskRow, changes: TaskChanges) -> TaskChanges:
    """Drop the changes whose condition no longer holds; raise ChangedSince if that is all."""
    given = {name for name, value in _fields(changes) if value is not UNSET}
    if changes.while_still is None:
        return changes
    overtaken = {
        name
        for name, value in _fields(changes.while_still)
        if name in given and value is not UNSET and getattr(row, name) != value
    }
    if overtaken and overtaken == given:
        raise ChangedSince(row.title, tuple(sorted(overtaken)))
    return replace(changes, **dict.fromkeys(overtaken, UNSET))  # type: ignore[arg-type]


def _fields(changes: TaskChanges) -> list[tuple[str, object]]:
    return [("title", changes.title), ("notes", changes.notes), ("due", changes.due)]


def _cleaned(changes: TaskChanges) -> list[tuple[str, str | date | None]]:
    cleaned: list[tuple[str, str | date | None]] = []
    if isinstance(changes.title, str):
        cleaned.append(("title", clean_title(changes.title)))
    if isinstance(changes.notes, str):
        cleaned.append(("notes", clean_notes(changes.notes)))
    if changes.due is None or isinstance(changes.due, date):
        cleaned.append(("due", changes.due))
    return cleaned
