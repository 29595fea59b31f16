"""Everything about the tasks as one JSON document, and back. Nothing here talks to Google.

The archive holds the tables row by row: lists, tasks (deleted ones too), what Google last showed,
the outbox with its states, cursors, the account's standing, conflicts and events. Restored into an
empty database it goes on where it stopped; the sign-in is not in it. Only what waited to be made
at Google is looked for there first: the folder that the archive came from may have sent it since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, TypeDecorator, func, insert, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

from tasks_sync.errors import ArchiveDamaged, TaskRefused
from tasks_sync.fingerprint import fingerprint
from tasks_sync.model import Status
from tasks_sync.remote import NewTask
from tasks_sync.rows import (
    TABLES,
    OpKind,
    OpState,
    TaskListRow,
    TaskOutboxRow,
    TaskRow,
    UtcDateTime,
)
from tasks_sync.standing import Standing

KIND, VERSION = "touchbase-tasks", 1
WORDS: Mapping[tuple[str, str], Sequence[str]] = {
    ("task", "status"): [*Status],
    ("task_base", "status"): [*Status],
    ("task_outbox", "kind"): [*OpKind],
    ("task_outbox", "state"): [*OpState],
    ("task_account", "standing"): [*Standing],
}
"""Columns that hold one of a few words."""


class NotEmpty(TaskRefused):
    """There are tasks here already; an archive is restored into an empty list only."""

    def __init__(self, tasks: int) -> None:
        super().__init__(
            f"there are {tasks} tasks here already; import into a fresh folder, "
            "for instance with --home"
        )
        self.tasks = tasks


@dataclass(frozen=True)
class Imported:
    """What an import brought."""

    lists: int
    tasks: int


def export_tasks(session: Session, *, at: datetime) -> str:
    """Write everything as JSON."""
    tables = {
        name: [_plain(row) for row in session.connection().execute(_in_order(_table(name)))]
        for name in TABLES
    }
    document = {"kind": KIND, "version": VERSION, "exported_at": at.isoformat(), "tables": tables}
    return json.dumps(document, ensure_ascii=False, indent=1)


def import_tasks(session: Session, archive: str) -> Imported:
    """Restore an archive into an empty database, inside one transaction of somebody else's.

    Raise ArchiveDamaged, naming the place, or NotEmpty.
    """
    tables, exported_at = _checked(archive)
    held = session.connection().execute(select(func.count()).select_from(_table("task"))).scalar()
    if held:
        raise NotEmpty(held)
    for name in reversed(TABLES):
        session.connection().execute(_table(name).delete())
    for name in TABLES:
        rows = [_row(_table(name), row, f"{name}[{n}]") for n, row in enumerate(tables[name])]
        _fill(session, name, rows)
    _whole(session)
    session.expire_all()
    _look_before_making(session, exported_at)
    return Imported(len(tables["task_list"]), len(tables["task"]))


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


def _in_order(table: Table) -> Any:  # noqa: ANN401 - a select of whatever columns there are
    return table.select().order_by(*table.primary_key.columns)


def _plain(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of any table
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in row._mapping.items()  # noqa: SLF001 - public in SQLAlchemy
    }


def _fill(session: Session, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put rows into a table; one that is there twice is damage."""
    if not rows:
        return
    try:
        session.connection().execute(insert(_table(name)), rows)
    except IntegrityError as damage:
        raise ArchiveDamaged(f"{name} holds a row twice: {damage.orig}") from damage


def _whole(session: Session) -> None:
    """Raise ArchiveDamaged where a row names another that is not there."""
    astray = session.connection().execute(text("PRAGMA foreign_key_check")).first()
    if astray is not None:
        raise ArchiveDamaged(f"{astray[0]} names a row of {astray[2]} that the archive lacks")


def _look_before_making(session: Session, exported_at: datetime) -> None:
    """Call what waits to be made at Google uncertain, as if it had been sent at the export."""
    wanted = select(TaskOutboxRow).where(
        col(TaskOutboxRow.kind).in_([OpKind.INSERT, OpKind.LIST_INSERT]),
        TaskOutboxRow.state == OpState.QUEUED,
        TaskOutboxRow.attempts == 0,
    )
    for op in session.exec(wanted):
        task_list = session.get_one(TaskListRow, op.list_id)
        if op.kind == OpKind.LIST_INSERT:
            op.fingerprint = task_list.title
        elif task_list.remote_id is not None:
            op.fingerprint = _fingerprint(session, str(op.task_id), task_list.remote_id)
        else:
            continue  # its list has to be found or made first
        op.state, op.attempts = OpState.UNCERTAIN, 1
        op.sent_at = op.next_at = exported_at


def _fingerprint(session: Session, task_id: str, list_remote_id: str) -> str:
    row = session.get_one(TaskRow, task_id)
    parent = session.get(TaskRow, row.parent_id) if row.parent_id else None
    status, parent_id = Status(row.status), parent.remote_id if parent else None
    task = NewTask(row.title, row.notes, row.due, status, row.completed_at, parent_id, None)
    return fingerprint(list_remote_id, task)


def _checked(archive: str) -> tuple[Mapping[str, Sequence[Mapping[str, Any]]], datetime]:
    try:
        document = json.loads(archive)
    except ValueError as damage:
        raise ArchiveDamaged(f"this is not JSON ({damage}); export again") from damage
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise ArchiveDamaged("this JSON is not a task archive; it should begin with kind, version")
    if document.get("version") != VERSION:
        raise ArchiveDamaged(
            f"the archive has version {document.get('version')!r}, this Touchbase reads {VERSION}"
        )
    tables = document.get("tables")
    if not isinstance(tables, dict) or {*tables} != {*TABLES}:
        missing = sorted({*TABLES} - {*(tables or ())})
        raise ArchiveDamaged(
            f"the archive lacks the tables {', '.join(missing) or 'it should have'}"
        )
    exported_at = _value(UtcDateTime(), document.get("exported_at"), "exported_at")
    if exported_at is None:
        raise ArchiveDamaged("the archive does not say when it was exported_at")
    return tables, exported_at


def _row(table: Table, told: object, where: str) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise ArchiveDamaged(f"{where} is not an object")
    row = {}
    for column in table.columns:
        if column.name not in told:
            raise ArchiveDamaged(f"{where} lacks {column.name}")
        row[column.name] = _value(column.type, told[column.name], f"{where}.{column.name}")
        allowed = WORDS.get((table.name, column.name))
        if allowed is not None and row[column.name] not in {*allowed}:
            raise ArchiveDamaged(
                f"{where}.{column.name} is {told[column.name]!r}, "
                f"which should be one of {', '.join(allowed)}"
            )
    return row


def _value(kind: object, told: Any, where: str) -> Any:  # noqa: ANN401 - values of any column
    if told is None:
        return None
    try:
        if isinstance(kind, UtcDateTime):
            return datetime.fromisoformat(told)
        plain = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
        python_type = plain.python_type  # type: ignore[attr-defined]
        if python_type is date:
            return date.fromisoformat(told)
        if python_type is float and isinstance(told, int):
            return float(told)
    except (TypeError, ValueError) as damage:
        raise ArchiveDamaged(f"{where} is {told!r}, which is no date or time") from damage
    if not isinstance(told, python_type):
        raise ArchiveDamaged(f"{where} is {told!r}, which should be {python_type.__name__}")
    return told
