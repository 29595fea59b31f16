"""Bringing the lists themselves to agreement, inside one transaction. Nothing here sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from tasks_sync.arrangement import repair
from tasks_sync.means import Means
from tasks_sync.merge import Lost
from tasks_sync.mirror import Mirror
from tasks_sync.ordering import GAP
from tasks_sync.remote import RemoteList
from tasks_sync.rows import (
    OpKind,
    OpState,
    TaskBaseRow,
    TaskCursorRow,
    TaskListRow,
    TaskOutboxRow,
    TaskRow,
)


@dataclass(frozen=True)
class ListToRead:
    """A list that both sides have, and how far it was read; `etag` is the newest."""

    list_id: str
    remote_id: str
    title: str
    etag: str
    etag_before: str | None
    seen_until: datetime | None
    last_full_at: datetime | None
    removal: str


@dataclass(frozen=True)
class MissingList:
    """A list that Google does not show any more."""

    list_id: str
    remote_id: str
    title: str


@dataclass(frozen=True)
class AgreedLists:
    """What to read, and what to look for."""

    to_read: tuple[ListToRead, ...]
    missing: tuple[MissingList, ...]


def agree_lists(mirror: Mirror, means: Means, shown: Sequence[RemoteList]) -> AgreedLists:
    """Take in the lists that Google shows; pair those it made for us without our hearing of it."""
    rows = list(mirror.session.exec(select(TaskListRow)))
    known = {row.remote_id: row for row in rows if row.remote_id}
    for number, remote in enumerate(shown):
        row = known.get(remote.id) or _adopt(mirror, remote)
        if row is None:
            row = _create(mirror, means, remote)
            row.rank = number * GAP
        _take_title(mirror, row, remote)
        known[remote.id] = row
    mirror.session.flush()
    ids = {remote.id: remote.etag for remote in shown}
    to_read = [
        _to_read(mirror, row, ids[remote_id])
        for remote_id, row in known.items()
        if remote_id in ids and row.deleted_at is None
    ]
    missing = [
        MissingList(row.id, remote_id, row.title)
        for remote_id, row in known.items()
        if remote_id not in ids and _expected(mirror, row)
    ]
    return AgreedLists(tuple(to_read), tuple(missing))


def _adopt(mirror: Mirror, remote: RemoteList) -> TaskListRow | None:
    """Find the list whose unanswered making this is, the oldest first."""
    wanted = (
        select(TaskListRow, TaskOutboxRow)
        .where(
            TaskOutboxRow.list_id == TaskListRow.id,
            TaskOutboxRow.kind == OpKind.LIST_INSERT,
            col(TaskListRow.remote_id).is_(None),
            col(TaskOutboxRow.attempts) > 0,
            TaskOutboxRow.fingerprint == remote.title,
        )
        .order_by(col(TaskOutboxRow.seq))
    )
    found = mirror.session.exec(wanted).first()
    if found is None:
        return None
    row, op = found
    row.remote_id, row.base_title, row.base_etag = remote.id, remote.title, remote.etag
    mirror.session.delete(op)
    mirror.session.flush()
    mirror.event("adopted list", None, row.title)
    if row.title != remote.title:
        mirror.outbox.want(OpKind.LIST_RENAME, list_id=row.id, task_id=None)
    return row


def _create(mirror: Mirror, means: Means, remote: RemoteList) -> TaskListRow:
    at = means.now()
    row = TaskListRow(
        id=means.new_id(),
        remote_id=remote.id,
        title=remote.title,
        base_title=remote.title,
        base_etag=remote.etag,
        created_at=at,
        updated_at=at,
    )
    mirror.session.add(row)
    mirror.session.flush()
    return row


def _take_title(mirror: Mirror, row: TaskListRow, remote: RemoteList) -> None:
    changed_there = row.base_title is not None and remote.title != row.base_title
    changed_here = row.title_at is not None and row.title != remote.title
    if changed_here and not changed_there and row.base_title is not None:
        return
    if changed_here and changed_there:
        # A list has no trustworthy time of change, so Google's title is kept, as for any tie.
        lost = Lost("list title", row.title, remote.title, "here")
        mirror.remember(lost, task_id=None, list_id=row.id)
    if row.title != remote.title:
        mirror.outbox.cancel(OpKind.LIST_RENAME, list_id=row.id, task_id=None)
        row.title = remote.title
    row.title_at = None
    row.base_title, row.base_etag = remote.title, remote.etag


def _to_read(mirror: Mirror, row: TaskListRow, etag: str) -> ListToRead:
    cursor = cursor_of(mirror, row.id)
    return ListToRead(
        list_id=row.id,
        remote_id=str(row.remote_id),
        title=row.title,
        etag=etag,
        etag_before=cursor.list_etag,
        seen_until=cursor.seen_until,
        last_full_at=cursor.last_full_at,
        removal=cursor.removal,
    )


def cursor_of(mirror: Mirror, list_id: str) -> TaskCursorRow:
    """Give the cursor of a list, a fresh one at first."""
    cursor = mirror.session.get(TaskCursorRow, list_id)
    if cursor is None:
        cursor = TaskCursorRow(list_id=list_id)
        mirror.session.add(cursor)
        mirror.session.flush()
    return cursor


def _expected(mirror: Mirror, row: TaskListRow) -> bool:
    """Tell whether a list should still be shown; a deletion of ours that came true is noted."""
    if row.deleted_at is None:
        return True
    for op in mirror.outbox.of(list_id=row.id, task_id=None):
        if op.kind == OpKind.LIST_DELETE and op.state != OpState.SENDING:
            list_deleted(mirror, row)
    return False


def list_deleted(mirror: Mirror, row: TaskListRow) -> None:
    """Note that Google has deleted a list on our word."""
    for op in mirror.outbox.of(list_id=row.id, task_id=None):
        mirror.session.delete(op)
    row.remote_id = None
    _bases_deleted(mirror, row.id)
    mirror.session.flush()


def _bases_deleted(mirror: Mirror, list_id: str) -> None:
    # Written though Google showed nothing: it confirmed that the list is gone with its tasks.
    for base in mirror.session.exec(select(TaskBaseRow).where(TaskBaseRow.list_id == list_id)):
        base.deleted = True


def list_gone(mirror: Mirror, means: Means, missing: MissingList, default_id: str) -> int:
    """Follow a deletion at Google; give how many tasks were kept by moving to the default list.

    Kept is what was made or edited here and not yet sent: nobody at the phone has seen it.
    """
    row = mirror.session.get_one(TaskListRow, missing.list_id)
    live = mirror.session.exec(
        select(TaskRow).where(TaskRow.list_id == row.id, col(TaskRow.deleted_at).is_(None))
    ).all()
    kept = [task for task in live if _unsent_words(mirror, task)]
    for task in live:
        if task not in kept:
            mirror.delete_here(task)
            task.deleted_with = row.id
    for task in kept:
        _rescue(mirror, task, default_id)
    _bases_deleted(mirror, row.id)
    for op in mirror.outbox.of(list_id=row.id, task_id=None):
        mirror.session.delete(op)
    row.deleted_at, row.remote_id = means.now(), None
    mirror.session.flush()
    repair(mirror, default_id)
    return len(kept)


def _unsent_words(mirror: Mirror, task: TaskRow) -> bool:
    if mirror.base(task) is None:
        return True
    return any(at is not None for at in (task.title_at, task.notes_at, task.due_at))


def _rescue(mirror: Mirror, task: TaskRow, default_id: str) -> None:
    mirror.forget_remote(task)
    task.list_id = default_id
    mirror.session.flush()
    for op in mirror.outbox.of(list_id=default_id, task_id=task.id):
        op.list_id = default_id
