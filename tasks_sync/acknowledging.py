"""Taking in what Google answers to a change of ours. Nothing here sends."""

from __future__ import annotations

from typing import TypeAlias

from sqlmodel import Session, col, select

from tasks_sync.calls import (
    Call,
    DeleteList,
    DeleteTask,
    InsertList,
    InsertTask,
    MoveTask,
    PatchTask,
    RenameList,
)
from tasks_sync.lists import cursor_of, list_deleted
from tasks_sync.mirror import Mirror
from tasks_sync.model import Status
from tasks_sync.remote import RemoteList, RemotePlace, RemoteTask
from tasks_sync.rows import OpKind, TaskBaseRow, TaskListRow, TaskOutboxRow, TaskRow

Answer: TypeAlias = RemoteTask | RemoteList | None


def acknowledge(mirror: Mirror, op: TaskOutboxRow, call: Call, answer: Answer) -> None:
    """Note what Google answered to the call of a row that has just been taken off the outbox."""
    if op.task_id is not None:
        row = mirror.session.get_one(TaskRow, op.task_id)
        _acknowledge_task(mirror, row, call, answer)
        return
    list_row = mirror.session.get_one(TaskListRow, op.list_id)
    match call:
        case InsertList() | RenameList():
            assert isinstance(answer, RemoteList)
            list_row.remote_id = answer.id
            list_row.base_title, list_row.base_etag = answer.title, answer.etag
            if list_row.title == answer.title:
                list_row.title_at = None
            else:
                mirror.outbox.want(OpKind.LIST_RENAME, list_id=op.list_id, task_id=None)
            if list_row.deleted_at is not None:
                mirror.outbox.want(OpKind.LIST_DELETE, list_id=op.list_id, task_id=None)
        case DeleteList():
            list_deleted(mirror, list_row)
        case _:
            # Clearing shows in the tasks when they are next read.
            pass


def _acknowledge_task(mirror: Mirror, row: TaskRow, call: Call, answer: Answer) -> None:
    if isinstance(call, DeleteTask):
        base = mirror.base(row)
        if base is not None:
            base.deleted = True
        mirror.session.flush()
        _make_anew_what_went_along(mirror, row)
        if row.deleted_at is None:
            mirror.forget_remote(row)
        return
    assert isinstance(answer, RemoteTask)
    list_id = _where_it_stands(mirror, row, call)
    mirror.acknowledge(row, answer, list_id)
    reopened = isinstance(call, PatchTask) and call.changes.status is Status.NEEDS_ACTION
    if reopened and row.deleted_at is None:
        # Google puts a reopened task first; it belongs where it stood.
        mirror.outbox.want(
            OpKind.MOVE, list_id=row.list_id, task_id=row.id, local_rev=row.local_rev
        )
    if reopened or isinstance(call, InsertTask | MoveTask):
        cursor_of(mirror, list_id).list_etag = None
    if row.deleted_at is not None:
        mirror.outbox.want(OpKind.DELETE, list_id=row.list_id, task_id=row.id)


def _make_anew_what_went_along(mirror: Mirror, row: TaskRow) -> None:
    """Save live subtasks that Google deleted with their parent: out of sight, they had to stay."""
    wanted = select(TaskRow).where(
        TaskRow.id == TaskBaseRow.task_id,
        TaskBaseRow.parent_remote_id == row.remote_id,
        col(TaskBaseRow.deleted).is_(False),
        col(TaskBaseRow.hidden).is_(True),
        col(TaskRow.deleted_at).is_(None),
    )
    for child in mirror.session.exec(wanted).all():
        child.parent_id = None
        mirror.forget_remote(child)


def _where_it_stands(mirror: Mirror, row: TaskRow, call: Call) -> str:
    """Give the list in which Google has the task after the call."""
    match call:
        case InsertTask(list_id=remote_id) | MoveTask(place=RemotePlace(to_list_id=str(remote_id))):
            return _list_by_remote_id(mirror.session, remote_id)
        case _:
            base = mirror.base(row)
            return row.list_id if base is None else base.list_id


def _list_by_remote_id(session: Session, remote_id: str) -> str:
    wanted = select(TaskListRow.id).where(TaskListRow.remote_id == remote_id)
    return session.exec(wanted).one()
