"""What an update says: raw JSON in, values out. Nothing here knows who asked or keeps anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from pydantic import BaseModel, Field, ValidationError

WITHOUT_WORDS = {
    "photo": "a photo",
    "voice": "a voice message",
    "audio": "an audio file",
    "video": "a video",
    "video_note": "a video message",
    "animation": "an animation",
    "sticker": "a sticker",
    "document": "a file",
    "location": "a location",
    "venue": "a place",
    "contact": "a contact",
    "poll": "a poll",
    "dice": "a die",
}
"""Contents of a message that cannot be read as text, as a person would name them."""


@dataclass(frozen=True)
class Written:
    """The owner wrote, or sent something with a caption."""

    update_id: int
    message_id: int
    text: str
    at: datetime


@dataclass(frozen=True)
class Wordless:
    """The owner sent something without words; `what` names it."""

    update_id: int
    message_id: int
    what: str
    at: datetime


@dataclass(frozen=True)
class Tapped:
    """The owner pressed a button of a message of ours; `tap_id` wants an answer within seconds."""

    update_id: int
    tap_id: str
    code: str
    label: str


@dataclass(frozen=True)
class Welcome:
    """The owner blocked the bot, or let it in again."""

    update_id: int
    blocked: bool


@dataclass(frozen=True)
class Stranger:
    """Somebody else, or a group."""

    update_id: int
    who: str


@dataclass(frozen=True)
class Uninteresting:
    """Nothing to answer: an edit, a service message."""

    update_id: int


@dataclass(frozen=True)
class Unreadable:
    """Not what the Bot API promises; set aside."""

    update_id: int
    reason: str


Update: TypeAlias = Written | Wordless | Tapped | Welcome | Stranger | Uninteresting | Unreadable


class _User(BaseModel):
    id: int


class _Chat(BaseModel):
    id: int
    type: str


class _Button(BaseModel):
    text: str
    callback_data: str | None = None


class _Keyboard(BaseModel):
    inline_keyboard: list[list[_Button]] = Field(default_factory=list)


class _Message(BaseModel):
    message_id: int
    date: int
    chat: _Chat
    sender: _User | None = Field(default=None, alias="from")
    text: str | None = None
    caption: str | None = None
    reply_markup: _Keyboard | None = None


class _Tap(BaseModel):
    id: str
    sender: _User = Field(alias="from")
    message: _Message | None = None
    data: str | None = None


class _Member(BaseModel):
    status: str


class _Membership(BaseModel):
    chat: _Chat
    sender: _User = Field(alias="from")
    new_chat_member: _Member


class _Update(BaseModel):
    update_id: int
    message: _Message | None = None
    callback_query: _Tap | None = None
    my_chat_member: _Membership | None = None


def number_of(raw: object) -> int | None:
    """Give an update's number; None when it has none and so cannot be confirmed by itself."""
    number = raw.get("update_id") if isinstance(raw, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def read_update(raw: dict[str, Any], owner: int) -> Update:
    """Say what a raw update is to the one person with the numeric id `owner`."""
    try:
        update = _Update.model_validate(raw)
    except ValidationError as why:
        first = why.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return Unreadable(number_of(raw) or 0, f"{place}: {first['msg']}")
    if update.message is not None:
        return _message(update.update_id, update.message, raw["message"], owner)
    if update.callback_query is not None:
        return _tap(update.update_id, update.callback_query, owner)
    if update.my_chat_member is not None:
        return _membership(update.update_id, update.my_chat_member, owner)
    return Uninteresting(update.update_id)


def _message(number: int, message: _Message, raw: dict[str, Any], owner: int) -> Update:
    if not _from_owner(message.sender, message.chat, owner):
        return Stranger(number, _name(message.sender, message.chat))
    at = datetime.fromtimestamp(message.date, UTC)
    text = message.text if message.text is not None else message.caption
    if text is not None:
        return Written(number, message.message_id, whole(text), at)
    what = next((name for key, name in WITHOUT_WORDS.items() if key in raw), None)
    if what is None:
        return Uninteresting(number)
    return Wordless(number, message.message_id, what, at)


def _tap(number: int, tap: _Tap, owner: int) -> Update:
    chat = tap.message.chat if tap.message else None
    if not _from_owner(tap.sender, chat, owner):
        return Stranger(number, _name(tap.sender, chat))
    if tap.data is None:
        return Uninteresting(number)
    return Tapped(number, tap.id, whole(tap.data), _label(tap))


def _label(tap: _Tap) -> str:
    keyboard = tap.message.reply_markup if tap.message else None
    buttons = (button for row in keyboard.inline_keyboard for button in row) if keyboard else ()
    return next((whole(each.text) for each in buttons if each.callback_data == tap.data), "")


def _membership(number: int, change: _Membership, owner: int) -> Update:
    if not _from_owner(change.sender, change.chat, owner):
        return Stranger(number, _name(change.sender, change.chat))
    return Welcome(number, blocked=change.new_chat_member.status in ("kicked", "left"))


def _from_owner(sender: _User | None, chat: _Chat | None, owner: int) -> bool:
    """A private chat's number is the person's own; a tap can come without its message."""
    return (
        sender is not None
        and sender.id == owner
        and (chat is None or (chat.type == "private" and chat.id == owner))
    )


def _name(sender: _User | None, chat: _Chat | None) -> str:
    who = f"user {sender.id}" if sender else "nobody"
    return who if chat is None else f"{who} in {chat.type} chat {chat.id}"


def whole(text: str) -> str:
    """Replace halves of characters, which JSON can carry and a database cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def message_of_tap(raw: dict[str, Any]) -> tuple[int, str | None] | None:
    """Find the message whose button was pressed: its id and its text as it was then."""
    try:
        update = _Update.model_validate(raw)
    except ValidationError:
        return None
    tap = update.callback_query
    if tap is None or tap.message is None:
        return None
    return tap.message.message_id, tap.message.text
