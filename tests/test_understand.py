"""What words mean: days, tasks, answers. Pure, so many cases cost little."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions import (
    AddList,
    AddTask,
    AnswerStudy,
    CheckOff,
    ClearCompleted,
    CompleteTask,
    DeleteList,
    EditTask,
    EndSession,
    KeepOpen,
    NoteProgress,
    PlaceTask,
    PutAside,
    RenameList,
    SetReminder,
    StartStudy,
    Together,
    Undo,
)
from bot.conversation.dates import day_named, moment_named, split_due
from bot.conversation.meaning import Act, ShowHelp, ShowOpen, ShowToday, Unclear
from bot.conversation.situation import Situation
from bot.conversation.understand import COMMANDS, understand
from bot.questions import Question
from gpu_lab.study import StudyPhase, StudyState
from tasks_sync import Status, Task, TaskChanges, TaskList

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
TODAY = NOW.date()


def task(title: str, number: int = 1) -> Task:
    return Task(
        f"t{number}", "l", title, "", Status.NEEDS_ACTION, None, None, None, "0", NOW, NOW,
        hidden=False, assigned=False,
    )  # fmt: skip


def question(*, whole: bool = True) -> Question:
    return Question("q1", "t1", "call the lab", whole, "called", NOW)


def asked(text: str, **situation) -> object:
    return understand(text, Situation(NOW, **situation))


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("today", date(2026, 3, 2)),
        ("tonight", date(2026, 3, 2)),
        ("Tomorrow", date(2026, 3, 3)),
        ("the day after tomorrow", date(2026, 3, 4)),
        ("friday", date(2026, 3, 6)),
        ("next fri", date(2026, 3, 6)),
        ("monday", date(2026, 3, 9)),
        ("this weekend", date(2026, 3, 7)),
        ("next week", date(2026, 3, 9)),
        ("next month", date(2026, 4, 1)),
        ("in 3 days", date(2026, 3, 5)),
        ("in two weeks", date(2026, 3, 16)),
        ("2026-12-01", date(2026, 12, 1)),
        ("1 march", date(2027, 3, 1)),
        ("march 2nd", date(2026, 3, 2)),
        ("the 29th of feb", None),
        ("2026-02-30", None),
        ("someday", None),
        ("mo", None),
    ],
)
def test_days_in_words(words, day):
    assert day_named(words, TODAY) == day


@pytest.mark.parametrize(
    ("said", "title", "day"),
    [
        ("call mum by friday", "call mum", date(2026, 3, 6)),
        ("buy milk tomorrow", "buy milk", date(2026, 3, 3)),
        ("tomorrow: pay rent", "pay rent", date(2026, 3, 3)),
        ("pay rent on 3 april", "pay rent", date(2026, 4, 3)),
        ("ship it in 2 weeks!", "ship it", date(2026, 3, 16)),
        ("buy 2 milk", "buy 2 milk", None),
        ("read chapter 7", "read chapter 7", None),
        ("ship the may release", "ship the may release", None),
        ("weekend", "weekend", None),
    ],
)
def test_a_day_is_taken_off_the_end_or_the_start(said, title, day):
    assert split_due(said, TODAY) == (title, day)


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("at 15:00", NOW.replace(hour=15)),
        ("8am", NOW.replace(day=3, hour=8)),
        ("at 9.30", NOW.replace(hour=9, minute=30)),
        ("in 20 min", NOW + timedelta(minutes=20)),
        ("in half an hour", NOW + timedelta(minutes=30)),
        ("tomorrow at 7pm", NOW.replace(day=3, hour=19)),
        ("friday", NOW.replace(day=6)),
        ("tonight", NOW.replace(hour=20)),
        ("at 25:00", None),
        ("whenever", None),
    ],
)
def test_moments_in_words(words, at):
    assert moment_named(words, NOW) == at


@given(st.dates(date(2024, 1, 1), date(2032, 1, 1)), st.sampled_from(["friday", "sunday", "wed"]))
def test_a_weekday_is_always_within_the_next_seven_days(today, word):
    day = day_named(word, today)
    assert day is not None
    assert timedelta(0) < day - today <= timedelta(7)


@pytest.mark.parametrize(
    ("said", "action"),
    [
        ("add call the lab", AddTask("call the lab")),
        ("Add a new task: call the lab tomorrow", AddTask("call the lab", date(2026, 3, 3))),
        ("add task number 8", AddTask("task number 8")),
        ("add task: number 8", AddTask("number 8")),
        ("add a new item called milk", AddTask("milk")),
        ("add 'pay by friday'", AddTask("pay by friday")),
        ("add “pay” by friday", AddTask("pay", date(2026, 3, 6))),
        ("/add x", AddTask("x")),
        ("undo", Undo()),
        ("/undo", Undo()),
        ("/study", StartStudy("")),
        ("study gpu scheduler", StartStudy("gpu scheduler")),
        ("remind me in 20 min to stretch", SetReminder(NOW + timedelta(minutes=20), "stretch")),
        ("remind me to stretch in 20 min", SetReminder(NOW + timedelta(minutes=20), "stretch")),
    ],
)
def test_what_is_wanted(said, action):
    assert asked(said) == Act(action)


@pytest.mark.parametrize("said", ["/today", "today", "what's on for today?"])
def test_today_is_shown(said):
    assert asked(said) == ShowToday()


CAT = task("look after the cat", 1)
HOME = task("home stuff", 2)
SINK = task("fix the sink", 3)
WORK, MINE = TaskList("w", "Work", is_default=False), TaskList("l", "My Tasks", is_default=True)


@pytest.mark.parametrize(
    ("said", "action"),
    [
        ("move look after the cat to friday", EditTask("t1", TaskChanges(due=date(2026, 3, 6)))),
        ("move cat to no date", EditTask("t1", TaskChanges(due=None))),
        ("move cat to someday", PutAside("t1")),
        ("move cat to no day", EditTask("t1", TaskChanges(due=None))),
        ("move cat under home", PlaceTask("t1", "l", "t2")),
        ("move home after the sink", PlaceTask("t2", "l", None, "t3")),
        ("move the sink to the top", PlaceTask("t3", "l")),
        ("move sink to Work", PlaceTask("t3", "w")),
        ("move sink to the “work” list", PlaceTask("t3", "w")),
        ("add soap under fix the sink", AddTask("soap", list_id="l", parent_id="t3")),
        ("add clean up under the sink", AddTask("clean up under the sink")),
        ("add a list of parts to the doc", AddTask("a list of parts to the doc")),
        ("add a list called Parts", AddList("Parts")),
        ("make a new list: Parts", AddList("Parts")),
        ("new list Parts", AddList("Parts")),
        ("drop the list work", DeleteList("w")),
        ("rename list Work to Office", RenameList("w", "Office")),
        ("put a note on the sink: 40 mm", EditTask("t3", TaskChanges(notes="40 mm"))),
        ("add note paper", AddTask("note paper")),
        ("clear finished from work", ClearCompleted("w")),
    ],
)
def test_tasks_and_lists_are_placed_by_name(said, action):
    meant = asked(said, open_tasks=(CAT, HOME, SINK), lists=(MINE, WORK))
    assert meant == Act(action)


def test_lines_that_each_say_add_are_tasks_without_the_word():
    assert asked("add a\nadd b") == Act(Together((AddTask("a"), AddTask("b"))))
    assert asked("add a\nadd salt\nstir") == Act(
        Together((AddTask("a"), AddTask("add salt"), AddTask("stir")))
    )


@pytest.mark.parametrize(
    "said", ["move cat to mars", "move cat", "new list Work", "drop the list mars", "clear done"]
)
def test_a_place_that_is_not_there_is_named_and_nothing_is_done(said):
    meant = asked(said, open_tasks=(CAT, HOME, SINK), lists=(MINE, WORK))
    assert isinstance(meant, Unclear)


@pytest.mark.parametrize("said", ["list", "/list", "show my tasks", "what's open?"])
def test_the_list_is_shown(said):
    assert asked(said) == ShowOpen()


def test_help_is_given():
    assert asked("what can you do?") == ShowHelp()


def test_new_keeps_what_is_said_behind_it():
    assert asked("/NEW add x", session_id="s") == Act(EndSession("s", "new"), next_text="add x")


YES = ["yes", "Yes.", "ok", "yes please", "let's check it off", "yes, check it off", "it's done"]
NO = ["no", "not yet", "keep it open", "leave it", "no, keep it open for now"]


@pytest.mark.parametrize("said", YES)
def test_a_yes_checks_off(said):
    assert asked(said, questions=(question(),)) == Act(CheckOff("q1"))


@pytest.mark.parametrize("said", NO)
def test_a_no_keeps_it_open(said):
    assert asked(said, questions=(question(),)) == Act(KeepOpen("q1"))


@pytest.mark.parametrize("said", YES + NO)
def test_without_a_question_yes_and_no_do_nothing(said):
    assert isinstance(asked(said), Unclear)


def test_a_yes_to_a_part_notes_the_part():
    part = (question(whole=False),)
    assert asked("yes", questions=part) == Act(NoteProgress("q1"))
    assert asked("all of it is done", questions=part) == Act(CheckOff("q1"))


@pytest.mark.parametrize(
    "said",
    [
        "let's check it off, but add a NEW item 'study question: gpu scheduler'",
        "yes, but add a new one: study question: gpu scheduler",
        "Yes but add “study question: gpu scheduler”",
        "check it off and add a new task called study question: gpu scheduler",
    ],
)
def test_a_compound_answer_is_two_actions_in_one(said):
    both = Together((CheckOff("q1"), AddTask("study question: gpu scheduler")))
    assert asked(said, questions=(question(),)) == Act(both)


def test_a_yes_with_a_new_one_unnamed_asks_for_its_words():
    meaning = asked("yes, but add a new one", questions=(question(),))
    assert isinstance(meaning, Act)
    assert (meaning.action, bool(meaning.more)) == (CheckOff("q1"), True)


def test_anything_else_answers_the_open_study_question():
    state = StudyState(
        "s1", "gpu scheduler", "t", 2, 0, (), StudyPhase.ASKING, None, NOW, None, "", "Which?"
    )
    assert asked("node B, I think", study=state) == Act(AnswerStudy("s1", "node B, I think"))
    assert asked("add buy milk", study=state) == Act(AddTask("buy milk"))


def test_a_task_is_named_by_its_title_its_words_or_a_part():
    tasks = (task("call the lab", 1), task("call the vendor", 2), task("call", 3))
    assert asked("done call", open_tasks=tasks) == Act(CompleteTask("t3"))
    assert asked("done vendor", open_tasks=tasks) == Act(CompleteTask("t2"))
    assert asked("call the lab is done", open_tasks=tasks) == Act(CompleteTask("t1"))


def test_two_tasks_that_fit_are_a_question_and_nothing_is_done():
    tasks = (task("call the lab", 1), task("call the vendor", 2))
    meaning = asked("done call", open_tasks=tasks)
    assert isinstance(meaning, Unclear)
    assert [row[0].code for row in meaning.buttons] == ["done:t1", "done:t2"]


@given(st.text(max_size=300))
def test_no_text_is_too_odd_to_be_read(said):
    assert asked(said, open_tasks=(task("call the lab"),)) is not None


@given(st.text(max_size=80), st.sampled_from(sorted(COMMANDS)))
def test_no_command_is_too_odd_to_be_read(rest, name):
    assert asked(f"/{name} {rest}", session_id="s") is not None


@pytest.mark.parametrize("code", ["", "yes:", "nonsense", "toggle:t1", "done"])
def test_an_unknown_button_does_nothing(code):
    meaning = understand("label", Situation(NOW), button=code or None)
    assert isinstance(meaning, Unclear)
