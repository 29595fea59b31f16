"""The Bot API as this channel uses it. Nothing here decides, keeps or repeats anything."""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ChatAction
from telegram.error import TelegramError
from telegram.request import HTTPXRequest
from telegram.warnings import PTBDeprecationWarning, PTBUserWarning

from bot.channels.telegram.pace import Pace
from bot.mailbox import Button

ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member"]
CONNECT_SECONDS = 5.0
LONGEST_LABEL, LONGEST_CODE, LONGEST_TOAST = 64, 64, 200
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Wire:
    """One bot over HTTP. Every call raises telegram.error.TelegramError when it fails."""

    def __init__(self, token: str, api: str, pace: Pace) -> None:
        self._token, self._api, self._pace = token, api, pace
        self._bot = self._fresh()

    def _fresh(self) -> Bot:
        # It advises `get_updates`, which parses all updates of an answer or none.
        warnings.filterwarnings("ignore", "Please use 'Bot.getUpdates'", PTBUserWarning)
        # Both kinds of `retry_after`, the one to come too, are read in `verdicts`.
        warnings.filterwarnings("ignore", ".*`retry_after`", PTBDeprecationWarning)
        # They log addresses, and a Bot API address holds the token.
        for chatty in ("httpx", "telegram"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        read = self._pace.read_seconds
        usual = HTTPXRequest(connect_timeout=CONNECT_SECONDS, read_timeout=read, write_timeout=read)
        polling = HTTPXRequest(1, connect_timeout=CONNECT_SECONDS, read_timeout=read)
        self._requests = (usual, polling)
        return Bot(
            self._token,
            base_url=f"{self._api}/bot",
            request=usual,
            get_updates_request=polling,
        )

    async def rebuild(self) -> None:
        """Make another HTTP client: a stalled line is not always the line's fault."""
        old, self._bot = self._requests, self._fresh()
        await shut(old)

    async def close(self) -> None:
        """Close the connections, without waiting for ever."""
        await shut(self._requests)

    async def updates(self, offset: int | None) -> list[Any]:
        """Wait for updates, confirming those below `offset`; gives them raw."""
        asked: dict[str, Any] = {
            "timeout": int(self._pace.poll_seconds),
            "allowed_updates": ALLOWED,
        }
        if offset is not None:
            asked["offset"] = offset
        found: object = await self._bot.do_api_request(
            "getUpdates", api_kwargs=asked, read_timeout=self._pace.poll_seconds + 15
        )
        if not isinstance(found, list):
            raise TelegramError("getUpdates gave no list")
        return found

    async def confirm(self, offset: int) -> None:
        """Confirm updates below `offset` without waiting for more."""
        asked = {"offset": offset, "timeout": 0, "limit": 1}
        await self._bot.do_api_request("getUpdates", api_kwargs=asked)

    async def send(
        self, chat: str, text: str, buttons: Sequence[Sequence[Button]], *, sounds: bool
    ) -> int:
        """Send plain text with buttons, with or without a sound; gives the message's id."""
        message = await self._bot.send_message(
            int(chat),
            text,
            reply_markup=keyboard(buttons),
            link_preview_options=NO_PREVIEW,
            disable_notification=not sounds,
        )
        return message.message_id

    async def edit(
        self, chat: str, message_id: int, text: str, buttons: Sequence[Sequence[Button]]
    ) -> None:
        """Replace the text and the buttons of a message of ours."""
        await self._bot.edit_message_text(
            text,
            int(chat),
            message_id,
            reply_markup=keyboard(buttons),
            link_preview_options=NO_PREVIEW,
        )

    async def drop_buttons(self, chat: str, message_id: int) -> None:
        """Take the buttons off a message of ours."""
        await self._bot.edit_message_reply_markup(int(chat), message_id)

    async def answer_tap(self, tap_id: str, toast: str) -> None:
        """End the little clock on a pressed button, with a word."""
        await self._bot.answer_callback_query(tap_id, toast[:LONGEST_TOAST])

    async def typing(self, chat: str) -> None:
        """Show that an answer is on its way, for five seconds."""
        await self._bot.send_chat_action(int(chat), ChatAction.TYPING)

    async def username(self) -> str:
        """Ask who the bot is."""
        return (await self._bot.get_me()).username or "?"

    async def offer(self, menu: Sequence[tuple[str, str]]) -> None:
        """Set the commands that Telegram offers."""
        await self._bot.set_my_commands([BotCommand(name, about) for name, about in menu])

    async def drop_webhook(self) -> None:
        """Stop Telegram from calling a web address, so that updates can be asked for."""
        await self._bot.delete_webhook(drop_pending_updates=False)


async def shut(requests: Sequence[HTTPXRequest]) -> None:
    """Close HTTP clients."""
    for request in requests:
        with suppress(TimeoutError, OSError, RuntimeError):
            await asyncio.wait_for(request.shutdown(), timeout=1.0)


def keyboard(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    """Turn buttons into an inline keyboard; one whose code is too long is left out."""
    kept = [
        [
            InlineKeyboardButton(button.label[:LONGEST_LABEL], callback_data=button.code)
            for button in row
            if 0 < len(button.code.encode()) <= LONGEST_CODE
        ]
        for row in rows
    ]
    filled = [row for row in kept if row]
    return InlineKeyboardMarkup(filled) if filled else None
