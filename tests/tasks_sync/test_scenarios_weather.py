"""Scenarios 41 to 49, 51 and 54 to 58: odd answers, bad lines, lost sign-ins, full disks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

import tasks_sync as ts
from tasks_sync import TaskChanges
from tasks_sync.notices import (
    GoogleAway,
    LinkedAgain,
    MassRemoval,
    NeedsSameAccount,
    NeedsScope,
    NeedsSignIn,
    PausedForToday,
    Quarantined,
    StorageFailed,
)
from tests.fakes.google_tasks import Answer, EmptyItems, PageTokenQuirk, Throttle
from tests.tasks_sync.house import Killed

TASKS = r"/lists/[^/]+/tasks$"


def test_41_an_empty_page_token_ends_the_list(bench):
    bench.phone.add("T")
    bench.google.faults.add(PageTokenQuirk.EMPTY, method="GET", path=TASKS)
    bench.rest()
    assert bench.titles() == ["T"]


def test_41_a_page_token_that_goes_round_ends_the_reading_and_deletes_nothing(bench):
    for number in range(120):
        bench.phone.add(f"t{number}")
    bench.rest()
    bench.clock.forward(days=2)
    bench.google.faults.add(PageTokenQuirk.LOOP, method="GET", path=TASKS)
    before = len(bench.google.requests)
    bench.run()
    assert len(bench.google.requests) - before <= 1001
    assert len(bench.titles()) == 120
    bench.google.faults.clear()
    bench.rest()
    bench.same()


def test_42_two_edits_within_one_second_are_both_seen(bench):
    bench.google.rules.updated_granularity_ms = 1000
    bench.phone.add("T")
    bench.rest()
    bench.phone.edit("T", notes="first")
    bench.sync.run()
    bench.phone.edit("T", notes="second")
    bench.sync.run()
    assert bench.task("T").notes == "second"
    bench.clock.sleep(0.5)
    bench.phone.edit("T", notes="third")
    bench.sync.run()
    assert bench.task("T").notes == "third"
    bench.same()


@pytest.mark.parametrize("hours", [-26, 26])
def test_43_a_wrong_clock_here_misses_nothing_and_judges_by_googles(bench, hours):
    bench.google.clock.follow(bench.clock, timedelta(hours=hours))
    task = bench.add("T")
    bench.rest()
    bench.clock.forward(minutes=5)
    bench.edit(task.id, TaskChanges(title="earlier, here"))
    bench.clock.forward(minutes=1)
    bench.phone.edit("T", title="later, there")
    bench.phone.add("new there")
    bench.rest()
    assert bench.reader.task(task.id).title == "later, there"
    bench.clock.forward(minutes=5)
    bench.phone.edit("later, there", title="earlier, there")
    bench.clock.forward(minutes=1)
    bench.edit(task.id, TaskChanges(title="later, here"))
    bench.rest()
    assert bench.reader.task(task.id).title == "later, here"
    bench.same()


@pytest.mark.parametrize(("of", "asked"), [(120, False), (60, True)])
def test_44_deletions_google_has_forgotten_are_found_and_many_are_asked_about(bench, of, asked):
    for number in range(of):
        bench.phone.add(f"t{number}")
    bench.rest()
    for number in range(20):
        bench.phone.delete(f"t{number}")
    bench.clock.forward(days=100)
    bench.run()
    asks = [notice for notice in bench.report.notices if isinstance(notice, MassRemoval)]
    assert bool(asks) == asked
    if asked:
        assert (asks[0].gone, asks[0].of, len(bench.titles())) == (20, of, of)
        bench.sync.answer_removal(asks[0].list_id, allow=True)
    bench.rest()
    assert len(bench.titles()) == of - 20
    bench.same()


def test_44_tasks_that_google_lost_can_be_made_anew(bench):
    for number in range(20):
        bench.phone.add(f"t{number}")
    bench.rest()
    for number in range(20):
        bench.phone.delete(f"t{number}")
    bench.run()
    [ask] = [notice for notice in bench.report.notices if isinstance(notice, MassRemoval)]
    bench.sync.answer_removal(ask.list_id, allow=False)
    bench.rest()
    assert len(bench.google.all_tasks()) == 20
    bench.same()


def test_45_a_sign_in_revoked_in_the_middle_loses_nothing_and_is_said_once(bench):
    for number in range(450):
        bench.phone.add(f"t{number}")
    bench.run()
    bench.clock.forward(days=2)
    for number in range(7):
        bench.add(f"here {number}")
    page, calls = bench.remote.page, []

    def revoke_on_page_two(*args):
        calls.append(args)
        if len(calls) == 2:
            bench.google.oauth.revoke("me")
        return page(*args)

    bench.remote.page = revoke_on_page_two
    bench.run(3)
    del bench.remote.page
    assert len(calls) == 2
    assert bench.reader.unsynced() == 7
    before = len(bench.google.requests)
    assert NeedsSignIn() not in bench.run().notices
    assert len(bench.google.requests) == before
    bench.link()
    bench.rest()
    assert bench.notice(LinkedAgain) == [LinkedAgain(7)]
    assert len(bench.titles()) == 457
    bench.same()


def test_45_a_lost_sign_in_is_told(bench):
    bench.rest()
    bench.google.oauth.revoke("me")
    notices = [*bench.run().notices, *bench.run().notices, *bench.run().notices]
    assert notices == [NeedsSignIn()]


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_45_a_sign_in_service_out_of_order_is_not_taken_for_a_lost_sign_in(bench, status):
    bench.google.faults.add(Answer(status), path=r"^/token$", times=3)
    bench.add("Milk")
    assert isinstance(bench.run().notices[0], GoogleAway)
    bench.rest()
    assert bench.google.tree() == [("Milk", [])]


def test_46_another_account_is_refused_and_nothing_is_mixed(bench):
    bench.add("mine")
    bench.rest()
    bench.google.phone_of("you").add("yours")
    bench.link("you")
    assert bench.run().notices == (NeedsSameAccount(),)
    bench.add("mine too")
    bench.run(2)
    assert bench.report.notices == ()
    assert sorted(bench.titles()) == ["mine", "mine too"]
    assert [item["title"] for item in bench.google.all_tasks("you")] == ["yours"]
    bench.link("me")
    bench.rest()
    assert sorted(title for title, _ in bench.google.tree()) == ["mine", "mine too"]


def test_47_a_sign_in_without_the_tasks_box_is_said_and_the_outbox_waits(bench):
    bench.rest()
    bench.add("waits")
    _, refresh = bench.google.issue_token("me", scopes=("openid",))
    link = bench.file.load()
    bench.file.save(link.model_copy(update={"refresh_token": refresh, "link_id": "unticked"}))
    assert bench.run().notices == (NeedsScope(),)
    assert bench.run().notices == ()
    assert bench.reader.unsynced() == 1


def test_48_three_hundred_adds_against_a_throttle_arrive_once_each_and_in_order(bench):
    bench.rest()
    bench.google.quota.throttle = Throttle(requests=40, seconds=22)
    for number in range(300):
        bench.add(f"t{number:03d}")
    start = bench.clock()
    bench.rest(most=200)
    titles = [title for title, _ in bench.google.tree()]
    assert titles == [f"t{number:03d}" for number in reversed(range(300))]
    seconds = (bench.clock() - start).total_seconds()
    assert 300 / seconds <= 2.2
    bench.google.quota.throttle = None
    bench.same()


def test_49_with_the_days_requests_spent_the_list_here_goes_on_and_resumes(bench):
    bench.rest()
    bench.google.quota.daily_limit = bench.google.quota.used_today + 2
    bench.add("while out")
    bench.run()
    assert any(isinstance(notice, PausedForToday) for notice in bench.report.notices)
    before = len(bench.google.requests)
    bench.add("still works")
    bench.run(5)
    assert len(bench.google.requests) == before
    assert bench.titles() == ["still works", "while out"]
    bench.google.quota.daily_limit = None
    bench.clock.forward(days=1)
    bench.rest()
    assert [title for title, _ in bench.google.tree()] == ["still works", "while out"]
    bench.same()


ODD = ["", "x" * 1024, "\U0001f600\U0001f468‍\U0001f469", " blanks ", "a\x00b", "é vs é"]


@pytest.mark.parametrize("strip", [False, True])
def test_51_odd_texts_from_the_phone_are_stable(bench, strip):
    bench.google.rules.strip_text = strip
    ids = [bench.phone.add(title, notes="line\r\nend \r\n" + title * 3) for title in ODD]
    bench.rest()
    bench.clock.forward(hours=1)
    bench.rest()
    assert bench.writes() == []
    for task in bench.reader.open_tasks():
        bench.complete(task.id)
    bench.rest()
    assert len(bench.writes()) == len(ids)
    bench.clock.forward(days=2)
    bench.rest()
    assert len(bench.writes()) == len(ids)


@pytest.mark.parametrize("strip", [False, True])
def test_51_odd_texts_from_here_are_stable(bench, strip):
    bench.google.rules.strip_text = strip
    for title in ODD[1:]:
        bench.add(title, notes=("n\r\n" + title) * 2)
    with pytest.raises(ts.TitleEmpty):
        bench.add("")
    with pytest.raises(ts.TitleTooLong):
        bench.add("x" * 1025)
    bench.rest()
    writes = len(bench.writes())
    assert writes == len(ODD) - 1
    bench.clock.forward(days=2)
    bench.rest()
    assert len(bench.writes()) == writes


def test_54_a_change_google_always_refuses_is_set_aside_and_the_rest_goes_on(bench):
    bench.rest()
    poison = bench.add("poison")
    bench.google.faults.add(Answer(400, "invalid", "no"), method="POST", path=TASKS, times=4)
    bench.run(3, apart=10)
    [notice] = bench.run(apart=10).notices
    assert isinstance(notice, Quarantined)
    for title in ("a", "b"):
        bench.add(title)
    bench.rest()
    assert notice.task_id == poison.id
    assert [title for title, _ in bench.google.tree()] == ["b", "a"]
    assert bench.sync.state().set_aside == 1
    bench.edit(poison.id, TaskChanges(title="better"))
    bench.rest()
    assert [title for title, _ in bench.google.tree()] == ["b", "a", "better"]
    bench.same()


@pytest.mark.parametrize("nth", range(1, 8))
def test_55_a_database_that_cannot_be_written_loses_no_answer(bench, nth):
    bench.rest()
    bench.add("Milk")
    bench.boundaries.clear()

    def full(name: str) -> None:
        bench.boundaries.append(name)
        if name == "before a commit" and bench.boundaries.count(name) == nth:
            raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    bench.boundary, kept = full, bench.boundary
    bench.start()
    try:
        notices = bench.run().notices
    except OperationalError:
        notices = (StorageFailed("at the end"),)
    bench.boundary = kept
    bench.start()
    bench.rest()
    assert [title for title, _ in bench.google.tree()] == ["Milk"]
    assert len(notices) <= 1
    bench.same()


def test_56_a_second_run_beside_the_first_is_refused(bench):
    def second(_progress) -> None:
        with pytest.raises(ts.AlreadySyncing):
            bench.sync.run()
        raise Killed

    bench.sync.progress = second
    with pytest.raises(Killed):
        bench.run()


def test_57_an_empty_answer_to_a_full_reading_deletes_nothing(bench):
    for number in range(30):
        bench.phone.add(f"t{number}")
    bench.rest()
    bench.clock.forward(days=2)
    bench.google.faults.add(EmptyItems(), method="GET", path=TASKS, nth=1)
    bench.run()
    assert len(bench.titles()) == 30
    assert any(isinstance(notice, MassRemoval) for notice in bench.report.notices)
    bench.rest()
    assert bench.notice(MassRemoval) == []
    bench.same()


def test_57_an_empty_answer_about_a_short_list_deletes_nothing(bench):
    for number in range(5):
        bench.phone.add(f"t{number}")
    bench.rest()
    bench.clock.forward(days=2)
    bench.google.faults.add(EmptyItems(), method="GET", path=TASKS, nth=1)
    bench.rest()
    assert len(bench.titles()) == 5
    bench.same()


def test_58_six_hours_of_failures_are_waited_out_and_forty_edits_drain_within_a_minute(bench):
    tasks = [bench.add(f"t{number}") for number in range(40)]
    bench.rest(most=100)
    bench.google.faults.add(Answer(503))
    before = len(bench.google.requests)
    end = bench.clock() + timedelta(hours=6)
    for task in tasks:
        bench.edit(task.id, TaskChanges(notes="while it was out"))
    while bench.clock() < end:
        report = bench.sync.run()
        assert isinstance(report.notices[0], GoogleAway)
        waited = (report.again_at - bench.clock()).total_seconds()
        assert 0 < waited <= 60
        bench.clock.at = report.again_at
    assert len(bench.google.requests) - before < 5000
    bench.google.faults.clear()
    start = bench.clock()
    while bench.sync.run().waiting:
        bench.clock.sleep(1)
    assert (bench.clock() - start).total_seconds() + 30 <= 60
    bench.rest()
    bench.same()
