"""The mirror of Google's tasks in the database, inside one transaction. Nothing here sends.

What Google shows comes in through `absorb`; what it answers to a change of ours through
`acknowledge`. Only these two write the base.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from sqlmodel import Session, col, select

from tasks_sync.canon import same
from tasks_sync.fingerprint import unmarked
from tasks_sync.means import Means
from tasks_sync.merge import (
    Content,
    Edits,
    Fate,
    Here,
    Lost,
    Merged,
    Spot,
    There,
    merge,
)
from tasks_sync.model import Status
from tasks_sync.notices import Notice, TaskCameBack
from tasks_sync.outbox import Outbox
from tasks_sync.plan import changes_needed
from tasks_sync.remote import RemoteTask
from tasks_sync.rows import (
    OpKind,
    OpState,
    TaskBaseRow,
    TaskConflictRow,
    TaskEventRow,
    TaskRow,
)
from tasks_sync.versions import (
    base_row,
    content_here,
    content_of_base,
    content_there,
    no_news,
    raw_content_of_base,
    update_base,
)


@dataclass
class Told:
    """What happened in one run, gathered for the report."""

    pulled: int = 0
    pushed: int = 0
    conflicts: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


class Mirror:
    """Tasks, bases and conflicts, inside one transaction."""

    def __init__(self, session: Session, means: Means, told: Told, ahead: timedelta) -> None:
        self.session, self._means, self._told, self._ahead = session, means, told, ahead
        self.outbox = Outbox(session, means.now, means.new_id)
        self._rows: dict[str, TaskRow] = {}
        self._unknown: set[str] = set()
        self._bases: list[TaskBaseRow] = []

    # Looking

    def row(self, remote_id: str | None) -> TaskRow | None:
        """Give the task with this id of Google's."""
        if remote_id is None:
            return None
        row = self._rows.get(remote_id)
        if row is None or row.remote_id != remote_id:
            wanted = select(TaskRow).where(TaskRow.remote_id == remote_id)
            row = None if remote_id in self._unknown else self.session.exec(wanted).first()
            if row is not None:
                self._rows[remote_id] = row
        return row

    def base(self, row: TaskRow) -> TaskBaseRow | None:
        """Give what was last agreed about a task."""
        return self.session.get(TaskBaseRow, row.id)

    def preload(self, remote_ids: Sequence[str]) -> None:
        """Read many tasks and bases at once, so that `row` and `base` need not ask one by one."""
        for start in range(0, len(remote_ids), 400):
            wanted = select(TaskRow, TaskBaseRow).where(
                col(TaskRow.remote_id).in_(remote_ids[start : start + 400]),
                TaskRow.id == TaskBaseRow.task_id,
            )
            for row, base in self.session.exec(wanted):
                self._rows[str(row.remote_id)] = row
                # The session holds rows weakly; held here, `base` finds it without asking.
                self._bases.append(base)
        self._unknown = set(remote_ids) - set(self._rows)

    # Taking in what Google shows

    def create(self, remote: RemoteTask, list_id: str) -> TaskRow:
        """Take in a task made at Google."""
        at = self._means.now()
        row = TaskRow(
            id=self._means.new_id(),
            remote_id=remote.id,
            list_id=list_id,
            rank=0,
            title="",
            created_at=remote.updated or at,
            updated_at=remote.updated or at,
        )
        self._take(row, content_there(remote))
        row.hidden = remote.hidden
        self._surroundings(row, remote)
        self.session.add(row)
        self.session.add(base_row(row.id, remote, list_id))
        self._know(row)
        self._told.pulled += 1
        return row

    def place_new(self, row: TaskRow, remote: RemoteTask) -> None:
        """Put a task just taken in under its parent, once the parent is known."""
        parent = self.row(remote.parent_id)
        if parent is not None and parent.id != row.id and parent.list_id == row.list_id:
            row.parent_id = parent.id

    def absorb(
        self, row: TaskRow, remote: RemoteTask, list_id: str, *, keep_deleted: bool = False
    ) -> Fate | None:
        """Bring a known task to what it should be now; give what became of it, None: no news.

        With `keep_deleted` a deletion at Google makes the task anew, on the person's word.
        """
        base = self.base(row)
        assert base is not None, "a task known to Google has a base"
        if no_news(base, remote, list_id):
            return None
        if remote.deleted and self._deletion_taken_back(row):
            self._told.pulled += 1
            self.forget_remote(row)
            return Fate.MAKE_ANEW
        merged = merge(self._was(base), self.here(row), self._there(remote, list_id))
        if keep_deleted and merged.fate is Fate.DELETE_HERE:
            merged = replace(merged, fate=Fate.MAKE_ANEW)
        self._told.pulled += 1
        self._remember(row, merged.lost)
        self._apply(row, base, remote, list_id, merged)
        return merged.fate

    def vanished(self, row: TaskRow) -> RemoteTask:
        """Give what Google would show if it still showed a task that it no longer has."""
        base = self.base(row)
        assert base is not None, "a task known to Google has a base"
        content = content_of_base(base)
        return RemoteTask(
            id=str(row.remote_id),
            list_id="",
            etag=base.etag,
            updated=base.updated,
            title=content.title,
            notes=content.notes,
            due=content.due,
            status=content.status,
            completed_at=content.completed_at,
            hidden=base.hidden,
            deleted=True,
            parent_id=base.parent_remote_id,
            position=base.position,
            assigned=row.assigned,
            web_link=row.web_link,
            links_json=row.links_json,
        )

    def _know(self, row: TaskRow) -> None:
        self._rows[str(row.remote_id)] = row
        self._unknown.discard(str(row.remote_id))

    # Taking in what Google answers

    def acknowledge(self, row: TaskRow, remote: RemoteTask, list_id: str) -> None:
        """Take Google's answer to a change of ours as agreed; edits made meanwhile stay ours."""
        base = self.base(row)
        if base is None:
            base = base_row(row.id, remote, list_id)
            self.session.add(base)
        else:
            update_base(base, remote, list_id)
        row.remote_id = remote.id
        self._know(row)
        self._surroundings(row, remote)
        if row.status == remote.status and row.deleted_at is None:
            row.completed_at = remote.completed_at
            self.take_sight(row, hidden=remote.hidden)
        self._settle_edits(row, remote, list_id)
        self.session.flush()
        self.tell_rest(row)

    def take_sight(self, row: TaskRow, *, hidden: bool) -> None:
        """Put a task in or out of sight as at Google; what we clear and did not tell stays out."""
        if hidden or not self._clearing(row.list_id):
            row.hidden = hidden

    def adopt(self, row: TaskRow, remote: RemoteTask, list_id: str, sent_status: str) -> None:
        """Take a task found at Google as the one that an unanswered insert has made.

        What differs from what was sent was changed at Google since, so the base is what was sent.
        """
        as_sent = replace(
            remote,
            deleted=False,
            hidden=False,
            status=Status(sent_status),
            completed_at=remote.completed_at if sent_status == remote.status else None,
            etag="",
        )
        row.remote_id = remote.id
        self._know(row)
        base = self.base(row)
        if base is None:
            self.session.add(base_row(row.id, as_sent, list_id))
        else:
            update_base(base, as_sent, list_id)
        self.session.flush()
        self._event("adopted", row.id, row.title)
        self.absorb(row, remote, list_id)

    def forget_remote(self, row: TaskRow) -> None:
        """Make a task one that Google does not know, to be made anew there."""
        base = self.base(row)
        if base is not None:
            self.session.delete(base)
        for op in self.outbox.of(list_id=row.list_id, task_id=row.id):
            self.session.delete(op)
        row.remote_id, row.assigned = None, False
        row.place_at = self._means.now()
        self.session.flush()
        self.outbox.want(
            OpKind.INSERT, list_id=row.list_id, task_id=row.id, local_rev=row.local_rev
        )

    def tell_rest(self, row: TaskRow) -> None:
        """Note what Google still has to be told about a task."""
        base = self.base(row)
        if base is None or row.deleted_at is not None:
            return
        where = {"list_id": row.list_id, "task_id": row.id}
        if base.deleted:
            self.forget_remote(row)
            return
        if changes_needed(content_here(row), raw_content_of_base(base)):
            self.outbox.want(OpKind.PATCH, **where, local_rev=row.local_rev)
        if self.spot_of_base(base) != Spot(row.list_id, row.parent_id):
            self.outbox.want(OpKind.MOVE, **where, local_rev=row.local_rev)

    # Places

    def spot_of_base(self, base: TaskBaseRow) -> Spot:
        """Give the list and parent last agreed, in our ids."""
        parent = self.row(base.parent_remote_id)
        return Spot(base.list_id, parent.id if parent else None)

    def preload_list(self, list_id: str) -> None:
        """Read the bases of a list at once, so that `base` need not ask one by one."""
        wanted = select(TaskBaseRow).where(TaskBaseRow.list_id == list_id)
        self._bases += self.session.exec(wanted).all()

    def here(self, row: TaskRow) -> Here:
        """Give a task as it is here, with its times on Google's clock."""
        return Here(
            content=content_here(row),
            spot=Spot(row.list_id, row.parent_id),
            hidden=row.hidden,
            deleted_at=self._on_their_clock(row.deleted_at),
            edits=Edits(
                title=self._on_their_clock(row.title_at),
                notes=self._on_their_clock(row.notes_at),
                due=self._on_their_clock(row.due_at),
                status=self._on_their_clock(row.status_at),
                place=self._on_their_clock(row.place_at),
            ),
            clearing=row.hidden and self._clearing(row.list_id),
        )

    # What the above is made of

    def _was(self, base: TaskBaseRow) -> There:
        return There(
            content_of_base(base),
            self.spot_of_base(base),
            base.hidden,
            base.deleted,
            base.updated,
        )

    def _there(self, remote: RemoteTask, list_id: str) -> There:
        parent = self.row(remote.parent_id)
        spot = Spot(list_id, parent.id if parent else None)
        return There(content_there(remote), spot, remote.hidden, remote.deleted, remote.updated)

    def _apply(
        self, row: TaskRow, base: TaskBaseRow, remote: RemoteTask, list_id: str, merged: Merged
    ) -> None:
        if merged.fate is not Fate.MAKE_ANEW:
            update_base(base, remote, list_id)
            self._surroundings(row, remote)
        match merged.fate:
            case Fate.KEEP:
                self._keep(row, remote, list_id, merged)
            case Fate.RESTORE_HERE:
                row.deleted_at = row.deleted_with = None
                self.outbox.cancel(OpKind.DELETE, list_id=row.list_id, task_id=row.id)
                self._keep(row, remote, list_id, merged)
                self._came_back(row, deleted_here=True)
            case Fate.DELETE_HERE:
                self.delete_here(row)
            case Fate.DELETE_THERE:
                self._take(row, merged.content)
                row.hidden = merged.hidden
                self._settle_edits(row, remote, list_id)
                self.outbox.want(OpKind.DELETE, list_id=row.list_id, task_id=row.id)
            case Fate.GONE:
                self._drop_unsent(row)
            case Fate.MAKE_ANEW:
                self.forget_remote(row)
                self._came_back(row, deleted_here=False)
            case _:
                assert_never(merged.fate)

    def _keep(self, row: TaskRow, remote: RemoteTask, list_id: str, merged: Merged) -> None:
        hidden = merged.hidden if merged.spot.list_id == row.list_id else remote.hidden
        if merged.spot != Spot(row.list_id, row.parent_id):
            self.outbox.cancel(OpKind.MOVE, list_id=row.list_id, task_id=row.id)
            row.list_id, row.parent_id = merged.spot.list_id, merged.spot.parent_id
        self._take(row, merged.content)
        # A clearing of ours is about the list that the task has left, and spares it.
        row.hidden = hidden and merged.content.status is Status.COMPLETED
        self._settle_edits(row, remote, list_id)
        row.updated_at = remote.updated or self._means.now()
        self.session.flush()
        self.tell_rest(row)

    def delete_here(self, row: TaskRow) -> None:
        """Delete a task here because Google has; what was to be told about it falls away."""
        row.deleted_at, row.deleted_with = self._means.now(), row.id
        row.updated_at = row.deleted_at
        self._drop_unsent(row)
        self._event("deleted at Google", row.id, row.title)
        self.session.flush()

    def _deletion_taken_back(self, row: TaskRow) -> bool:
        """Tell whether a deletion of ours, undone since, may be what Google shows."""
        ops = self.outbox.of(list_id=row.list_id, task_id=row.id)
        sent = any(op.kind == OpKind.DELETE and op.attempts > 0 for op in ops)
        return row.deleted_at is None and sent

    def _drop_unsent(self, row: TaskRow) -> None:
        for op in self.outbox.of(list_id=row.list_id, task_id=row.id):
            if op.state in (OpState.QUEUED, OpState.REJECTED):
                self.session.delete(op)
        self.session.flush()

    def _take(self, row: TaskRow, content: Content) -> None:
        row.title, row.notes, row.due = content.title, content.notes, content.due
        row.status, row.completed_at = content.status, content.completed_at

    def _settle_edits(self, row: TaskRow, remote: RemoteTask, list_id: str) -> None:
        if same(row.title, remote.title):
            row.title_at = None
        if same(row.notes, unmarked(remote.notes)):
            row.notes_at = None
        if row.due == remote.due:
            row.due_at = None
        if row.status == remote.status:
            row.status_at = None
        if self._there(remote, list_id).spot == Spot(row.list_id, row.parent_id):
            row.place_at = None

    def _surroundings(self, row: TaskRow, remote: RemoteTask) -> None:
        row.assigned = remote.assigned
        row.web_link, row.links_json = remote.web_link, remote.links_json

    def _came_back(self, row: TaskRow, *, deleted_here: bool) -> None:
        self._event("came back", row.id, row.title)
        self._told.notices.append(TaskCameBack(row.id, row.title, deleted_here))

    def _remember(self, row: TaskRow, lost: Sequence[Lost]) -> None:
        for one in lost:
            self.remember(one, task_id=row.id, list_id=row.list_id)

    def remember(self, lost: Lost, *, task_id: str | None, list_id: str | None) -> None:
        """Keep a value that lost, so that it can be brought back."""
        conflict = TaskConflictRow(
            id=self._means.new_id(),
            task_id=task_id,
            list_id=list_id,
            field=lost.field,
            lost=lost.lost,
            kept=lost.kept,
            lost_side=lost.side,
            at=self._means.now(),
        )
        self.session.add(conflict)
        self._told.conflicts.append(conflict.id)

    def _event(self, kind: str, task_id: str | None, text: str) -> None:
        self.session.add(TaskEventRow(at=self._means.now(), kind=kind, task_id=task_id, text=text))

    def event(self, kind: str, task_id: str | None, text: str) -> None:
        """Note what was done, for the person who asks later."""
        self._event(kind, task_id, text)

    def _on_their_clock(self, at: datetime | None) -> datetime | None:
        return None if at is None else at + self._ahead

    def _clearing(self, list_id: str) -> bool:
        return any(op.kind == OpKind.CLEAR for op in self.outbox.of(list_id=list_id, task_id=None))
