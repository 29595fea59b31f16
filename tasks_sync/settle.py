"""Finding out what became of inserts that were never answered. Changes nothing but second copies.

An insert is sent again only after the line has been quiet long enough and Google has been searched
in vain; what that leaves behind after all is deleted, unless somebody has touched it.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tasks_sync.adoption import Adoption
from tasks_sync.errors import RemoteChanged, RemoteNotFound
from tasks_sync.means import Means
from tasks_sync.mirror import Mirror, Told
from tasks_sync.notices import TwinKept, TwinRemoved
from tasks_sync.plan import BETWEEN_PROBES, PROBE_REACH, TWIN_WATCH, probes_wanted, quiet_until
from tasks_sync.remote import Remote, RemoteTask
from tasks_sync.rows import (
    OpKind,
    OpState,
    TaskBaseRow,
    TaskListRow,
    TaskOutboxRow,
    TaskResentRow,
    TaskRow,
)

MOST_PAGES = 1000


def recover(means: Means) -> None:
    """Call every row that was being sent when the process died uncertain; run before anything.

    A kill says as little as a timeout, so it is followed by the same long silence.
    """
    wanted = select(TaskOutboxRow).where(TaskOutboxRow.state == OpState.SENDING)
    with means.reading() as session:
        if session.exec(wanted).first() is None:
            return
    with means.transaction() as session:
        for op in session.exec(wanted):
            op.timed_out, op.probes = True, 0
            if op.kind in (OpKind.INSERT, OpKind.LIST_INSERT):
                op.state = OpState.UNCERTAIN
                op.next_at = quiet_until(means.now(), timed_out=True)
            else:
                op.state, op.next_at = OpState.QUEUED, means.now()


class Settle:
    """Looks for unanswered inserts and for second copies."""

    def __init__(self, remote: Remote, means: Means, told: Told, ahead: timedelta) -> None:
        self._remote, self._means, self._told, self._ahead = remote, means, told, ahead

    def look_for_inserts(self) -> None:
        """Search Google for each insert whose silence is over; the pull has looked before."""
        due: dict[str, list[TaskOutboxRow]] = defaultdict(list)
        with self._means.reading() as session:
            for op in session.exec(self._uncertain(OpKind.INSERT)):
                due[op.list_id].append(op)
        for ops in due.values():
            self._probe(ops)
        self._lists_not_made()

    def sweep_twins(self) -> None:
        """Look once more at each second copy noted in an earlier run, and delete it."""
        for copy in self._watched():
            if copy.twin_remote_id is not None:
                self._sweep(copy)

    def stop_watching(self) -> None:
        """End the watch for copies that did not come in a day; after a pull, never before one."""
        for copy in self._watched():
            age = self._means.now() + self._ahead - copy.sent_at
            if copy.twin_remote_id is None and age > TWIN_WATCH:
                self._forget(copy)

    def _watched(self) -> list[TaskResentRow]:
        with self._means.reading() as session:
            return list(session.exec(select(TaskResentRow)))

    # Inserts

    def _uncertain(self, kind: OpKind) -> SelectOfScalar[TaskOutboxRow]:
        return (
            select(TaskOutboxRow)
            .where(
                TaskOutboxRow.kind == kind,
                TaskOutboxRow.state == OpState.UNCERTAIN,
                col(TaskOutboxRow.next_at) <= self._means.now(),
            )
            .order_by(col(TaskOutboxRow.seq))
        )

    def _probe(self, ops: list[TaskOutboxRow]) -> None:
        with self._means.reading() as session:
            task_list = session.get_one(TaskListRow, ops[0].list_id)
        shown: list[RemoteTask] = []
        if task_list.remote_id is not None:
            shown = self._shown_since(task_list.remote_id, ops)
        with self._means.transaction() as session:
            mirror = Mirror(session, self._means, self._told, self._ahead)
            mirror.preload([task.id for task in shown])
            Adoption(mirror, self._means).take(shown, task_list.id)
            for op in ops:
                still = session.get(TaskOutboxRow, op.seq)
                if still is not None:
                    self._not_found(mirror, still)

    def _shown_since(self, remote_id: str, ops: list[TaskOutboxRow]) -> list[RemoteTask]:
        since = min(op.sent_at for op in ops if op.sent_at is not None) - PROBE_REACH
        shown: dict[str, RemoteTask] = {}
        token: str | None = None
        for _ in range(MOST_PAGES):
            page = self._remote.page(remote_id, since, token)
            shown |= {task.id: task for task in page.items}
            if page.next_token is None or page.next_token == token:
                break
            token = page.next_token
        return list(shown.values())

    def _not_found(self, mirror: Mirror, op: TaskOutboxRow) -> None:
        now = self._means.now()
        op.probes += 1
        if op.probes < probes_wanted(timed_out=op.timed_out):
            op.next_at = now + BETWEEN_PROBES
            return
        assert op.sent_at is not None, "an uncertain row was sent"
        mirror.session.add(
            TaskResentRow(
                id=self._means.new_id(),
                task_id=str(op.task_id),
                list_id=op.list_id,
                fingerprint=str(op.fingerprint),
                nonce=op.nonce,
                sent_at=op.sent_at,
                probed_at=now + self._ahead,
            )
        )
        op.state, op.next_at = OpState.QUEUED, now

    def _lists_not_made(self) -> None:
        """Send lists again that no cycle since has shown; each cycle reads all lists anyway."""
        with self._means.reading() as session:
            due = [op.seq for op in session.exec(self._uncertain(OpKind.LIST_INSERT))]
        if not due:
            return
        with self._means.transaction() as session:
            for seq in due:
                op = session.get(TaskOutboxRow, seq)
                if op is not None:
                    op.state, op.next_at = OpState.QUEUED, self._means.now()

    # Second copies

    def _sweep(self, copy: TaskResentRow) -> None:
        with self._means.reading() as session:
            list_remote_id = session.get_one(TaskListRow, copy.list_id).remote_id
            title = session.get_one(TaskRow, copy.task_id).title
            has_children = _has_children(session, str(copy.twin_remote_id))
        if list_remote_id is None:
            self._forget(copy)
            return
        try:
            twin = self._remote.task(list_remote_id, str(copy.twin_remote_id))
        except RemoteNotFound:
            twin = None
        if twin is None or twin.deleted:
            self._forget(copy)
            return
        if twin.etag != copy.twin_etag or has_children:
            self._keep(copy, twin)
            return
        try:
            self._remote.delete(list_remote_id, twin.id, twin.etag)
        except RemoteNotFound:
            self._forget(copy)
        except RemoteChanged:
            self._keep(copy, self._remote.task(list_remote_id, twin.id))
        else:
            self._told.pushed += 1
            self._told.notices.append(TwinRemoved(copy.task_id, title))
            self._forget(copy, "twin removed")

    def _keep(self, copy: TaskResentRow, twin: RemoteTask) -> None:
        with self._means.transaction() as session:
            mirror = Mirror(session, self._means, self._told, self._ahead)
            session.delete(session.get_one(TaskResentRow, copy.id))
            if mirror.row(twin.id) is None:
                row = mirror.create(twin, copy.list_id)
                session.flush()
                mirror.place_new(row, twin)
                self._told.notices.append(TwinKept(row.id, row.title))

    def _forget(self, copy: TaskResentRow, event: str | None = None) -> None:
        with self._means.transaction() as session:
            if event is not None:
                mirror = Mirror(session, self._means, self._told, self._ahead)
                mirror.event(event, copy.task_id, str(copy.twin_remote_id))
            session.delete(session.get_one(TaskResentRow, copy.id))


def _has_children(session: Session, remote_id: str) -> bool:
    wanted = select(TaskBaseRow.task_id).where(TaskBaseRow.parent_remote_id == remote_id)
    return session.exec(wanted).first() is not None
