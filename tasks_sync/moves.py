"""Planning the moves that tell Google a new order, in one transaction. Nothing here sends."""

from __future__ import annotations

from sqlmodel import Session, col, select

from tasks_sync.mirror import Mirror
from tasks_sync.model import Status
from tasks_sync.ordering import least_moves
from tasks_sync.rows import OpKind, TaskBaseRow, TaskOutboxRow, TaskRow


def plan_moves(mirror: Mirror) -> None:
    """Replace the moves waiting in one group of siblings by the fewest that do the same."""
    for rows in _groups_with_moves(mirror.session):
        wanted = [row.id for row, _ in rows]
        current = [
            row.id
            for row, base in sorted(rows, key=lambda pair: (pair[1].position, pair[0].id))
            if mirror.spot_of_base(base).parent_id == row.parent_id and base.list_id == row.list_id
        ]
        by_id = {row.id: row for row, _ in rows}
        if len({base.position for _, base in rows}) < len(rows):
            continue
        for row in by_id.values():
            mirror.outbox.cancel(OpKind.MOVE, list_id=row.list_id, task_id=row.id)
        for move in least_moves(wanted, current):
            row = by_id[move.key]
            mirror.outbox.want(
                OpKind.MOVE, list_id=row.list_id, task_id=row.id, local_rev=row.local_rev
            )


def _groups_with_moves(session: Session) -> list[list[tuple[TaskRow, TaskBaseRow]]]:
    """Give the groups of siblings in which two or more moves wait, in the order here."""
    moving = session.exec(
        select(TaskRow.list_id, TaskRow.parent_id, TaskOutboxRow.attempts, TaskOutboxRow.refusals)
        .join(TaskOutboxRow, col(TaskOutboxRow.task_id) == col(TaskRow.id))
        .where(TaskOutboxRow.kind == OpKind.MOVE, col(TaskRow.deleted_at).is_(None))
    ).all()
    groups: dict[tuple[str, str | None], int] = {}
    for list_id, parent_id, attempts, refusals in moving:
        # One that was tried before keeps its row and its memory of what went wrong.
        weight = 1 if attempts == refusals == 0 else -1000
        groups[list_id, parent_id] = groups.get((list_id, parent_id), 0) + weight
    found = []
    for (list_id, parent_id), count in groups.items():
        if count > 1:
            wanted = (
                select(TaskRow, TaskBaseRow)
                .where(
                    TaskRow.id == TaskBaseRow.task_id,
                    TaskRow.list_id == list_id,
                    TaskRow.parent_id == parent_id,
                    TaskRow.status == Status.NEEDS_ACTION,
                    TaskBaseRow.status == Status.NEEDS_ACTION,
                    col(TaskRow.deleted_at).is_(None),
                    col(TaskBaseRow.deleted).is_(False),
                )
                .order_by(col(TaskRow.rank), col(TaskRow.id))
            )
            found.append(list(session.exec(wanted)))
    return found
