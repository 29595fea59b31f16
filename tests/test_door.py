"""The door: one at a time, once per key, all or nothing; and taking things back."""

from __future__ import annotations

import random
import threading
from typing import get_args

import pytest

from bot.actions import Action, AddTask, CompleteTask, Together, Undo
from bot.conversation.speak import apology, speak
from bot.door import REFUSALS
from bot.handlers import HANDLERS
from bot.journal import Journal, done_of, pack_done
from bot.outcomes import Done, Refused
from heartbeat.errors import ReminderInThePast
from tests.conftest import MONDAY, talk, titles


def test_every_action_has_a_handler():
    assert set(HANDLERS) == set(get_args(Action))


def test_the_same_message_twice_changes_things_once(app):
    first = app.door.do(AddTask("once"), key="telegram:1")
    assert app.door.do(AddTask("once"), key="telegram:1") == first
    assert titles(app) == ["once"]


def test_what_was_done_reads_back_from_the_journal_as_it_was(app):
    done = app.door.do(Together((AddTask("a"), AddTask("b"))), key="k")
    assert isinstance(done, Done)
    assert done_of(pack_done(done)) == done


def test_a_change_and_its_journal_line_are_one_transaction(app, monkeypatch):
    monkeypatch.setattr(Journal, "record", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        app.door.do(AddTask("half"), key="k")
    assert titles(app) == []


def test_a_refusal_changes_nothing_and_still_writes_its_answer(app):
    said = []
    outcome = app.door.do(
        Together((AddTask("first"), CompleteTask("nowhere"))),
        key="k",
        then=lambda outcome, _writers: said.append(outcome),
    )
    assert isinstance(outcome, Refused)
    assert said == [outcome]
    assert titles(app) == []


def test_undo_takes_back_and_undo_again_does_it_again(chat, app):
    chat("add water the plants by friday")
    before = app.library.tasks.open_tasks()
    chat("done plants")
    assert app.library.tasks.open_tasks() == []
    chat("undo")
    assert [task.title for task in app.library.tasks.open_tasks()] == [before[0].title]
    chat("undo")
    assert app.library.tasks.open_tasks() == []


def test_undo_of_two_things_in_one_message_takes_both_back(app):
    app.door.do(Together((AddTask("a"), AddTask("b"))), key="k1")
    app.door.do(Undo(), key="k2")
    assert titles(app) == []


def test_undo_passes_by_what_the_assistant_did_itself(chat, app):
    chat("add call the rack vendor")
    chat("I called the rack vendor today")
    chat("/new")  # ends the session and puts the question, neither of which is to be undone
    assert "off the list" in chat("undo")[0]
    assert titles(app) == []


def test_nothing_is_ticked_off_without_the_persons_yes(chat, app):
    chat("add call the rack vendor")
    chat("I called the rack vendor today")
    chat("/new")
    assert titles(app) == ["call the rack vendor"]
    chat("keep it open")
    assert titles(app) == ["call the rack vendor"]


def test_a_partial_match_becomes_a_note_and_the_task_stays_open(app, chat):
    from bot.actions import AskCheckOff

    chat("add write and send the quota report")
    task = app.library.tasks.open_tasks()[0]
    app.door.do(AskCheckOff(task.id, whole=False, evidence="wrote the report"), key="q")
    assert "Noted the progress" in chat("yes")[0]
    assert app.library.tasks.task(task.id).notes == "Partly done: wrote the report"
    chat("undo")
    assert app.library.tasks.task(task.id).notes == ""


def test_a_question_is_too_old_after_a_day(app, chat, clock):
    from bot.actions import AskCheckOff, CheckOff

    chat("add call the vendor")
    task = app.library.tasks.open_tasks()[0]
    asked = app.door.do(AskCheckOff(task.id, whole=True, evidence="called"), key="q")
    clock.on(hours=25)
    outcome = app.door.do(CheckOff(asked.facts.question_id), key="tap")
    assert isinstance(outcome, Refused)
    assert titles(app) == ["call the vendor"]


def test_many_threads_at_the_door_are_served_one_by_one(app):
    threads = [
        threading.Thread(target=app.door.do, args=(AddTask(f"t{n}"),), kwargs={"key": f"k{n % 5}"})
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(titles(app)) == 5


@pytest.mark.parametrize("messages", [100, pytest.param(1000, marks=pytest.mark.soak)])
def test_messages_delivered_three_times_over_twenty_restarts_are_done_once(start, messages):
    rng = random.Random(3)
    deliveries = [number for number in range(messages) for _ in range(3)]
    rng.shuffle(deliveries)
    share = len(deliveries) // 20
    for cut in range(20):
        app = start()
        for number in deliveries[cut * share : (cut + 1) * share]:
            talk(app, f"add “task {number}”", key=f"wire:{number}")
        app.close()
    assert sorted(titles(app)) == sorted(f"task {number}" for number in range(messages))


def sentences_of(refusal: type[Exception]) -> str:
    return apology(refusal.__new__(refusal))


@pytest.mark.parametrize(
    "refusal",
    sorted(
        {kind for family in REFUSALS for kind in [family, *family.__subclasses__()]},
        key=lambda kind: kind.__name__,
    ),
    ids=lambda kind: kind.__name__,
)
def test_every_refusal_has_a_sentence_for_the_person(refusal):
    assert refusal.__doc__
    assert "Traceback" not in refusal.__doc__
    assert refusal.__doc__.strip()[0].isupper()


def test_a_refusal_with_a_value_names_it():
    assert "2026-03-02" in speak(Refused(ReminderInThePast(MONDAY)), MONDAY).text
