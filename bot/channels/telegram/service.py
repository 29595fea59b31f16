"""One thread with a loop of its own for one bot: begun without waiting, ended within seconds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Event, Thread
from typing import Any

from sqlalchemy import Engine

from bot.channels import Desk
from bot.channels.telegram.account import DENIED, Account
from bot.channels.telegram.boxes import Boxes
from bot.channels.telegram.carrying import Carrier, Stores, TokenDenied
from bot.channels.telegram.listening import Introduction, Listener, Worker
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.post import Post
from bot.channels.telegram.records import Records
from bot.channels.telegram.wire import Wire

log = logging.getLogger(__name__)

__all__ = ["Account", "serving"]


@contextmanager
def serving(
    desk: Desk, engine: Engine, account: Account, *, now: Callable[[], datetime], pace: Pace
) -> Iterator[str]:
    """Serve while the block runs; gives the name to show."""
    service = Service(desk, engine, account, now=now, pace=pace)
    service.start()
    try:
        yield service.name()
    finally:
        service.stop()


class Service:
    """The thread, its loop and the four tasks in it."""

    def __init__(
        self,
        desk: Desk,
        engine: Engine,
        account: Account,
        *,
        now: Callable[[], datetime],
        pace: Pace,
    ) -> None:
        self._desk, self._account, self._pace = desk, account, pace
        self._records = Records(engine, account.bot_id, now=now)
        self._boxes = Boxes(engine, now=now)
        self._post = Post(desk, engine, account, now=now)
        self._thread = Thread(target=self._run, name="telegram", daemon=True)
        self._named = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = Event()

    def start(self) -> None:
        """Begin; returns at once, with or without a network."""
        self._thread.start()
        self._ready.wait(self._pace.stop_seconds)

    def name(self) -> str:
        """Name the bot if it is known, or can be found out in a moment."""
        if self._records.standing().username is None:
            self._named.wait(self._pace.name_seconds)
        username = self._records.standing().username
        return f"Telegram (@{username})" if username else "Telegram"

    def stop(self) -> None:
        """End cleanly within seconds: the letter on its way is waited for, the rest is kept."""
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):  # The loop has ended by itself.
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(self._pace.stop_seconds)
        if self._thread.is_alive():
            log.error("Telegram did not end in time and is left behind")

    # --- in the thread ---

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception:
            log.exception("Telegram ended by a fault of its own")
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        while not self._stop.is_set():
            try:
                await self._once(self._stop)
            except TokenDenied:
                log.error(DENIED)  # noqa: TRY400 - one clear line, the traceback says no more
                await asyncio.to_thread(self._records.trouble_is, DENIED)
                return
            except Exception:
                log.exception("Telegram stumbled and begins again")
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), self._pace.bug_seconds)

    async def _once(self, stop: asyncio.Event) -> None:
        """Serve until asked to stop or one of the tasks fails."""
        wire = Wire(self._account.token, self._account.api, self._pace)
        chat = str(self._account.owner)
        carrier = Carrier(Stores(self._desk, self._records, self._boxes), wire, chat, self._pace)
        listener = Listener(wire, self._post, self._records, self._pace)
        worker = Worker(self._desk, wire, chat, self._pace)
        carrying = asyncio.create_task(carrier.run())
        others = [
            asyncio.create_task(each)
            for each in (
                listener.run(carrier),
                worker.run(listener.heard, carrier),
                self._introduce(wire),
                stop.wait(),
            )
        ]
        try:
            await first_end([carrying, *others[:2]], others[2], others[3])
        finally:
            carrier.finish()
            await end(others)
            await asyncio.wait([carrying], timeout=self._pace.finish_seconds)
            await end([carrying])
            await wire.close()

    async def _introduce(self, wire: Wire) -> None:
        await Introduction(wire, self._records, self._pace).run()
        self._named.set()


async def first_end(
    endless: list[asyncio.Task[Any]], brief: asyncio.Task[Any], stop: asyncio.Task[Any]
) -> None:
    """Wait for the stop, or raise what ends any of the tasks."""
    waiting = {*endless, brief, stop}
    while True:
        ended, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
        if ended - {brief}:
            return


async def end(tasks: list[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
