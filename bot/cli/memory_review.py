"""`touchbase memory review|loops|resume|briefs|dump`: understanding notes and sessions."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import Home, Json, fail, print_json, settings_for

if TYPE_CHECKING:
    from datetime import datetime

    from memory.minutes import Minutes
    from memory.review import Grain

app = typer.Typer(no_args_is_help=True)

Root = Annotated[
    Path | None,
    typer.Option("--root", help="Folder of notes; the one of the settings when not named."),
]
File = Annotated[str, typer.Argument(help="A transcript or note; - reads standard input.")]


@app.command()
def review(
    context: typer.Context,
    file: File,
    home: Home = None,
    as_json: Json = False,
    as_markdown: Annotated[
        bool, typer.Option("--md", help="Print the page (this is what happens anyway).")
    ] = False,
    finer: Annotated[
        int, typer.Option("--finer", count=True, help="Cut into smaller topics; twice is finer.")
    ] = 0,
    coarser: Annotated[
        int, typer.Option("--coarser", count=True, help="Cut into larger topics.")
    ] = 0,
) -> None:
    """Write the minutes of a session: chat archive, Claude Code or Codex JSONL, plain text."""
    from memory.boundaries import shipped_weights
    from memory.found import shipped_actions
    from memory.review import review, review_page
    from memory.transcripts import read_transcript

    if as_json and as_markdown:
        fail("--json and --md exclude each other: choose one")
    text, name = contents(file)
    found = review(
        read_transcript(text, name), shipped_actions(), grain(finer, coarser), shipped_weights()
    )
    if as_json:
        print_json(asdict(found))
        return
    sys.stdout.write(review_page(found, name, settings_for(context, home).zone))


@app.command()
def loops(
    context: typer.Context, home: Home = None, root: Root = None, as_json: Json = False
) -> None:
    """List what is open, oldest first: topics, tasks, next steps, questions."""
    from memory.minutes_page import loops_page

    found = minutes(context, home, root).loops(local_now(context, home).date())
    if as_json:
        print_json([asdict(each) for each in found])
        return
    sys.stdout.write(loops_page(found))


@app.command()
def resume(
    context: typer.Context,
    file: Annotated[
        str | None, typer.Argument(help="A transcript; the newest archived session if none.")
    ] = None,
    home: Home = None,
    root: Root = None,
    key: Annotated[str, typer.Option("--key", help="Only sessions of this chat.")] = "",
    as_json: Json = False,
) -> None:
    """Say where you were, in at most 1,200 tokens."""
    from memory.found import shipped_actions
    from memory.resume import Resumption, resume_page, resumption
    from memory.review import review
    from memory.transcripts import read_transcript

    if file:
        text, name = contents(file)
        transcript = read_transcript(text, name)
        found = resumption(transcript, review(transcript, shipped_actions()), name)
    else:
        found = minutes(context, home, root).resume(key)
    if as_json:
        print_json(asdict(found) if isinstance(found, Resumption) else None)
        return
    sys.stdout.write(resume_page(found))


@app.command()
def briefs(
    context: typer.Context, home: Home = None, root: Root = None, as_json: Json = False
) -> None:
    """Say how each undertaking stands: ready, blocked, deferred."""
    from memory.minutes_page import briefs_page

    found = minutes(context, home, root).briefs(local_now(context, home).date())
    if as_json:
        print_json([asdict(brief) for brief in found])
        return
    sys.stdout.write(briefs_page(found))


@app.command()
def dump(context: typer.Context, file: File, home: Home = None, as_json: Json = False) -> None:
    """Sort a messy note: topics, actions, questions, decisions. Prints it and writes nothing."""
    from memory.dump_page import dump_page
    from memory.dumps import read_dump
    from memory.found import shipped_actions

    text, name = contents(file)
    now = local_now(context, home)
    found = read_dump(text, shipped_actions(), now.date())
    if as_json:
        print_json(asdict(found))
        return
    page = dump_page(found, created=now, author="assistant", source=name)
    sys.stdout.write(page)


def contents(file: str) -> tuple[str, str]:
    """Read a file or standard input as text, with the name to call it by."""
    if file == "-":
        return sys.stdin.read(), "standard input"
    path = Path(file).expanduser()
    if path.is_dir():
        fail(f"{file} is a folder: name one transcript in it")
    if not path.exists():
        fail(f"there is no file {file}: name a transcript or a note")
    raw = path.read_bytes()
    if b"\x00" in raw[:65_536]:
        fail(f"{file} is binary: give a transcript or a note")
    # Broken bytes of one line must not hide the rest of a session.
    return raw.decode("utf-8", errors="replace"), path.name


def grain(finer: int, coarser: int) -> Grain:
    """Turn the two options into one grain."""
    from memory.review import Grain

    if finer and coarser:
        fail("--finer and --coarser exclude each other: choose one")
    return Grain(max(-2, min(2, finer - coarser)))


def minutes(context: typer.Context, home: Path | None, root: Path | None) -> Minutes:
    """Open the notes for reading."""
    from memory import Vault
    from memory.found import shipped_actions
    from memory.minutes import Minutes

    settings = settings_for(context, home)
    folder = (root or settings.vault).expanduser().absolute()
    if not folder.is_dir():
        fail(f"there is no folder {folder}: name the notes with --root")
    return Minutes(Vault(folder), actions=shipped_actions(), zone=settings.zone)


def local_now(context: typer.Context, home: Path | None) -> datetime:
    """Read the person's local time."""
    from bot.app import utc_now

    return utc_now().astimezone(settings_for(context, home).zone)
