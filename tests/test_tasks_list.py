from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import TypeAdapter

import tasks_sync as ts
from tasks_sync import UNSET, Place, TaskChanges
from tests.tasks_sync.house import Desk


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    desk.close()


def test_a_new_task_stands_first_as_at_google(desk):
    desk.add("one")
    desk.add("two")
    assert desk.titles() == ["two", "one"]


def test_a_task_can_be_added_after_another_and_under_another(desk):
    one = desk.add("one")
    desk.add("two", after_id=one.id)
    desk.add("part", parent_id=one.id)
    assert desk.titles() == ["one", "part", "two"]


def test_an_edit_changes_only_the_fields_named_and_gives_the_way_back(desk):
    task = desk.add("one", notes="n", due=date(2026, 3, 4))
    after, back = desk.edit(task.id, TaskChanges(due=None))
    assert (after.title, after.notes, after.due) == ("one", "n", None)
    again, _ = desk.edit(task.id, back)
    assert again.due == date(2026, 3, 4)


def test_a_way_back_leaves_alone_what_was_changed_again_since(desk):
    task = desk.add("one", notes="n")
    _, back = desk.edit(task.id, TaskChanges(title="two", notes="m"))
    desk.edit(task.id, TaskChanges(title="three"))
    after, _ = desk.edit(task.id, back)
    assert (after.title, after.notes) == ("three", "n")
    with pytest.raises(ts.ChangedSince, match="title"):
        desk.edit(task.id, TaskChanges(title="two", while_still=TaskChanges(title="nope")))


@pytest.mark.parametrize(
    "changes",
    [
        TaskChanges(),
        TaskChanges(title="a", notes="", due=None),
        TaskChanges(due=date(2026, 1, 2), while_still=TaskChanges(due=None)),
    ],
)
def test_changes_survive_the_journal(changes):
    adapter = TypeAdapter(TaskChanges)
    assert adapter.validate_json(adapter.dump_json(changes)) == changes
    assert TaskChanges().due is UNSET


def test_complete_and_reopen_keep_the_order(desk):
    first, second, third = (desk.add(title) for title in "cba")
    desk.complete(second.id)
    assert desk.titles() == ["a", "c"]
    assert desk.reader.task(second.id).completed_at == desk.clock()
    with pytest.raises(ts.AlreadyDone):
        desk.complete(second.id)
    desk.reopen(second.id)
    assert desk.titles() == ["a", "b", "c"]
    with pytest.raises(ts.NotDone):
        desk.reopen(third.id)
    assert desk.reader.task(second.id).completed_at is None
    assert first.is_open


def test_a_deleted_task_takes_its_subtasks_along_and_brings_them_back_in_place(desk):
    last = desk.add("last")
    parent = desk.add("parent")
    kept = desk.add("kept", parent_id=parent.id)
    gone = desk.add("gone before", parent_id=parent.id)
    desk.delete(gone.id)
    before = desk.titles()
    desk.delete(parent.id)
    assert desk.titles() == ["last"]
    with pytest.raises(ts.TaskNotFound):
        desk.reader.task(kept.id)
    desk.restore(parent.id)
    assert desk.titles() == before == ["parent", "kept", "last"]
    with pytest.raises(ts.NotDeleted):
        desk.restore(last.id)


def test_a_move_gives_the_place_it_came_from(desk):
    tasks = {title: desk.add(title) for title in "dcba"}
    _, before = desk.move(tasks["a"].id, Place(desk.default, None, tasks["c"].id))
    assert desk.titles() == ["b", "c", "a", "d"]
    desk.move(tasks["a"].id, before)
    assert desk.titles() == ["a", "b", "c", "d"]


def test_a_move_to_another_list_takes_the_subtasks_along(desk):
    home = desk.add_list("Home")
    parent = desk.add("parent")
    desk.add("part", parent_id=parent.id)
    desk.move(parent.id, Place(home.id))
    assert desk.titles(home.id) == ["parent", "part"]
    assert desk.titles(desk.default) == []


def test_many_moves_to_one_spot_never_run_out_of_room(desk):
    anchor = desk.add("anchor")
    desk.add("end", after_id=anchor.id)
    for number in range(60):
        desk.add(str(number), after_id=anchor.id)
    expected = ["anchor", *(str(number) for number in reversed(range(60))), "end"]
    assert desk.titles() == expected


def test_places_that_cannot_be_are_refused(desk):
    parent, other = desk.add("parent"), desk.add("other")
    child = desk.add("child", parent_id=parent.id)
    with pytest.raises(ts.WouldCycle):
        desk.move(parent.id, Place(desk.default, parent.id))
    with pytest.raises(ts.TooDeep):
        desk.move(parent.id, Place(desk.default, other.id))
    with pytest.raises(ts.TooDeep):
        desk.add("deeper", parent_id=child.id)
    with pytest.raises(ts.ListNotFound):
        desk.move(other.id, Place("nowhere"))
    assert desk.titles() == ["other", "parent", "child"]


@pytest.mark.parametrize(
    ("title", "error"),
    [
        ("", ts.TitleEmpty),
        (" \n", ts.TitleEmpty),
        ("\u200b", ts.TitleEmpty),
        ("x" * 1025, ts.TitleTooLong),
        ("\U0001f600" * 600, ts.TitleTooLong),
    ],
)
def test_titles_google_would_refuse_are_refused_here(desk, title, error):
    with pytest.raises(error):
        desk.add(title)
    assert desk.titles() == []


def test_text_is_cleaned_on_the_way_in(desk):
    task = desk.add(" a\tb\n\x00c ", notes="x\r\ny\x07\r\n")
    assert (task.title, task.notes) == ("a b c", "x\ny")
    with pytest.raises(ts.NotesTooLong):
        desk.add("fine", notes="x" * 8193)


def test_clearing_hides_what_is_done_and_can_be_taken_back(desk):
    done, still = desk.add("done"), desk.add("still")
    desk.complete(done.id)
    cleared = desk.clear_completed(desk.default)
    assert cleared == (done.id,)
    assert desk.reader.task(done.id).hidden
    desk.unclear(cleared)
    assert not desk.reader.task(done.id).hidden
    assert desk.titles() == [still.title]


def test_lists_can_be_made_renamed_deleted_and_brought_back(desk):
    home = desk.add_list("Home")
    desk.add("sweep", list_id=home.id)
    renamed, before = desk.rename_list(home.id, "House")
    assert (renamed.title, before) == ("House", "Home")
    desk.delete_list(home.id)
    assert [found.title for found in desk.reader.lists()] == ["My Tasks"]
    assert desk.titles() == []
    desk.restore_list(home.id)
    assert desk.titles(home.id) == ["sweep"]
    with pytest.raises(ts.DefaultListKept):
        desk.delete_list(desk.default)
    assert desk.reader.default_list().id == desk.default


def test_what_was_done_in_a_span_is_found(desk):
    task = desk.add("one")
    desk.complete(task.id)
    day = datetime(2026, 3, 2, tzinfo=UTC)
    assert [t.id for t in desk.reader.completed_between(day, day + timedelta(days=1))] == [task.id]
    assert desk.reader.completed_between(day - timedelta(days=1), day) == []


def test_changes_waiting_for_google_are_merged_while_unsent(desk):
    task = desk.add("one")
    desk.edit(task.id, TaskChanges(title="two"))
    desk.complete(task.id)
    assert desk.reader.unsynced() == 1
    desk.delete(task.id)
    assert desk.reader.unsynced() == 0
    desk.restore(task.id)
    assert desk.reader.unsynced() == 1
