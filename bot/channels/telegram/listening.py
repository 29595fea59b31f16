"""Updates off the wire: kept, then confirmed, then worked on. Nothing here reads what they say.

**Invariant** a higher offset is asked for only after everything below it is committed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from telegram.error import TelegramError

from bot.channels import Desk
from bot.channels.telegram.carrying import Carrier, TokenDenied
from bot.channels.telegram.menu import MENU, fingerprint
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.post import NOT_KEPT, Kept, Post
from bot.channels.telegram.records import Records
from bot.channels.telegram.updates import Stranger, Tapped
from bot.channels.telegram.verdicts import (
    Denied,
    Failure,
    NotSent,
    Rivalry,
    reason_of,
    verdict_on,
)
from bot.channels.telegram.wire import Wire

log = logging.getLogger(__name__)

TYPING_AFTER_SECONDS, TYPING_LASTS_SECONDS = 1.0, 4.0
STRANGER_LOG_SECONDS = 600.0


class Listener:
    """Asks one bot for its updates, for ever."""

    def __init__(self, wire: Wire, post: Post, records: Records, pace: Pace) -> None:
        self._wire, self._post, self._records, self._pace = wire, post, records, pace
        self._stranger_logged_at = float("-inf")
        self._down: str | None = None
        self._backoff = 0.0
        self.heard = asyncio.Event()

    async def run(self, carrier: Carrier) -> None:
        """Listen until cancelled. Raises TokenDenied."""
        offset = (await asyncio.to_thread(self._records.standing)).next_update
        answered_at = self._time()
        while True:
            try:
                async with asyncio.timeout(self._pace.stall_seconds):
                    batch = await self._wire.updates(offset)
            except (TelegramError, TimeoutError) as why:
                await self._line_is_down(why)
                if self._time() - answered_at > self._pace.stall_seconds:
                    log.warning("Telegram has not answered for long; the client is made anew")
                    await self._wire.rebuild()
                    answered_at = self._time()
                continue
            answered_at = self._time()
            await self._line_is_up(carrier)
            offset = await self._take(batch, carrier) or offset

    async def _take(self, batch: Sequence[Any], carrier: Carrier) -> int | None:
        """Keep a batch, then have it answered; without a new offset it comes again."""
        if not batch:
            return None
        try:
            kept = await asyncio.to_thread(self._post.keep, batch)
        except NOT_KEPT as why:
            log.error("updates cannot be kept, and are asked for again: %s", why)  # noqa: TRY400
            await asyncio.sleep(self._pace.bug_seconds)
            return None
        self._note_strangers(kept.strangers)
        await self._acknowledge(kept.taps)
        self._tell(kept, carrier)
        return kept.next_update

    def _tell(self, kept: Kept, carrier: Carrier) -> None:
        if kept.blocked:
            carrier.pause()
        elif kept.heard or kept.blocked is False:
            carrier.resume()
        if kept.heard:
            self.heard.set()

    async def _acknowledge(self, taps: Sequence[Tapped]) -> None:
        """Answer taps before the work, since they live for seconds; a stale one is no harm."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.acknowledge_seconds):
                await asyncio.gather(*(self._answer_tap(tap) for tap in taps))

    async def _answer_tap(self, tap: Tapped) -> None:
        with suppress(TelegramError):
            await self._wire.answer_tap(tap.tap_id, tap.label or "Got it")

    def _note_strangers(self, strangers: Sequence[Stranger]) -> None:
        if strangers and self._time() - self._stranger_logged_at > STRANGER_LOG_SECONDS:
            self._stranger_logged_at = self._time()
            log.warning("Telegram: %s wrote and was not answered", strangers[0].who)

    # --- the line ---

    async def _line_is_up(self, carrier: Carrier) -> None:
        self._backoff = 0.0
        if self._down is not None:
            self._down = None
            log.info("Telegram answers again")
        carrier.line_is_up()

    async def _line_is_down(self, why: Failure) -> None:
        """Say so once, and wait."""
        verdict = verdict_on(why)
        match verdict:
            case Denied(reason=reason):
                raise TokenDenied(reason)
            case Rivalry(reason=reason):
                self._say_once("rivalry", f"another program reads this bot's messages: {reason}")
                wait = self._pace.conflict_seconds
            case NotSent(wait_seconds=float() as seconds):
                wait = seconds + self._pace.retry_slack
            case _:
                reason = reason_of(why)
                self._say_once("down", f"Telegram cannot be reached, and is tried again: {reason}")
                first, longest = self._pace.first_backoff, self._pace.longest_backoff
                self._backoff = min(longest / 2, self._backoff * 1.5 or first)
                wait = self._backoff
        await asyncio.sleep(wait)

    def _say_once(self, what: str, line: str) -> None:
        if self._down != what:
            self._down = what
            log.warning(line)

    def _time(self) -> float:
        return asyncio.get_running_loop().time()


class Worker:
    """Has the desk answer what was heard."""

    def __init__(self, desk: Desk, wire: Wire, chat: str, pace: Pace) -> None:
        self._desk, self._wire, self._chat, self._pace = desk, wire, chat, pace

    async def run(self, heard: asyncio.Event, carrier: Carrier) -> None:
        """Work whenever something was heard, until cancelled."""
        heard.set()  # What an earlier run kept and did not answer.
        while True:
            await heard.wait()
            heard.clear()
            await self._work()
            carrier.look()

    async def _work(self) -> None:
        typing = asyncio.create_task(self._type())
        try:
            await asyncio.to_thread(self._desk.work)
        except NOT_KEPT as why:
            log.error("messages wait, since nothing can be written: %s", why)  # noqa: TRY400
            await asyncio.sleep(self._pace.bug_seconds)
        finally:
            typing.cancel()

    async def _type(self) -> None:
        """Show that an answer takes a while."""
        await asyncio.sleep(TYPING_AFTER_SECONDS)
        while True:
            with suppress(TelegramError):
                await self._wire.typing(self._chat)
            await asyncio.sleep(TYPING_LASTS_SECONDS)


class Introduction:
    """Learns the bot's name and gives Telegram the menu, once each."""

    def __init__(self, wire: Wire, records: Records, pace: Pace) -> None:
        self._wire, self._records, self._pace = wire, records, pace

    async def run(self) -> None:
        """Try until it is done. Raises TokenDenied."""
        wait = self._pace.first_backoff
        while True:
            try:
                return await self._once()
            except TelegramError as why:
                verdict = verdict_on(why)
                if isinstance(verdict, Denied):
                    raise TokenDenied(verdict.reason) from None
            await asyncio.sleep(wait)
            wait = min(self._pace.longest_backoff, wait * 2)

    async def _once(self) -> None:
        standing = await asyncio.to_thread(self._records.standing)
        if standing.trouble is not None or standing.username is None:
            await asyncio.to_thread(self._records.introduce, await self._wire.username())
            await asyncio.to_thread(self._records.trouble_is, None)
        if standing.menu != fingerprint():
            await self._wire.offer(MENU)
            await asyncio.to_thread(self._records.menu_set, fingerprint())
