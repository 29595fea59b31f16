"""Corners that invented histories found: each is a rule of the sync, told as a short story."""

from __future__ import annotations

import pytest

from tasks_sync import Place
from tasks_sync.notices import TaskCameBack
from tests.fakes.google_tasks import CommitThenDrop, Refuse


def out_of_sight(bench, title: str):
    """Make a task that is done and cleared on both sides."""
    task = bench.add(title)
    bench.complete(task.id)
    bench.clear_completed(bench.default)
    bench.rest()
    return task


def test_a_subtask_added_below_a_task_reopened_and_done_again_at_once_stands_by_itself(bench):
    other = bench.add("other")
    bench.complete(other.id)
    parent = out_of_sight(bench, "parent")
    bench.reopen(other.id)
    bench.rest()
    bench.complete(other.id)
    bench.clear_completed(bench.default)
    bench.reopen(parent.id)
    child = bench.add("child", parent_id=parent.id)
    bench.delete(other.id)
    bench.complete(parent.id)
    bench.rest()
    bench.same()
    assert bench.reader.task(child.id).parent_id is None
    assert bench.google.tree() == [("child", [])]


def test_a_subtask_waits_until_its_parent_is_reopened_at_google(bench):
    parent = out_of_sight(bench, "parent")
    bench.reopen(parent.id)
    bench.add("child", parent_id=parent.id)
    bench.google.faults.add(Refuse(), method="PATCH", nth=1)
    bench.google.faults.add(CommitThenDrop(), method="PATCH", nth=2)
    bench.rest()
    bench.same()
    assert bench.google.tree() == [("parent", [("child", [])])]
    refused = [line for line in bench.writes() if line.status == 400]
    assert not refused


def test_a_subtask_reopened_below_a_parent_out_of_sight_stays_there(bench):
    parent = bench.add("parent")
    child = bench.add("child", parent_id=parent.id)
    bench.complete(child.id)
    bench.complete(parent.id)
    bench.clear_completed(bench.default)
    bench.rest()
    bench.reopen(child.id)
    bench.rest()
    bench.same()
    assert bench.reader.task(child.id).parent_id == parent.id
    assert not bench.outbox()


def test_a_deletion_taken_back_after_it_was_sent_stays_undone(bench):
    parent = bench.add("parent")
    bench.add("child", parent_id=parent.id)
    bench.rest()
    bench.delete(parent.id)
    bench.clock.forward(seconds=40)
    bench.run()
    assert bench.google.tree() == []
    bench.restore(parent.id)
    bench.rest()
    assert bench.tree() == bench.google.tree() == [("parent", [("child", [])])]
    bench.same()
    assert not bench.notices


def test_a_deletion_taken_back_while_its_answer_is_unknown_stays_undone(bench):
    task = bench.add("task")
    bench.rest()
    bench.delete(task.id)
    bench.clock.forward(seconds=40)
    bench.google.faults.add(CommitThenDrop(), method="DELETE", nth=1)
    bench.run()
    assert bench.google.tree() == []
    bench.restore(task.id)
    bench.rest()
    assert bench.tree() == bench.google.tree() == [("task", [])]
    bench.same()
    assert not bench.notices


def test_a_subtask_ticked_off_there_goes_with_the_parent_deleted_here(bench):
    parent = bench.add("parent")
    bench.add("child", parent_id=parent.id)
    bench.rest()
    bench.delete(parent.id)
    bench.clock.forward(seconds=2)
    bench.phone.complete("child")
    bench.rest()
    bench.same()
    assert not bench.reader.tasks()
    assert not bench.notice(TaskCameBack)


@pytest.mark.parametrize("children", ["silent", "vanish", "tombstones"])
def test_a_subtask_rewritten_and_done_there_outlives_the_parent_deleted_here(bench, children):
    bench.google.rules.children_of_deleted = children
    parent = bench.add("parent")
    bench.add("child", parent_id=parent.id)
    bench.rest()
    bench.delete(parent.id)
    bench.clock.forward(seconds=2)
    bench.phone.edit("child", title="child, rewritten")
    bench.phone.complete("child, rewritten")
    bench.rest()
    bench.clock.forward(hours=25)
    bench.rest()
    bench.same()
    assert [task.title for task in bench.reader.tasks()] == ["child, rewritten"]


def test_a_family_moved_to_another_list_and_back_stays_a_family(bench):
    bench.google.rules.children_follow_list_move = True
    bench.add_list("Work")
    parent = bench.add("parent")
    bench.add("child", parent_id=parent.id)
    bench.rest()
    work = next(each.id for each in bench.reader.lists() if each.title == "Work")
    _, before = bench.move(parent.id, Place(work))
    bench.run()
    bench.move(parent.id, before)
    bench.run()
    assert bench.tree() == [("parent", [("child", [])])]
    bench.rest()
    bench.same()
    assert bench.tree() == bench.google.tree() == [("parent", [("child", [])])]


def test_a_task_moved_deleted_and_taken_back_is_moved_all_the_same(bench):
    bench.add_list("Work")
    task = bench.add("task")
    bench.rest()
    work = next(each.id for each in bench.reader.lists() if each.title == "Work")
    bench.move(task.id, Place(work))
    bench.delete(task.id)
    bench.run()
    bench.restore(task.id)
    bench.run()
    assert bench.tree("Work") == bench.google.tree("Work") == [("task", [])]
    bench.same()
