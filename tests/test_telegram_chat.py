"""Talking in Telegram, through the whole application and over real HTTP."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bot.actions import AskCheckOff
from bot.app import App
from bot.assistant import Assistant
from bot.channels.telegram import telegram_channel
from bot.channels.telegram.account import Account
from bot.channels.telegram.menu import MENU
from bot.channels.telegram.records import troubles
from bot.conversation.speak import speak
from bot.mailbox import ArrivalState, Button, Kind
from bot.outcomes import Done
from tests.fakes.telegram import DelayAnswer, Person, TelegramServer
from tests.fakes.telegram.house import (
    HOME_CHAT,
    OWNER,
    QUICK,
    app_at,
    arrivals,
    letters,
    says_first,
    served,
    slowly,
    titles,
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
def app(tmp_path: Path, server: TelegramServer) -> Iterator[App]:
    with served(tmp_path, server) as app:
        yield app


def ask_about(app: App, title: str) -> None:
    """Ask whether a task is done, as a finished session does."""
    task = next(task for task in app.library.tasks.open_tasks() if task.title == title)

    def then(outcome, writers):
        assert isinstance(outcome, Done)
        reply = speak(outcome, app.assistant.local_now())
        writers.mail.queue(f"ask:{task.id}", HOME_CHAT, Kind.QUESTION, reply)

    app.door.do(
        AskCheckOff(task.id, True, "you said so"), key=f"ask:{task.id}", then=then, by_person=False
    )


# --- words ---


def test_what_the_owner_writes_is_done_and_answered(app, person):
    answer = person.asks("add call the lab")
    assert "call the lab" in answer.text
    assert titles(app) == ["call the lab"]


def test_a_button_does_what_it_says_and_its_clock_is_stopped(app, person):
    answer = person.asks("add call the lab")
    tap = person.taps(answer, "Undo")
    person.waits_until(lambda: titles(app) == [])
    person.waits_until(lambda: tap.answered)
    assert tap.toast == "Undo"


def test_what_waited_while_the_assistant_was_off_is_answered_at_the_start(tmp_path, server, person):
    person.says("add milk")
    person.says("add bread")
    with served(tmp_path, server) as app:
        person.waits_for("bread")
        assert sorted(titles(app)) == ["bread", "milk"]


@pytest.mark.parametrize(
    "text",
    ["قائمة المهام 🧪 \u202eabc\u202c", "👩‍👩‍👧‍👦" * 30, "e\u0301 中文 \u0000 \x07 ok"],
    ids=["right to left", "joined emoji", "control signs"],
)
def test_any_script_comes_through_as_it_was(app, person, text):
    answer = person.asks(f"add {text}")
    assert titles(app)[0] in answer.text


def test_half_an_emoji_harms_nothing(app, person):
    person.says("add broken \ud83d end")
    person.waits_for("broken")
    assert len(titles(app)) == 1


def test_a_message_too_long_to_read_is_said_so(app, person):
    assert "too long to read" in person.asks("word " * 20_000).text
    assert titles(app) == []


def test_a_long_answer_comes_in_order_in_several_messages_with_its_buttons_last(
    app, server, person
):
    paragraphs = [f"Paragraph {number}: " + "wörd 🙂 " * 120 for number in range(12)]
    says_first(app, "\n\n".join(paragraphs), buttons=(Button("Done", "done:1"),))
    person.waits_for("Paragraph 11")
    joined = "\n\n".join(person.texts)
    assert [joined.index(f"Paragraph {number}:") for number in range(12)] == sorted(
        joined.index(f"Paragraph {number}:") for number in range(12)
    )
    assert [message.labels for message in person.seen] == [[]] * (len(person.seen) - 1) + [["Done"]]
    assert len(person.seen) >= 3
    assert not any("parse_mode" in call for call in server.calls("sendMessage"))


# --- what is no text ---


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "location"])
def test_something_without_words_gets_one_honest_line(app, person, kind):
    person.sends(kind)
    answer = person.waits_for("I can read only text for now")
    assert "nothing was done" in answer.text
    assert set(arrivals(app).values()) == {ArrivalState.ANSWERED}


def test_a_caption_is_read_as_the_words_of_its_picture(app, person):
    person.sends("photo", caption="add buy frames")
    person.waits_for("buy frames")
    assert titles(app) == ["buy frames"]


def test_an_edited_message_is_not_done_again(app, server, person):
    message = person.says("add milk")
    person.waits_for("milk")
    server.service.updates.put("edited_message", server.service.shown(message))
    person.asks("list")
    assert titles(app) == ["milk"]


# --- who is answered ---


def test_strangers_and_groups_get_nothing_and_leave_no_trace(app, server, person, caplog):
    stranger = Person(server, 666, "Eve")
    stranger.says("add steal")
    stranger.says("list")
    group = {"id": -100, "type": "group", "title": "Lab"}
    body = {"message_id": 900, "date": 1, "chat": group, "from": {"id": OWNER}, "text": "add x"}
    server.service.updates.put("message", body)
    person.asks("list")
    assert stranger.texts == []
    assert titles(app) == []
    assert len(arrivals(app)) == 1
    assert [line for line in caplog.messages if "666" in line] == [
        "Telegram: user 666 in private chat 666 wrote and was not answered"
    ]


def test_an_update_that_cannot_be_read_is_set_aside_and_the_next_is_served(app, server, person):
    poison = {"update_id": server.service.updates.next_number, "message": {"text": ["?"]}}
    server.service.updates.next_number += 1
    server.service.updates.put_raw(poison)
    person.says("add after the poison")
    person.waits_for("after the poison")
    assert sorted(arrivals(app).values()) == [ArrivalState.ANSWERED, ArrivalState.PARKED]
    person.waits_until(lambda: server.service.updates.unconfirmed() == 0)


def test_a_tap_without_a_chat_instance_is_a_tap(app, server, person):
    answer = person.asks("add milk")
    button = answer.buttons[0]
    body = {
        "id": "1",
        "from": {"id": OWNER},
        "data": button["callback_data"],
        "message": server.service.shown(answer),
    }
    server.service.updates.put("callback_query", body)
    person.waits_until(lambda: titles(app) == [])


# --- the question whether something is done ---


@pytest.mark.parametrize(
    ("label", "shows", "left"),
    [("Yes", "✓ Checked off", []), ("Keep", "○ Kept open", ["read the paper"])],
)
def test_a_tap_on_the_question_is_done_and_shown_in_its_place(app, person, label, shows, left):
    person.asks("add read the paper")
    ask_about(app, "read the paper")
    question = newest_question(person)
    person.taps(question, label)
    person.waits_until(lambda: question.text.endswith(shows))
    assert question.labels == []
    person.waits_until(lambda: titles(app) == left)
    person.waits_until(lambda: person.seen[-1].id > question.id)


def test_a_double_tap_is_one_answer_and_the_first_one_counts(app, person):
    person.asks("add read the paper")
    ask_about(app, "read the paper")
    question = newest_question(person)
    as_seen = replace(question)
    first, second = person.taps(as_seen, "Yes"), person.taps(as_seen, "Keep")
    person.waits_for("question is closed")
    assert first.answered
    assert second.answered
    assert titles(app) == []
    person.waits_until(lambda: question.text.endswith("✓ Checked off"))
    assert question.text.count("\n\n") == as_seen.text.count("\n\n") + 1


def test_a_stale_tap_is_harmless(app, person):
    person.asks("add read the paper")
    ask_about(app, "read the paper")
    question = newest_question(person)
    as_seen = replace(question)
    person.asks("no")
    person.taps(as_seen, "Yes")
    person.waits_until(lambda: question.text.endswith("○ Kept open"))
    assert titles(app) == ["read the paper"]


def newest_question(person: Person):
    person.waits_until(lambda: len(person.seen[-1].labels) > 1)
    return person.seen[-1]


# --- beginning and ending ---


def test_no_network_at_the_start_delays_nothing_and_the_line_comes_back(tmp_path, server, person):
    server.down()
    began = time.monotonic()
    with served(tmp_path, server) as app:
        assert time.monotonic() - began < 5
        person.says("add milk")
        server.up()
        person.waits_for("milk")
        assert titles(app) == ["milk"]


def test_the_channel_names_its_bot_and_offers_its_commands_once(tmp_path, server, person):
    for _ in range(2):
        app = app_at(tmp_path, server)
        with ExitStack() as stack:
            names = [stack.enter_context(channel) for channel in app.channels()]
            person.waits_until(lambda: len(server.service.commands) == len(MENU))
            time.sleep(0.1)
        app.close()
    assert "Telegram (@touchbase_test_bot)" in names
    assert len(server.calls("setMyCommands")) == 1
    assert len(server.calls("getMe")) == 1


def test_a_poll_that_stalls_for_ever_is_given_up(tmp_path, server, person):
    server.faults.next("getUpdates", DelayAnswer(60))
    with served(tmp_path, server, pace=slowly(poll_seconds=1.0)) as app:
        person.waits_until(lambda: bool(server.calls("getUpdates")))
        person.says("add milk")
        person.waits_for("milk")
        assert titles(app) == ["milk"]


def test_while_nothing_can_be_kept_nothing_is_confirmed(tmp_path, server, person, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def broken(*_: object) -> None:
        raise TypeError("a bug")

    with served(tmp_path, server) as app:
        for fault in (full, broken):
            with monkeypatch.context() as patch:
                patch.setattr(Assistant, "hear", fault)
                person.says(f"add {fault.__name__}")
                time.sleep(0.3)
                assert server.service.updates.unconfirmed() == 1
            person.waits_for(f"Added “{fault.__name__}”")
            person.waits_until(lambda: server.service.updates.unconfirmed() == 0)
        assert set(arrivals(app).values()) == {ArrivalState.ANSWERED}


def test_it_stops_within_five_seconds_in_the_middle_of_a_long_poll(tmp_path, server, person):
    with served(tmp_path, server):
        person.asks("list")
        began = time.monotonic()
    assert time.monotonic() - began < 5


def test_a_token_that_telegram_does_not_know_is_one_line_and_doctor_sees_it(
    tmp_path, server, caplog
):
    app = app_at(tmp_path, server)
    token = "700123:AAE-another-token-of-the-same-bot-00000"
    mine = Account(token, OWNER, server.address)
    channel = telegram_channel(
        app.assistant,
        app.engine,
        token=token,
        owner=OWNER,
        api=server.address,
        now=app.now,
        pace=QUICK,
    )
    with channel as name:
        assert name == "Telegram"
        deadline = time.monotonic() + 5
        while troubles(app.engine, mine, now=app.now) is None and time.monotonic() < deadline:
            time.sleep(0.02)
    assert "does not know the bot's token" in (troubles(app.engine, mine, now=app.now) or "")
    errors = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert len(errors) == 1
    app.close()
    with served(tmp_path, server) as again:
        person = Person(server, OWNER)
        person.asks("list")
        person.waits_until(lambda: troubles(again.engine, mine, now=again.now) is None)


def test_the_token_is_in_no_log_line(tmp_path, server, person, caplog):
    caplog.set_level(logging.DEBUG)
    with served(tmp_path, server):
        person.asks("list")
        server.down()
        time.sleep(0.1)
        server.up()
        person.asks("list")
    assert server.token not in caplog.text
    assert caplog.records


def test_two_pollers_back_off_and_say_so_once(tmp_path, server, person, caplog):
    server.service.updates.webhook = "https://example.org/hook"
    with served(tmp_path, server):
        person.waits_until(lambda: len(server.calls("getUpdates")) > 2)
        server.service.updates.webhook = ""
        person.asks("list")
    said = [line for line in caplog.messages if "another program" in line]
    assert len(said) == 1


def test_every_letter_of_a_chat_arrived_or_is_known_not_to(app, person):
    person.asks("add milk")
    person.asks("list")
    person.waits_until(lambda: set(letters(app).values()) == {"sent"})
