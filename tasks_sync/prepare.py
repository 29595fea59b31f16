"""Working out what to send for an outbox row, in one transaction. Nothing here sends.

Parents before children, a list before its tasks, tasks out of a list before the list goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from sqlmodel import Session, col, select

from tasks_sync.calls import (
    ClearList,
    DeleteList,
    DeleteTask,
    InsertList,
    InsertTask,
    MoveTask,
    NothingToTell,
    NotYet,
    PatchTask,
    Prepared,
    RenameList,
)
from tasks_sync.canon import units
from tasks_sync.errors import NOTES_LIMIT
from tasks_sync.fingerprint import fingerprint, mark, marked
from tasks_sync.merge import Spot
from tasks_sync.mirror import Mirror
from tasks_sync.model import Status
from tasks_sync.plan import changes_needed
from tasks_sync.remote import NewTask, RemotePlace
from tasks_sync.rows import OpKind, OpState, TaskBaseRow, TaskListRow, TaskOutboxRow, TaskRow
from tasks_sync.versions import content_here, raw_content_of_base


class Preparer:
    """Turns rows into calls."""

    def __init__(self, mirror: Mirror, *, strict: bool, held_lists: set[str]) -> None:
        self._mirror, self._strict, self._held = mirror, strict, held_lists
        self.session: Session = mirror.session

    def prepare(self, op: TaskOutboxRow) -> Prepared:
        """Give the call for a row, or why there is none."""
        if op.task_id is None:
            return self._about_list(op)
        row = self.session.get_one(TaskRow, op.task_id)
        match OpKind(op.kind):
            case OpKind.INSERT:
                return self._insert(op, row)
            case OpKind.PATCH:
                return self._patch(row)
            case OpKind.MOVE:
                return self._move(op, row)
            case OpKind.DELETE:
                return self._delete(row)
            case _:
                raise AssertionError(f"{op.kind} is not about a task")

    # Tasks

    def _insert(self, op: TaskOutboxRow, row: TaskRow) -> Prepared:
        if row.deleted_at is not None:
            self._drop_deletion(row)
            return NothingToTell()
        if row.remote_id is not None and not self._deleted_there(row):
            return NothingToTell()
        place = self._place(row, refusals=op.refusals)
        if place is None:
            return NotYet()
        list_remote_id, at = place
        notes = row.notes
        if self._strict and units(notes) + units(mark(op.op_id)) < NOTES_LIMIT:
            op.nonce = mark(op.op_id)
            notes = marked(notes, op.nonce)
        task = NewTask(
            row.title,
            notes,
            row.due,
            Status(row.status),
            row.completed_at,
            at.parent_id,
            at.previous_id,
        )
        op.fingerprint = fingerprint(list_remote_id, task)
        return InsertTask(list_remote_id, task)

    def _deleted_there(self, row: TaskRow) -> bool:
        """Tell whether the task was deleted at Google, and if so forget what it was there."""
        base = self._mirror.base(row)
        if base is None or not base.deleted:
            return False
        self.session.delete(base)
        row.remote_id = None
        self.session.flush()
        return True

    def _patch(self, row: TaskRow) -> Prepared:
        base = self._mirror.base(row)
        if row.deleted_at is not None or base is None or row.remote_id is None:
            return NothingToTell()
        if base.deleted:
            self._mirror.forget_remote(row)
            return NothingToTell()
        changes = changes_needed(content_here(row), raw_content_of_base(base))
        if not changes:
            # Reopened and completed again before anything was sent: as far out of sight as before.
            self._mirror.take_sight(row, hidden=base.hidden)
            return NothingToTell()
        list_remote_id = self._list_remote_id(base.list_id)
        if list_remote_id is None:
            return NotYet()
        return PatchTask(list_remote_id, row.remote_id, base.etag, changes)

    def _move(self, op: TaskOutboxRow, row: TaskRow) -> Prepared:
        base = self._mirror.base(row)
        if row.deleted_at is not None or base is None or row.remote_id is None:
            return NothingToTell()
        if base.deleted:
            self._mirror.forget_remote(row)
            return NothingToTell()
        same_list = base.list_id == row.list_id
        if same_list and (base.hidden or base.status == Status.COMPLETED):
            # Google keeps no order among what is done, and refuses to move what is hidden.
            return self._move_done(row, base)
        agreed = self._mirror.spot_of_base(base) == Spot(row.list_id, row.parent_id)
        if agreed and self._below_what_is_hidden(row):
            # It is below what is out of sight on both sides: there is no order to keep.
            return NothingToTell()
        place, source = self._place(row, refusals=op.refusals), self._list_remote_id(base.list_id)
        if place is None or source is None:
            return NotYet()
        target, at = place
        to_list = None if same_list else target
        asked_before = op.attempts > 0 and not same_list
        return MoveTask(
            source,
            row.remote_id,
            RemotePlace(at.parent_id, at.previous_id, to_list),
            asked_before,
        )

    def _move_done(self, row: TaskRow, base: TaskBaseRow) -> Prepared:
        agreed = self._mirror.spot_of_base(base)
        if base.hidden:
            row.parent_id = agreed.parent_id
        if agreed == Spot(row.list_id, row.parent_id):
            return NothingToTell()
        place = self._place(row, refusals=0)
        source = self._list_remote_id(base.list_id)
        if place is None or source is None or row.remote_id is None:
            return NotYet()
        _, at = place
        return MoveTask(source, row.remote_id, RemotePlace(at.parent_id, None), asked_before=False)

    def _delete(self, row: TaskRow) -> Prepared:
        base = self._mirror.base(row)
        if row.deleted_at is None or row.remote_id is None or base is None or base.deleted:
            return NothingToTell()
        if self._children_to_delete(row) or self._children_to_save(row):
            return NotYet()
        list_remote_id = self._list_remote_id(base.list_id)
        if list_remote_id is None:
            return NotYet()
        return DeleteTask(list_remote_id, row.remote_id, base.etag)

    def _place(self, row: TaskRow, *, refusals: int) -> tuple[str, RemotePlace] | None:
        """Give the list and the neighbours by Google's ids; None when they are not there yet."""
        list_remote_id = self._list_remote_id(row.list_id)
        if list_remote_id is None or row.list_id in self._held:
            return None
        parent_remote_id = None
        if row.parent_id is not None:
            parent = self.session.get_one(TaskRow, row.parent_id)
            parent_base = self._mirror.base(parent)
            if parent_base is None or parent_base.deleted or parent_base.list_id != row.list_id:
                return None
            if parent_base.hidden and (parent.hidden or self._waits_for_patch(parent)):
                # Google takes nothing below what is out of sight: the parent is reopened first,
                # or the next reading frees this one from it.
                return None
            parent_remote_id = parent.remote_id
        # Refused twice: perhaps the neighbour is the trouble, so do without.
        previous = None if refusals > 1 else self._previous(row)
        return list_remote_id, RemotePlace(parent_remote_id, previous)

    def _below_what_is_hidden(self, row: TaskRow) -> bool:
        parent = self.session.get(TaskRow, row.parent_id) if row.parent_id else None
        base = self._mirror.base(parent) if parent is not None else None
        return parent is not None and base is not None and parent.hidden and base.hidden

    def _waits_for_patch(self, row: TaskRow) -> bool:
        rows = self._mirror.outbox.of(list_id=row.list_id, task_id=row.id)
        return any(op.kind == OpKind.PATCH and op.state != OpState.REJECTED for op in rows)

    def _previous(self, row: TaskRow) -> str | None:
        """Find the nearest task before this one that stands at Google where it stands here."""
        wanted = (
            select(TaskRow, TaskBaseRow)
            .where(
                TaskRow.id == TaskBaseRow.task_id,
                TaskRow.list_id == row.list_id,
                TaskRow.parent_id == row.parent_id,
                TaskBaseRow.list_id == row.list_id,
                col(TaskRow.deleted_at).is_(None),
                col(TaskBaseRow.deleted).is_(False),
                TaskBaseRow.status == Status.NEEDS_ACTION,
                col(TaskRow.rank) < row.rank,
                col(TaskRow.id) != row.id,
                col(TaskRow.id).not_in(self._moving()),
            )
            .order_by(col(TaskRow.rank).desc(), col(TaskRow.id).desc())
        )
        # In small bites: the first is nearly always the one, and a list may hold thousands.
        for before, base in self.session.exec(wanted.execution_options(yield_per=20)):
            if self._mirror.spot_of_base(base).parent_id == row.parent_id:
                return before.remote_id
        return None

    def _moving(self) -> list[str]:
        wanted = select(TaskOutboxRow.task_id).where(
            TaskOutboxRow.kind == OpKind.MOVE, TaskOutboxRow.state == OpState.QUEUED
        )
        return [task_id for task_id in self.session.exec(wanted) if task_id is not None]

    def _children_to_delete(self, row: TaskRow) -> bool:
        wanted = (
            select(TaskOutboxRow.seq)
            .join(TaskRow, col(TaskRow.id) == col(TaskOutboxRow.task_id))
            .where(
                TaskRow.parent_id == row.id,
                TaskOutboxRow.kind == OpKind.DELETE,
                col(TaskOutboxRow.state) != OpState.REJECTED,
            )
        )
        return self.session.exec(wanted).first() is not None

    def _children_to_save(self, row: TaskRow) -> bool:
        """Tell whether Google has live tasks below this one, put there since it was deleted here.

        Deleting it would take them along; their moves out are in the outbox.
        """
        wanted = select(TaskRow.id).where(
            TaskRow.id == TaskBaseRow.task_id,
            TaskBaseRow.parent_remote_id == row.remote_id,
            col(TaskBaseRow.deleted).is_(False),
            col(TaskRow.deleted_at).is_(None),
            # What Google has put out of sight it does not let anybody move.
            col(TaskBaseRow.hidden).is_(False),
        )
        return self.session.exec(wanted).first() is not None

    def _drop_deletion(self, row: TaskRow) -> None:
        for op in self._mirror.outbox.of(list_id=row.list_id, task_id=row.id):
            if op.kind == OpKind.DELETE:
                self.session.delete(op)

    # Lists

    def _about_list(self, op: TaskOutboxRow) -> Prepared:
        row = self.session.get_one(TaskListRow, op.list_id)
        if row.id in self._held:
            return NotYet()
        match OpKind(op.kind):
            case OpKind.LIST_INSERT:
                if row.remote_id is not None or row.deleted_at is not None:
                    return NothingToTell()
                op.fingerprint = row.title
                return InsertList(row.title)
            case OpKind.LIST_RENAME:
                if row.remote_id is None:
                    return NotYet() if self._waits_for_insert(op) else NothingToTell()
                if row.deleted_at is not None or row.title == row.base_title:
                    return NothingToTell()
                return RenameList(row.remote_id, row.title)
            case OpKind.LIST_DELETE:
                return self._delete_list(row)
            case OpKind.CLEAR:
                return self._clear(row)
            case OpKind.INSERT | OpKind.PATCH | OpKind.MOVE | OpKind.DELETE:
                raise AssertionError(f"{op.kind} is not about a list")
            case unknown:
                assert_never(unknown)

    def _waits_for_insert(self, op: TaskOutboxRow) -> bool:
        rows = self._mirror.outbox.of(list_id=op.list_id, task_id=None)
        return any(row.kind == OpKind.LIST_INSERT for row in rows)

    def _delete_list(self, row: TaskListRow) -> Prepared:
        if row.remote_id is None or row.deleted_at is None:
            return NothingToTell()
        still_there = (
            select(TaskRow.id)
            .join(TaskBaseRow, col(TaskBaseRow.task_id) == col(TaskRow.id))
            .where(
                TaskBaseRow.list_id == row.id,
                col(TaskBaseRow.deleted).is_(False),
                col(TaskRow.deleted_at).is_(None),
            )
        )
        if self.session.exec(still_there).first() is not None:
            # Moved out here and not yet there: deleting the list now would take it along.
            return NotYet()
        return DeleteList(row.remote_id)

    def _clear(self, row: TaskListRow) -> Prepared:
        if row.remote_id is None or row.deleted_at is not None:
            return NothingToTell()
        waiting = (
            select(TaskOutboxRow.seq)
            .join(TaskRow, col(TaskRow.id) == col(TaskOutboxRow.task_id))
            .where(TaskRow.list_id == row.id, col(TaskRow.hidden).is_(True))
        )
        if self.session.exec(waiting).first() is not None:
            return NotYet()
        if not self.cleared_here(row.id):
            return NothingToTell()
        return ClearList(row.remote_id)

    def cleared_here(self, list_id: str) -> Sequence[TaskRow]:
        """List the tasks out of sight here that Google still shows."""
        wanted = select(TaskRow).where(
            TaskRow.id == TaskBaseRow.task_id,
            TaskRow.list_id == list_id,
            col(TaskRow.hidden).is_(True),
            col(TaskRow.deleted_at).is_(None),
            col(TaskBaseRow.hidden).is_(False),
            col(TaskBaseRow.deleted).is_(False),
        )
        return self.session.exec(wanted).all()

    def completed_in_sight(self, list_id: str) -> int:
        """Count the completed tasks of a list that are in sight on both sides."""
        wanted = select(TaskRow.id).where(
            TaskRow.id == TaskBaseRow.task_id,
            TaskRow.list_id == list_id,
            TaskBaseRow.status == Status.COMPLETED,
            col(TaskRow.hidden).is_(False),
            col(TaskRow.deleted_at).is_(None),
            col(TaskBaseRow.hidden).is_(False),
        )
        return len(self.session.exec(wanted).all())

    def _list_remote_id(self, list_id: str) -> str | None:
        if list_id in self._held:
            return None
        return self.session.get_one(TaskListRow, list_id).remote_id
