"""`touchbase tasks` with others: Google, what lost there, and archives out and in."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.doing import carry_out, do, opened
from bot.cli.naming import SHORT_ID, find_conflict, find_list, refuse
from bot.cli.output import Home, Json, print_json

if TYPE_CHECKING:
    from bot.app import App
    from tasks_sync.reading import Progress
    from tasks_sync.sync import SyncReport

app = typer.Typer()

WAIT_SECONDS, LOOK_SECONDS = 60.0, 0.25
CLEARED = "\r\x1b[2K"
"""What takes a terminal back to the beginning of an empty line."""


@app.command()
def sync(
    context: typer.Context,
    home: Home = None,
    as_json: Json = False,
    let_go: Annotated[
        str | None, typer.Option("--let-go", help="Yes, many tasks of this list were removed.")
    ] = None,
    keep: Annotated[
        str | None, typer.Option("--keep", help="No, make them anew at Google.")
    ] = None,
) -> None:
    """Bring the list in step with Google now; exit 1 when it could not be done whole."""
    from bot.actions import AnswerRemoval

    with opened(context, home, as_json=as_json) as touchbase:
        for name, allow in ((let_go, True), (keep, False)):
            if name is not None:
                carry_out(touchbase, AnswerRemoval(find_list(touchbase, name).id, allow=allow))
        report = sync_in_turn(touchbase)
        if report is None:
            refuse("Google is not linked; `touchbase setup google` links it. The list is kept here")
        lines = report_lines(touchbase, report)
        if as_json:
            print_json(report_object(report, lines))
        else:
            typer.echo("\n".join(lines))
        if not report.complete:
            raise typer.Exit(1)


def sync_in_turn(touchbase: App) -> SyncReport | None:
    """Sync once, after the one that another process is at; None without an account."""
    from bot.lock import FolderInUse

    for _ in range(int(WAIT_SECONDS / LOOK_SECONDS)):
        try:
            with progress_shown() as show:
                return touchbase.syncing.once(show)
        except FolderInUse:
            time.sleep(LOOK_SECONDS)
    refuse("another process has been syncing for long; what you changed goes out with it")


@contextmanager
def progress_shown() -> Iterator[Callable[[Progress], None]]:
    """Show on a terminal how far a long reading has come, in one line that goes again."""
    screen = sys.stderr if sys.stderr.isatty() else None

    def show(progress: Progress) -> None:
        if screen is not None:
            line = f"{progress.list_title}: {progress.tasks_read:,} tasks read"
            screen.write(f"{CLEARED}{line}")
            screen.flush()

    yield show
    if screen is not None:
        screen.write(CLEARED)


def report_lines(touchbase: App, report: SyncReport) -> list[str]:
    """Say what a sync did and what it has to say, one thing a line."""
    from bot.conversation.speak.google import counts_phrase, word_notice
    from bot.conversation.speak.phrases import count_phrase
    from tasks_sync.notices import MassRemoval

    held_up = touchbase.syncing.held_up(report)
    told = [*report.notices]
    if held_up is not None and held_up not in told:
        told.append(held_up)
    now = touchbase.assistant.local_now()
    lines = [f"{counts_phrase(report.pulled, report.pushed, report.waiting)}."]
    for notice in told:
        lines.append(word_notice(notice, now).text)
        if isinstance(notice, MassRemoval):
            name = notice.list_title
            lines.append(f"Answer: `touchbase tasks sync --let-go '{name}'` or `--keep '{name}'`.")
    if report.conflicts:
        lost = count_phrase(len(report.conflicts), "value")
        lines.append(f"{lost} lost where both sides changed it; `touchbase tasks conflicts`.")
    return lines


def report_object(report: SyncReport, lines: list[str]) -> dict[str, object]:
    """Give what a sync did as JSON shows it."""
    return {
        "pulled": report.pulled,
        "pushed": report.pushed,
        "waiting": report.waiting,
        "conflicts": list(report.conflicts),
        "notices": [type(notice).__name__ for notice in report.notices],
        "requests": report.requests,
        "complete": report.complete,
        "says": lines,
    }


@app.command()
def conflicts(
    context: typer.Context,
    home: Home = None,
    as_json: Json = False,
    restore: Annotated[
        str | None, typer.Option("--restore", help="Bring the lost value of this one back.")
    ] = None,
    dismiss: Annotated[
        str | None, typer.Option("--dismiss", help="Leave this one as it is.")
    ] = None,
) -> None:
    """Show what lost when both sides changed a task, or settle one."""
    from bot.actions import LetLostGo, RestoreLost
    from bot.conversation.speak.lost import lost_phrase
    from tasks_sync.conflicts import ConflictReader

    with opened(context, home, as_json=as_json) as touchbase:
        listed = ConflictReader(touchbase.engine).open()
        for wanted, action in ((restore, RestoreLost), (dismiss, LetLostGo)):
            if wanted is not None:
                do(touchbase, action(find_conflict(listed, wanted).id), as_json=as_json)
                return
        if as_json:
            print_json([asdict(each) for each in listed])
            return
        for each in listed:
            typer.echo(f"{each.id[:SHORT_ID]}  {lost_phrase(each)}")
        if not listed:
            typer.echo("No conflicts.")


@app.command("export")
def export_everything(
    context: typer.Context,
    home: Home = None,
    as_json: Annotated[bool, typer.Option("--json", help="The only form there is.")] = True,  # noqa: ARG001
) -> None:
    """Print everything about the tasks as JSON; `import` restores it."""
    from sqlmodel import Session

    from tasks_sync.archive import export_tasks

    with (
        opened(context, home, as_json=True) as touchbase,
        Session(touchbase.engine) as session,
    ):
        typer.echo(export_tasks(session, at=touchbase.now()))


@app.command("import")
def import_everything(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="What `export` printed; - for a pipe.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Restore what `export` printed into a folder that has no tasks yet."""
    from bot.conversation.speak.phrases import count_phrase
    from tasks_sync.archive import Imported, import_tasks

    brought: list[Imported] = []
    with opened(context, home, as_json=as_json) as touchbase:
        text = archive_text(file)
        touchbase.door.write(lambda writers: brought.append(import_tasks(writers.session, text)))
        if as_json:
            print_json(asdict(brought[0]))
            return
        lists, tasks = brought[0].lists, brought[0].tasks
        typer.echo(f"Restored {count_phrase(lists, 'list')} and {count_phrase(tasks, 'task')}.")


def archive_text(file: str) -> str:
    """Read an archive from a file or a pipe."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        refuse(f"{file} is not text; give the file that `touchbase tasks export` printed")
