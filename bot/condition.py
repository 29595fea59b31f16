"""How the assistant is: what runs, what comes next, what waits, and what to act on."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from bot.app import App, FolderUnusable, build, check_writable
from bot.conversation.speak.google import STANDING_PHRASES, account_phrase
from bot.conversation.speak.phrases import moment_phrase
from bot.lock import holder
from bot.mailbox import LetterState, Mailbox
from bot.schema import SchemaTooNew
from bot.settings import Settings
from heartbeat.heartbeat_file import Asks, parse
from memory import MemoryReader, Vault

LOW_SPACE_MIB = 100


@dataclass(frozen=True)
class Finding:
    """What was found about one part; `act` when the person should do something about it."""

    part: str
    says: str
    act: bool = False


def status_of(app: App) -> dict[str, Any]:
    """Gather what `touchbase status` shows."""
    now = app.assistant.local_now()
    page = app.library.status(now)
    found = {
        "home": str(app.settings.home),
        "vault": str(app.settings.vault),
        "running": holder(app.settings.home),
        "open_tasks": page.open_count,
        "unsynced": page.unsynced,
        "google_linked": page.google is not None,
        "google": account_phrase(page.google, page.unsynced, now),
        "telegram": telegram_state(app.settings),
        "messages_waiting": page.waiting_letters,
        "next": [
            {
                "what": name,
                "at": at.astimezone(app.settings.zone).isoformat(),
                "in words": moment_phrase(at, now),
            }
            for name, at in page.next_slots
        ],
    }
    app.close()
    return found


def telegram_state(settings: Settings) -> str:
    """Say how far Telegram is set up."""
    values = settings.values
    if not values.telegram_token:
        return "not set up"
    return "set up" if values.telegram_owner else "token without an owner"


def telegram_trouble(settings: Settings) -> str | None:
    """Say what keeps the bot from serving, as its channel noted it."""
    values = settings.values
    if not values.telegram_token:
        return None
    from bot.channels.telegram.account import Account  # late: only where it is set up
    from bot.channels.telegram.records import troubles

    token = values.telegram_token.get_secret_value()
    account = Account(token, values.telegram_owner or 0, values.telegram_api)
    with closing(build(settings)) as app:
        return troubles(app.engine, account, now=app.now)


def status_text(found: dict[str, Any]) -> str:
    """Put the status into lines."""
    lines = [
        f"Running   {found['running'] or 'nothing; `touchbase run` starts it'}",
        f"Tasks     {found['open_tasks']} open",
        f"Google    {found['google']}",
        f"Telegram  {found['telegram']}",
        f"Messages  {found['messages_waiting']} waiting to be delivered",
        f"Data      {found['home']}",
        f"Notes     {found['vault']}",
    ]
    lines += [f"Next      {each['what']}, {each['in words']}" for each in found["next"]]
    return "\n".join(lines)


def finding_lines(findings: list[Finding]) -> list[str]:
    """Write findings one a line, what to act on marked."""
    return [
        f"{'!!' if finding.act else 'ok'}  {finding.part}: {finding.says}" for finding in findings
    ]


def examine(settings: Settings) -> list[Finding]:
    """Check each part, the ones that others rest on first."""
    findings = [python_found(), *folder_found(settings)]
    if any(finding.act for finding in findings):
        return findings
    return [*findings, *database_found(settings), *vault_found(settings), *linked_found(settings)]


def python_found() -> Finding:
    """Check the interpreter."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", version, act=sys.version_info < (3, 11))


def folder_found(settings: Settings) -> Iterator[Finding]:
    """Check the data folder: there, writable, with room, served by whom."""
    try:
        check_writable(settings)
    except FolderUnusable as why:
        yield Finding("data folder", str(why), act=True)
        return
    free_mib = shutil.disk_usage(settings.home).free // 2**20
    if free_mib < LOW_SPACE_MIB:
        yield Finding(
            "data folder", f"{settings.home}: {free_mib} MiB free; free some space", act=True
        )
    else:
        yield Finding("data folder", f"{settings.home}, {free_mib:,} MiB free")
    served = holder(settings.home)
    yield Finding("running", served or "nothing serves this folder now; `touchbase run` starts it")


def database_found(settings: Settings) -> Iterator[Finding]:
    """Check the database: whole, of this version, nothing stuck; and what it says of Google."""
    if damage := damage_of(settings.database):
        yield Finding(
            "database", f"{damage}; restore a copy, or move {settings.database} away", act=True
        )
        return
    try:
        app = build(settings)
    except SchemaTooNew as why:
        yield Finding("database", str(why), act=True)
        return
    except DatabaseError as why:
        yield Finding("database", f"{why.orig}; restore a copy of {settings.database}", act=True)
        return
    with closing(app):
        yield Finding("database", f"whole, {len(app.library.tasks.open_tasks())} tasks open")
        yield letters_found(app)
        yield google_found(app)
        yield from lists_found(app)


def damage_of(file: Path) -> str | None:
    """Ask SQLite whether the file is whole; None when it is, or is not there yet."""
    if not file.exists():
        return None
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as why:
        return str(why)
    return None if said == "ok" else str(said)


def letters_found(app: App) -> Finding:
    """Check the outbox: messages whose delivery failed or is unknown."""
    with Session(app.engine) as session:
        mail = Mailbox(session, now=app.now)
        failed, unknown = mail.count(LetterState.FAILED), mail.count(LetterState.UNKNOWN)
        parked = mail.parked()
    if failed or unknown or parked:
        return Finding(
            "messages",
            f"{failed} failed, {unknown} with an unknown outcome, {parked} that could not be "
            "answered; see touchbase.log",
            act=bool(failed or parked),
        )
    return Finding("messages", "none stuck")


def vault_found(settings: Settings) -> Iterator[Finding]:
    """Check the notes folder."""
    folder = settings.vault
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".touchbase-probe"
        probe.write_text("", encoding="utf-8")
        probe.unlink()
    except OSError as why:
        yield Finding(
            "notes", f"{folder}: {why.strerror}; make it writable or set `vault`", act=True
        )
        return
    yield Finding("notes", str(folder))
    asks = parse(MemoryReader(Vault(folder)).heartbeat())
    for complaint in asks.complaints if isinstance(asks, Asks) else ():
        yield Finding("notes", complaint, act=True)


def linked_found(settings: Settings) -> Iterator[Finding]:
    """Check what is linked: half set up is worth a word, not set up is not."""
    telegram = telegram_state(settings)
    half = telegram.startswith("token without")
    way = "; `touchbase setup telegram` finds your id" if half else ""
    trouble = telegram_trouble(settings)
    yield Finding("telegram", trouble or telegram + way, act=half or trouble is not None)


def google_found(app: App) -> Finding:
    """Check how the account stands; a sign-in that cannot be read is none."""
    from tasks_sync.google.stored import LinkFile  # late: only where somebody asks

    file = app.settings.google_credentials
    if file.exists() and LinkFile(file).load() is None:
        return Finding("google", f"{file} is damaged; `touchbase setup google` again", act=True)
    now = app.assistant.local_now()
    page = app.library.status(now)
    said = account_phrase(page.google, page.unsynced, now)
    return Finding(
        "google", said, act=page.google is not None and page.google.standing in STANDING_PHRASES
    )


def lists_found(app: App) -> Iterator[Finding]:
    """Check that the lists named in the settings are there; one that is not is passed over."""
    values, titles = app.settings.values, {found.title for found in app.library.tasks.lists()}
    for name, wanted in (
        ("new_items_list", (values.new_items_list,)),
        ("notes_list", (values.notes_list,)),
        ("watched_lists", values.watched_lists),
    ):
        for title in wanted:
            if title is not None and title not in titles:
                there = ", ".join(repr(each) for each in sorted(titles))
                says = f"{name} = {title!r} names no list; there is: {there}"
                yield Finding("settings", says, act=True)
