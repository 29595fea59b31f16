"""The verbs of every day: run, chat, demo, status, doctor, settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.output import Home, Json, app_for, print_json, settings_for

GoogleEndpoint = Annotated[
    str | None, typer.Option("--google-endpoint", help="Another server that speaks the Tasks API.")
]
GoogleToken = Annotated[
    str | None, typer.Option("--google-token-uri", help="Another token address.")
]
TelegramApi = Annotated[
    str | None, typer.Option("--telegram-api", help="Another server that speaks the Bot API.")
]


def run(
    context: typer.Context,
    home: Home = None,
    google_endpoint: GoogleEndpoint = None,
    google_token_uri: GoogleToken = None,
    telegram_api: TelegramApi = None,
) -> None:
    """Start the assistant: the clock, the linked channels, and a chat where there is a terminal."""
    from bot.serve import serve

    app = app_for(
        context,
        home,
        google_endpoint=google_endpoint,
        google_token_uri=google_token_uri,
        telegram_api=telegram_api,
    )
    serve(app, chat=sys.stdin.isatty() and sys.stdout.isatty())


def chat(context: typer.Context, home: Home = None) -> None:
    """Chat here; piped lines are answered one by one."""
    from bot.serve import chat_here

    chat_here(app_for(context, home), sys.stdin)


def demo(
    home: Annotated[
        Path | None,
        typer.Option("--home", help="Folder to leave the data in; a fresh one if none."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--svg", help="Also draw what is printed into this file.")
    ] = None,
) -> None:
    """Play an evening and the next morning on a moved clock, and leave the files to look at."""
    from bot.demo import play

    play(home, picture)


def status(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """Say what is running, what comes next and what waits."""
    from bot.condition import status_of, status_text

    found = status_of(app_for(context, home))
    if as_json:
        print_json(found)
    else:
        typer.echo(status_text(found))


def doctor(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """Check each part; exit 1 when there is something to act on, and say what to do."""
    from bot.condition import examine, finding_lines

    findings = examine(settings_for(context, home))
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        typer.echo("\n".join(finding_lines(findings)))
    if any(finding.act for finding in findings):
        raise typer.Exit(1)


def settings(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """Print every setting in force and where its value came from, secrets masked."""
    from bot.settings import shown

    rows = shown(settings_for(context, home))
    if as_json:
        print_json([{"name": name, "value": value, "from": origin} for name, value, origin in rows])
        return
    width = max(len(name) for name, _, _ in rows)
    values = max(len(value) for _, value, _ in rows)
    for name, value, origin in rows:
        typer.echo(f"{name:<{width}}  {value:<{values}}  {origin}")
