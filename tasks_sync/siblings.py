"""Places and ranks among siblings here, inside one transaction. Tells nobody."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from tasks_sync.errors import TaskNotFound
from tasks_sync.model import Place
from tasks_sync.ordering import GAP, rank_between
from tasks_sync.rows import TaskRow


def place_of(session: Session, row: TaskRow) -> Place:
    """Give the place that a task has."""
    siblings = _sibling_ranks(session, Place(row.list_id, row.parent_id), moving=None)
    ids = [sibling_id for sibling_id, _ in siblings]
    index = ids.index(row.id)
    return Place(row.list_id, row.parent_id, ids[index - 1] if index else None)


def rank_after(session: Session, place: Place, moving: str | None) -> int:
    """Give the rank for a place, as if the task `moving` were not there; make room if need be."""
    siblings = _sibling_ranks(session, place, moving)
    index = _index_after(session, siblings, place)
    rank = _rank_at(siblings, index)
    if rank is None:
        for number, (sibling_id, _) in enumerate(siblings):
            row = session.get_one(TaskRow, sibling_id)
            row.rank = number * GAP
        session.flush()
        rank = _rank_at(_sibling_ranks(session, place, moving), index)
    assert rank is not None, "renumbered siblings leave room"
    return rank


def _index_after(session: Session, siblings: Sequence[tuple[str, int]], place: Place) -> int:
    if place.after_id is None:
        return 0
    ids = [sibling_id for sibling_id, _ in siblings]
    if place.after_id in ids:
        return ids.index(place.after_id) + 1
    gone = session.get(TaskRow, place.after_id)
    if gone is None:
        raise TaskNotFound(place.after_id)
    if (gone.list_id, gone.parent_id) != (place.list_id, place.parent_id):
        return 0
    # Deleted meanwhile: stand where it stood, so that an undo keeps the order.
    return sum(rank <= gone.rank for _, rank in siblings)


def _sibling_ranks(session: Session, place: Place, moving: str | None) -> list[tuple[str, int]]:
    wanted = (
        select(TaskRow.id, TaskRow.rank)
        .where(
            TaskRow.list_id == place.list_id,
            TaskRow.parent_id == place.parent_id,
            col(TaskRow.deleted_at).is_(None),
            col(TaskRow.hidden).is_(False),
        )
        .order_by(col(TaskRow.rank), col(TaskRow.id))
    )
    return [(found, rank) for found, rank in session.exec(wanted) if found != moving]


def _rank_at(siblings: Sequence[tuple[str, int]], index: int) -> int | None:
    before = siblings[index - 1][1] if index else None
    after = siblings[index][1] if index < len(siblings) else None
    return rank_between(before, after)
