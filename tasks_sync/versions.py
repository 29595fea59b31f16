"""One task in its three versions: the row here, the base row and Google's. Conversions only."""

from __future__ import annotations

from dataclasses import replace

from tasks_sync.fingerprint import unmarked
from tasks_sync.merge import Content
from tasks_sync.model import Status
from tasks_sync.remote import RemoteTask
from tasks_sync.rows import TaskBaseRow, TaskRow


def content_here(row: TaskRow) -> Content:
    """Give what a task says here."""
    return Content(row.title, row.notes, row.due, Status(row.status), row.completed_at)


def raw_content_of_base(base: TaskBaseRow) -> Content:
    """Give what a task was last seen to say at Google, to the letter."""
    return Content(base.title, base.notes, base.due, Status(base.status), base.completed_at)


def content_of_base(base: TaskBaseRow) -> Content:
    """Give the same without the mark of a strict insert."""
    return replace(raw_content_of_base(base), notes=unmarked(base.notes))


def content_there(remote: RemoteTask) -> Content:
    """Give what a task says at Google, without the mark of a strict insert."""
    return Content(
        remote.title, unmarked(remote.notes), remote.due, remote.status, remote.completed_at
    )


def no_news(base: TaskBaseRow, remote: RemoteTask, list_id: str) -> bool:
    """Tell whether Google shows a task as it was last seen."""
    # The etag alone would do if it were promised to be a version; it is not.
    return (
        base.etag == remote.etag
        and base.list_id == list_id
        and base.deleted == remote.deleted
        and base.parent_remote_id == remote.parent_id
        and base.hidden == remote.hidden
        and base.updated == remote.updated
        and (base.title, base.notes, base.due) == (remote.title, remote.notes, remote.due)
        and (base.status, base.completed_at) == (remote.status, remote.completed_at)
    )


def base_row(task_id: str, remote: RemoteTask, list_id: str) -> TaskBaseRow:
    """Make the first base of a task."""
    base = TaskBaseRow(task_id=task_id, etag="", list_id=list_id)
    update_base(base, remote, list_id)
    return base


def update_base(base: TaskBaseRow, remote: RemoteTask, list_id: str) -> None:
    """Take what Google shows as what was last seen."""
    base.etag, base.updated, base.list_id = remote.etag, remote.updated, list_id
    base.parent_remote_id, base.position = remote.parent_id, remote.position
    base.title, base.notes, base.due = remote.title, remote.notes, remote.due
    base.status, base.completed_at = remote.status, remote.completed_at
    base.hidden, base.deleted = remote.hidden, remote.deleted
