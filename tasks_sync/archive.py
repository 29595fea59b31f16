"""Everything about the tasks as one JSON document, and back. Nothing here talks to Google.

The archive holds the tables row by row: lists, tasks (deleted ones too), what Google last showed,
the outbox with its states, cursors, the account's standing, conflicts and events. Restored into an
empty database it goes on exactly where it stopped; the sign-in is not in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, TypeDecorator, func, insert, select
from sqlmodel import Session, SQLModel

from tasks_sync.errors import ArchiveDamaged, TaskRefused
from tasks_sync.rows import TABLES, UtcDateTime

KIND, VERSION = "touchbase-tasks", 1


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


def import_tasks(session: Session, text: str) -> Imported:
    """Restore an archive into an empty database, inside one transaction of somebody else's.

    Raise ArchiveDamaged, naming the place, or NotEmpty.
    """
    tables = _checked(text)
    held = session.connection().execute(select(func.count()).select_from(_table("task"))).scalar()
    if held:
        raise NotEmpty(held)
    for name in reversed(TABLES):
        session.connection().execute(_table(name).delete())
    for name in TABLES:
        rows = [_row(_table(name), row, f"{name}[{n}]") for n, row in enumerate(tables[name])]
        if rows:
            session.connection().execute(insert(_table(name)), rows)
    session.expire_all()
    return Imported(len(tables["task_list"]), len(tables["task"]))


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


def _in_order(table: Table) -> Any:  # noqa: ANN401 - a select of whatever columns there are
    return select(table).order_by(*table.primary_key.columns)


def _plain(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of any table
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in row._mapping.items()  # noqa: SLF001 - public in SQLAlchemy
    }


def _checked(text: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    try:
        document = json.loads(text)
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
    return tables


def _row(table: Table, told: object, where: str) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise ArchiveDamaged(f"{where} is not an object")
    row = {}
    for column in table.columns:
        if column.name not in told:
            raise ArchiveDamaged(f"{where} lacks {column.name}")
        row[column.name] = _value(column.type, told[column.name], f"{where}.{column.name}")
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
