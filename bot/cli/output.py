"""How the command line takes its options and answers: JSON for programs, one clear line for what
cannot be done."""

from __future__ import annotations

import errno
import json
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from bot.app import App
    from bot.settings import Settings

Home = Annotated[
    Path | None, typer.Option("--home", help="Data folder (TOUCHBASE_HOME).", show_default=False)
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A setting for this run; may be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True)
class Options:
    """What was given before the verb."""

    home: Path | None = None
    changes: tuple[str, ...] = ()


def settings_for(context: typer.Context, home: Path | None = None, **given: object) -> Settings:
    """Read the settings, the verb's own options strongest."""
    from bot.settings import SettingRefused, read_settings

    options = context.obj if isinstance(context.obj, Options) else Options()
    changes: dict[str, Any] = {}
    for change in options.changes:
        name, equals, value = change.partition("=")
        if not equals:
            raise SettingRefused(f"--set {change!r} needs the form NAME=VALUE")
        changes[name.strip().replace("-", "_")] = value
    changes |= {name: value for name, value in given.items() if value is not None}
    return read_settings(home or options.home, changes)


def app_for(context: typer.Context, home: Path | None = None, **given: object) -> App:
    """Put the application together for one verb."""
    from bot.app import build
    from bot.logs import log_to

    settings = settings_for(context, home, **given)
    log_to(settings)
    return build(settings)


def print_json(value: object) -> None:
    """Print `value` as JSON, dates in ISO 8601."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def fail(message: str, *, status: int = 2) -> NoReturn:
    """Say in one line what cannot be done (the thing, the value, the way out) and exit."""
    typer.echo(f"touchbase: {message}", err=True)
    raise typer.Exit(status)


KNOWN = (
    "SettingRefused",
    "FolderInUse",
    "FolderUnusable",
    "SchemaTooNew",
    "TaskRefused",
    "MemoryRefused",
    "MemoryUnavailable",
    "StudyRefused",
    "ReminderRefused",
    "ArchiveDamaged",
    "LinkFailed",
    "ProbeRefused",
    "ProbeUnavailable",
)


def report(why: Exception) -> NoReturn:
    """Give the person one line and the log the traceback; status 2 for a refusal, 1 for a bug."""
    kinds = {kind.__name__ for kind in type(why).__mro__}
    if kinds & set(KNOWN):
        typer.echo(f"touchbase: {one_line(why)}", err=True)
        sys.exit(2)
    if isinstance(why, OSError) and why.filename:
        typer.echo(f"touchbase: {why.filename}: {why.strerror}; {way_out(why)}", err=True)
        sys.exit(2)
    logging.getLogger("touchbase").error("unexpected error", exc_info=why)
    if "DatabaseError" in kinds:
        typer.echo(f"touchbase: the database cannot be used: {database_trouble(why)}", err=True)
        sys.exit(2)
    typer.echo(f"touchbase: unexpected error: {type(why).__name__}: {one_line(why)}", err=True)
    sys.exit(1)


def one_line(why: Exception) -> str:
    """Fold an error's text into one line."""
    return " ".join(str(why).split()) or type(why).__name__


def way_out(why: OSError) -> str:
    """Say what to do about a file that cannot be used."""
    match why.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "free some space and start again, nothing was lost"
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return "make it writable, or name another data folder with --home"
        case _:
            return "check the path, or name another data folder with --home"


def database_trouble(why: Exception) -> str:
    """Say what is wrong with the database and the way out."""
    said = str(getattr(why, "orig", why))
    ways = {
        "disk is full": "free some space and start again, nothing was lost",
        "locked": "another process holds it; stop that one, or try again",
        "readonly": "make the data folder writable, or name another with --home",
        "not a database": "restore a copy of it, or move it away to start afresh",
        "malformed": "restore a copy of it, or move it away to start afresh",
    }
    way = next((way for word, way in ways.items() if word in said), "see touchbase.log")
    return f"{said}; {way}"
