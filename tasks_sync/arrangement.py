"""Where the tasks of a list stand: their order, and parents that are gone. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import col, select

from tasks_sync.merge import Spot
from tasks_sync.mirror import Mirror
from tasks_sync.model import Status
from tasks_sync.ordering import GAP, merge_order
from tasks_sync.remote import Standing
from tasks_sync.rows import OpKind, TaskOutboxRow, TaskRow


def order(mirror: Mirror, list_id: str, standings: Iterable[Standing]) -> None:
    """Bring the order here to Google's, but for what was moved or made here meanwhile."""
    live, pinned = _live(mirror, list_id), _pinned(mirror, list_id)
    mirror.preload_list(list_id)
    theirs = _take_positions(mirror, live, standings)
    groups: dict[str | None, list[TaskRow]] = {}
    for row in live:
        groups.setdefault(row.parent_id, []).append(row)
    for parent_id, rows in groups.items():
        shown = [task_id for *_, task_id in sorted(theirs.get(parent_id, []))]
        _rank(rows, merge_order([row.id for row in rows], shown, pinned))


def _take_positions(
    mirror: Mirror, live: Sequence[TaskRow], standings: Iterable[Standing]
) -> dict[str | None, list[tuple[str, str, str]]]:
    """Note Google's positions; give the open tasks below each parent as keys that sort."""
    by_remote = {row.remote_id: row for row in live if row.remote_id}
    theirs: dict[str | None, list[tuple[str, str, str]]] = {}
    for standing in standings:
        row = by_remote.get(standing.id)
        if row is None:
            continue
        base = mirror.base(row)
        if base is not None and base.position != standing.position:
            base.position = standing.position
        if row.status == Status.NEEDS_ACTION:
            key = (standing.position, standing.id, row.id)
            theirs.setdefault(row.parent_id, []).append(key)
    return theirs


def repair(mirror: Mirror, list_id: str) -> None:
    """Free live tasks from parents that are gone, in another list, or below themselves."""
    wanted = select(TaskRow).where(
        TaskRow.list_id == list_id,
        col(TaskRow.parent_id).is_not(None),
        col(TaskRow.deleted_at).is_(None),
    )
    for row in mirror.session.exec(wanted).all():
        parent = mirror.session.get(TaskRow, row.parent_id)
        if parent is not None and parent.deleted_at is None and mirror.base(row) is None:
            # Made here and not told yet: it goes where its parent has gone.
            row.list_id = parent.list_id
        astray = parent is None or parent.deleted_at is not None or parent.list_id != row.list_id
        if astray or _circular(mirror, row) or _too_late_below(mirror, row, parent):
            row.parent_id = None
            mirror.tell_rest(row)


def _circular(mirror: Mirror, row: TaskRow) -> bool:
    seen, above = {row.id}, row.parent_id
    while above is not None:
        if above in seen:
            return True
        seen.add(above)
        parent = mirror.session.get(TaskRow, above)
        above = parent.parent_id if parent else None
    return False


def _too_late_below(mirror: Mirror, row: TaskRow, parent: TaskRow | None) -> bool:
    """Tell whether a task was put here below one that Google has put out of sight since."""
    above = mirror.base(parent) if parent is not None else None
    if above is None or not above.hidden:
        return False
    base = mirror.base(row)
    return base is None or mirror.spot_of_base(base) != Spot(row.list_id, row.parent_id)


def _live(mirror: Mirror, list_id: str) -> Sequence[TaskRow]:
    wanted = (
        select(TaskRow)
        .where(
            TaskRow.list_id == list_id,
            col(TaskRow.deleted_at).is_(None),
            col(TaskRow.hidden).is_(False),
        )
        .order_by(col(TaskRow.rank), col(TaskRow.id))
    )
    return mirror.session.exec(wanted).all()


def _pinned(mirror: Mirror, list_id: str) -> set[str]:
    wanted = (
        select(TaskOutboxRow.task_id)
        .join(TaskRow, col(TaskRow.id) == col(TaskOutboxRow.task_id))
        .where(
            TaskRow.list_id == list_id,
            col(TaskOutboxRow.kind).in_([OpKind.MOVE, OpKind.INSERT]),
        )
    )
    return {task_id for task_id in mirror.session.exec(wanted) if task_id is not None}


def _rank(rows: Sequence[TaskRow], order: Sequence[str]) -> None:
    """Renumber siblings when their order changed; most readings change nothing."""
    if [row.id for row in rows] == list(order) and _distinct(rows):
        return
    by_id: Mapping[str, TaskRow] = {row.id: row for row in rows}
    for number, task_id in enumerate(order):
        by_id[task_id].rank = number * GAP


def _distinct(rows: Sequence[TaskRow]) -> bool:
    return len({row.rank for row in rows}) == len(rows)
