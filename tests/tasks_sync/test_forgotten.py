"""A wish whose waiting row was dropped on the way is told all the same, and nothing else is."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, delete

from tasks_sync.model import TaskChanges
from tasks_sync.rows import TaskOutboxRow


def drop_waiting_rows(bench) -> None:
    with Session(bench.engine) as session, session.begin():
        session.exec(delete(TaskOutboxRow))


def test_a_difference_without_a_waiting_row_is_told(bench):
    task = bench.add("T")
    bench.rest()
    bench.edit(task.id, TaskChanges(title="ours", due=date(2026, 3, 9)))
    drop_waiting_rows(bench)
    bench.rest()
    bench.same()
    assert [item["title"] for item in bench.google.all_tasks()] == ["ours"]


def test_where_both_sides_agree_nothing_is_told(bench):
    bench.add("T")
    bench.rest()
    before = len(bench.writes())
    bench.run(3)
    assert len(bench.writes()) == before
