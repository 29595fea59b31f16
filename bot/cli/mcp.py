"""`touchbase mcp`: the notes and the task list for other programs, reading only.

Wires the server of `memory.mcp_server` to the person's folder, task list and proposals.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import Home, fail, settings_for
from bot.proposals import FILE_NAME

if TYPE_CHECKING:
    from bot.settings import Settings
    from memory.briefs import Brief
    from memory.health import Health
    from memory.loops import OpenLoop
    from memory.mcp_server import Proposed, TaskSeen
    from memory.minutes import Minutes
    from memory.recall import Passage, Recall
    from memory.resume import NothingYet, Resumption
    from memory.search import Hit


def mcp(
    context: typer.Context,
    home: Home = None,
    root: Annotated[
        Path | None,
        typer.Option("--root", help="Folder of notes, not that of the settings."),
    ] = None,
    http: Annotated[
        bool, typer.Option("--http", help="Loopback HTTP instead of standard input and output.")
    ] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, help="Port with --http; 0 takes a free one.")
    ] = 0,
) -> None:
    """Let other programs search the notes and list the tasks (Model Context Protocol)."""
    import anyio

    from memory import Vault
    from memory.found import shipped_actions
    from memory.mcp_server import build_server, serve_loopback, serve_stdio
    from memory.meaning import open_meaning
    from memory.minutes import Minutes
    from memory.recall import Recall

    settings = settings_for(context, home)
    folder = (root or settings.vault).expanduser().absolute()
    if not folder.is_dir():
        fail(f"there is no folder {folder}: name the notes with --root")
    today = clock_of(settings)
    vault = Vault(folder)
    minutes = Minutes(vault, actions=shipped_actions(), zone=settings.zone)
    with closing(Recall(vault, today=today, meaning=open_meaning)) as recall:
        server = build_server(
            Remembered(recall, minutes, today), task_list(settings), proposals(settings)
        )
        if http:
            anyio.run(serve_loopback, server, loopback(port), announce)
        else:
            anyio.run(serve_stdio, server)


class Remembered:
    """Recall and minutes of one folder behind the port that the server asks."""

    def __init__(self, recall: Recall, minutes: Minutes, today: Callable[[], date]) -> None:
        self._recall, self._minutes, self._today = recall, minutes, today

    def search(self, words: str, most: int) -> Sequence[Hit]:
        """Find passages, best first."""
        return self._recall.search(words, most) if words.strip() else ()

    def get(self, link: str, *, around: int) -> Passage:
        """Give the lines that a link names."""
        return self._recall.get(link, around=around)

    def resume(self, key: str) -> Resumption | NothingYet:
        """Give the last topic of the newest session."""
        return self._minutes.resume(key)

    def loops(self) -> Sequence[OpenLoop]:
        """Give what is open, oldest first."""
        return self._minutes.loops(self._today())

    def briefs(self) -> Sequence[Brief]:
        """Give how each epic stands."""
        return self._minutes.briefs(self._today())

    def projects(self) -> Sequence[tuple[str, str, int]]:
        """Name each undertaking, its page and how many pieces are open."""
        return self._minutes.projects(self._today())

    def health(self) -> Health:
        """Look over the notes and the index."""
        return self._recall.health()


def clock_of(settings: Settings) -> Callable[[], date]:
    """Give the person's local date."""
    from bot.app import utc_now

    return lambda: utc_now().astimezone(settings.zone).date()


def task_list(settings: Settings) -> Callable[[], list[TaskSeen]]:
    """Give the open tasks with the names of their lists; none when there is no database yet."""

    def seen() -> list[TaskSeen]:
        from bot.schema import open_database
        from memory.mcp_server import TaskSeen
        from tasks_sync import TaskReader

        engine = open_database(settings.database)
        try:
            reader = TaskReader(engine)
            names = {each.id: each.title for each in reader.lists()}
            return [
                TaskSeen(task.id, task.title, task.due, names.get(task.list_id, ""), task.notes)
                for task in reader.open_tasks()
            ]
        finally:
            engine.dispose()

    return seen


def proposals(settings: Settings) -> Callable[[Proposed], str]:
    """Keep proposals in the data folder, one a line, for the chat to offer."""

    def keep(proposed: Proposed) -> str:
        from bot.app import fresh_id, utc_now

        proposal_id = fresh_id()
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        append(settings.home / FILE_NAME, line_of(proposal_id, proposed, utc_now()))
        return proposal_id

    return keep


def line_of(proposal_id: str, proposed: Proposed, at: datetime) -> str:
    """Word a proposal as one line of JSON."""
    due = proposed.due.isoformat() if proposed.due else None
    return json.dumps(
        {
            "id": proposal_id,
            "at": at.isoformat(),
            "title": proposed.title,
            "notes": proposed.notes,
            "due": due,
        },
        ensure_ascii=False,
    )


def append(file: Path, line: str) -> None:
    """Add a whole line, safe on disk before anybody is told so."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, f"{line}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def loopback(port: int) -> socket.socket:
    """Listen on this machine only."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except OSError as taken:
        listener.close()
        fail(f"port {port} cannot be used ({taken.strerror}): choose another, or 0 for a free one")
    listener.listen()
    return listener


def announce(address: str) -> None:
    """Say where to connect; standard output stays free."""
    sys.stderr.write(f"touchbase mcp listens on {address}\n")
    sys.stderr.flush()
