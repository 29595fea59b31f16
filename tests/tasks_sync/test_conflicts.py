from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import Session

from tasks_sync import ConflictNotFound, TaskChanges
from tasks_sync.conflicts import ConflictReader
from tasks_sync.settlement import Settlement
from tasks_sync.writes import TaskWriter


def settle(bench, how: str, conflict_id: str):
    with Session(bench.engine) as session, session.begin():
        writer = TaskWriter(session, now=bench.clock, new_id=bench.new_id)
        return getattr(Settlement(session, writer, now=bench.clock), how)(conflict_id)


def fall_out(bench):
    task = bench.add("T", notes="n", due=date(2026, 3, 3))
    bench.rest()
    bench.clock.forward(minutes=5)
    ours = TaskChanges(title="ours", notes="our notes", due=date(2026, 3, 4))
    bench.edit(task.id, ours)
    bench.clock.forward(minutes=1)
    bench.phone.edit("T", title="theirs", notes="their notes", due=date(2026, 3, 5))
    bench.rest()
    return task


def test_every_value_that_lost_can_be_brought_back_on_both_sides(bench):
    task = fall_out(bench)
    reader = ConflictReader(bench.engine)
    assert {one.field: one.lost for one in reader.open()} == {
        "title": "ours",
        "notes": "our notes",
        "due": "2026-03-04",
    }
    for one in reader.open():
        settle(bench, "restore", one.id)
    bench.rest()
    after = bench.reader.task(task.id)
    assert (after.title, after.notes, after.due) == ("ours", "our notes", date(2026, 3, 4))
    assert reader.open() == []
    bench.same()


def test_a_conflict_that_is_let_go_is_listed_no_more_until_reopened(bench):
    fall_out(bench)
    reader = ConflictReader(bench.engine)
    first = reader.open()[0]
    settle(bench, "dismiss", first.id)
    assert first not in reader.open()
    with pytest.raises(ConflictNotFound):
        settle(bench, "restore", first.id)
    settle(bench, "reopen", first.id)
    assert first in reader.open()


def test_a_deletion_that_lost_can_be_had_after_all(bench):
    task = bench.add("T")
    bench.rest()
    bench.delete(task.id)
    bench.clock.forward(minutes=1)
    bench.phone.edit("T", notes="wait")
    bench.rest()
    [conflict] = ConflictReader(bench.engine).open()
    settle(bench, "restore", conflict.id)
    bench.clock.forward(minutes=1)
    bench.rest()
    assert bench.google.tree() == bench.tree() == []


def test_two_titles_for_one_list_keep_googles_and_remember_ours(bench):
    home = bench.add_list("Home")
    bench.rest()
    bench.rename_list(home.id, "ours")
    bench.phone.rename_list("Home", "theirs")
    bench.rest()
    [conflict] = ConflictReader(bench.engine).open()
    assert (conflict.field, conflict.lost, conflict.title) == ("list title", "ours", "theirs")
    settle(bench, "restore", conflict.id)
    bench.rest()
    assert "ours" in bench.google.lists().values()
