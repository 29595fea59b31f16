"""The whole product on a still clock, with counted ids and files in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from bot.app import App, build
from bot.channels.terminal import button_lines
from bot.mailbox import Incoming
from bot.settings import read_settings

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime = MONDAY) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def on(self, **length: float) -> None:
        self.at += timedelta(**length)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def start(home, clock):
    """Start the product over the same folder; again is a restart."""
    started = []
    ids = count(1)

    def build_again(**settings) -> App:
        app = build(
            read_settings(home, {"timezone": "UTC", **settings}),
            now=clock,
            new_id=lambda: f"id{next(ids):06d}",
            seed=7,
        )
        started.append(app)
        app.start()
        return app

    yield build_again
    for app in started:
        app.close()


@pytest.fixture
def app(start):
    return start()


@pytest.fixture
def chat(app) -> Callable[[str], list[str]]:
    """Say something and get back what is said, buttons in brackets below."""
    return lambda text: talk(app, text)


def talk(app: App, text: str, *, key: str | None = None, button: str | None = None) -> list[str]:
    message = Incoming(
        key or f"test:{app.new_id()}", "terminal", "me", text, app.now(), button=button
    )
    app.assistant.hear(message)
    app.assistant.work()
    return heard(app)


def heard(app: App) -> list[str]:
    """Take what was said since, as a person would see it."""
    said = []
    for letter in app.assistant.collect("terminal"):
        said.append("\n".join([letter.reply.text, *button_lines(letter.reply)]))
        app.assistant.delivered(letter, f"t{letter.number}")
    return said


def titles(app: App) -> list[str]:
    return [task.title for task in app.library.tasks.open_tasks()]
