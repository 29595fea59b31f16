"""Taking in what Google shows. Nothing here changes anything at Google.

First everything is read, then everything is taken in, list by list: whether a task is gone or has
only changed lists cannot be told before all lists are in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from tasks_sync.adoption import Adoption
from tasks_sync.arrangement import order, repair
from tasks_sync.errors import RemoteNotFound
from tasks_sync.lists import AgreedLists, MissingList, agree_lists, cursor_of, list_gone
from tasks_sync.means import Means
from tasks_sync.merge import Fate
from tasks_sync.mirror import Mirror, Told
from tasks_sync.notices import ListRemoved, MassRemoval
from tasks_sync.plan import brake, full_reading_due, suspects
from tasks_sync.reading import Known, ListReading, Progress, Reader, known_tasks
from tasks_sync.remote import Remote, RemoteTask
from tasks_sync.rows import OpKind, TaskListRow, TaskRow


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
        self._ahead, self._reader = ahead, Reader(remote, progress)
        self.held: set[str] = set()

    def run(self) -> None:
        """Read all lists, then take them in; raise Unavailable with nothing taken in half."""
        shown = self._remote.lists()
        with self._means.transaction() as session:
            mirror = Mirror(session, self._means, self._told, self._ahead)
            agreed = agree_lists(mirror, self._means, shown)
        with self._means.reading() as session:
            known = known_tasks(session)
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

    def _read_all(self, agreed: AgreedLists, known: dict[str, Known]) -> list[ListReading]:
        now = self._means.now() + self._ahead
        read_before = [target for target in agreed.to_read if target.seen_until is not None]
        all_full = any(full_reading_due(now, target.last_full_at) for target in read_before)
        return [
            self._reader.read(target, known, full=all_full or target.seen_until is None)
            for target in agreed.to_read
        ]

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
        self._reader.read_again(reading)
        for remote_id in sorted(missing - set(reading.tasks)):
            if not self._reader.look_at(reading, remote_id) and remote_id not in reading.tasks:
                reading.tasks[remote_id] = self._as_gone(remote_id)

    def _look_after_children(self, reading: ListReading, known: dict[str, Known]) -> None:
        """Find what became of the subtasks of deleted tasks; Google often does not say."""
        dead = {task.id for task in reading.tasks.values() if task.deleted}
        for one in known.values():
            if one.parent_remote_id not in dead or one.deleted or not one.live:
                continue
            seen = one.remote_id in reading.tasks or self._reader.look_at(reading, one.remote_id)
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
