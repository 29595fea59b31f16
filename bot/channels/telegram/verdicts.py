"""What became of a request that failed, told by its cause. Nothing here sends or waits.

python-telegram-bot gives one error for "never left" and for "left, and the answer was lost", so
the class is read from the HTTP client's error behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    RuntimeError,
)
"""The last one: the client was closed under the request, which then never began."""


@dataclass(frozen=True)
class NotSent:
    """It certainly did not arrive; the line is down or the request came too soon."""

    reason: str
    wait_seconds: float | None = None


@dataclass(frozen=True)
class Unknown:
    """It may have arrived; `by_server` when Telegram said that it failed inside."""

    reason: str
    by_server: bool = False


@dataclass(frozen=True)
class Unwelcome:
    """The person blocked the bot, or never began a chat with it."""

    reason: str


@dataclass(frozen=True)
class NothingToChange:
    """An edit that changes nothing: it is as it should be."""


@dataclass(frozen=True)
class NoSuchMessage:
    """The message to edit is gone, or can no longer be edited."""


@dataclass(frozen=True)
class Rivalry:
    """Another program, or a webhook, takes this bot's updates."""

    reason: str


@dataclass(frozen=True)
class Denied:
    """Telegram does not know the token."""

    reason: str


@dataclass(frozen=True)
class Wrong:
    """Telegram will never take this request."""

    reason: str


Verdict: TypeAlias = (
    NotSent | Unknown | Unwelcome | NothingToChange | NoSuchMessage | Rivalry | Denied | Wrong
)

Failure: TypeAlias = TelegramError | TimeoutError
"""What a request to Telegram may raise."""


def verdict_on(failure: Failure) -> Verdict:
    """Say what a failed request means for the message that it was to carry."""
    reason = reason_of(failure)
    match failure:
        case RetryAfter():
            return NotSent(reason, wait_seconds(failure))
        case InvalidToken():
            return Denied(reason)
        case Forbidden():
            return Unwelcome(reason)
        case Conflict():
            return Rivalry(reason)
        case BadRequest():
            return refused(reason)
        case ChatMigrated():
            return Wrong(reason)
        case NetworkError() if isinstance(failure.__cause__, NEVER_LEFT):
            return NotSent(reason)
        case NetworkError() if not isinstance(failure.__cause__, httpx.HTTPError):
            return Unknown(reason, by_server=True)
        case _:
            return Unknown(reason)


def refused(reason: str) -> Verdict:
    """Sort the ways in which Telegram says 400."""
    said = reason.casefold()
    if "message is not modified" in said:
        return NothingToChange()
    if "message to edit not found" in said or "can't be edited" in said:
        return NoSuchMessage()
    if "chat not found" in said:
        return Unwelcome(reason)
    return Wrong(reason)


def wait_seconds(failure: RetryAfter) -> float:
    """Give how long Telegram wants to be left alone."""
    wait = failure.retry_after
    return float(wait if isinstance(wait, int) else wait.total_seconds())


def reason_of(failure: Failure) -> str:
    """Name a failure in a few words, the cause first."""
    cause = failure.__cause__
    if isinstance(cause, httpx.HTTPError):
        return type(cause).__name__ + (f" ({cause})" if str(cause) else "")
    return str(failure) or type(failure).__name__
