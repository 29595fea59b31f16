"""Settling what the sync had to ask: lost values, mass removals. Protected like `writes`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeAlias

from sqlmodel import Session

from tasks_sync.conflicts import Conflict, conflict_of
from tasks_sync.errors import ConflictNotFound, ListNotFound
from tasks_sync.model import Place, Status, TaskChanges
from tasks_sync.rows import TaskConflictRow, TaskCursorRow, TaskListRow
from tasks_sync.writes import TaskWriter

Before: TypeAlias = TaskChanges | Place | str | None
"""What takes a value that was brought back away again: an edit, a place, a list's title; None
where the opposite verb does."""


class Settlement:
    """Settles conflicts inside one transaction that somebody else opens and commits."""

    def __init__(
        self, session: Session, writer: TaskWriter, *, now: Callable[[], datetime]
    ) -> None:
        self._session, self._writer, self._now = session, writer, now

    def restore(self, conflict_id: str) -> tuple[Conflict, Before]:
        """Bring the lost value back, as an ordinary change of ours; also give what was before."""
        row = self._open(conflict_id)
        conflict = conflict_of(self._session, row)
        before = self._bring_back(row)
        row.settled_at = self._now()
        return conflict, before

    def dismiss(self, conflict_id: str) -> Conflict:
        """Leave things as they are and list the conflict no more."""
        row = self._open(conflict_id)
        row.settled_at = self._now()
        return conflict_of(self._session, row)

    def reopen(self, conflict_id: str) -> Conflict:
        """List a settled conflict again."""
        row = self._session.get(TaskConflictRow, conflict_id)
        if row is None or row.settled_at is None:
            raise ConflictNotFound(conflict_id)
        row.settled_at = None
        return conflict_of(self._session, row)

    def answer_removal(self, list_id: str, *, allow: bool) -> None:
        """Say whether what is gone at Google may go here, as `Sync.answer_removal` does."""
        if self._session.get(TaskListRow, list_id) is None:
            raise ListNotFound(list_id)
        cursor = self._session.get(TaskCursorRow, list_id)
        if cursor is None:
            cursor = TaskCursorRow(list_id=list_id)
            self._session.add(cursor)
        cursor.removal = "allow" if allow else "keep"

    def _open(self, conflict_id: str) -> TaskConflictRow:
        row = self._session.get(TaskConflictRow, conflict_id)
        if row is None or row.settled_at is not None:
            raise ConflictNotFound(conflict_id)
        return row

    def _bring_back(self, row: TaskConflictRow) -> Before:
        writer, task_id, list_id = self._writer, str(row.task_id), str(row.list_id)
        match row.field:
            case "title":
                return writer.edit(task_id, TaskChanges(title=row.lost))[1]
            case "notes":
                return writer.edit(task_id, TaskChanges(notes=row.lost))[1]
            case "due":
                due = date.fromisoformat(row.lost) if row.lost else None
                return writer.edit(task_id, TaskChanges(due=due))[1]
            case "status" if row.lost == Status.COMPLETED:
                writer.complete(task_id)
            case "status":
                writer.reopen(task_id)
            case "place":
                to_list, _, parent = row.lost.partition("/")
                return writer.move(task_id, Place(to_list, parent or None))[1]
            case "task" if row.lost == "deleted":
                writer.delete(task_id)
            case "task":
                writer.restore(task_id)
                writer.edit(task_id, TaskChanges(title=row.lost))
            case "list title":
                return writer.rename_list(list_id, row.lost)[1]
            case unknown:
                raise AssertionError(f"no such field: {unknown}")
        return None
