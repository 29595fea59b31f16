"""Reading Google and taking in what it shows. Nothing here changes anything at Google.

First everything is read, then everything is taken in, list by list: whether a task is gone or has
only changed lists cannot be told before all lists are in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from tasks_sync.adoption import Adoption
from tasks_sync.arrangement import order, repair
from tasks_sync.errors import RemoteNotFound
from tasks_sync.lists import AgreedLists, ListToRead, MissingList, agree_lists, cursor_of, list_gone
from tasks_sync.means import Means
from tasks_sync.merge import Fate
from tasks_sync.mirror import Mirror, Told
from tasks_sync.model import Status
from tasks_sync.notices import ListRemoved, MassRemoval
from tasks_sync.plan import OVERLAP, brake, full_reading_due, suspects
from tasks_sync.remote import Remote, RemoteTask, Standing, TaskPage
from tasks_sync.rows import OpKind, TaskBaseRow, TaskListRow, TaskRow

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


class Pull:
    """One reading of everything."""

    def __init__(
        self,
        remote: Remote,
        means: Means,
        told: Told,
        ahead: timedelta,
        progress: Callable[[Progress], None],
    ) -> None:
        self._remote, self._means, self._told = remote, means, told
        self._ahead, self._progress = ahead, progress
        self.held: set[str] = set()

    def run(self) -> None:
        """Read all lists, then take them in; raise Unavailable with nothing taken in half."""
        shown = self._remote.lists()
        with self._means.transaction() as session:
            mirror = Mirror(session, self._means, self._told, self._ahead)
            agreed = agree_lists(mirror, self._means, shown)
        known = self._known()
        readings = self._read_all(agreed, known)
        gone = self._really_gone(agreed.missing)
        shown_alive = {
            task.id for reading in readings for task in reading.tasks.values() if not task.deleted
        }
        self._drop_moved_away(readings, shown_alive)
        for reading in readings:
            self._hold_back(reading, known, shown_alive)
        for reading in readings:
            self._look_after_children(reading, known)
        for reading in readings:
            self._take_in(reading)
        for missing in gone:
            self._take_in_gone(missing)
        self._repair_all(readings)

    # Reading

    def _read_all(self, agreed: AgreedLists, known: dict[str, Known]) -> list[ListReading]:
        now = self._means.now() + self._ahead
        read_before = [target for target in agreed.to_read if target.seen_until is not None]
        all_full = any(full_reading_due(now, target.last_full_at) for target in read_before)
        readings = []
        for target in agreed.to_read:
            full = all_full or target.seen_until is None
            reading = self._read(target, full=full)
            self._read_standings(reading, known)
            readings.append(reading)
        return readings

    def _read(self, target: ListToRead, *, full: bool) -> ListReading:
        since = None if full or target.seen_until is None else target.seen_until - OVERLAP
        page = self._remote.page(target.remote_id, since, None)
        reading = ListReading(target, full, page.server_date)
        self._add_pages(reading, page, since)
        return reading

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
                self._look_at(reading, standing.id)

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

    def _look_at(self, reading: ListReading, remote_id: str) -> bool:
        """Fetch one task into the reading; tell whether Google still has it alive."""
        try:
            task = self._remote.task(reading.target.remote_id, remote_id)
        except RemoteNotFound:
            return False
        reading.tasks[task.id] = task
        return not task.deleted

    # Deletions, with care

    def _really_gone(self, missing: Sequence[MissingList]) -> list[MissingList]:
        gone = []
        for one in missing:
            try:
                self._remote.task_list(one.remote_id)
            except RemoteNotFound:
                gone.append(one)
        return gone

    def _drop_moved_away(self, readings: Sequence[ListReading], alive: set[str]) -> None:
        for reading in readings:
            for task in list(reading.tasks.values()):
                if task.deleted and task.id in alive:
                    del reading.tasks[task.id]

    def _hold_back(self, reading: ListReading, known: dict[str, Known], alive: set[str]) -> None:
        """Find what would be deleted here; when that looks like a mishap, leave it and ask."""
        here = {
            one.remote_id: one
            for one in known.values()
            if one.list_id == reading.target.list_id and one.live and not one.deleted
        }
        dead = {task.id for task in reading.tasks.values() if task.deleted and task.id in here}
        missing: set[str] = set()
        if reading.full and reading.complete:
            missing = suspects(here, {*reading.tasks, *alive})
        gone = len(dead) + len(missing)
        if brake(gone, len(here)) and reading.target.removal == "ask":
            self._brake(reading, dead, gone, len(here))
            return
        if missing:
            self._confirm(reading, missing)

    def _brake(self, reading: ListReading, dead: set[str], gone: int, of: int) -> None:
        for remote_id in dead:
            del reading.tasks[remote_id]
        reading.braked = True
        self._told.notices.append(
            MassRemoval(reading.target.list_id, reading.target.title, gone, of)
        )

    def _confirm(self, reading: ListReading, missing: set[str]) -> None:
        """Look at each missing task by itself: a task edited during the reading jumps pages."""
        since = reading.seen_until - OVERLAP
        page = self._remote.page(reading.target.remote_id, since, None)
        self._add_pages(reading, page, since)
        for remote_id in sorted(missing - set(reading.tasks)):
            if not self._look_at(reading, remote_id) and remote_id not in reading.tasks:
                reading.tasks[remote_id] = self._as_gone(remote_id)

    def _look_after_children(self, reading: ListReading, known: dict[str, Known]) -> None:
        """Find what became of the subtasks of deleted tasks; Google often does not say."""
        dead = {task.id for task in reading.tasks.values() if task.deleted}
        for one in known.values():
            if one.parent_remote_id not in dead or one.deleted or not one.live:
                continue
            seen = one.remote_id in reading.tasks or self._look_at(reading, one.remote_id)
            if not seen and one.remote_id not in reading.tasks:
                reading.tasks[one.remote_id] = self._as_gone(one.remote_id)
        dead |= {
            one.remote_id
            for one in known.values()
            if one.deleted and one.remote_id not in reading.tasks
        }
        for task in list(reading.tasks.values()):
            if task.parent_id in dead and not task.deleted:
                # Alive below a deleted parent: no app shows it, so for the person it is gone.
                reading.tasks[task.id] = replace(task, deleted=True)

    def _as_gone(self, remote_id: str) -> RemoteTask:
        with self._means.reading() as session:
            mirror = Mirror(session, self._means, self._told, self._ahead)
            row = mirror.row(remote_id)
            assert row is not None, "only known tasks can vanish"
            return mirror.vanished(row)

    # Taking in

    def _take_in(self, reading: ListReading) -> None:
        list_id = reading.target.list_id
        with self._means.transaction() as session:
            mirror = Mirror(session, self._means, self._told, self._ahead)
            if not reading.tasks and reading.standings is None:
                self._advance(mirror, reading)
                return
            adoption = Adoption(mirror, self._means)
            mirror.preload(list(reading.tasks))
            fresh = adoption.take(list(reading.tasks.values()), list_id)
            made = [(mirror.create(task, list_id), task) for task in fresh]
            session.flush()
            self._absorb_all(mirror, reading, {task.id for task in fresh})
            # After the known ones, because a parent may have come to this list just now.
            for row, task in made:
                mirror.place_new(row, task)
            session.flush()
            if reading.standings is not None:
                order(mirror, list_id, reading.standings.values())
            self._advance(mirror, reading)

    def _repair_all(self, readings: Sequence[ListReading]) -> None:
        """Free tasks from lost parents, once it is known where every parent has gone."""
        with self._means.reading() as session:
            if not _perhaps_astray(session):
                return
        with self._means.transaction() as session:
            mirror = Mirror(session, self._means, self._told, self._ahead)
            for reading in readings:
                repair(mirror, reading.target.list_id)

    def _absorb_all(self, mirror: Mirror, reading: ListReading, fresh: set[str]) -> None:
        keep_all = reading.target.removal == "keep"
        anew: set[str] = set()
        for task in sorted(reading.tasks.values(), key=lambda task: task.parent_id is not None):
            row = mirror.row(task.id) if task.id not in fresh else None
            if row is None:
                continue
            below = row.parent_id in anew
            fate = mirror.absorb(row, task, reading.target.list_id, keep_deleted=keep_all or below)
            if fate is Fate.MAKE_ANEW:
                anew.add(row.id)
            if fate is Fate.DELETE_HERE:
                self._delete_family(mirror, row)
        for task_id in anew:
            for child in _children(mirror, task_id):
                mirror.tell_rest(child)

    def _delete_family(self, mirror: Mirror, row: TaskRow) -> None:
        parent = mirror.session.get(TaskRow, row.parent_id) if row.parent_id else None
        if parent is not None and parent.deleted_at is not None:
            row.deleted_with = parent.deleted_with or parent.id

    def _advance(self, mirror: Mirror, reading: ListReading) -> None:
        cursor = cursor_of(mirror, reading.target.list_id)
        if reading.braked:
            return
        if reading.complete:
            cursor.seen_until = reading.seen_until
            if reading.full:
                cursor.last_full_at = reading.seen_until
        if reading.standings is not None:
            cursor.list_etag = reading.target.etag
        cursor.removal = "ask"

    def _take_in_gone(self, missing: MissingList) -> None:
        with self._means.transaction() as session:
            mirror = Mirror(session, self._means, self._told, self._ahead)
            live = _live_count(mirror, missing.list_id)
            cursor = cursor_of(mirror, missing.list_id)
            if brake(live, live) and cursor.removal == "ask":
                self.held.add(missing.list_id)
                self._told.notices.append(MassRemoval(missing.list_id, missing.title, live, live))
                return
            if cursor.removal == "keep":
                _make_list_anew(mirror, missing.list_id)
                cursor.removal = "ask"
                return
            kept = list_gone(mirror, self._means, missing, _default_id(mirror))
            self._told.notices.append(ListRemoved(missing.title, live - kept, kept))

    def _known(self) -> dict[str, Known]:
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
        with self._means.reading() as session:
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


def _perhaps_astray(session: Session) -> bool:
    """Tell whether any task stands under a parent that may be no place to stand."""
    parent = aliased(TaskRow)
    wanted = (
        select(TaskRow.id)
        .join(parent, col(parent.id) == col(TaskRow.parent_id))
        .where(
            col(TaskRow.deleted_at).is_(None),
            or_(
                col(parent.deleted_at).is_not(None),
                col(parent.list_id) != col(TaskRow.list_id),
                col(parent.parent_id).is_not(None),
                col(parent.hidden).is_(True),
            ),
        )
    )
    return session.exec(wanted).first() is not None


def _children(mirror: Mirror, task_id: str) -> Sequence[TaskRow]:
    wanted = select(TaskRow).where(TaskRow.parent_id == task_id, col(TaskRow.deleted_at).is_(None))
    return mirror.session.exec(wanted).all()


def _live_count(mirror: Mirror, list_id: str) -> int:
    wanted = select(TaskRow.id).where(TaskRow.list_id == list_id, col(TaskRow.deleted_at).is_(None))
    return len(mirror.session.exec(wanted).all())


def _default_id(mirror: Mirror) -> str:
    wanted = select(TaskListRow.id).where(col(TaskListRow.is_default).is_(True))
    return mirror.session.exec(wanted).one()


def _make_list_anew(mirror: Mirror, list_id: str) -> None:
    row = mirror.session.get_one(TaskListRow, list_id)
    row.remote_id = row.base_title = None
    mirror.outbox.want(OpKind.LIST_INSERT, list_id=list_id, task_id=None)
    wanted = select(TaskRow).where(TaskRow.list_id == list_id, col(TaskRow.deleted_at).is_(None))
    for task in mirror.session.exec(wanted).all():
        mirror.forget_remote(task)
