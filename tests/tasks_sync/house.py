"""What the task tests stand on: a real SQLite file, a clock that is moved by hand, counted ids."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

from sqlalchemy import create_engine, event
from sqlmodel import Session, SQLModel, select

from tasks_sync import TaskReader
from tasks_sync.google.client import GoogleTasks, Wire
from tasks_sync.google.stored import LinkFile, StoredLink
from tasks_sync.means import Means
from tasks_sync.rows import TABLES, TaskListRow, TaskOutboxRow, TaskRow
from tasks_sync.sync import Sync, SyncSettings
from tasks_sync.writes import TaskWriter, ensure_default_list

SCOPE = "https://www.googleapis.com/auth/tasks"


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


class Killed(BaseException):
    """The process died here."""


class Workbench(Desk):
    """A desk, a phone and Google between them, on one clock."""

    def __init__(
        self,
        google,
        tmp_path: Path,
        clock: Clock | None = None,
        account="me",
        *,
        path: Path | None = None,
        **settings,
    ) -> None:
        super().__init__(path, clock)
        self.google, self.account, self.phone = google, account, google.phone_of(account)
        google.clock.follow(self.clock)
        self.settings = SyncSettings(**settings)
        self.file = LinkFile(tmp_path / "google.json")
        self.boundaries: list[str] = []
        self.die_at: int | None = None
        self.remote: GoogleTasks | None = None
        self.rng = Random(1)
        self.link(account)
        self.start()

    def link(self, account: str = "me") -> None:
        _, refresh = self.google.issue_token(account)
        self.file.save(
            StoredLink(
                link_id=self.new_id(),
                refresh_token=refresh,
                client_id="test-client",
                client_secret="test-secret",
                token_uri=self.google.token_uri,
                scopes=(SCOPE,),
                linked_at=self.clock(),
            )
        )

    def boundary(self, name: str) -> None:
        self.boundaries.append(name)
        if self.die_at is not None and len(self.boundaries) >= self.die_at:
            self.die_at = None
            raise Killed(name)

    def start(self) -> None:
        """Start the process anew on the same database; what was in memory is gone."""
        if self.remote is not None:
            self.remote.close()
        wire = Wire(
            now=self.clock,
            sleep=self.clock.sleep,
            rng=self.rng,
            boundary=self.boundary,
            endpoint=self.google.endpoint,
            timeout_seconds=1.0,  # short enough to test, long enough for a busy machine
            use_proxy=False,
        )
        self.remote = GoogleTasks(self.file, wire)
        means = Means(
            self.engine, self.clock, self.clock.sleep, self.new_id, self.rng, self.boundary
        )
        self.sync = Sync(self.remote, means, self.settings)

    def close(self) -> None:
        self.remote.close()
        super().close()

    def run(self, times: int = 1, *, apart: float = 5.0):
        """Sync so many times, some seconds apart; give the last report."""
        for _ in range(times):
            self.clock.sleep(apart)
            self.report = self.sync.run()
        return self.report

    def rest(self, *, most: int = 40):
        """Sync until nothing waits and nothing changes."""
        notices = []
        for _ in range(most):
            report = self.run()
            notices += report.notices
            busy = report.waiting or report.pulled or report.pushed or report.again_at
            if report.complete and not busy:
                self.notices = tuple(notices)
                return report
            if report.again_at is not None and report.again_at > self.clock():
                self.clock.at = report.again_at
        raise AssertionError(f"no rest: {self.outbox()} {report}")

    def outbox(self):
        with Session(self.engine) as session:
            rows = session.exec(select(TaskOutboxRow))
            return [(row.kind, row.state, row.task_id, row.trouble) for row in rows]

    def tree(self, list_title: str | None = None):
        """The open tasks here, the way the server's `tree` gives them."""
        lists = {found.title: found.id for found in self.reader.lists()}
        list_id = lists[list_title] if list_title else self.default
        tasks = self.reader.open_tasks(list_id)
        known = {task.id for task in tasks}

        def branch(parent):
            return [
                (task.title, branch(task.id))
                for task in tasks
                if (task.parent_id if task.parent_id in known else None) == parent
            ]

        return branch(None)

    def same(self) -> None:
        """Hold both sides equal: fields, families and order."""
        here, there = self.picture(), self.google_picture()
        assert here == there, _difference(here, there)
        here, there = self.order(), self.google_order()
        assert here == there, _difference(here, there)

    def order(self):
        """The open tasks below each parent, by Google's ids, in order."""
        with Session(self.engine) as session:
            remote = {row.id: row.remote_id for row in session.exec(select(TaskRow))}
            lists = {row.id: row.remote_id for row in session.exec(select(TaskListRow))}
        groups: dict = {}
        for task in sorted(self.reader.open_tasks(), key=lambda task: task.position):
            parent = remote[task.parent_id] if task.parent_id else None
            groups.setdefault((lists[task.list_id], parent), []).append(remote[task.id])
        return groups

    def google_order(self):
        store = self.google.account(self.account)
        groups: dict = {}
        for item in sorted(self.google.all_tasks(self.account), key=lambda item: item["position"]):
            if item["status"] == "needsAction":
                where = (store.tasks[item["id"]].list_id, item.get("parent") or None)
                groups.setdefault(where, []).append(item["id"])
        return groups

    def picture(self):
        with Session(self.engine) as session:
            lists = {row.id: row.remote_id for row in session.exec(select(TaskListRow))}
            return {
                row.remote_id: (
                    lists[row.list_id],
                    row.title,
                    row.notes,
                    row.due.isoformat() if row.due else None,
                    row.status,
                    row.hidden,
                )
                for row in session.exec(select(TaskRow))
                if row.deleted_at is None
            }

    def google_picture(self):
        store = self.google.account(self.account)
        list_of = {row.id: row.list_id for row in store.tasks.values()}
        return {
            item["id"]: (
                list_of[item["id"]],
                item.get("title", ""),
                item.get("notes", "").replace("\r\n", "\n"),
                item["due"][:10] if item.get("due") else None,
                item["status"],
                bool(item.get("hidden")),
            )
            for item in self.google.all_tasks(self.account)
        }

    def writes(self) -> list:
        return [
            line
            for line in self.google.requests
            if line.method != "GET" and "/token" not in line.path
        ]

    def notice(self, kind: type):
        return [notice for notice in self.notices if isinstance(notice, kind)]


def _difference(here: dict, there: dict) -> str:
    keys = {*here, *there}
    return repr(
        {key: (here.get(key), there.get(key)) for key in keys if here.get(key) != there.get(key)}
    )
