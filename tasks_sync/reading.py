"""Reading the lists at Google, page by page. Nothing here changes or decides anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from tasks_sync.errors import RemoteNotFound
from tasks_sync.lists import ListToRead
from tasks_sync.model import Status
from tasks_sync.plan import OVERLAP
from tasks_sync.remote import Remote, RemoteTask, Standing, TaskPage
from tasks_sync.rows import TaskBaseRow, TaskRow

MOST_PAGES = 1000


@dataclass(frozen=True)
class Progress:
    """How far a reading has come."""

    list_title: str
    tasks_read: int


@dataclass
class ListReading:
    """What was read of one list."""

    target: ListToRead
    full: bool
    seen_until: datetime
    tasks: dict[str, RemoteTask] = field(default_factory=dict)
    standings: dict[str, Standing] | None = None
    complete: bool = True
    braked: bool = False


@dataclass(frozen=True)
class Known:
    """What is agreed about a task, as far as reading needs it."""

    task_id: str
    remote_id: str
    list_id: str
    parent_remote_id: str | None
    position: str
    etag: str
    deleted: bool
    live: bool


def known_tasks(session: Session) -> dict[str, Known]:
    """Give what is agreed about every task that Google knows, by Google's id."""
    wanted = select(
        TaskRow.id,
        TaskRow.remote_id,
        TaskBaseRow.list_id,
        TaskBaseRow.parent_remote_id,
        TaskBaseRow.position,
        TaskBaseRow.etag,
        TaskBaseRow.deleted,
        TaskRow.deleted_at,
    ).join(TaskBaseRow, col(TaskBaseRow.task_id) == col(TaskRow.id))  # type: ignore[call-overload]
    return {
        row.remote_id: Known(
            row.id,
            row.remote_id,
            row.list_id,
            row.parent_remote_id,
            row.position,
            row.etag,
            row.deleted,
            row.deleted_at is None,
        )
        for row in session.exec(wanted)
        if row.remote_id is not None
    }


class Reader:
    """Reads lists; what it reads of one is a `ListReading`."""

    def __init__(self, remote: Remote, progress: Callable[[Progress], None]) -> None:
        self._remote, self._progress = remote, progress

    def read(self, target: ListToRead, known: dict[str, Known], *, full: bool) -> ListReading:
        """Read what has changed in a list since the last time, or all of it.

        The places of its tasks are read as well where any of them may have changed.
        """
        since = None if full or target.seen_until is None else target.seen_until - OVERLAP
        page = self._remote.page(target.remote_id, since, None)
        reading = ListReading(target, full, page.server_date)
        self._add_pages(reading, page, since)
        self._read_standings(reading, known)
        return reading

    def read_again(self, reading: ListReading) -> None:
        """Read what has changed since the reading began: an edited task jumps pages."""
        since = reading.seen_until - OVERLAP
        page = self._remote.page(reading.target.remote_id, since, None)
        self._add_pages(reading, page, since)

    def look_at(self, reading: ListReading, remote_id: str) -> bool:
        """Fetch one task into the reading; tell whether Google still has it alive."""
        try:
            task = self._remote.task(reading.target.remote_id, remote_id)
        except RemoteNotFound:
            return False
        reading.tasks[task.id] = task
        return not task.deleted

    def _add_pages(self, reading: ListReading, page: TaskPage, since: datetime | None) -> None:
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            _add(reading, page.items)
            self._progress(Progress(reading.target.title, len(reading.tasks)))
            token = page.next_token
            if token is None:
                return
            if token in seen:
                break
            seen.add(token)
            page = self._remote.page(reading.target.remote_id, since, token)
        # Pages that go round in circles: what they showed is good, what they did not says nothing.
        reading.complete = False

    def _read_standings(self, reading: ListReading, known: dict[str, Known]) -> None:
        if reading.full:
            reading.standings = {
                task.id: Standing(task.id, task.parent_id, task.position)
                for task in reading.tasks.values()
                if not (task.hidden or task.deleted)
            }
            return
        structure_known = reading.target.etag == reading.target.etag_before
        if structure_known and not any(
            _structure_changed(task, known.get(task.id)) for task in reading.tasks.values()
        ):
            return
        reading.standings = {
            standing.id: standing for standing in self._all_standings(reading.target.remote_id)
        }
        for standing in reading.standings.values():
            before = known.get(standing.id)
            if before is None or standing.id in reading.tasks:
                continue
            here = (before.list_id, before.parent_remote_id)
            if here != (reading.target.list_id, standing.parent_id):
                self.look_at(reading, standing.id)

    def _all_standings(self, remote_list_id: str) -> Iterable[Standing]:
        token: str | None = None
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            page = self._remote.standings(remote_list_id, token)
            yield from page.items
            token = page.next_token
            if token is None or token in seen:
                return
            seen.add(token)


def _add(reading: ListReading, items: Iterable[RemoteTask]) -> None:
    for task in items:
        before = reading.tasks.get(task.id)
        older = (
            before is not None
            and before.updated is not None
            and task.updated is not None
            and task.updated < before.updated
        )
        if not older:
            reading.tasks[task.id] = task


def _structure_changed(task: RemoteTask, known: Known | None) -> bool:
    if known is None:
        return not task.deleted
    if task.deleted or task.hidden:
        return False
    if task.status is Status.COMPLETED:
        return known.parent_remote_id != task.parent_id
    return (
        known.deleted
        or known.parent_remote_id != task.parent_id
        or (known.etag != task.etag and known.position != task.position)
    )
