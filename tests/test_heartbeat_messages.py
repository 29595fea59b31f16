from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartbeat.briefing import MOST_LINES, MOST_PRIORITIES, Briefing, Morning, brief, line_count
from heartbeat.checkins import (
    AskWhatNow,
    Bring,
    Nudge,
    NudgeRules,
    PastMessage,
    Present,
    Wait,
    budget_of,
    check_in,
    fewer_from_now,
    in_quiet_hours,
    silence_asked,
)
from heartbeat.pressing import DueSoon, DueToday, NextUp, WaitingSince, by_pressure
from heartbeat.reminders import Reminder, ReminderState
from heartbeat.review import Evening, Review, review
from heartbeat.said import Quiet, SavedQuestion, UnfinishedStudy
from tasks_sync import Task
from tasks_sync.model import Status

TODAY = date(2026, 2, 19)
NOON = datetime(2026, 2, 19, 13, 0, tzinfo=UTC)
RULES = NudgeRules()
SAVED = SavedQuestion(
    "s1", "gpu scheduler", "Why does packing leave holes?", TODAY - timedelta(days=1)
)
UNFINISHED = UnfinishedStudy("s1", "gpu scheduler", 1, 2, TODAY)


def task(title: str, due: date | None = None, **changes) -> Task:
    made = Task(
        id=title,
        list_id="home",
        title=title,
        notes="",
        status=Status.NEEDS_ACTION,
        due=due,
        completed_at=None,
        parent_id=None,
        position="1",
        created_at=NOON - timedelta(days=30),
        updated_at=NOON - timedelta(days=30),
        hidden=False,
        assigned=False,
    )
    return replace(made, **changes)


def days_ago(count: float) -> date:
    return TODAY - timedelta(days=count)


def decide(present: Present, now: datetime = NOON, rules: NudgeRules = RULES):
    return check_in(present, rules, now=now, timezone=UTC)


def said(now: datetime = NOON, *, about: str = "", reacted: bool = False, **ago) -> PastMessage:
    at = now - timedelta(**ago)
    ids = (about,) if about else ()
    return PastMessage(at, ids, reacted_at=at + timedelta(minutes=9) if reacted else None)


# --- order ---------------------------------------------------------------------------------


def test_todays_tasks_come_before_waiting_ones_and_the_longest_wait_comes_last():
    tasks = [
        task("someday"),
        task("tomorrow", TODAY + timedelta(days=1)),
        task("old", days_ago(9)),
        task("yesterday", days_ago(1)),
        task("today", TODAY),
        task("done", TODAY, status=Status.COMPLETED),
        task("cleared", TODAY, hidden=True),
        task("far", TODAY + timedelta(days=30)),
    ]
    ordered = by_pressure(tasks, TODAY)
    assert [(one.task.title, type(one.reason)) for one in ordered] == [
        ("today", DueToday),
        ("yesterday", WaitingSince),
        ("old", WaitingSince),
        ("tomorrow", DueSoon),
        ("far", NextUp),
        ("someday", NextUp),
    ]


# --- briefing ------------------------------------------------------------------------------


def test_an_empty_morning_is_quiet_and_says_why():
    assert brief(Morning(TODAY)) == Quiet("nothing is open, saved or planned for today")
    assert isinstance(brief(Morning(TODAY, done_yesterday=4, log=("x",))), Quiet)


def test_a_saved_study_question_alone_is_worth_a_briefing():
    briefing = brief(Morning(TODAY, saved=SAVED))
    assert isinstance(briefing, Briefing)
    assert briefing.saved == SAVED


def test_a_full_morning_fits_one_screen_and_counts_what_is_left_out():
    tasks = [task(f"t{n}", TODAY) for n in range(7)] + [task("old", days_ago(4)), task("u")]
    reminders = [
        Reminder(f"r{n}", NOON + timedelta(hours=n), "x", None, ReminderState.SET)
        for n in range(8, 0, -1)
    ]
    briefing = brief(Morning(TODAY, tasks, reminders, 3, ("a", "b", "c"), None, UNFINISHED))
    assert isinstance(briefing, Briefing)
    assert len(briefing.priorities) == MOST_PRIORITIES
    assert (briefing.open_count, briefing.due_count, briefing.more) == (9, 8, 6)
    assert [reminder.id for reminder in briefing.reminders] == ["r1", "r2", "r3", "r4", "r5"]
    assert briefing.reminder_count == 8
    assert [one.task.title for one in briefing.slipped] == ["old"]
    assert briefing.log == ()
    assert line_count(briefing) == MOST_LINES


@given(
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 9),
    st.booleans(),
    st.booleans(),
    st.integers(0, 3),
)
def test_no_morning_is_longer_than_one_screen(due, old, reminders, saved, unfinished, log):
    morning = Morning(
        TODAY,
        [task(f"t{n}", TODAY) for n in range(due)]
        + [task(f"o{n}", days_ago(5)) for n in range(old)],
        [Reminder(f"r{n}", NOON, "x", None, ReminderState.SET) for n in range(reminders)],
        log=("a",) * log,
        saved=SAVED if saved else None,
        unfinished=UNFINISHED if unfinished else None,
    )
    briefing = brief(morning)
    if isinstance(briefing, Briefing):
        assert line_count(briefing) <= MOST_LINES
        assert briefing.saved == morning.saved


# --- review --------------------------------------------------------------------------------


def test_a_day_with_nothing_done_or_due_passes_in_silence():
    tasks = [task("someday"), task("tomorrow", TODAY + timedelta(days=1))]
    assert review(Evening(TODAY, tasks)) == Quiet("nothing was done, studied or due today")


def test_a_review_counts_what_was_done_and_proposes_what_to_move():
    tasks = [
        task("today", TODAY),
        task("slipped", days_ago(3)),
        task("next", TODAY + timedelta(days=1)),
    ]
    done = [task("d", TODAY, status=Status.COMPLETED)]
    found = review(Evening(TODAY, tasks, done, ("gpu", "gpu"), SAVED))
    assert isinstance(found, Review)
    assert (found.done_count, found.planned_count, found.left_count) == (1, 3, 2)
    assert [one.task.title for one in found.left] == ["today"]
    assert [one.task.title for one in found.ask_about] == ["slipped"]
    assert found.first_tomorrow is not None
    assert found.first_tomorrow.task.title == "next"
    assert found.studied == ("gpu",)
    assert found.tomorrow == TODAY + timedelta(days=1)


def test_the_last_of_a_long_list_done_is_counted_and_not_listed():
    done = [task(f"d{n}", status=Status.COMPLETED) for n in range(12)]
    found = review(Evening(TODAY, [], done))
    assert isinstance(found, Review)
    assert (len(found.done), found.done_count, found.first_tomorrow) == (5, 12, None)


# --- check-ins -----------------------------------------------------------------------------


def test_a_check_in_brings_up_what_is_due_and_at_most_three_things():
    tasks = [task(f"t{n}", TODAY) for n in range(5)] + [task("later", TODAY + timedelta(days=1))]
    nudge = decide(Present(tasks))
    assert isinstance(nudge, Nudge)
    assert nudge.task_ids == ("t0", "t1", "t2")
    assert nudge.more == 2


def test_with_nothing_due_a_check_in_is_quiet_and_says_so():
    assert decide(Present()) == Quiet("no task is open")
    assert decide(Present([task("x", TODAY + timedelta(days=2))])) == Quiet("1 open, none due yet")


def test_a_fresh_undated_task_is_left_alone_and_one_lying_around_is_not():
    fresh = task("fresh", created_at=NOON - timedelta(hours=20))
    assert isinstance(decide(Present([fresh])), Quiet)
    nudge = decide(Present([fresh, task("lying around")]))
    assert isinstance(nudge, Nudge)
    assert nudge.task_ids == ("lying around",)


def test_half_done_study_and_standing_lines_are_worth_a_check_in():
    nudge = decide(Present(unfinished=UNFINISHED, standing=("call the lab",)))
    assert nudge == Nudge((), UNFINISHED, ("call the lab",))


def test_a_session_left_half_done_is_asked_about_ever_more_rarely():
    asked = []
    for later in range(30):
        present = Present(
            unfinished=UNFINISHED, last_activity=NOON + timedelta(days=later, hours=-2)
        )
        if isinstance(decide(present, NOON + timedelta(days=later)), Nudge):
            asked.append(later)
    assert asked == [0, 1, 3, 7, 14]


def test_standing_lines_are_asked_about_once_a_day():
    answered = (said(hours=3, reacted=True),)
    assert isinstance(decide(Present(history=answered, standing=("call the lab",))), Quiet)
    yesterday = (said(hours=30, reacted=True),)
    nudge = decide(Present(history=yesterday, standing=("call the lab",)))
    assert nudge == Nudge((), standing=("call the lab",))


DUE = (task("x", TODAY),)


@pytest.mark.parametrize(
    ("present", "because"),
    [
        (Present(DUE, history=tuple(said(hours=h, reacted=True) for h in (9, 7, 3))), "3 of 3"),
        (
            Present(DUE, history=tuple(said(hours=h, reacted=True) for h in (9, 7))),
            "for the review",
        ),
        (Present(DUE, history=(said(hours=3, about="y"),)), "still waits for an answer"),
        (Present(DUE, paused_until=NOON + timedelta(minutes=1)), "pause"),
        (Present(DUE, last_activity=NOON - timedelta(days=1)), "away"),
    ],
)
def test_a_rule_that_keeps_a_check_in_back_is_named(present, because):
    quiet = decide(present)
    assert isinstance(quiet, Quiet)
    assert because in quiet.because


def test_the_rules_that_bind_the_review_too_leave_its_own_message_to_it():
    two = tuple(said(hours=h, reacted=True) for h in (9, 7))
    three = (*two, said(hours=3, reacted=True))
    asked = [
        silence_asked(Present(DUE, history=history), RULES, now=NOON, timezone=UTC)
        for history in (two, three)
    ]
    assert asked == [None, Quiet("3 of 3 unasked messages were sent today")]
    away = Present(DUE, last_activity=NOON - timedelta(days=2))
    assert isinstance(silence_asked(away, RULES, now=NOON, timezone=UTC), Quiet)


def test_a_check_in_waits_while_the_person_is_here_or_something_was_just_said():
    here = decide(Present(DUE, last_activity=NOON - timedelta(minutes=29)))
    assert here == Wait(NOON + timedelta(minutes=1), "you were just here")
    assert isinstance(decide(Present(DUE, last_activity=NOON - timedelta(minutes=30))), Nudge)
    recent = decide(Present(DUE, history=(said(minutes=89, reacted=True),)))
    assert recent == Wait(NOON + timedelta(minutes=1), "something was said not long ago")
    assert isinstance(decide(Present(DUE, history=(said(minutes=90, reacted=True),))), Nudge)


@pytest.mark.parametrize(
    ("local", "quiet"),
    [
        (time(22), True),
        (time(23, 59), True),
        (time(0), True),
        (time(6, 59), True),
        (time(7), False),
        (time(21, 59), False),
    ],
)
def test_quiet_hours_span_midnight(local, quiet):
    assert in_quiet_hours(local, RULES) is quiet
    verdict = decide(Present(DUE), datetime.combine(TODAY, local, UTC))
    assert isinstance(verdict, Quiet) is quiet


def test_quiet_hours_can_lie_inside_a_day_or_be_none():
    siesta = NudgeRules(quiet_from=time(13), quiet_to=time(15))
    assert [in_quiet_hours(time(h), siesta) for h in (12, 13, 14, 15)] == [False, True, True, False]
    never = NudgeRules(quiet_from=time(0), quiet_to=time(0))
    assert not any(in_quiet_hours(time(h), never) for h in range(24))


def test_an_ignored_task_comes_back_after_one_two_four_and_seven_days_and_then_no_more():
    days = simulate_ignoring(60)
    assert [b - a for a, b in pairwise(days)] == [1, 2, 4, 7, 7]


def simulate_ignoring(length: int) -> list[int]:
    """Tick daily with one task that is never reacted to; give the days on which it came up."""
    history: list[PastMessage] = []
    days = []
    for day in range(length):
        now = NOON + timedelta(days=day)
        nudge = decide(
            Present(DUE, history=tuple(history), last_activity=now - timedelta(hours=2)), now
        )
        if isinstance(nudge, Nudge):
            history.append(PastMessage(now, nudge.task_ids))
            days.append(day)
    return days


def test_a_task_ignored_three_times_is_asked_about_and_a_reaction_starts_afresh():
    ignored = [said(days=d, about="x") for d in (7, 6, 4)]
    nudge = decide(Present(DUE, history=ignored))
    assert isinstance(nudge, Nudge)
    assert [(type(topic), topic.times_ignored) for topic in nudge.topics] == [(AskWhatNow, 3)]
    answered = [*ignored, said(days=1, about="x", reacted=True)]
    nudge = decide(Present(DUE, history=answered))
    assert isinstance(nudge, Nudge)
    assert [(type(topic), topic.times_ignored) for topic in nudge.topics] == [(Bring, 0)]


def test_every_three_unheard_check_ins_cost_one_of_the_days_budget_and_a_reaction_restores_it():
    unheard = [said(days=d) for d in range(12, 0, -1)]
    assert [budget_of(unheard[:n], RULES) for n in (0, 2, 3, 5, 6, 9, 12)] == [3, 3, 2, 2, 1, 1, 1]
    assert budget_of([*unheard, said(hours=3, reacted=True)], RULES) == 3
    briefing = replace(said(hours=3, reacted=True), check_in=False)
    assert budget_of([*unheard, briefing], RULES) == 3


def test_a_budget_that_shrank_is_said_once_in_the_next_message():
    unheard = [said(days=d) for d in range(9, 0, -1)]
    told = {n: fewer_from_now(unheard[:n], RULES) for n in range(10)}
    assert {n: budget for n, budget in told.items() if budget} == {3: 2, 6: 1}
    briefing = replace(said(hours=30), check_in=False)
    assert fewer_from_now([*unheard[:3], briefing], RULES) is None
    assert fewer_from_now([*unheard[:3], said(hours=3, reacted=True)], RULES) is None


moments = st.integers(0, 60 * 24 * 10).map(lambda minutes: NOON + timedelta(minutes=minutes))


@given(st.lists(moments, min_size=1, max_size=40, unique=True), st.lists(moments, max_size=10))
def test_whatever_the_ticks_no_day_has_too_many_messages_nor_two_close_together(ticks, activity):
    tasks = [task(f"t{n}", TODAY - timedelta(days=n)) for n in range(12)]
    sent: list[PastMessage] = []
    for now in sorted(ticks):
        heard = max((moment for moment in activity if moment <= now), default=None)
        nudge = decide(Present(tasks, tuple(sent), last_activity=heard), now)
        if not isinstance(nudge, Nudge):
            continue
        assert not sent or now - sent[-1].at >= RULES.apart
        assert heard is None or now - heard >= RULES.after_activity
        assert not in_quiet_hours(now.time(), RULES)
        sent.append(PastMessage(now, nudge.task_ids, reacted_at=now + timedelta(minutes=1)))
    for day in {message.at.date() for message in sent}:
        assert (
            sum(message.at.date() == day for message in sent)
            <= RULES.per_day - RULES.kept_for_review
        )
