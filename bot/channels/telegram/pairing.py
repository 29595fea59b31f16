"""Linking a bot: is the token good, and who is its owner. Nothing is saved here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, ValidationError
from telegram.error import TelegramError

from bot.channels.telegram.account import looks_like_a_token
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.updates import number_of
from bot.channels.telegram.verdicts import (
    Denied,
    NotSent,
    Rivalry,
    Unknown,
    reason_of,
    verdict_on,
)
from bot.channels.telegram.wire import Wire

PACE = Pace(poll_seconds=3.0, read_seconds=10.0)
WELCOME = "Linked. From now on I answer you here, and nobody else."


class PairingFailed(Exception):
    """The bot could not be linked; the message says why and what to do."""


@dataclass(frozen=True)
class Found:
    """Somebody who sent the code."""

    id: int
    name: str


class _Sender(BaseModel):
    id: int
    first_name: str = "?"


class _Chat(BaseModel):
    type: str


class _Message(BaseModel):
    sender: _Sender = Field(alias="from")
    chat: _Chat
    text: str


class _Update(BaseModel):
    message: _Message


def bot_name(token: str, api: str) -> str:
    """Ask Telegram who the token belongs to. Raises PairingFailed."""
    if not looks_like_a_token(token):
        raise PairingFailed(
            "that is not a bot token; @BotFather gives one of the form 123456789:AAF… (35 signs)"
        )
    return asyncio.run(_bot_name(token, api))


def wait_for_owner(token: str, api: str, code: str, *, seconds: float) -> Found:
    """Wait for a private message that is the code, or `/start` with it. Raises PairingFailed.

    What others send meanwhile is passed over, unanswered.
    """
    return asyncio.run(_wait_for_owner(token, api, code, seconds))


async def _bot_name(token: str, api: str) -> str:
    wire = Wire(token, api, PACE)
    try:
        return await wire.username()
    except TelegramError as why:
        raise failed(why, api) from None
    finally:
        await wire.close()


async def _wait_for_owner(token: str, api: str, code: str, seconds: float) -> Found:
    wire = Wire(token, api, PACE)
    try:
        async with asyncio.timeout(seconds):
            async for raw in _updates(wire):
                found = sender_of_code(raw, code)
                if found is not None:
                    await _greet(wire, found)
                    # The code itself is nothing to answer later.
                    await wire.confirm((number_of(raw) or 0) + 1)
                    return found
    except TelegramError as why:
        raise failed(why, api) from None
    except TimeoutError:
        pass
    finally:
        await wire.close()
    raise PairingFailed(
        f"the code did not arrive within {seconds:g} seconds; start again, "
        "or give your numeric id with --owner"
    )


async def _updates(wire: Wire) -> AsyncIterator[Any]:
    """Give updates one by one, each confirmed when the next batch is asked for."""
    offset: int | None = None
    while True:
        try:
            batch = await wire.updates(offset)
        except TelegramError as why:
            if "webhook" not in reason_of(why):
                raise
            await wire.drop_webhook()
            continue
        for raw in batch:
            number = number_of(raw)
            offset = offset if number is None else max(offset or 0, number + 1)
            yield raw


async def _greet(wire: Wire, found: Found) -> None:
    """Say so in the chat; that it could not be said is no reason to fail."""
    try:
        await wire.send(str(found.id), WELCOME, (), sounds=False)
    except TelegramError:
        return


def sender_of_code(raw: object, code: str) -> Found | None:
    """Tell who sent the code, if this update is that message."""
    try:
        message = _Update.model_validate(raw).message
    except ValidationError:
        return None
    said = message.text.strip().removeprefix("/start").strip()
    if said != code or message.chat.type != "private":
        return None
    return Found(message.sender.id, message.sender.first_name)


def failed(why: TelegramError, api: str) -> PairingFailed:
    """Say in one line what went wrong and the way out."""
    match verdict_on(why):
        case Denied():
            return PairingFailed(
                f"the Bot API at {api} does not know this token; copy it again from @BotFather"
            )
        case Rivalry(reason=reason):
            return PairingFailed(
                f"another program reads this bot's messages ({reason}); stop it and start again"
            )
        case NotSent(reason=reason) | Unknown(reason=reason):
            return PairingFailed(
                f"the Bot API at {api} cannot be reached ({reason}); check the network, "
                "or name another address with --telegram-api"
            )
        case verdict:
            return PairingFailed(f"the Bot API at {api} refused: {verdict}")
