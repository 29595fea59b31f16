"""Whoever holds the phone: writes, presses buttons, reads what comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from tests.fakes.telegram.server import TelegramServer
from tests.fakes.telegram.service import Account, Message, Tap

PATIENCE, LOOK_SECONDS = 30.0, 0.01
T = TypeVar("T")


class NothingCame(AssertionError):
    """What was waited for did not come; the transcript is shown."""


class Person:
    """One person in a private chat with the bot."""

    def __init__(self, server: TelegramServer, id: int, name: str = "Ada") -> None:  # noqa: A002
        self._service = server.service
        self._account = Account(id, name)
        self._service.people[id] = self._account
        self.id = id

    # --- doing ---

    def says(self, text: str) -> Message:
        return self._service.hear(self._account, text)

    def sends(self, kind: str, *, caption: str | None = None) -> Message:
        """Send something that is no text, such as `photo` or `sticker`."""
        content: Any = [] if kind == "photo" else {"file_id": "f", "file_unique_id": "u"}
        extra = {kind: content} | ({"caption": caption} if caption else {})
        return self._service.hear(self._account, None, **extra)

    def taps(self, message: Message, label: str) -> Tap:
        """Press a button of a message as it is now, or as it was when it was last looked at."""
        return self._service.press(self._account, message, button_named(message, label))

    def starts(self) -> None:
        """Be somebody whom the bot may write to, without a word."""
        self._account.started = True

    def blocks(self) -> None:
        self._service.membership(self._account, blocked=True)

    def unblocks(self) -> None:
        self._service.membership(self._account, blocked=False)

    # --- reading ---

    @property
    def seen(self) -> list[Message]:
        """List what the bot wrote, oldest first, as it is now."""
        with self._service.lock:
            ordered = sorted(self._service.messages.values(), key=lambda each: each.id)
            return [each for each in ordered if each.by_bot and each.chat == self.id]

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.seen]

    def waits_for(self, part: str, *, seconds: float = PATIENCE) -> Message:
        """Wait until a message of the bot contains a text; gives the newest that does."""
        return self._wait(
            lambda: next((each for each in reversed(self.seen) if part in each.text), None),
            f"“{part}”",
            seconds,
        )

    def waits_until(self, claim: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
        """Wait until something is so."""
        self._wait(lambda: claim() or None, "what was claimed", seconds)

    def asks(self, text: str, *, seconds: float = PATIENCE) -> Message:
        """Write, and wait for the next message of the bot."""
        before = len(self.seen)
        self.says(text)
        return self._wait(
            lambda: self.seen[before] if len(self.seen) > before else None,
            f"an answer to “{text[:60]}”",
            seconds,
        )

    def transcript(self) -> str:
        """Give the chat as text: `>` the person, `<` the bot, buttons in brackets."""
        with self._service.lock:
            ordered = sorted(self._service.messages.values(), key=lambda each: each.id)
            return "\n".join(line_of(each) for each in ordered if each.chat == self.id)

    def _wait(self, look: Callable[[], T | None], what: str, seconds: float) -> T:
        deadline = time.monotonic() + seconds
        # Looking and not listening: a lock held here while looking could wait for the server's.
        while (found := look()) is None:
            if time.monotonic() > deadline:
                raise NothingCame(f"{what} did not come:\n{self.transcript()}")
            time.sleep(LOOK_SECONDS)
        return found


def button_named(message: Message, label: str) -> dict[str, Any]:
    """Find a button by its label, or the beginning of it."""
    for button in message.buttons:
        if str(button["text"]).casefold().startswith(label.casefold()):
            return button
    raise LookupError(f"no button “{label}” among {message.labels}")


def line_of(message: Message) -> str:
    sign = "<" if message.by_bot else ">"
    shown = "  ".join(f"[{label}]" for label in message.labels)
    text = message.text or f"({', '.join(message.extra)})"
    return f"{sign} {text}" + (f"\n  {shown}" if shown else "")
