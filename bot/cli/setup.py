"""Linking accounts, from the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import Home, fail, settings_for

if TYPE_CHECKING:
    from bot.settings import Settings

app = typer.Typer(no_args_is_help=True)

CODE_LENGTH = 12


@app.callback()
def accounts() -> None:
    """Link Telegram or Google."""


@app.command()
def telegram(
    context: typer.Context,
    home: Home = None,
    token: Annotated[
        str | None,
        typer.Option("--token", help="Bot token from @BotFather; asked for if left out."),
    ] = None,
    owner: Annotated[
        int | None, typer.Option("--owner", help="Your numeric Telegram id, if you know it.", min=1)
    ] = None,
    telegram_api: Annotated[
        str | None,
        typer.Option("--telegram-api", help="Another server that speaks the Bot API."),
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", help="Seconds to wait for your message.", min=1, max=3600)
    ] = 300.0,
) -> None:
    """Link a Telegram bot: check its token, find out who you are, save both."""
    from bot.channels.telegram.pairing import PairingFailed  # late: the client is slow to load

    settings = settings_for(context, home, telegram_api=telegram_api)
    try:
        link_telegram(settings, token or token_from_person(settings), owner, wait)
    except PairingFailed as why:
        fail(str(why))
    if telegram_api is not None:
        keep(settings, telegram_api=settings.values.telegram_api)


def link_telegram(settings: Settings, token: str, owner: int | None, wait: float) -> None:
    """Check the token, find the owner, save both. Raises PairingFailed."""
    from bot.channels.telegram.pairing import bot_name

    api, token = settings.values.telegram_api, token.strip()
    name = bot_name(token, api)
    typer.echo(f"The token is good: it belongs to @{name}.")
    if owner is None:
        owner = owner_by_code(token, api, name, wait)
    file = keep(settings, telegram_token=token, telegram_owner=owner)
    typer.echo(f"Saved in {file} (readable by you only). `touchbase run` now serves @{name}.")


def owner_by_code(token: str, api: str, name: str, wait: float) -> int:
    """Find the owner by a code that only they can see. Raises PairingFailed."""
    from bot.app import fresh_id
    from bot.channels.telegram.pairing import wait_for_owner

    code = fresh_id()[:CODE_LENGTH]
    typer.echo(
        f"Open https://t.me/{name}?start={code} and press Start,\n"
        f"or send this to @{name}: {code}\n"
        f"Waiting for it, up to {wait:g} seconds …"
    )
    found = wait_for_owner(token, api, code, seconds=wait)
    typer.echo(f"Found you: {found.name}, id {found.id}.")
    return found.id


def token_from_person(settings: Settings) -> str:
    """Ask for the token without showing it; the one in use stays when nothing is typed."""
    kept = settings.values.telegram_token
    if not sys.stdin.isatty():
        if kept is not None:
            return kept.get_secret_value()
        fail("no token was given and nobody can be asked; use --token or TOUCHBASE_TELEGRAM_TOKEN")
    stays = "; Enter keeps the one in use" if kept else ""
    typed: str = typer.prompt(
        f"Bot token from @BotFather (hidden{stays})",
        hide_input=True,
        default="" if kept else None,
        show_default=False,
    )
    return typed or (kept.get_secret_value() if kept else "")


def keep(settings: Settings, **changes: str | int) -> str:
    """Save settings; gives the file's name."""
    from bot.settings import save

    return str(save(settings.home, changes))
