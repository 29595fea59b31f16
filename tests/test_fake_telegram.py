"""The stand-in for the Bot API keeps Telegram's promises, and refuses in Telegram's words."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

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
from tests.fakes.telegram.parameters import page

KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes:1"}]]}


class Clock:
    def __init__(self) -> None:
        self.moment = 1_800_000_000.0

    def __call__(self) -> float:
        return self.moment


class Client:
    """A plain client: one method, one answer."""

    def __init__(self, server: TelegramServer) -> None:
        self._base = f"{server.address}/bot{server.token}"
        self.http = httpx.Client(timeout=10)

    def __call__(self, method: str, **values: Any) -> Any:
        answer = self.http.post(f"{self._base}/{method}", data=form(values)).json()
        return answer["result"] if answer["ok"] else answer

    def raw(self, method: str, **given: Any) -> httpx.Response:
        return self.http.post(f"{self._base}/{method}", **given)


def form(values: dict[str, Any]) -> dict[str, str]:
    return {
        name: json.dumps(value) if isinstance(value, dict | list | bool) else str(value)
        for name, value in values.items()
    }


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[TelegramServer]:
    with TelegramServer(now=clock) as server:
        yield server


@pytest.fixture
def person(server: TelegramServer) -> Person:
    person = Person(server, 42)
    person.starts()
    return person


@pytest.fixture
def call(server: TelegramServer) -> Iterator[Client]:
    client = Client(server)
    with client.http:
        yield client


def numbers(updates: list[dict[str, Any]]) -> list[int]:
    return [update["update_id"] for update in updates]


# --- updates ---


def test_an_update_comes_again_until_a_higher_offset_confirms_it(person, call):
    person.says("one")
    person.says("two")
    first, second = numbers(call("getUpdates"))
    assert numbers(call("getUpdates", timeout=1)) == [first]  # at once again: one at a time
    assert numbers(call("getUpdates", offset=second)) == [second]
    assert call("getUpdates", offset=second + 1, timeout=0) == []


def test_a_negative_offset_drops_all_but_the_last(person, call):
    for text in "abc":
        person.says(text)
    assert [each["message"]["text"] for each in call("getUpdates", offset=-1)] == ["c"]


def test_a_limit_cuts_the_answer_and_the_rest_comes_next(person, call):
    for text in "abc":
        person.says(text)
    found = call("getUpdates", limit=2)
    assert len(found) == 2
    assert len(call("getUpdates", offset=found[-1]["update_id"] + 1)) == 1


def test_a_long_poll_ends_when_something_comes(person, call):
    threading.Timer(0.1, person.says, ("late",)).start()
    began = time.monotonic()
    assert call("getUpdates", timeout=5)[0]["message"]["text"] == "late"
    assert time.monotonic() - began < 4


def test_a_newer_poller_ends_the_older_with_a_conflict(person, server, call):
    answers: list[dict[str, Any]] = []
    older = threading.Thread(target=lambda: answers.append(call("getUpdates", timeout=5)))
    older.start()
    person.waits_until(lambda: bool(server.calls("getUpdates")))
    time.sleep(0.05)
    with httpx.Client() as other:
        other.post(f"{server.address}/bot{server.token}/getUpdates", data={"offset": "-1"})
        older.join()
    assert answers[0]["error_code"] == 409
    assert answers[0]["description"] == (
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance "
        "is running"
    )


def test_a_webhook_keeps_updates_from_being_asked_for(call):
    call("setWebhook", url="https://example.org/hook")
    assert (
        "can't use getUpdates method while webhook is active" in call("getUpdates")["description"]
    )
    call("deleteWebhook")
    assert call("getUpdates") == []


def test_a_tap_lives_for_150_seconds_and_a_message_for_a_day(person, call, clock):
    call("sendMessage", chat_id=42, text="Sure?", reply_markup=KEYBOARD)
    person.taps(person.seen[0], "Yes")
    person.says("a word")
    clock.moment += 151
    assert ["message" in each for each in call("getUpdates")] == [True]
    clock.moment += 86_400
    assert call("getUpdates", offset=1) == []


def test_only_kinds_that_were_asked_for_come(person, call):
    call("getUpdates", allowed_updates=["callback_query"])
    person.says("unheard")
    assert call("getUpdates", offset=1) == []


# --- messages ---


def test_every_kind_of_body_is_read_alike(person, call):
    values = {"chat_id": "42", "text": "hello"}
    for given in ({"data": values}, {"json": {"chat_id": 42, "text": "hello"}}):
        assert call.raw("sendMessage", **given).json()["ok"]
    parts = {name: (None, value) for name, value in values.items()}
    assert call.raw("sendMessage", files=parts).json()["ok"]
    assert person.texts == ["hello"] * 3


@pytest.mark.usefixtures("person")
def test_text_is_measured_in_utf_16(call):
    assert call("sendMessage", chat_id=42, text="中" * 4096)["message_id"]
    assert call("sendMessage", chat_id=42, text="🙂" * 2048)["message_id"]
    refused = call("sendMessage", chat_id=42, text="🙂" * 2049)
    assert refused["description"] == "Bad Request: message is too long"


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize(
    ("method", "values", "says"),
    [
        ("sendMessage", {"chat_id": 99, "text": "x"}, "Bad Request: chat not found"),
        ("sendMessage", {"chat_id": 42, "text": " \n"}, "Bad Request: message text is empty"),
        ("sendMessage", {"chat_id": 42}, "Bad Request: message text is empty"),
        ("sendMessage", {"text": "x"}, "Bad Request: chat_id is empty"),
        (
            "sendMessage",
            {"chat_id": 42, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "Y"}]]}},
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the "
            "inline keyboard",
        ),
        (
            "sendMessage",
            {
                "chat_id": 42,
                "text": "x",
                "reply_markup": {"inline_keyboard": [[{"text": "Y", "callback_data": "é" * 33}]]},
            },
            "Bad Request: BUTTON_DATA_INVALID",
        ),
        (
            "editMessageText",
            {"chat_id": 42, "message_id": 7, "text": "x"},
            "Bad Request: message to edit not found",
        ),
        (
            "deleteMessage",
            {"chat_id": 42, "message_id": 7},
            "Bad Request: message to delete not found",
        ),
        (
            "answerCallbackQuery",
            {"callback_query_id": "7"},
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
        ),
        (
            "setMyCommands",
            {"commands": [{"command": "Ä", "description": "x"}]},
            "Bad Request: BOT_COMMAND_INVALID",
        ),
        ("sendNothing", {}, "Not Found: method not found"),
    ],
)  # fmt: skip
def test_what_telegram_refuses_is_refused_in_its_words(call, method, values, says):
    assert call(method, **values)["description"] == says


def test_an_edit_that_changes_nothing_is_refused(person, call):
    sent = call("sendMessage", chat_id=42, text="a", reply_markup=KEYBOARD)["message_id"]
    call("editMessageText", chat_id=42, message_id=sent, text="b")
    again = call("editMessageText", chat_id=42, message_id=sent, text="b")
    assert again["description"].startswith("Bad Request: message is not modified: specified new")
    assert person.seen[0].revisions == ["a"]
    assert person.seen[0].labels == []


def test_the_persons_own_message_cannot_be_edited(person, call):
    mine = person.says("mine")
    refused = call("editMessageText", chat_id=42, message_id=mine.id, text="yours")
    assert refused["description"] == "Bad Request: message can't be edited"


def test_a_tap_is_answered_once(person, call):
    call("sendMessage", chat_id=42, text="Sure?", reply_markup=KEYBOARD)
    tap = person.taps(person.seen[0], "Yes")
    assert call("answerCallbackQuery", callback_query_id=tap.id, text="Good") is True
    assert tap.toast == "Good"
    assert call("answerCallbackQuery", callback_query_id=tap.id)["error_code"] == 400


def test_nobody_who_blocked_the_bot_or_never_wrote_to_it_is_reached(server, person, call):
    Person(server, 43)
    assert call("sendMessage", chat_id=43, text="x")["description"] == "Bad Request: chat not found"
    person.blocks()
    refused = call("sendMessage", chat_id=42, text="x")
    assert refused["description"] == "Forbidden: bot was blocked by the user"
    assert call("getUpdates")[0]["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    person.unblocks()
    assert call("sendMessage", chat_id=42, text="x")["message_id"]


def test_a_wrong_token_is_unauthorized(server, call):
    answer = call.http.post(f"{server.address}/bot1:wrong/getMe").json()
    assert (answer["error_code"], answer["description"]) == (401, "Unauthorized")


@pytest.mark.usefixtures("person")
@pytest.mark.skipif(page() is None, reason="the Bot API's page is not at hand")
@pytest.mark.parametrize("mistake", [{"colour": "red"}, {"protect_content": "perhaps"}])
def test_a_parameter_that_the_page_does_not_have_is_refused(call, mistake):
    assert call("sendMessage", chat_id=42, text="x", **mistake)["error_code"] == 400


# --- misbehaving ---


def test_a_lost_answer_leaves_the_message_there(server, person, call):
    server.faults.next("sendMessage", LoseAnswer())
    with pytest.raises(httpx.RemoteProtocolError):
        call("sendMessage", chat_id=42, text="x")
    assert person.texts == ["x"]


def test_a_dropped_request_leaves_nothing(server, person, call):
    server.faults.next("sendMessage", DropRequest())
    with pytest.raises(httpx.RemoteProtocolError):
        call("sendMessage", chat_id=42, text="x")
    assert person.texts == []


@pytest.mark.usefixtures("person")
def test_a_late_answer_is_an_answer(server, call):
    server.faults.next("sendMessage", DelayAnswer(0.05))
    assert call("sendMessage", chat_id=42, text="x")["message_id"]


def test_429_403_and_502_come_when_they_are_ordered(server, person, call):
    server.faults.next("sendMessage", TooMany(7))
    server.faults.next("sendMessage", BlockedByUser())
    server.faults.next("sendMessage", ServerTrouble())
    refused = call("sendMessage", chat_id=42, text="x")
    assert refused["parameters"] == {"retry_after": 7}
    assert refused["description"] == "Too Many Requests: retry after 7"
    assert call("sendMessage", chat_id=42, text="x")["error_code"] == 403
    assert call.raw("sendMessage", data={"chat_id": "42", "text": "x"}).status_code == 502
    assert person.texts == []
    assert server.faults.waiting() == 0


def test_a_confirmed_update_can_come_again_and_numbers_can_jump(server, person, call):
    person.says("one")
    (first,) = numbers(call("getUpdates"))
    assert call("getUpdates", offset=first + 1) == []
    server.service.updates.repeat(first)
    assert numbers(call("getUpdates", offset=first + 1)) == [first]
    server.service.updates.next_number = 5
    person.says("two")
    assert 5 in numbers(call("getUpdates", offset=1))


def test_a_server_that_is_down_refuses_connections_and_comes_back_where_it_was(server, call):
    address = server.address
    timer = server.down_for(0.1)
    with pytest.raises((httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError)):
        call("getMe")
    timer.join()
    assert server.address == address
    assert call("getMe")["is_bot"] is True


def test_a_stale_keyboard_can_still_be_pressed(person, call):
    sent = call("sendMessage", chat_id=42, text="Sure?", reply_markup=KEYBOARD)["message_id"]
    as_seen = replace(person.seen[0])
    call("editMessageReplyMarkup", chat_id=42, message_id=sent)
    person.taps(as_seen, "Yes")
    assert call("getUpdates")[0]["callback_query"]["data"] == "yes:1"
