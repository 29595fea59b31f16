"""Telling what was forgotten: a difference that no waiting row stands for. Nothing here is sent.

A wish and its row are written together, so this should find nothing. But a row can be dropped for
a later wish (a deletion) that then loses to the other side, and what it stood for would stay
untold for ever. A row says only that a task needs telling, so one too many costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import Session, col, or_, select

from tasks_sync.canon import same
from tasks_sync.means import Means
from tasks_sync.outbox import Outbox
from tasks_sync.rows import OpKind, TaskBaseRow, TaskOutboxRow, TaskRow


def tell_forgotten(means: Means) -> int:
    """Queue a row for every task that differs from what Google last showed and has none.

    Give how many rows were queued.
    """
    with means.reading() as session:
        if not list(_forgotten(session)):
            return 0
    with means.transaction() as session:
        outbox = Outbox(session, means.now, means.new_id)
        wanted = list(_forgotten(session))
        for kind, row in wanted:
            outbox.want(kind, list_id=row.list_id, task_id=row.id, local_rev=row.local_rev)
        return len(wanted)


def _forgotten(session: Session) -> Iterator[tuple[OpKind, TaskRow]]:
    told = select(TaskOutboxRow.task_id).where(col(TaskOutboxRow.task_id).is_not(None))
    wanted = (
        select(TaskRow, TaskBaseRow)
        .where(TaskRow.id == TaskBaseRow.task_id, col(TaskRow.id).not_in(told))
        .where(col(TaskRow.deleted_at).is_(None), col(TaskRow.assigned).is_(False))
        .where(col(TaskRow.hidden).is_(False), col(TaskBaseRow.hidden).is_(False))
        .where(col(TaskBaseRow.deleted).is_(False))
        # Told apart by SQLite already: reading every task at each cycle would cost more than all
        # the rest of it.
        .where(
            or_(
                col(TaskRow.list_id) != col(TaskBaseRow.list_id),
                col(TaskRow.title) != col(TaskBaseRow.title),
                col(TaskRow.notes) != col(TaskBaseRow.notes),
                col(TaskRow.status) != col(TaskBaseRow.status),
                col(TaskRow.due).is_distinct_from(col(TaskBaseRow.due)),
            )
        )
    )
    for row, base in session.exec(wanted):
        if row.list_id != base.list_id:
            yield OpKind.MOVE, row
        if _differs(row, base):
            yield OpKind.PATCH, row


def _differs(row: TaskRow, base: TaskBaseRow) -> bool:
    texts = same(row.title, base.title) and same(row.notes, base.notes)
    return not texts or (row.due, row.status) != (base.due, base.status)
