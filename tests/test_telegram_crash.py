"""The process is killed at each step between a message and its answer: none is lost or doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from bot.actions import SetReminder
from bot.app import App
from bot.assistant import Assistant
from bot.channels.telegram.account import Account
from bot.channels.telegram.post import Post
from bot.channels.telegram.wire import Wire
from bot.door import Writers
from bot.mailbox import Address, ArrivalState, InboxRow, Incoming, Kind, OutboxRow, Reply
from heartbeat.ledger import Ledger, Sent
from tests.fakes.telegram import LoseAnswer, Person, TelegramServer
from tests.fakes.telegram.house import (
    OWNER,
    app_at,
    arrivals,
    letters,
    rows_of,
    says_first,
    served,
    titles,
)
from tests.fakes.telegram.server import TOKEN

ROOT = Path(__file__).parents[1]
MENTION = "While the line was down:"


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def person(server: TelegramServer) -> Person:
    person = Person(server, OWNER)
    person.starts()
    return person


# --- the process that is killed ---


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_before(owner: type, name: str, _app: App) -> None:
    setattr(owner, name, lambda *_, **__: die())


def die_after(owner: type, name: str, app: App) -> None:
    """Die once the step is done, as soon as there is something in the boxes."""
    step = getattr(owner, name)

    def done_then_dead(*given: Any, **named: Any) -> Any:
        found = step(*given, **named)
        if letters(app) or name == "keep":
            die()
        return found

    setattr(owner, name, done_then_dead)


def die_after_send(_app: App) -> None:
    send = Wire.send

    async def sent_then_dead(*given: Any, **named: Any) -> int:
        await send(*given, **named)
        die()
        raise AssertionError

    Wire.send = sent_then_dead  # type: ignore[method-assign]


STEPS: dict[str, Callable[[App], None]] = {
    "fetched": lambda app: die_before(Post, "keep", app),
    "kept": lambda app: die_after(Post, "keep", app),
    "done": lambda app: die_after(Assistant, "work", app),
    "collected": lambda app: die_after(Assistant, "collect", app),
    "begun to send": lambda app: die_before(Wire, "send", app),
    "sent": die_after_send,
    "noted as sent": lambda app: die_after(Assistant, "delivered", app),
}


def live_until(step: str, home: str, address: str) -> None:
    server = TelegramServer()
    server._port = int(address.rpartition(":")[2])  # the server is in the parent process
    with served(Path(home), server, before=STEPS[step]):
        time.sleep(20)


def killed_at(step: str, home: Path, server: TelegramServer) -> None:
    """Run the application in a process of its own until it dies at a step."""
    command = [sys.executable, "-m", "tests.test_telegram_crash", step, str(home), server.address]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr


# --- what is there afterwards ---


@pytest.mark.parametrize("step", STEPS)
def test_a_message_is_done_once_and_answered_whenever_the_process_dies(
    tmp_path, server, person, step
):
    person.says("add milk")
    killed_at(step, tmp_path, server)
    with served(tmp_path, server) as app:
        if step not in ("begun to send", "sent"):
            person.waits_for("Added “milk”")
        person.says("list")
        person.waits_for("1 task open")
        person.waits_until(lambda: set(letters(app).values()) <= {"sent", "unknown"})
        time.sleep(0.1)
        assert titles(app) == ["milk"]
        assert set(arrivals(app).values()) == {ArrivalState.ANSWERED}
    answers = sum(text.startswith("Added “milk”") for text in person.texts)
    mentions = [text for text in person.texts if text.startswith(MENTION)]
    expected = {"begun to send": (0, 1), "sent": (1, 1)}.get(step, (1, 0))
    assert (answers, len(mentions)) == expected, person.transcript()
    assert all("Added “milk”" in mention for mention in mentions)


def test_a_reminder_that_was_on_its_way_goes_once_more_and_says_so(tmp_path, server, person):
    app = app_at(tmp_path, server)
    says_first(app, "stretch")
    app.close()
    killed_at("sent", tmp_path, server)
    with served(tmp_path, server) as app:
        person.waits_for("stretch (possibly sent twice)")
        person.waits_until(lambda: letters(app)["stretch"] == "sent")
    assert person.texts == ["stretch", "stretch (possibly sent twice)"]


def test_reminders_gathered_into_one_go_once_more_as_one_and_each_is_said(tmp_path, server, person):
    app = app_at(tmp_path, server)
    for number in range(4):
        soon = app.now() + timedelta(seconds=0.3)
        app.door.do(SetReminder(soon, f"errand {number}"), key=f"r{number}")
    time.sleep(0.4)
    app.tick()
    app.close()
    killed_at("sent", tmp_path, server)
    with served(tmp_path, server) as app:
        person.waits_until(lambda: sum("possibly sent twice" in text for text in person.texts))
        person.waits_until(lambda: set(letters(app).values()) == {"sent"})
        with Session(app.engine) as session:
            lines = Ledger(session, now=app.now).since(app.now() - timedelta(days=1))
            said = [
                isinstance(line.standing, Sent) for line in lines if "reminder" in line.slot.job_id
            ]
    assert said == [True] * 4
    first, second = person.texts
    assert second == f"{first} (possibly sent twice)"
    assert [f"errand {number}" in first for number in range(4)] == [True] * 4


# --- many messages, again and again ---


def written(number: int, update_id: int) -> dict[str, Any]:
    chat = {"id": OWNER, "type": "private"}
    message = {
        "message_id": number,
        "date": 1_800_000_000 + number,
        "chat": chat,
        "from": {"id": OWNER, "is_bot": False, "first_name": "Ada"},
        "text": f"add errand {number}",
    }
    return {"update_id": update_id, "message": message}


def shuffled(count: int, rng: random.Random) -> list[dict[str, Any]]:
    """Give each message three times: twice as one update and once under another number."""
    found = [
        written(number, update_id)
        for number in range(count)
        for update_id in (10_000 + number, 10_000 + number, 50_000 + number)
    ]
    rng.shuffle(found)
    return found


def live_through(
    home: Path, deliveries: list[dict[str, Any]], rng: random.Random, desk_of: Callable[[App], Any]
) -> App:
    """Take deliveries in 20 lives, half of which end before the work is done; gives the 21st."""
    account = Account(TOKEN, OWNER, "")
    share = len(deliveries) // 20
    for life in range(20):
        app = app_at(home)
        desk = desk_of(app)
        desk.work()
        post = Post(desk, app.engine, account, now=app.now)
        mine = deliveries[life * share : (life + 1) * share]
        post.keep(mine[: share // 2])
        if rng.random() < 0.5:
            desk.work()
        post.keep(mine[share // 2 :])
        app.close()
    app = app_at(home)
    desk_of(app).work()
    return app


def each_was_answered_once(app: App, count: int) -> None:
    rows = [row for row in rows_of(app, InboxRow) if isinstance(row, InboxRow)]
    seen = Counter(row.raw["message"]["message_id"] for row in rows if row.raw)
    assert len(seen) == count
    assert set(seen.values()) == {1}
    assert {row.state for row in rows} == {ArrivalState.ANSWERED}
    assert len(rows_of(app, OutboxRow)) == count
    app.close()


class PlainDesk:
    """The real boxes with nothing behind them: every message is answered "ok"."""

    def __init__(self, app: App) -> None:
        self._app = app

    def hear(self, *messages: Incoming) -> None:
        self._app.assistant.hear(*messages)

    def work(self) -> None:
        def answer(writers: Writers) -> None:
            for arrival in writers.mail.waiting():
                to = Address("telegram", arrival.message.chat)
                writers.mail.queue(f"re:{arrival.message.key}", to, Kind.REPLY, Reply("ok"))
                writers.mail.answered(arrival.number)

        self._app.door.write(answer)


def test_a_thousand_messages_thrice_in_any_order_over_twenty_restarts_are_each_answered_once(
    tmp_path,
):
    rng = random.Random(7)
    app = live_through(tmp_path, shuffled(1000, rng), rng, PlainDesk)
    each_was_answered_once(app, 1000)


def test_messages_thrice_in_any_order_over_twenty_restarts_are_each_done_once(tmp_path):
    rng = random.Random(8)
    app = live_through(tmp_path, shuffled(40, rng), rng, lambda app: app.assistant)
    assert sorted(titles(app)) == sorted(f"errand {number}" for number in range(40))
    each_was_answered_once(app, 40)


@pytest.mark.soak
def test_a_thousand_messages_through_the_whole_application_are_each_done_once(tmp_path):
    rng = random.Random(9)
    app = live_through(tmp_path, shuffled(1000, rng), rng, lambda app: app.assistant)
    assert sorted(titles(app)) == sorted(f"errand {number}" for number in range(1000))
    each_was_answered_once(app, 1000)


def test_over_http_a_lost_answer_and_a_repeated_update_change_nothing(tmp_path, server, person):
    for life in range(3):
        for number in range(4):
            person.says(f"add errand {life} {number}")
        server.faults.next("getUpdates", LoseAnswer())
        with served(tmp_path, server):
            person.waits_for(f"errand {life} 3")
        for update in server.service.updates.history[:]:
            server.service.updates.repeat(update["update_id"])
    with served(tmp_path, server) as app:
        person.asks("list")
        person.waits_until(lambda: server.service.updates.unconfirmed() == 0)
        assert sorted(titles(app)) == sorted(f"errand {a} {b}" for a in range(3) for b in range(4))
    assert sum(text.startswith("Added") for text in person.texts) == 12


if __name__ == "__main__":
    live_until(*sys.argv[1:])
