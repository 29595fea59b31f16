"""Scenarios 30 to 40, 50, 52 and 53: families, lists and order on both sides."""

from __future__ import annotations

from datetime import date

import pytest

import tasks_sync as ts
from tasks_sync import Place, TaskChanges
from tasks_sync.notices import ListRemoved, MassRemoval, MoveReverted
from tests.fakes.google_tasks import CommitThenDelay, CommitThenDrop, Refuse


def top(bench) -> list[str]:
    return [title for title, _ in bench.google.tree()]


def test_30_a_family_added_offline_arrives_as_a_family(bench):
    bench.rest()
    parent = bench.add("parent")
    bench.add("second", parent_id=parent.id)
    bench.add("first", parent_id=parent.id)
    bench.google.faults.add(CommitThenDrop(), method="POST", path=r"/tasks$", nth=1)
    bench.rest()
    assert bench.google.tree() == [("parent", [("first", []), ("second", [])])]
    assert len(bench.google.matching("POST", r"/tasks$")) == 3
    bench.same()


def test_31_a_task_put_under_two_parents_at_once_ends_under_one(bench):
    a = bench.add("A")
    bench.add("T", parent_id=a.id)
    c = bench.add("C")
    bench.rest()
    bench.move(bench.task("T").id, Place(bench.default, c.id))
    bench.clock.forward(minutes=1)
    bench.phone.reparent("T", None)
    bench.rest()
    assert ("T", []) in bench.google.tree()
    bench.same()


@pytest.mark.parametrize("later", ["here", "there"])
def test_32_two_tasks_put_under_each_other_make_no_circle(bench, later):
    a, b = bench.add("A"), bench.add("B")
    bench.rest()

    def here():
        bench.move(b.id, Place(bench.default, a.id))

    def there():
        bench.phone.reparent("A", "B")

    first, second = (there, here) if later == "here" else (here, there)
    first()
    bench.clock.forward(minutes=1)
    second()
    bench.rest()
    assert len(bench.titles()) == 2
    bench.same()


@pytest.mark.parametrize("rule", ["silent", "vanish", "zombies", "tombstones"])
def test_33_subtasks_go_with_a_parent_deleted_there_whatever_google_says_of_them(bench, rule):
    bench.google.rules.children_of_deleted = rule
    parent = bench.add("P")
    bench.add("a", parent_id=parent.id)
    bench.add("b", parent_id=parent.id)
    bench.add("other")
    bench.rest()
    bench.phone.delete("P")
    bench.rest()
    assert bench.titles() == ["other"]
    bench.restore(parent.id)
    bench.rest()
    # Undeletable leftovers, which the rule "zombies" makes, stay at Google and out of sight here.
    assert ("P", [("b", []), ("a", [])]) in bench.google.tree()
    bench.clock.forward(days=2)
    bench.rest()
    assert bench.titles() == ["other", "P", "b", "a"]


def test_33_a_subtask_edited_here_outlives_its_parent_deleted_there(bench):
    parent = bench.add("P")
    child = bench.add("a", parent_id=parent.id)
    bench.rest()
    bench.edit(child.id, TaskChanges(title="a, but more"))
    bench.clock.forward(minutes=1)
    bench.phone.delete("P")
    bench.rest()
    assert bench.google.tree() == [("a, but more", [])]
    bench.same()


def test_33_a_task_put_there_under_one_just_deleted_here_does_not_go_along(bench):
    parent = bench.add("P")
    bench.add("saved")
    bench.rest()
    bench.phone.reparent("saved", "P")
    bench.delete(parent.id)
    bench.clock.forward(minutes=1)
    bench.rest()
    assert bench.google.tree() == [("saved", [])]
    bench.same()


@pytest.mark.parametrize("touched", [True, False])
def test_34_a_task_moved_to_another_list_there_is_the_same_task_here(bench, touched):
    bench.google.rules.move_touches = touched
    home = bench.add_list("Home")
    task = bench.add("T")
    bench.add("stays")
    bench.rest()
    bench.phone.move_to_list("T", "Home")
    bench.rest()
    assert bench.reader.task(task.id).list_id == home.id
    assert bench.titles(bench.default) == ["stays"]
    bench.same()


def test_35_a_move_to_another_list_that_was_not_answered_makes_one_copy(bench):
    home = bench.add_list("Home")
    task = bench.add("T")
    bench.rest()
    bench.google.faults.add(CommitThenDelay(1.4), method="POST", path=r"/move$", nth=1)
    bench.move(task.id, Place(home.id))
    bench.rest()
    assert bench.titles(home.id) == ["T"]
    assert len(bench.google.all_tasks()) == 1
    bench.same()


@pytest.mark.parametrize("follow", [True, False])
def test_35_a_family_moved_to_another_list_arrives_as_a_family(bench, follow):
    bench.google.rules.children_follow_list_move = follow
    home = bench.add_list("Home")
    parent = bench.add("P")
    bench.add("b", parent_id=parent.id)
    bench.add("a", parent_id=parent.id)
    bench.rest()
    bench.move(parent.id, Place(home.id))
    bench.rest()
    assert bench.google.tree("Home") == [("P", [("a", []), ("b", [])])]
    bench.same()


def test_36_a_recurring_task_that_may_not_change_lists_is_put_back_and_said(bench):
    home = bench.add_list("Home")
    bench.phone.add_recurring("Water plants", due=date(2026, 3, 3))
    bench.rest()
    task = bench.task("Water plants")
    bench.move(task.id, Place(home.id))
    bench.add("afterwards")
    bench.rest()
    [notice] = bench.notice(MoveReverted)
    assert notice.title == "Water plants"
    assert bench.reader.task(task.id).list_id == bench.default
    assert "afterwards" in top(bench)
    bench.same()


def test_37_a_list_deleted_there_asks_first_and_keeps_what_was_not_sent(bench):
    home = bench.add_list("Home")
    tasks = [bench.add(f"t{number}", list_id=home.id) for number in range(40)]
    bench.rest()
    for task in tasks[:2]:
        bench.edit(task.id, TaskChanges(title=f"{task.title} edited"))
    bench.add("made here", list_id=home.id)
    bench.phone.delete_list("Home")
    bench.run()
    [ask] = [notice for notice in bench.report.notices if isinstance(notice, MassRemoval)]
    assert (ask.list_title, ask.gone) == ("Home", 41)
    assert len(bench.titles(home.id)) == 41
    bench.sync.answer_removal(ask.list_id, allow=True)
    bench.rest()
    [told] = bench.notice(ListRemoved)
    assert (told.deleted, told.kept) == (38, 3)
    assert sorted(bench.titles()) == ["made here", "t0 edited", "t1 edited"]
    bench.same()


def test_37_a_list_deleted_there_by_mistake_can_be_made_anew_with_its_tasks(bench):
    home = bench.add_list("Home")
    for number in range(12):
        bench.add(f"t{number}", list_id=home.id)
    bench.rest()
    bench.phone.delete_list("Home")
    bench.run()
    bench.sync.answer_removal(home.id, allow=False)
    bench.rest()
    assert len(bench.google.tree("Home")) == 12
    bench.same()


def test_38_lists_of_one_name_made_over_a_broken_line_are_as_many_as_were_wanted(bench):
    bench.phone.new_list("Home")
    bench.rest()
    bench.add_list("Home")
    bench.add_list("Home")
    bench.google.faults.add(
        CommitThenDrop(), Refuse(), method="POST", path=r"/users/@me/lists$", times=3
    )
    bench.rest()
    assert list(bench.google.lists().values()).count("Home") == 3
    assert [found.title for found in bench.reader.lists()].count("Home") == 3
    bench.same()


def test_38_a_list_is_renamed_deleted_and_brought_back_there_too(bench):
    home = bench.add_list("Home")
    bench.add("sweep", list_id=home.id)
    bench.rest()
    bench.rename_list(home.id, "House")
    bench.rest()
    assert "House" in bench.google.lists().values()
    bench.delete_list(home.id)
    bench.clock.forward(seconds=31)
    bench.rest()
    assert "House" not in bench.google.lists().values()
    bench.restore_list(home.id)
    bench.rest()
    assert bench.google.tree("House") == [("sweep", [])]
    bench.same()


def test_38_a_task_moved_out_of_a_list_before_it_was_deleted_survives(bench):
    home = bench.add_list("Home")
    task = bench.add("T", list_id=home.id)
    bench.rest()
    bench.move(task.id, Place(bench.default))
    bench.delete_list(home.id)
    bench.google.faults.add(CommitThenDrop(), method="POST", path=r"/move$", nth=1)
    bench.rest()
    assert top(bench) == ["T"]
    bench.same()


def test_39_the_default_list_is_not_deleted(bench):
    bench.rest()
    with pytest.raises(ts.DefaultListKept):
        bench.delete_list(bench.default)
    bench.rest()
    assert bench.google.matching("DELETE") == []


def test_40_a_task_edited_during_a_full_reading_is_not_taken_for_deleted(bench):
    for number in range(250):
        bench.phone.add(f"t{number}")
    bench.rest()
    bench.clock.forward(days=2)
    page, calls = bench.remote.page, []

    def edit_between_pages(*args):
        found = page(*args)
        calls.append(args)
        if len(calls) == 1:
            bench.clock.forward(seconds=1)
            bench.phone.edit("t10", notes="jumped to the front")
        return found

    bench.remote.page = edit_between_pages
    bench.run()
    del bench.remote.page
    bench.rest()
    assert len(bench.titles()) == 250
    assert bench.task("t10").notes == "jumped to the front"
    bench.same()


def test_50_an_assigned_task_can_be_ticked_off_but_not_deleted_moved_or_built_upon(bench):
    bench.phone.receive("Review the plan")
    other = bench.add("other")
    bench.rest()
    task = bench.task("Review the plan")
    for attempt in (
        lambda: bench.delete(task.id),
        lambda: bench.move(task.id, Place(bench.default, None, other.id)),
        lambda: bench.add("below", parent_id=task.id),
        lambda: bench.edit(task.id, TaskChanges(title="mine now")),
    ):
        with pytest.raises(ts.AssignedReadOnly):
            attempt()
    bench.complete(task.id)
    bench.rest()
    assert bench.google.account("me").deleted_originals == []
    bench.same()


def test_52_malformed_rows_are_read_in_a_fixed_order(bench):
    ids = [bench.phone.add(title) for title in "abcd"]
    for task_id in ids[:2]:
        bench.google.distort(task_id, position="00000000000000000001")
    bench.google.distort(ids[2], parent="", updated=None)
    bench.rest()
    before = bench.titles()
    assert sorted(before) == ["a", "b", "c", "d"]
    bench.clock.forward(days=2)
    bench.rest()
    assert bench.titles() == before


def test_53_reversing_ten_of_a_hundred_takes_at_most_ten_moves(bench):
    for number in reversed(range(100)):
        bench.add(f"t{number:02d}")
    bench.rest()
    ids = {task.title: task.id for task in bench.reader.open_tasks()}
    for number in range(41, 50):
        bench.move(ids[f"t{number}"], Place(bench.default, None, ids["t39"]))
    bench.phone.add("from the phone", previous="t70")
    bench.rest()
    assert len(bench.google.matching("POST", r"/move$")) <= 10
    expected = [f"t{number:02d}" for number in [*range(40), *range(49, 39, -1), *range(50, 100)]]
    expected.insert(71, "from the phone")
    assert top(bench) == expected
    bench.same()


def test_53_a_reordered_list_there_is_reordered_here(bench):
    for title in "dcba":
        bench.add(title)
    bench.rest()
    bench.phone.move("a", "c")
    bench.rest()
    assert bench.titles() == ["b", "c", "a", "d"]
    bench.same()
