"""What Google is still to be told, as rows. Nothing here talks to Google.

A row says that a task needs telling, not what: the fields are worked out from the task and its
base when the row is sent, so that edits made while it waits need no rewriting. The states:

    QUEUED --(commit)--> SENDING --> acknowledged (the row goes)
                            |-----> QUEUED      a definite no that will pass (rate, offline)
                            |-----> UNCERTAIN   no answer: look before sending again
                            `-----> REJECTED    a definite no that will not pass
    UNCERTAIN --look--> acknowledged (it was done) | QUEUED (it was not)

A row that was ever sent is never merged with or dropped for a later wish: whether Google has
carried it out is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy import func
from sqlmodel import Session, col, select

from tasks_sync.rows import OpKind, OpState, TaskOutboxRow

UNDO_WINDOW = timedelta(seconds=30)
"""How long a deletion or clearing is held back, so that taking it back costs nothing."""

_HELD = {OpKind.DELETE, OpKind.CLEAR, OpKind.LIST_DELETE}


@dataclass(frozen=True)
class Outbox:
    """The outbox inside one transaction."""

    session: Session
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def want(self, kind: OpKind, *, list_id: str, task_id: str | None, local_rev: int = 0) -> None:
        """Note that Google is to be told, unless a waiting row will tell it anyway."""
        waiting = self._unsent(list_id, task_id)
        match kind:
            case OpKind.PATCH | OpKind.MOVE:
                telling = {kind, OpKind.INSERT}
                if row := next((row for row in waiting if row.kind in telling), None):
                    self._renew(row, local_rev)
                    return
            case OpKind.DELETE | OpKind.LIST_DELETE:
                for row in waiting:
                    self.session.delete(row)
                if any(row.kind in (OpKind.INSERT, OpKind.LIST_INSERT) for row in waiting):
                    return
            case OpKind.LIST_RENAME:
                if any(row.kind in (kind, OpKind.LIST_INSERT) for row in waiting):
                    return
            case OpKind.INSERT | OpKind.LIST_INSERT | OpKind.CLEAR:
                # One that may have arrived counts as well: a second would make a twin.
                for row in self.of(list_id=list_id, task_id=task_id):
                    if row.kind == kind:
                        self._renew(row, local_rev)
                        return
            case _:
                assert_never(kind)
        self._add(kind, list_id, task_id, local_rev)

    def cancel(self, kind: OpKind, *, list_id: str, task_id: str | None) -> bool:
        """Take back what was never sent; tell whether there was such a row."""
        rows = [row for row in self._unsent(list_id, task_id) if row.kind == kind]
        for row in rows:
            self.session.delete(row)
        self.session.flush()
        return bool(rows)

    def of(self, *, list_id: str, task_id: str | None) -> Sequence[TaskOutboxRow]:
        """List every row about one task, or about a list itself."""
        wanted = select(TaskOutboxRow).order_by(col(TaskOutboxRow.seq))
        if task_id is None:
            wanted = wanted.where(
                col(TaskOutboxRow.task_id).is_(None), TaskOutboxRow.list_id == list_id
            )
        else:
            wanted = wanted.where(TaskOutboxRow.task_id == task_id)
        return self.session.exec(wanted).all()

    def _unsent(self, list_id: str, task_id: str | None) -> list[TaskOutboxRow]:
        return [
            row
            for row in self.of(list_id=list_id, task_id=task_id)
            if row.state == OpState.REJECTED or (row.state == OpState.QUEUED and row.attempts == 0)
        ]

    def _renew(self, row: TaskOutboxRow, local_rev: int) -> None:
        row.local_rev = local_rev
        if row.state == OpState.REJECTED:
            row.state, row.refusals, row.trouble, row.next_at = OpState.QUEUED, 0, None, self.now()

    def _add(self, kind: OpKind, list_id: str, task_id: str | None, local_rev: int) -> None:
        now = self.now()
        self.session.add(
            TaskOutboxRow(
                op_id=self.new_id(),
                kind=kind,
                list_id=list_id,
                task_id=task_id,
                local_rev=local_rev,
                queued_at=now,
                next_at=now + UNDO_WINDOW if kind in _HELD else now,
            )
        )
        self.session.flush()


def count_waiting(session: Session) -> int:
    """Count the rows that Google has not confirmed; what was set aside does not wait."""
    wanted = select(func.count()).where(col(TaskOutboxRow.state) != OpState.REJECTED)
    return session.exec(wanted).one()
