"""The whole application with its Telegram channel against the stand-in, at a quick pace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlmodel import Session, SQLModel, select

from bot.app import App, build, utc_now
from bot.channels.telegram import Pace, telegram_channel
from bot.mailbox import Address, Button, InboxRow, Kind, OutboxRow, Reply
from bot.settings import read_settings
from tests.fakes.telegram.server import TelegramServer

OWNER = 42
HOME_CHAT = Address("telegram", str(OWNER))
QUICK = Pace(
    poll_seconds=3.0,
    read_seconds=10.0,
    look_seconds=0.02,
    message_seconds=0.01,
    burst=50,
    first_backoff=0.05,
    longest_backoff=0.2,
    conflict_seconds=0.2,
    resend_seconds=0.05,
    server_trouble_seconds=0.05,
    retry_slack=0.05,
    acknowledge_seconds=1.0,
    bug_seconds=0.05,
    finish_seconds=1.0,
    name_seconds=0.3,
)


@cache
def empty_database() -> bytes:
    """Give a database of this version with nothing in it: the migrations run once a session."""
    with TemporaryDirectory() as folder:
        settings = read_settings(Path(folder), {"timezone": "UTC"})
        build(settings).close()
        return settings.database.read_bytes()


def app_at(home: Path, server: TelegramServer | None = None) -> App:
    """Build the application over a folder, set up for the stand-in's bot."""
    given: dict[str, object] = {"timezone": "UTC", "quiet_from": "00:00", "quiet_to": "00:00"}
    if server is not None:
        given |= {
            "telegram_token": server.token,
            "telegram_owner": OWNER,
            "telegram_api": server.address,
        }
    settings = read_settings(home, given)
    if not settings.database.exists():
        settings.database.write_bytes(empty_database())
    return build(settings, now=utc_now)


@contextmanager
def served(
    home: Path, server: TelegramServer, *, pace: Pace = QUICK, before: Callable[[App], object] = id
) -> Iterator[App]:
    """Start the application and its channel as `touchbase run` does, but at this pace."""
    app = app_at(home, server)
    try:
        app.start()
        before(app)
        with telegram_channel(
            app.assistant,
            app.engine,
            token=server.token,
            owner=OWNER,
            api=server.address,
            now=app.now,
            pace=pace,
        ):
            yield app
    finally:
        app.close()


def says_first(
    app: App,
    text: str,
    kind: Kind = Kind.REMINDER,
    *,
    buttons: tuple[Button, ...] = (),
    sounds: bool = False,
) -> None:
    """Queue a letter that nobody asked for."""
    key = f"test:{text[:40]}"
    reply = Reply(text, (buttons,) if buttons else ())
    app.door.write(lambda writers: writers.mail.queue(key, HOME_CHAT, kind, reply, sounds=sounds))


def rows_of(app: App, table: type[SQLModel]) -> list[SQLModel]:
    with Session(app.engine) as session:
        found = list(session.exec(select(table)))
        session.expunge_all()
        return found


def letters(app: App) -> dict[str, str]:
    """Give the letters' states by their text."""
    return {row.text: row.state for row in rows_of(app, OutboxRow) if isinstance(row, OutboxRow)}


def arrivals(app: App) -> dict[str, str]:
    """Give the states of messages in by their key."""
    return {row.key: row.state for row in rows_of(app, InboxRow) if isinstance(row, InboxRow)}


def titles(app: App) -> list[str]:
    """List the open tasks' titles."""
    return [task.title for task in app.library.tasks.open_tasks()]


def slowly(**changes: float) -> Pace:
    """Give the quick pace with some spans as they are named."""
    return replace(QUICK, **changes)  # type: ignore[arg-type]
