"""The end of the week: credit, what nobody touched, what was put aside; and who is away."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from bot.actions import PutAside
from bot.journal import Journal
from bot.mailbox import LetterState
from heartbeat.ledger import Ledger, Sent
from heartbeat.pressing import untouched
from heartbeat.said import Quiet
from heartbeat.weekly import LookBack, StillHere, Week, look_back
from tests.conftest import heard, talk, titles
from tests.test_heartbeat_messages import NOON, TODAY, days_ago, task

SUNDAY = date(2026, 3, 8)


def run_to(app, clock, day: date, hour: float, step: float = 0.5) -> list[str]:
    """Beat until a local hour; give what was said at it."""
    said: list[str] = []
    while (clock().date(), clock().hour + clock().minute / 60) < (day, hour):
        clock.on(hours=step)
        app.tick()
        said = heard(app)
    return said


def live_on(app, clock, day: date) -> None:
    """Write a word each morning until a day, so as not to be away."""
    while clock().date() < day:
        run_to(app, clock, clock().date() + timedelta(days=1), 9, step=3)
        talk(app, "list")


def test_the_week_ends_with_credit_for_each_day(app, clock):
    for text in ("add a today", "add b", "done a"):
        talk(app, text)
    live_on(app, clock, date(2026, 3, 6))
    talk(app, "done b")
    live_on(app, clock, SUNDAY)
    (said,) = run_to(app, clock, SUNDAY, 18)
    assert said == "Your week: 2 things done.\nMon 1 · Fri 1"


def test_a_week_without_anything_passes_in_silence_and_says_why(app, clock):
    live_on(app, clock, SUNDAY)
    assert run_to(app, clock, SUNDAY, 18) == []
    assert "look back at the week: not said: nothing was done this week" in talk(app, "/why")[0]


def stale_at_the_end_of_the_week(app, clock, title: str) -> str:
    """Add a task that nobody touches for three weeks; give what the third Sunday says."""
    talk(app, f"add {title} tomorrow")
    live_on(app, clock, SUNDAY + timedelta(days=14))
    (said,) = run_to(app, clock, SUNDAY + timedelta(days=14), 18)
    return said


def place_of(app, title: str) -> tuple[str, date | None]:
    lists = {found.id: found.title for found in app.library.tasks.lists()}
    found = next(task for task in app.library.tasks.open_tasks() if task.title == title)
    return lists[found.list_id], found.due


def test_what_nobody_touched_for_two_weeks_is_put_aside_told_and_brought_back_by_a_tap(app, clock):
    said = stale_at_the_end_of_the_week(app, clock, "renew the passport")
    assert said.splitlines() == [
        "Your week: nothing was ticked off; that happens.",
        "Untouched for two weeks, so I put on “Someday”:",
        "• renew the passport",
        "  [Bring back: renew the passport]",
    ]
    assert place_of(app, "renew the passport") == ("Someday", None)
    before = ("My Tasks", date(2026, 3, 3))
    task_id = app.library.tasks.open_tasks()[0].id
    code = f"back:aside:2026-03-22:{task_id}"
    assert len(f"back:aside:2026-03-22:{'f' * 32}") <= 64
    for _ in range(2):
        assert talk(app, "Bring back", button=code) == [
            "“renew the passport” is back where it was."
        ]
        assert place_of(app, "renew the passport") == before
    talk(app, "undo")
    assert place_of(app, "renew the passport") == ("Someday", None)


def test_what_was_put_aside_is_in_no_briefing_or_check_in_and_comes_up_on_sunday(app, clock):
    talk(app, "add learn the cello tomorrow")
    assert talk(app, "move learn the cello to someday")[0].startswith(
        "“learn the cello” is on “Someday” now, without a day."
    )
    said = []
    while clock().date() < SUNDAY:
        clock.on(minutes=30)
        app.tick()
        said += heard(app)
        if clock().hour == 9 and not clock().minute:
            talk(app, "today")
    assert said == []
    (weekly,) = run_to(app, clock, SUNDAY, 18)
    assert weekly.splitlines() == [
        "Your week: nothing was ticked off; that happens.",
        "On “Someday”; today, drop, or leave there?",
        "• learn the cello",
        "  [Today: learn the cello]  [Drop]",
    ]
    task_id = app.library.tasks.open_tasks()[0].id
    talk(app, "Today", button=f"today:{task_id}")
    assert place_of(app, "learn the cello") == ("My Tasks", SUNDAY)


def test_killed_while_it_puts_aside_it_goes_on_and_puts_nothing_aside_twice(
    start, clock, monkeypatch
):
    app = start()
    for title in ("a", "b", "c"):
        talk(app, f"add {title} tomorrow")
    live_on(app, clock, SUNDAY + timedelta(days=14))
    run_to(app, clock, SUNDAY + timedelta(days=14), 17)
    clock.on(hours=1)
    put_aside, calls = type(app.door).do, []

    def killed_at_the_second(door, action, **named):
        if isinstance(action, PutAside):
            calls.append(action)
            if len(calls) == 2:
                raise KeyboardInterrupt
        return put_aside(door, action, **named)

    monkeypatch.setattr(type(app.door), "do", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        app.tick()
    monkeypatch.undo()
    app = start()
    app.tick()
    (said,) = heard(app)
    assert [f"• {title}" in said.splitlines() for title in ("a", "b", "c")] == [True] * 3
    assert [place_of(app, title)[0] for title in ("a", "b", "c")] == ["Someday"] * 3
    with Session(app.engine) as session:
        assert len(Journal(session, now=app.now).under("aside:")) == 3


def test_what_was_put_aside_and_not_told_is_told_the_next_sunday_unless_it_is_back(app, clock):
    for title in ("a", "b", "c"):
        talk(app, f"add {title} tomorrow")
    live_on(app, clock, SUNDAY + timedelta(days=14))
    run_to(app, clock, SUNDAY + timedelta(days=14), 17.5)
    clock.on(minutes=30)
    app.tick()
    (letter,) = app.assistant.collect("terminal")
    app.assistant.lost(letter, LetterState.FAILED, "it was never taken")
    code = next(code for _, code in codes(letter) if code.endswith(id_of(app, "b")))
    talk(app, "Bring back", button=code)
    live_on(app, clock, SUNDAY + timedelta(days=21))
    (said,) = run_to(app, clock, SUNDAY + timedelta(days=21), 18)
    assert [line for line in said.splitlines() if line[:1] == "•"] == ["• a", "• c"]
    live_on(app, clock, SUNDAY + timedelta(days=28))
    (said,) = run_to(app, clock, SUNDAY + timedelta(days=28), 18)
    assert [line.rstrip() for line in said.splitlines()[1:6]] == [
        "Untouched for two weeks, so I put on “Someday”:",
        "• b",
        "On “Someday”; today, drop, or leave there?",
        "• c",
        "• a",
    ]


def codes(letter) -> list[tuple[str, str]]:
    return [(button.label, button.code) for row in letter.reply.buttons for button in row]


def id_of(app, title: str) -> str:
    return next(task.id for task in app.library.tasks.open_tasks() if task.title == title)


def test_a_slipped_task_is_put_aside_by_a_tap_in_the_evening(app, clock):
    talk(app, "add renew the passport today")
    live_on(app, clock, date(2026, 3, 5))
    (review,) = run_to(app, clock, date(2026, 3, 5), 21.5)
    assert "“renew the passport” has waited a while: tomorrow, someday or drop?" in review
    assert "[→ tomorrow: renew the passport]  [Someday]  [Drop]" in review
    task_id = app.library.tasks.open_tasks()[0].id
    talk(app, "Someday", button=f"someday:{task_id}")
    assert place_of(app, "renew the passport") == ("Someday", None)
    talk(app, "undo")
    assert place_of(app, "renew the passport") == ("My Tasks", date(2026, 3, 2))


# --- away ---


def test_away_for_three_days_only_the_weekly_line_comes_until_the_first_word(app, clock):
    talk(app, "add call the lab today")
    said = []
    while clock().date() < SUNDAY + timedelta(days=15):
        clock.on(hours=3)
        app.tick()
        said += [f"{clock():%a %d}: {text.splitlines()[0]}" for text in heard(app)]
    after = [line for line in said if line[4:6] > "05"]
    line = "1 task waits. Nothing else comes from me until you write."
    assert after == [f"Sun {day}: {line}" for day in ("08", "15", "22")]
    assert titles(app) == ["call the lab"]
    assert place_of(app, "call the lab")[0] == "My Tasks"
    with Session(app.engine) as session:
        lines = Ledger(session, now=app.now).why(date(2026, 3, 9))
        assert lines
        assert not any(isinstance(line.standing, Sent) for line in lines)
    talk(app, "list")
    assert run_to(app, clock, clock().date() + timedelta(days=1), 7.5) != []


# --- the deciders ---


def test_only_what_may_be_moved_and_was_left_alone_for_two_weeks_counts_as_untouched():
    old = {"updated_at": NOON - timedelta(days=14)}
    tasks = [
        task("older", days_ago(20), **old),
        task("old", days_ago(14), **old),
        task("not so late", days_ago(13), **old),
        task("touched", days_ago(20), updated_at=NOON - timedelta(days=13)),
        task("undated", **old),
        task("assigned", days_ago(20), assigned=True, **old),
        task("child", days_ago(20), parent_id="older", **old),
        task("alive", days_ago(20), **old),
        task("touched child", parent_id="alive", updated_at=NOON),
    ]
    assert [one.title for one in untouched(tasks, NOON, TODAY)] == ["older", "old"]
    many = [task(f"t{n:02}", days_ago(20 + n), **old) for n in range(9)]
    assert [one.title for one in untouched(many, NOON, TODAY)] == [
        "t08", "t07", "t06", "t05", "t04"
    ]  # fmt: skip


def test_what_lies_on_someday_comes_up_in_turn_five_at_a_time():
    tasks = [task(f"t{n}", created_at=NOON - timedelta(days=99 - n)) for n in range(7)]
    asked = []
    for weeks in range(7):
        found = look_back(Week(TODAY + timedelta(weeks=weeks), {}, someday=tasks))
        assert isinstance(found, LookBack)
        asked += [one.title for one in found.ask_about]
    assert {asked.count(f"t{n}") for n in range(7)} == {5}


def test_an_away_week_is_one_line_or_none():
    assert look_back(Week(TODAY, {}, open_count=3, is_away=True)) == StillHere(3)
    assert look_back(Week(TODAY, {TODAY: 1}, is_away=True)) == Quiet("no task is open")
