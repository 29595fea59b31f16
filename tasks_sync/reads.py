"""Looking at tasks. Anyone may import this; nothing here changes or sends anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import UTC, date, datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlmodel import Session, SQLModel, col, select

from tasks_sync.errors import ListNotFound, TaskNotFound
from tasks_sync.model import Status, Task, TaskList
from tasks_sync.outbox import count_waiting
from tasks_sync.rows import TaskListRow, TaskRow

_RANK_ORIGIN = 1 << 62
_TABLE = SQLModel.metadata.tables["task"]
# In the order of Task's own fields: rows become values by position, without the mapper, which
# costs twice as much as SQLite itself on a list of thousands.
_COLUMNS = tuple(
    _TABLE.c["rank" if field.name == "position" else field.name] for field in fields(Task)
)


class TaskReader:
    """Answers questions about the tasks kept here; never changes them.

    Given a connection, it sees what that connection's transaction has changed so far.
    """

    def __init__(self, engine: Engine | Connection) -> None:
        self._engine = engine

    def lists(self) -> list[TaskList]:
        """List the lists, the default first."""
        with Session(self._engine) as session:
            return live_lists(session)

    def default_list(self) -> TaskList:
        """Give the list that new tasks go to; raise ListNotFound before it is made."""
        for found in self.lists():
            if found.is_default:
                return found
        raise ListNotFound("default")

    def open_tasks(self, list_id: str | None = None) -> list[Task]:
        """List what is still to do: list by list, each parent before its subtasks."""
        return [task for task in self.tasks(list_id, include_completed=False) if task.is_open]

    def tasks(self, list_id: str | None = None, *, include_completed: bool = True) -> list[Task]:
        """List tasks in the person's order; cleared ones last, newest first."""
        with Session(self._engine) as session:
            lists = {found.id: index for index, found in enumerate(live_lists(session))}
            if list_id is not None and list_id not in lists:
                raise ListNotFound(list_id)
            wanted = sa.select(*_COLUMNS).where(_TABLE.c.deleted_at.is_(None))
            if list_id is not None:
                wanted = wanted.where(_TABLE.c.list_id == list_id)
            if not include_completed:
                wanted = wanted.where(_TABLE.c.status == Status.NEEDS_ACTION)
            found = [task_of(*row) for row in session.connection().execute(wanted)]
        return _in_order(found, lists)

    def task(self, task_id: str) -> Task:
        """Give one task; raise TaskNotFound when it is unknown or deleted."""
        with Session(self._engine) as session:
            row = session.get(TaskRow, task_id)
            if row is None or row.deleted_at is not None:
                raise TaskNotFound(task_id)
            return seen(row)

    def completed_between(self, start: datetime, end: datetime) -> list[Task]:
        """List what was ticked off from `start` until before `end`, oldest first."""
        wanted = (
            select(TaskRow)
            .where(
                col(TaskRow.completed_at) >= start,
                col(TaskRow.completed_at) < end,
                TaskRow.status == Status.COMPLETED,
                col(TaskRow.deleted_at).is_(None),
            )
            .order_by(col(TaskRow.completed_at), col(TaskRow.id))
        )
        with Session(self._engine) as session:
            return [seen(row) for row in session.exec(wanted)]

    def unsynced(self) -> int:
        """Count the changes that Google has not confirmed."""
        with Session(self._engine) as session:
            return count_waiting(session)


def live_lists(session: Session) -> list[TaskList]:
    """List the lists that are not deleted, the default first."""
    wanted = (
        select(TaskListRow)
        .where(col(TaskListRow.deleted_at).is_(None))
        .order_by(col(TaskListRow.is_default).desc(), col(TaskListRow.rank), col(TaskListRow.id))
    )
    return [TaskList(row.id, row.title, row.is_default) for row in session.exec(wanted)]


def seen(row: TaskRow) -> Task:
    """Give the value of a row that others may keep."""
    return Task(
        id=row.id,
        list_id=row.list_id,
        title=row.title,
        notes=row.notes,
        status=Status(row.status),
        due=row.due,
        completed_at=row.completed_at,
        parent_id=row.parent_id,
        position=position_of(row.rank),
        created_at=row.created_at,
        updated_at=row.updated_at,
        hidden=row.hidden,
        assigned=row.assigned,
    )


def position_of(rank: int) -> str:
    """Write a rank as text that sorts the same way."""
    return f"{rank + _RANK_ORIGIN:020d}"


def task_of(
    task_id: str,
    list_id: str,
    title: str,
    notes: str,
    status: str,
    due: date | None,
    completed_at: datetime | None,
    parent_id: str | None,
    rank: int,
    created_at: datetime,
    updated_at: datetime,
    hidden: bool,
    assigned: bool,
) -> Task:
    """Give the value of a row's columns."""
    place = position_of(rank)
    return Task(
        task_id, list_id, title, notes, _STATUS[status], due, completed_at, parent_id, place,
        created_at, updated_at, hidden, assigned,
    )  # fmt: skip


_STATUS = {status.value: status for status in Status}


def _in_order(tasks: Iterable[Task], lists: dict[str, int]) -> list[Task]:
    known = {task.id for task in tasks}
    below: dict[str | None, list[Task]] = defaultdict(list)
    for task in tasks:
        # A subtask whose parent is not shown stands where a task of its own would.
        below[task.parent_id if task.parent_id in known else None].append(task)
    for siblings in below.values():
        siblings.sort(
            key=lambda task: (
                lists.get(task.list_id, len(lists)),
                task.hidden,
                -(task.completed_at or _EPOCH).timestamp() if task.hidden else 0.0,
                task.position,
                task.id,
            )
        )
    return list(_walk(below, None))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _walk(below: dict[str | None, list[Task]], parent: str | None) -> Iterator[Task]:
    for task in below.get(parent, ()):
        yield task
        yield from _walk(below, task.id)
