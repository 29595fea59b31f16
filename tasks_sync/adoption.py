"""Recognising what our own unanswered inserts have made, in one transaction. Nothing here sends.

Before a task that Google shows becomes a new one here, it is held against every insert whose fate
is unknown. One that was sent again may leave a second copy behind; such a twin is not taken in but
noted, and looked at once more before it is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select

from tasks_sync.fingerprint import Sent, made_by, pair, sent_status
from tasks_sync.means import Means
from tasks_sync.mirror import Mirror
from tasks_sync.plan import LateCopy, could_be_late
from tasks_sync.remote import RemoteTask
from tasks_sync.rows import OpKind, OpState, TaskOutboxRow, TaskResentRow, TaskRow


class Adoption:
    """Holds unknown tasks against the inserts and second copies that are waited for."""

    def __init__(self, mirror: Mirror, means: Means) -> None:
        self._mirror, self._means = mirror, means

    def take(self, tasks: Sequence[RemoteTask], list_id: str) -> list[RemoteTask]:
        """Pair tasks with inserts; give the rest, which are new and somebody else's."""
        unknown = [task for task in tasks if self._mirror.row(task.id) is None]
        if not unknown:
            return []
        self._adopt(unknown, list_id)
        fresh = [task for task in unknown if not task.deleted and self._mirror.row(task.id) is None]
        return self._without_twins(fresh)

    def _adopt(self, unknown: Sequence[RemoteTask], list_id: str) -> None:
        wanted = (
            select(TaskOutboxRow, TaskRow)
            .where(
                TaskOutboxRow.task_id == TaskRow.id,
                TaskOutboxRow.kind == OpKind.INSERT,
                col(TaskOutboxRow.attempts) > 0,
                col(TaskOutboxRow.state) != OpState.SENDING,
                col(TaskOutboxRow.fingerprint).is_not(None),
                col(TaskRow.remote_id).is_(None),
            )
            .order_by(col(TaskOutboxRow.seq))
        )
        waiting = {op.op_id: (op, row) for op, row in self._mirror.session.exec(wanted)}
        sent = [Sent(op.op_id, str(op.fingerprint), op.nonce) for op, _ in waiting.values()]
        by_id = {task.id: task for task in unknown}
        for found in pair(sent, unknown):
            op, row = waiting[found.op_id]
            self._mirror.session.delete(op)
            self._mirror.session.flush()
            status = sent_status(str(op.fingerprint))
            self._mirror.adopt(row, by_id[found.remote_id], list_id, status)

    def _without_twins(self, fresh: Sequence[RemoteTask]) -> list[RemoteTask]:
        watched = list(self._mirror.session.exec(select(TaskResentRow)))
        if not watched:
            return list(fresh)
        noted = {copy.twin_remote_id for copy in watched}
        rest = []
        for task in fresh:
            if task.id in noted:
                continue
            copy = next((copy for copy in watched if _twin(copy, task)), None)
            if copy is None:
                rest.append(task)
            else:
                copy.twin_remote_id, copy.twin_etag = task.id, task.etag
        return rest


def _twin(copy: TaskResentRow, task: RemoteTask) -> bool:
    if copy.twin_remote_id is not None:
        return False
    if not made_by(Sent(copy.id, copy.fingerprint, copy.nonce), task):
        return False
    marked = copy.nonce is not None
    return marked or could_be_late(LateCopy(copy.sent_at, copy.probed_at), task.updated)
