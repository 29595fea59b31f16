"""Corners that invented histories found: each is a rule of the sync, told as a short story."""

from __future__ import annotations

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
