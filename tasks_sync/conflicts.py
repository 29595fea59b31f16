"""Values that lost when both sides changed one task: looking at them. Nothing here changes any."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from tasks_sync.rows import TaskConflictRow, TaskListRow, TaskRow


@dataclass(frozen=True)
class Conflict:
    """A value that was overwritten. `field`: title, notes, due, status, place, task, list title.

    `lost_side` is "here" or "there"; for `task`, `lost` or `kept` is the word "deleted".
    """

    id: str
    task_id: str | None
    list_id: str | None
    title: str
    field: str
    lost: str
    kept: str
    lost_side: str
    at: datetime


class ConflictReader:
    """Answers what was overwritten and not settled yet."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self) -> list[Conflict]:
        """List the conflicts that nobody has settled, oldest first."""
        wanted = (
            select(TaskConflictRow)
            .where(col(TaskConflictRow.settled_at).is_(None))
            .order_by(col(TaskConflictRow.at), col(TaskConflictRow.id))
        )
        with Session(self._engine) as session:
            return [conflict_of(session, row) for row in session.exec(wanted)]


def conflict_of(session: Session, row: TaskConflictRow) -> Conflict:
    """Give a row as a value."""
    title = ""
    if row.task_id is not None:
        title = session.get_one(TaskRow, row.task_id).title
    elif row.list_id is not None:
        title = session.get_one(TaskListRow, row.list_id).title
    return Conflict(
        id=row.id,
        task_id=row.task_id,
        list_id=row.list_id,
        title=title,
        field=row.field,
        lost=row.lost,
        kept=row.kept,
        lost_side=row.lost_side,
        at=row.at,
    )
