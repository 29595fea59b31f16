"""What Telegram keeps for one bot: people, chats, messages, taps. Nothing here speaks HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.telegram.errors import (
    NOT_MODIFIED,
    QUERY_TOO_OLD,
    bad_request,
    forbidden,
)
from tests.fakes.telegram.faults import Faults
from tests.fakes.telegram.queue import TAP_LASTS, UpdateQueue

LONGEST_TEXT, LONGEST_CODE, LONGEST_TOAST, MOST_BUTTONS = 4096, 64, 200, 100


@dataclass
class Account:
    """Somebody with a phone."""

    id: int
    name: str
    started: bool = False
    blocked: bool = False
    deactivated: bool = False


@dataclass
class Message:
    """A message in a chat; `revisions` are its earlier texts."""

    id: int
    chat: int
    by_bot: bool
    date: int
    text: str
    extra: dict[str, Any] = field(default_factory=dict)
    markup: dict[str, Any] | None = None
    silent: bool = False
    revisions: list[str] = field(default_factory=list)

    @property
    def buttons(self) -> list[dict[str, Any]]:
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    @property
    def labels(self) -> list[str]:
        return [str(button["text"]) for button in self.buttons]


@dataclass
class Tap:
    """A pressed button, to be answered once and soon."""

    id: str
    at: float
    toast: str | None = None
    answered: bool = False


class Service:
    """One bot's corner of Telegram."""

    def __init__(self, token: str, *, username: str, now: Callable[[], float] = time.time) -> None:
        self.token, self.username, self.now = token, username, now
        self.bot_id = int(token.partition(":")[0])
        self.lock = threading.RLock()
        self.updates = UpdateQueue(now)
        self.faults = Faults()
        self.people: dict[int, Account] = {}
        self.messages: dict[int, Message] = {}
        self.taps: dict[str, Tap] = {}
        self.commands: list[dict[str, str]] = []
        self.actions: list[tuple[int, str]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._next_message = 1

    # --- the bot's side ---

    def me(self) -> dict[str, Any]:
        return {
            "id": self.bot_id,
            "is_bot": True,
            "first_name": "Touchbase",
            "username": self.username,
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def person_of(self, chat: int) -> Account:
        """Find who a private chat is with, as far as the bot may write there."""
        person = self.people.get(chat)
        if person is None or not person.started:
            raise bad_request("chat not found")
        if person.deactivated:
            raise forbidden("user is deactivated")
        if person.blocked:
            raise forbidden("bot was blocked by the user")
        return person

    def send(self, chat: int, text: str, markup: dict[str, Any] | None, *, silent: bool) -> Message:
        with self.lock:
            self.person_of(chat)
            message = self.add(chat, checked_text(text), by_bot=True)
            message.markup, message.silent = checked_keyboard(markup), silent
            return message

    def edit(
        self, chat: int, message_id: int, text: str | None, markup: dict[str, Any] | None
    ) -> Message:
        with self.lock:
            self.person_of(chat)
            message = self.messages.get(message_id)
            if message is None or message.chat != chat:
                raise bad_request("message to edit not found")
            if not message.by_bot:
                raise bad_request("message can't be edited")
            fresh = message.text if text is None else checked_text(text)
            keyboard = checked_keyboard(markup)
            if (fresh, keyboard) == (message.text, message.markup):
                raise bad_request(NOT_MODIFIED)
            message.revisions.append(message.text)
            message.text, message.markup = fresh, keyboard
            message.extra["edit_date"] = int(self.now())
            return message

    def delete(self, chat: int, message_id: int) -> None:
        with self.lock:
            message = self.messages.get(message_id)
            if message is None or message.chat != chat:
                raise bad_request("message to delete not found")
            del self.messages[message_id]

    def answer(self, tap_id: str, toast: str) -> None:
        with self.lock:
            tap = self.taps.get(tap_id)
            if tap is None or tap.answered or self.now() - tap.at > TAP_LASTS:
                raise bad_request(QUERY_TOO_OLD)
            if units(toast) > LONGEST_TOAST:
                raise bad_request("MESSAGE_TOO_LONG")
            tap.answered, tap.toast = True, toast

    # --- the person's side ---

    def hear(self, person: Account, text: str | None, **extra: Any) -> Message:
        """Take a message from a person and put it into the bot's updates."""
        with self.lock:
            person.started, person.blocked = True, False
            message = self.add(person.id, text or "", by_bot=False)
            message.extra.update(extra)
            self.updates.put("message", self.shown(message))
            return message

    def press(self, person: Account, message: Message, button: dict[str, Any]) -> Tap:
        """Take a press on a button; the message is as the person saw it."""
        with self.lock:
            tap = Tap(str(9_000_000_000 + len(self.taps)), self.now())
            self.taps[tap.id] = tap
            body = {
                "id": tap.id,
                "from": self.user(person),
                "message": self.shown(message),
                "chat_instance": "1234567890",
                "data": button["callback_data"],
            }
            self.updates.put("callback_query", body, lasts=TAP_LASTS)
            return tap

    def membership(self, person: Account, *, blocked: bool) -> None:
        with self.lock:
            person.blocked = blocked
            old, new = ("member", "kicked") if blocked else ("kicked", "member")
            body = {
                "chat": self.chat(person),
                "from": self.user(person),
                "date": int(self.now()),
                "old_chat_member": {"user": self.me(), "status": old},
                "new_chat_member": {"user": self.me(), "status": new, "until_date": 0},
            }
            self.updates.put("my_chat_member", body)

    # --- values ---

    def add(self, chat: int, text: str, *, by_bot: bool) -> Message:
        message = Message(self._next_message, chat, by_bot, int(self.now()), text)
        self._next_message += 1
        self.messages[message.id] = message
        return message

    def shown(self, message: Message) -> dict[str, Any]:
        """Give a message as it goes over the wire."""
        person = self.people[message.chat]
        found: dict[str, Any] = {
            "message_id": message.id,
            "from": self.me() if message.by_bot else self.user(person),
            "chat": self.chat(person),
            "date": message.date,
            **message.extra,
        }
        if message.text:
            found["text"] = message.text
        if message.text.startswith("/"):
            length = len(message.text.split()[0])
            found["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        if message.markup:
            found["reply_markup"] = message.markup
        return found

    @staticmethod
    def user(person: Account) -> dict[str, Any]:
        return {"id": person.id, "is_bot": False, "first_name": person.name}

    @staticmethod
    def chat(person: Account) -> dict[str, Any]:
        return {"id": person.id, "type": "private", "first_name": person.name}


def units(text: str) -> int:
    """Measure as Telegram does, in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def checked_text(text: str) -> str:
    """Take a message's text as Telegram would: trimmed, not empty, not too long."""
    trimmed = text.strip()
    if not trimmed:
        raise bad_request("message text is empty")
    if units(trimmed) > LONGEST_TEXT:
        raise bad_request("message is too long")
    return trimmed


def checked_keyboard(markup: Any) -> dict[str, Any] | None:
    """Take an inline keyboard as Telegram would; an empty one is none."""
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list):
        raise bad_request("can't parse inline keyboard: Field inline_keyboard must be an Array")
    buttons = [checked_button(button) for row in rows for button in row]
    if len(buttons) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return markup if buttons else None


def checked_button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise bad_request("can't parse inline keyboard button: Field text must be non-empty")
    if "url" in button:
        return button
    if "callback_data" not in button:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if not 1 <= len(str(button["callback_data"]).encode()) <= LONGEST_CODE:
        raise bad_request("BUTTON_DATA_INVALID")
    return button
