"""Scenarios 11 to 29: both sides change tasks; nothing said by either is lost in silence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, select

import tasks_sync as ts
from tasks_sync import TaskChanges
from tasks_sync.notices import ClearHeld, TaskCameBack
from tasks_sync.rows import TaskConflictRow
from tests.fakes.google_tasks import CommitThenDrop


def conflicts(bench):
    with Session(bench.engine) as session:
        return [
            (row.field, row.lost, row.kept, row.lost_side)
            for row in session.exec(select(TaskConflictRow))
        ]


def shared(bench, title="T", **fields):
    """A task both sides know."""
    task = bench.add(title, **fields)
    bench.rest()
    bench.clock.forward(minutes=10)
    return task


def test_11_a_week_offline_with_edits_on_both_sides_converges_in_three_cycles(bench):
    tasks = [bench.add(f"task {number:03d}") for number in range(200)]
    bench.rest()
    for number, task in enumerate(tasks[:50]):
        bench.clock.forward(hours=3)
        match number % 5:
            case 0:
                bench.edit(task.id, TaskChanges(title=f"here {number}"))
            case 1:
                bench.complete(task.id)
            case 2:
                bench.delete(task.id)
            case 3:
                bench.edit(task.id, TaskChanges(due=date(2026, 4, 1)))
            case _:
                bench.add(f"new here {number}")
    for number in range(40, 70):
        bench.clock.forward(minutes=20)
        match number % 3:
            case 0:
                bench.phone.edit(f"task {number:03d}", notes=f"there {number}")
            case 1:
                bench.phone.edit(f"task {number:03d}", title=f"there {number}")
            case _:
                bench.phone.add(f"new there {number}")
    bench.run(3)
    assert bench.report.waiting == 0
    bench.rest()
    bench.same()
    made = [title for title in bench.titles() if title.startswith("new")]
    assert len(made) == len(set(made)) == 20


def test_12_edits_of_different_fields_both_survive_and_only_ours_is_sent(bench):
    task = shared(bench)
    bench.edit(task.id, TaskChanges(title="ours"))
    bench.phone.edit("T", due=date(2026, 3, 9))
    bench.rest()
    after = bench.reader.task(task.id)
    assert (after.title, after.due) == ("ours", date(2026, 3, 9))
    [patch] = bench.google.matching("PATCH")
    assert patch.body == {"title": "ours"}
    assert conflicts(bench) == []
    bench.same()


@pytest.mark.parametrize("later", ["here", "there"])
def test_13_of_two_edits_of_one_field_the_later_wins_and_the_other_can_be_brought_back(
    bench, later
):
    task = shared(bench)

    def here():
        bench.edit(task.id, TaskChanges(title="ours"))

    def there():
        bench.phone.edit("T", title="theirs")

    first, second = (there, here) if later == "here" else (here, there)
    first()
    bench.clock.forward(minutes=1)
    second()
    bench.rest()
    won, lost = ("ours", "theirs") if later == "here" else ("theirs", "ours")
    assert bench.reader.task(task.id).title == won
    assert [(field, text) for field, text, *_ in conflicts(bench)] == [("title", lost)]
    bench.same()


def test_14_notes_edited_on_different_lines_are_merged(bench):
    task = shared(bench, notes="one\ntwo\nthree\nfour")
    bench.edit(task.id, TaskChanges(notes="ONE\ntwo\nthree\nfour"))
    bench.phone.edit("T", notes="one\ntwo\nthree\nFOUR")
    bench.rest()
    assert bench.reader.task(task.id).notes == "ONE\ntwo\nthree\nFOUR"
    assert conflicts(bench) == []
    bench.same()


def test_14_notes_edited_on_the_same_line_keep_the_later_and_remember_the_other(bench):
    task = shared(bench, notes="one\ntwo")
    bench.edit(task.id, TaskChanges(notes="ours\ntwo"))
    bench.clock.forward(minutes=1)
    bench.phone.edit("T", notes="theirs\ntwo")
    bench.rest()
    assert bench.reader.task(task.id).notes == "theirs\ntwo"
    assert conflicts(bench) == [("notes", "ours\ntwo", "theirs\ntwo", "here")]
    bench.same()


def test_15_a_task_completed_there_and_renamed_here_is_completed_under_its_new_name(bench):
    task = shared(bench)
    bench.phone.complete("T")
    bench.edit(task.id, TaskChanges(title="renamed"))
    bench.rest()
    after = bench.reader.task(task.id)
    assert (after.title, after.is_open) == ("renamed", False)
    bench.same()


def test_16_a_completion_made_after_our_reopening_wins(bench):
    task = shared(bench)
    bench.complete(task.id)
    bench.rest()
    bench.clock.forward(minutes=1)
    bench.reopen(task.id)
    bench.clock.forward(minutes=1)
    bench.phone.reopen("T")
    bench.phone.complete("T")
    bench.rest()
    assert not bench.reader.task(task.id).is_open
    bench.same()


def test_16_a_reopening_made_after_the_completion_was_seen_wins(bench):
    task = shared(bench)
    bench.phone.complete("T")
    bench.rest()
    bench.clock.forward(minutes=1)
    bench.reopen(task.id)
    bench.rest()
    assert bench.reader.task(task.id).is_open
    bench.same()


def test_17_a_task_deleted_there_but_edited_here_is_made_anew_once_and_said(bench):
    task = shared(bench)
    bench.edit(task.id, TaskChanges(title="still wanted"))
    bench.phone.delete("T")
    bench.rest()
    assert bench.titles() == ["still wanted"]
    assert [notice.title for notice in bench.notice(TaskCameBack)] == ["still wanted"]
    assert len(bench.google.all_tasks()) == 1
    bench.same()


def test_18_a_task_deleted_here_but_edited_there_later_comes_back_and_is_said(bench):
    task = shared(bench)
    bench.delete(task.id)
    bench.clock.forward(minutes=1)
    bench.phone.edit("T", title="still wanted")
    bench.rest()
    assert bench.titles() == ["still wanted"]
    [notice] = bench.notice(TaskCameBack)
    assert (notice.task_id, notice.deleted_here) == (task.id, True)
    assert bench.google.matching("DELETE") == []
    bench.same()


def test_18_a_task_edited_there_before_it_was_deleted_here_goes(bench):
    task = shared(bench)
    bench.phone.edit("T", title="edited before")
    bench.clock.forward(minutes=1)
    bench.delete(task.id)
    bench.rest()
    assert bench.titles() == []
    assert [lost for _, lost, *_ in conflicts(bench)] == ["edited before"]
    bench.same()


def test_19_a_task_deleted_on_both_sides_is_gone_without_fuss(bench):
    task = shared(bench)
    bench.delete(task.id)
    bench.phone.delete("T")
    bench.rest()
    assert bench.titles() == []
    assert conflicts(bench) == []
    bench.same()


def test_19_a_deletion_that_finds_nothing_is_done(bench):
    task = shared(bench)
    bench.google.rules.get_of_deleted_is_404 = True
    bench.delete(task.id)
    bench.clock.forward(minutes=1)
    bench.google.faults.add(CommitThenDrop(), method="DELETE", nth=1)
    bench.rest()
    assert bench.outbox() == []
    bench.same()


def test_20_a_patch_that_arrived_unheard_is_recognised_by_its_refused_repetition(bench):
    task = shared(bench)
    bench.edit(task.id, TaskChanges(title="ours"))
    bench.google.faults.add(CommitThenDrop("RST"), method="PATCH", nth=1)
    bench.rest()
    assert bench.reader.task(task.id).title == "ours"
    assert conflicts(bench) == []
    bench.same()


def test_21_a_task_edited_between_reading_and_sending_is_merged_and_sent_once(bench):
    task = shared(bench)
    bench.edit(task.id, TaskChanges(title="ours"))

    def edit_after_reading(*args):
        found = page(*args)
        if bench.google.all_tasks()[0].get("notes") is None:
            bench.phone.edit("T", notes="theirs")
        return found

    page = bench.remote.page
    bench.remote.page = edit_after_reading
    bench.run()
    del bench.remote.page
    bench.rest()
    after = bench.reader.task(task.id)
    assert (after.title, after.notes) == ("ours", "theirs")
    statuses = [line.status for line in bench.google.matching("PATCH")]
    assert statuses == [412, 200]
    bench.same()


def test_22_cleared_fields_are_cleared_there_and_stay_so(bench):
    task = shared(bench, notes="n", due=date(2026, 3, 4))
    bench.edit(task.id, TaskChanges(notes="", due=None))
    bench.rest()
    [patch] = bench.google.matching("PATCH")
    assert patch.body == {"notes": None, "due": None}
    before = len(bench.writes())
    bench.clock.forward(hours=1)
    bench.run(3)
    assert len(bench.writes()) == before
    bench.same()


ZONES = ["Etc/GMT+12", "Pacific/Honolulu", "America/New_York", "UTC", "Asia/Kolkata"]
ZONES += ["Pacific/Apia", "Pacific/Kiritimati", "Europe/London", "Australia/Lord_Howe"]


@pytest.mark.parametrize("zone", ZONES)
def test_23_a_due_day_said_at_any_hour_in_any_zone_is_that_day_there(bench, zone):
    wanted = []
    for day in (date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 31)):
        for hour, minute in ((0, 30), (23, 30)):
            at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))
            due = (at.astimezone(UTC).astimezone(ZoneInfo(zone)) + timedelta(days=1)).date()
            wanted.append((f"{day} {hour}", due))
            bench.add(f"{day} {hour}", due=due)
    bench.rest()
    there = {item["title"]: item["due"] for item in bench.google.all_tasks()}
    assert there == {title: f"{due}T00:00:00.000Z" for title, due in wanted}
    bench.same()


def test_24_a_task_completed_in_the_phones_app_is_done_here_and_not_deleted(bench):
    task = shared(bench)
    bench.phone.complete("T")
    bench.rest()
    after = bench.reader.task(task.id)
    assert (after.is_open, after.hidden) == (False, True)
    bench.same()


def test_25_tasks_cleared_there_are_kept_here_out_of_sight(bench):
    tasks = [bench.add(f"t{number}") for number in range(10)]
    for task in tasks:
        bench.complete(task.id)
    bench.rest()
    bench.phone.clear()
    bench.rest()
    kept = bench.reader.tasks()
    assert len(kept) == 10
    assert all(task.hidden and not task.is_open for task in kept)
    bench.same()


def test_26_clearing_here_waits_when_more_was_completed_than_was_seen(bench):
    tasks = [bench.add(f"t{number}") for number in range(10)]
    unseen = bench.add("unseen")
    for task in tasks:
        bench.complete(task.id)
    bench.rest()
    bench.google.account("me").edit(bench.phone.row("unseen"), completed=bench.clock())
    assert len(bench.clear_completed(bench.default)) == 10
    bench.clock.forward(seconds=31)
    bench.rest()
    [notice] = bench.notice(ClearHeld)
    assert (notice.cleared, notice.more) == (10, 1)
    assert not bench.reader.task(unseen.id).hidden
    assert len(bench.clear_completed(bench.default)) == 11
    bench.clock.forward(seconds=31)
    bench.rest()
    assert all(item["hidden"] for item in bench.google.all_tasks())
    bench.same()
    with pytest.raises(ts.AlreadyCleared):
        bench.unclear([unseen.id])


def test_27_undoing_a_completion_puts_the_task_back_in_its_place_there_too(bench):
    for title in "CBA":
        bench.add(title)
    bench.rest()
    middle = bench.task("B")
    bench.complete(middle.id)
    bench.rest()
    bench.reopen(middle.id)
    bench.rest()
    assert [title for title, _ in bench.google.tree()] == ["A", "B", "C"]
    assert bench.google.matching("POST", r"/move$")
    bench.same()


@pytest.mark.parametrize("rule", ["silent", "vanish", "zombies", "tombstones"])
@pytest.mark.parametrize("after_the_window", [False, True])
def test_28_a_deleted_family_is_brought_back_once(bench, rule, after_the_window):
    bench.google.rules.children_of_deleted = rule
    parent = bench.add("P")
    for title in "cba":
        bench.add(title, parent_id=parent.id)
    bench.rest()
    bench.delete(parent.id)
    if after_the_window:
        bench.rest()
        assert bench.google.tree() == []
    else:
        bench.run(2)
    bench.restore(parent.id)
    bench.rest()
    assert bench.google.tree() == [("P", [("a", []), ("b", []), ("c", [])])]
    assert bool(bench.google.matching("DELETE")) == after_the_window
    bench.same()


def test_29_an_undo_leaves_alone_what_the_phone_wrote_since(bench):
    task = shared(bench)
    _, back = bench.edit(task.id, TaskChanges(title="ours"))
    bench.rest()
    bench.phone.edit("ours", title="theirs")
    bench.rest()
    with pytest.raises(ts.ChangedSince, match="title"):
        bench.edit(task.id, back)
    assert bench.reader.task(task.id).title == "theirs"
    bench.same()
