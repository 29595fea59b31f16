"""Scenarios 1 to 10: a task added here is one task at Google, whatever the line does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from tasks_sync.rows import TaskBaseRow
from tests.fakes.google_tasks import (
    Answer,
    CommitThenDelay,
    CommitThenDrop,
    CommitThenTruncate,
    GoogleTasksServer,
    LateCommit,
    Refuse,
)
from tests.tasks_sync.house import Killed, Workbench

INSERT = {"method": "POST", "path": r"/tasks$"}


def inserts(bench) -> int:
    return len(bench.google.matching("POST", r"/tasks$"))


def titles(bench) -> list[str]:
    return sorted(item["title"] for item in bench.google.all_tasks())


def test_01_an_insert_that_goes_well_is_one_task_and_one_request(bench):
    task = bench.add("Milk")
    bench.rest()
    assert titles(bench) == ["Milk"]
    assert inserts(bench) == 1
    with Session(bench.engine) as session:
        base = session.exec(select(TaskBaseRow)).one()
    assert (base.task_id, base.title) == (task.id, "Milk")
    bench.same()


@pytest.mark.parametrize(
    "fault",
    [
        CommitThenDrop("FIN"),
        CommitThenDrop("RST"),
        CommitThenDelay(1.4),
        Answer(500, committed=True),
        CommitThenTruncate(),
    ],
    ids=["fin", "rst", "timeout", "500", "truncated"],
)
def test_02_03_an_insert_answered_by_a_broken_line_is_recognised_and_not_sent_again(bench, fault):
    bench.google.faults.add(fault, **INSERT, nth=1)
    bench.add("Milk", notes="two")
    bench.rest()
    assert titles(bench) == ["Milk"]
    assert inserts(bench) == 1
    bench.same()


@pytest.mark.parametrize("how", ["FIN", "RST"])
def test_04_an_insert_that_never_arrived_is_sent_once_more(bench, how):
    bench.google.faults.add(Refuse(how), **INSERT, nth=1)
    bench.add("Milk")
    bench.rest()
    assert titles(bench) == ["Milk"]
    assert inserts(bench) == 2
    bench.same()


def test_05_an_insert_that_lands_40_seconds_later_is_waited_for(bench):
    bench.google.faults.add(LateCommit(40, hold_seconds=1.4), **INSERT, nth=1)
    bench.add("Milk")
    bench.rest()
    assert titles(bench) == ["Milk"]
    assert inserts(bench) == 1
    bench.same()


@pytest.mark.parametrize("hours", [0, -26, 26])
def test_05_an_insert_that_lands_after_it_was_sent_again_is_swept_away(bench, hours):
    bench.google.clock.follow(bench.clock, timedelta(hours=hours))
    bench.google.faults.add(LateCommit(60), **INSERT, nth=1)
    bench.add("Milk")
    bench.rest()
    assert inserts(bench) == 2
    bench.clock.forward(seconds=60)
    bench.rest()
    assert titles(bench) == ["Milk"]
    assert [task.title for task in bench.reader.open_tasks()] == ["Milk"]
    bench.same()


def test_05_a_task_made_later_with_the_same_words_is_no_late_copy(bench):
    bench.google.faults.add(Refuse(), **INSERT, nth=1)
    bench.add("Milk")
    bench.rest()
    bench.clock.forward(hours=1)
    bench.phone.add("Milk")
    bench.rest()
    bench.rest()
    assert titles(bench) == ["Milk", "Milk"]
    bench.same()


def _die(bench, at: int) -> None:
    bench.boundaries.clear()
    bench.die_at = at
    with pytest.raises(Killed):
        bench.run()
    bench.start()


def _boundaries_of_an_insert(bench) -> list[str]:
    bench.run()
    bench.boundaries.clear()
    bench.add("Milk")
    bench.run()
    return list(bench.boundaries)


def test_06_07_a_process_killed_anywhere_around_the_insert_makes_one_task(google, tmp_path):
    rehearsal = Workbench(google, tmp_path / "rehearsal")
    walk = _boundaries_of_an_insert(rehearsal)
    rehearsal.close()
    assert walk.count("after a request") > 2
    for number in range(1, len(walk) + 1):
        with GoogleTasksServer() as fresh:
            bench = Workbench(fresh, tmp_path / str(number))
            bench.run()
            bench.add("Milk")
            _die(bench, number)
            bench.rest()
            assert titles(bench) == ["Milk"], walk[number - 1]
            bench.same()
            bench.close()


def test_08_five_tasks_of_one_title_stay_five_and_are_paired_once_each(bench):
    for _ in range(3):
        bench.phone.add("Milk")
    bench.rest()
    bench.google.faults.add(CommitThenDrop("FIN"), **INSERT, times=2)
    bench.add("Milk")
    bench.add("Milk")
    bench.rest()
    assert titles(bench) == ["Milk"] * 5
    assert len(bench.picture()) == 5
    bench.same()


def test_09_strict_a_twin_made_by_phone_in_the_same_second_is_kept_apart(google, tmp_path):
    bench = Workbench(google, tmp_path, strict_inserts=True)
    bench.rest()
    google.faults.add(Refuse(), **INSERT, nth=1)
    bench.add("Call mum", notes="about Sunday")
    bench.run()
    bench.phone.add("Call mum", notes="about Sunday")
    bench.rest()
    assert titles(bench) == ["Call mum", "Call mum"]
    assert {item["notes"] for item in google.all_tasks()} == {"about Sunday"}
    bench.same()
    bench.close()


def test_09_default_a_twin_made_in_the_same_second_is_taken_for_ours_and_nothing_doubles(bench):
    """Documented: without marks one of two equal wishes may be met by the other's task."""
    bench.rest()
    bench.google.faults.add(Refuse(), **INSERT, nth=1)
    bench.add("Call mum")
    bench.run()
    bench.phone.add("Call mum")
    bench.rest()
    assert titles(bench) == ["Call mum"]
    bench.same()


def test_10_a_task_deleted_by_phone_before_we_looked_is_not_made_again(bench):
    bench.rest()
    bench.google.faults.add(CommitThenDrop("FIN"), **INSERT, nth=1)
    bench.add("Milk")
    bench.run()
    bench.phone.delete("Milk")
    bench.rest()
    assert titles(bench) == []
    assert bench.titles() == []
    assert inserts(bench) == 1


def test_an_adopted_task_that_was_ticked_off_meanwhile_stays_ticked_off(bench):
    bench.rest()
    bench.google.faults.add(CommitThenDrop("FIN"), **INSERT, nth=1)
    task = bench.add("Milk")
    bench.run()
    bench.phone.complete("Milk")
    bench.clock.at += timedelta(seconds=20)
    bench.rest()
    assert not bench.reader.task(task.id).is_open
    bench.same()
