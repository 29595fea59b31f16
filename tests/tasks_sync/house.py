"""What the task tests stand on: a real SQLite file, a clock that is moved by hand, counted ids."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlmodel import Session, SQLModel

from tasks_sync import TaskReader
from tasks_sync.rows import TABLES
from tasks_sync.writes import TaskWriter, ensure_default_list


class Clock:
    """A clock that moves when told, or when somebody sleeps on it."""

    def __init__(self, at: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


def make_engine(path: Path | None):
    """Open a database file the way the application does; None keeps it in memory."""
    engine = create_engine(f"sqlite:///{path}" if path else "sqlite://")

    @event.listens_for(engine, "connect")
    def prepare(connection, _record):
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    SQLModel.metadata.create_all(engine, tables=[SQLModel.metadata.tables[name] for name in TABLES])
    return engine


class Desk:
    """The list as the person at the bot uses it: each change is one transaction."""

    def __init__(self, path: Path | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.engine = make_engine(path)
        ids = count(1)
        self.new_id = lambda: f"b{next(ids):06d}"
        self.reader = TaskReader(self.engine)
        with self.session() as session:
            self.default = ensure_default_list(session, new_id=self.new_id, now=self.clock).id

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def session(self):
        with Session(self.engine) as session, session.begin():
            yield session

    def __getattr__(self, name: str):
        if name.startswith("_") or not hasattr(TaskWriter, name):
            raise AttributeError(name)

        def change(*args, **kwargs):
            with self.session() as session:
                writer = TaskWriter(session, now=self.clock, new_id=self.new_id)
                return getattr(writer, name)(*args, **kwargs)

        return change

    def titles(self, list_id: str | None = None) -> list[str]:
        return [task.title for task in self.reader.open_tasks(list_id)]

    def task(self, title: str):
        [found] = [task for task in self.reader.tasks() if task.title == title]
        return found
