"""Linking accounts, from the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import Home, fail, settings_for

if TYPE_CHECKING:
    from bot.settings import Settings
    from tasks_sync.google.link import Linking

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


# --- Google ---

HOW_TO_GET_A_CLIENT = """\
Touchbase signs in with an OAuth client of your own, so that nobody else's limits or eyes are on
your tasks. Once, in Google's console (console.cloud.google.com):
  1. make a project, and switch on the Google Tasks API in it;
  2. under "OAuth consent screen" choose External, add yourself, and publish it ("In production":
     in testing a sign-in dies after seven days);
  3. under "Credentials" make an OAuth client ID of the kind "Desktop app" and download its file.
Then: touchbase setup google --client FILE"""


@app.command()
def google(
    context: typer.Context,
    home: Home = None,
    client: Annotated[
        Path | None, typer.Option("--client", help="File of a desktop client from the console.")
    ] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="Print the address; paste back where you end up.")
    ] = False,
    google_endpoint: Annotated[
        str | None, typer.Option("--google-endpoint", help="Another server for the Tasks API.")
    ] = None,
    google_token_uri: Annotated[
        str | None, typer.Option("--google-token-uri", help="Another token address.")
    ] = None,
    google_auth_uri: Annotated[
        str | None, typer.Option("--google-auth-uri", help="Another consent address.")
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", help="Seconds to wait for the browser.", min=1, max=3600)
    ] = 300.0,
) -> None:
    """Link a Google account: the browser, or by pasting one address on a headless server."""
    from tasks_sync import LinkFailed  # late: Google's client is slow to load

    given = {
        "google_endpoint": google_endpoint,
        "google_token_uri": google_token_uri,
        "google_auth_uri": google_auth_uri,
    }
    settings = settings_for(context, home, **given)
    keep(settings, **{name: value for name, value in given.items() if value is not None})
    settings = with_client(context, settings, client)
    try:
        link_google(settings, headless=headless, wait=wait)
    except LinkFailed as why:
        fail(f"Google is not linked: {why}. `touchbase setup google` begins anew.")
    typer.echo(
        "Google is linked. `touchbase tasks sync` brings the lists in step; `run` keeps them."
    )


def with_client(context: typer.Context, settings: Settings, file: Path | None) -> Settings:
    """Save the client of a console file, where one is named, and give the settings with it."""
    from tasks_sync.google.link import read_client

    if file is None:
        return settings
    client = read_client(file)
    keep(settings, google_client_id=client.client_id, google_client_secret=client.client_secret)
    for name, found in (
        ("google_auth_uri", client.auth_uri),
        ("google_token_uri", client.token_uri),
    ):
        if settings.origins[name] == "default":
            keep(settings, **{name: found})
    return settings_for(context, settings.home)


def link_google(settings: Settings, *, headless: bool, wait: float) -> None:
    """Sign in by browser or by pasting. Raises LinkFailed."""
    import webbrowser

    from bot.app import fresh_id, make_linking, utc_now

    linking = make_linking(settings, now=utc_now, new_id=fresh_id)
    if linking is None:
        fail("no OAuth client is set.\n" + HOW_TO_GET_A_CLIENT)
    if headless or not sys.stdin.isatty():
        typer.echo(
            "Open this address on any machine and allow Google Tasks (tick its box):\n\n"
            f"{linking.begin()}\n\n"
            "The browser then ends at a page that does not open; that is fine. Paste its address:"
        )
        take_pasted(linking)
        return

    def show(address: str) -> None:
        typer.echo(f"Your browser opens; if not, open this address:\n{address}")
        # On a thread: a browser that runs in the terminal keeps its opener waiting until it
        # ends, and it ends only once it is answered here.
        Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    linking.by_browser(show, wait_seconds=wait)


def take_pasted(linking: Linking) -> None:
    """Take the pasted address; where a person sits, a wrong one is said and asked for again."""
    from tasks_sync import LinkFailed

    while True:
        line = sys.stdin.readline()
        try:
            linking.finish(line)
        except LinkFailed as why:
            if not (line and sys.stdin.isatty()):
                raise
            typer.echo(f"Not linked yet: {why}. Paste the address, or Ctrl-D to stop:")
        else:
            return
