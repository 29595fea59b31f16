"""Running for long: the clock, the channels, and an end within seconds when asked to stop."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import TextIO

from bot.app import App
from bot.channels.terminal import Terminal
from bot.conversation.understand import COMMANDS
from bot.lock import hold, holder

log = logging.getLogger(__name__)


def serve(app: App, *, chat: bool) -> None:
    """Serve until stopped; with a terminal, until the person leaves the chat."""
    stop = stop_when_asked()
    collect_garbage_rarely()
    with ExitStack() as stack:
        stack.callback(app.close)
        stack.enter_context(hold(app.settings.home, "run"))
        app.start()
        stack.enter_context(clock(app))
        stack.enter_context(app.watched_notes())
        channels = [stack.enter_context(channel) for channel in app.channels()]
        if chat:
            signal.signal(signal.SIGTERM, leave)
            terminal_of(app, styled=True).serve(
                app.settings.home / "chat-history", sorted(COMMANDS), greeting(app, channels)
            )
        else:
            sys.stdout.write(greeting(app, channels) + "\n")
            sys.stdout.flush()
            while not stop.wait(1.0):
                pass
            log.info("stopped")


def chat_here(app: App, lines: TextIO) -> None:
    """Chat in this terminal, or answer piped lines; the clock runs here unless elsewhere."""
    collect_garbage_rarely()
    with ExitStack() as stack:
        stack.callback(app.close)
        if not lines.isatty():
            app.assistant.work()
            terminal_of(app, styled=False).serve_lines(lines)
            return
        if holder(app.settings.home) is None:
            stack.enter_context(hold(app.settings.home, "chat"))
            app.start()
            stack.enter_context(clock(app))
        terminal_of(app, styled=True).serve(
            app.settings.home / "chat-history", sorted(COMMANDS), greeting(app, [])
        )


def collect_garbage_rarely() -> None:
    """Keep the collector out of the way of answers.

    A look at thousands of tasks makes tens of thousands of short-lived values, and the default
    threshold has every seven hundred of them walk through all that was loaded at the start.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def terminal_of(app: App, *, styled: bool) -> Terminal:
    """Make the terminal's channel."""
    return Terminal(app.assistant, now=app.now, new_id=app.new_id, styled=styled)


@contextmanager
def clock(app: App) -> Iterator[None]:
    """Let the clock tick while the block runs."""
    ticker = app.ticker()
    ticker.start()
    try:
        yield
    finally:
        ticker.stop()


def greeting(app: App, channels: Iterable[str]) -> str:
    """Say what is served, where the data lies and how to begin."""
    parts = ["the clock", *channels]
    open_count = len(app.library.tasks.open_tasks())
    return (
        f"Touchbase: {open_count} open. Serving {', '.join(parts)}. Data in {app.settings.home}\n"
        "Say “add …”, “list”, or “help”. Ctrl-D leaves."
        if sys.stdin.isatty()
        else f"Touchbase serves {', '.join(parts)} from {app.settings.home}. "
        "`touchbase chat` talks to it; SIGTERM or Ctrl-C stops it."
    )


def stop_when_asked() -> Event:
    """Give an event that SIGINT and SIGTERM set; from now on they end nothing by themselves."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def leave(*_: object) -> None:
    """End the chat as Ctrl-D does, with everything closed behind it."""
    raise SystemExit(0)
