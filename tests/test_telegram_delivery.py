"""What becomes of a letter when the line, Telegram or the person does not play along."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.actions import SetReminder
from bot.app import App
from bot.mailbox import Address, Button, Kind, LetterState, Reply
from heartbeat.ledger import Ledger, Sent, Unknown
from tests.fakes.telegram import (
    BlockedByUser,
    DelayAnswer,
    DropRequest,
    LoseAnswer,
    Person,
    ServerTrouble,
    TelegramServer,
    TooMany,
)
from tests.fakes.telegram.house import (
    HOME_CHAT,
    OWNER,
    letters,
    says_first,
    served,
    slowly,
    titles,
)

LOST = pytest.mark.parametrize(
    "fault",
    [LoseAnswer(), ServerTrouble(502, done=True), ServerTrouble(502)],
    ids=["answer lost", "502 and done", "502 and not done"],
)


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def person(server: TelegramServer) -> Person:
    person = Person(server, OWNER)
    person.starts()
    return person


@pytest.fixture
def app(tmp_path: Path, server: TelegramServer, person: Person) -> Iterator[App]:
    with served(tmp_path, server) as app:
        person.waits_until(lambda: bool(server.calls("getUpdates")))
        yield app


def count(person: Person, text: str) -> int:
    """Count messages that begin with a text: a mention only quotes it."""
    return sum(each.startswith(text) for each in person.texts)


# --- certainly not sent ---


def test_a_line_that_is_down_loses_nothing_doubles_nothing_and_keeps_the_order(app, server, person):
    server.down()
    for number in range(5):
        says_first(app, f"reminder {number}")
    time.sleep(0.3)
    server.up()
    person.waits_for("reminder 4")
    assert person.texts == [f"reminder {number}" for number in range(5)]
    person.waits_until(lambda: set(letters(app).values()) == {LetterState.SENT})


def test_too_many_requests_are_waited_out_in_order_and_nothing_goes_twice(app, server, person):
    server.faults.next("sendMessage", TooMany(1), times=2)
    began = time.monotonic()
    for number in range(3):
        says_first(app, f"reminder {number}")
    person.waits_for("reminder 2")
    assert time.monotonic() - began >= 2.0
    assert person.texts == [f"reminder {number}" for number in range(3)]
    assert len(server.calls("sendMessage")) == 3


def test_no_more_than_a_burst_goes_at_once(tmp_path, server, person):
    with served(tmp_path, server, pace=slowly(message_seconds=0.3, burst=3)) as app:
        for number in range(5):
            says_first(app, f"reminder {number}")
        person.waits_for("reminder 2")
        time.sleep(0.05)
        assert len(person.seen) == 3
        began = time.monotonic()
        person.waits_for("reminder 4")
        assert time.monotonic() - began > 0.3


# --- perhaps sent ---


@LOST
def test_a_reminder_of_unknown_fate_goes_once_more_and_says_so(app, server, person, fault):
    server.faults.next("sendMessage", fault)
    says_first(app, "stretch")
    person.waits_for("stretch (possibly sent twice)")
    person.waits_until(lambda: letters(app)["stretch"] == LetterState.SENT)
    time.sleep(0.2)
    assert count(person, "stretch") <= 2
    assert len(server.calls("sendMessage")) <= 2


def test_an_answer_that_comes_too_late_is_as_good_as_none(tmp_path, server, person):
    with served(tmp_path, server, pace=slowly(read_seconds=0.7)) as app:
        server.faults.next("sendMessage", DelayAnswer(1.5))
        says_first(app, "stretch")
        person.waits_for("stretch (possibly sent twice)")
        assert person.texts[0] == "stretch"


def test_a_reminder_lost_twice_is_not_sent_a_third_time(app, server, person):
    server.faults.next("sendMessage", LoseAnswer(), times=2)
    says_first(app, "stretch")
    person.waits_until(lambda: letters(app)["stretch"] == LetterState.UNKNOWN)
    time.sleep(0.2)
    assert count(person, "stretch") == 2


@LOST
def test_a_reply_of_unknown_fate_is_not_repeated_but_mentioned_at_the_next_contact(
    app, server, person, fault
):
    server.faults.next("sendMessage", fault)
    person.says("add milk")
    person.waits_until(lambda: LetterState.UNKNOWN in letters(app).values())
    assert count(person, "While the line was down:") == 0
    person.asks("list")
    mention = person.waits_for("While the line was down:")
    assert "milk" in mention.text
    assert count(person, "Added “milk”") <= 1
    assert titles(app) == ["milk"]
    person.says("list")
    person.waits_until(lambda: len(letters(app)) and count(person, "1 task open") == 2)
    time.sleep(0.1)
    assert count(person, "While the line was down:") == 1


def test_a_request_dropped_on_the_way_counts_as_unknown_too(app, server, person):
    server.faults.next("sendMessage", DropRequest())
    says_first(app, "Shall I?", Kind.QUESTION, buttons=(Button("Yes", "yes:1"),))
    person.waits_until(lambda: letters(app)["Shall I?"] == LetterState.UNKNOWN)
    person.asks("list")
    person.waits_for("While the line was down:")


def test_a_mention_that_is_lost_itself_is_made_again(app, server, person):
    server.faults.next("sendMessage", DropRequest())
    person.says("add milk")
    person.waits_until(lambda: LetterState.UNKNOWN in letters(app).values())
    says_first(app, "wakes the line")
    person.waits_for("While the line was down:")
    assert count(person, "While the line was down:") == 1


def test_one_lost_part_does_not_keep_the_next_parts_back(app, server, person):
    server.faults.next("sendMessage", DropRequest())
    says_first(app, "\n\n".join(f"{number} " + "x" * 3000 for number in range(3)))
    person.waits_for("2 xxx")
    assert [text[0] for text in person.texts][:2] == ["1", "2"]


# --- refused ---


@pytest.mark.parametrize("by", ["block", "403"])
def test_a_person_who_blocked_the_bot_is_left_alone_until_they_write(app, server, person, by):
    if by == "block":
        person.blocks()
    else:
        server.faults.next("sendMessage", BlockedByUser())
    person.waits_until(lambda: server.service.updates.unconfirmed() == 0)
    says_first(app, "stretch")
    says_first(app, "drink")
    person.waits_until(lambda: server.faults.waiting() == 0)
    person.waits_until(lambda: set(letters(app).values()) == {LetterState.QUEUED})
    time.sleep(0.3)
    assert person.texts == []
    assert server.calls("sendMessage") == []
    assert set(letters(app).values()) == {LetterState.QUEUED}
    person.says("list")
    person.waits_for("drink")
    assert person.texts[:2] == ["stretch", "drink"]


def test_letting_the_bot_in_again_is_enough(app, server, person):
    person.blocks()
    person.waits_until(lambda: server.service.updates.unconfirmed() == 0)
    says_first(app, "stretch")
    time.sleep(0.1)
    person.unblocks()
    person.waits_for("stretch")


def test_what_telegram_will_never_take_fails_and_the_next_goes(app, person):
    says_first(app, "\u2060 ")
    says_first(app, " \n ")
    says_first(app, "next")
    person.waits_for("next")
    assert letters(app)[" \n "] == LetterState.FAILED


def test_a_button_with_too_long_a_code_is_left_out_and_the_message_goes(app, person):
    says_first(app, "choose", buttons=(Button("A", "a:1"), Button("B", "é" * 40)))
    assert person.waits_for("choose").labels == ["A"]


def test_a_letter_for_an_earlier_owner_is_never_sent_to_anybody(app, server, person):
    stranger = Person(server, 43)
    stranger.starts()
    to = Address("telegram", "43")
    app.door.write(
        lambda writers: writers.mail.queue("old", to, Kind.REPLY, Reply("private words"))
    )
    person.waits_until(lambda: letters(app)["private words"] == LetterState.FAILED)
    assert stranger.texts == person.texts == []


# --- edits ---


def queue_edit(app: App, text: str, message_id: int | str) -> None:
    app.door.write(
        lambda writers: writers.mail.queue(
            f"edit:{text}", HOME_CHAT, Kind.NOTICE, Reply(text), edits=str(message_id)
        )
    )


@LOST
def test_an_edit_of_unknown_fate_is_simply_made_again(app, server, person, fault):
    says_first(app, "half done")
    message = person.waits_for("half done")
    server.faults.next("editMessageText", fault)
    queue_edit(app, "all done", message.id)
    person.waits_until(lambda: letters(app)["all done"] == LetterState.SENT)
    assert person.texts == ["all done"]


@pytest.mark.parametrize("gone", [12345, "terminal:3"])
def test_an_edit_of_a_message_that_is_gone_becomes_a_message(app, person, gone):
    queue_edit(app, "all done", gone)
    person.waits_for("all done")


# --- sound ---


def test_only_a_letter_that_sounds_does_and_of_a_long_one_only_the_beginning(app, server, person):
    says_first(app, "a check-in", Kind.NUDGE)
    says_first(app, "stretch", sounds=True)
    says_first(app, "long " + "x" * 4200, sounds=True)
    person.waits_until(lambda: len(person.seen) == 4)
    server.faults.next("sendMessage", LoseAnswer())
    person.says("add milk")
    person.waits_until(lambda: LetterState.UNKNOWN in letters(app).values())
    person.asks("list")
    person.waits_for("While the line was down:")
    heard = [each.text.split()[0] for each in person.seen if not each.silent]
    assert heard == ["stretch", "long"]
    assert len(person.seen) == 7


# --- slots ---


def test_a_slot_is_said_once_its_letter_has_a_message_id(app, person):
    app.door.do(SetReminder(app.now() + timedelta(seconds=2), "stretch"), key="r")

    def said() -> bool:
        app.tick()
        return any("stretch" in text for text in person.texts)

    person.waits_until(said)
    person.waits_until(lambda: Sent in standings(app))
    assert Unknown not in standings(app)


def standings(app: App) -> set[type]:
    with Session(app.engine) as session:
        lines = Ledger(session, now=app.now).since(app.now() - timedelta(days=1))
        return {type(line.standing) for line in lines if line.slot.purpose.value == "reminder"}
