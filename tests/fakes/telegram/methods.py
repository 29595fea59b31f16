"""The methods of the Bot API that are answered here, by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.parameters import Parameters
from tests.fakes.telegram.service import Service

ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note",
    "upload_video_note",
}  # fmt: skip
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
MODES = {"html", "markdown", "markdownv2"}

Method = Callable[[Service, Parameters], Any]


def get_me(service: Service, _call: Parameters) -> Any:
    return service.me()


def get_updates(service: Service, call: Parameters) -> Any:
    if "allowed_updates" in call:
        service.updates.allowed = set(call.json("allowed_updates")) or None
    return service.updates.get(
        call.whole("offset", 0), call.whole("limit", 100), call.whole("timeout", 0)
    )


def send_message(service: Service, call: Parameters) -> Any:
    refuse_markup(call)
    message = service.send(
        chat_of(call),
        call.text("text"),
        call.json("reply_markup"),
        silent=call.flag("disable_notification"),
    )
    return service.shown(message)


def edit_message_text(service: Service, call: Parameters) -> Any:
    refuse_markup(call)
    message = service.edit(
        chat_of(call), call.whole("message_id"), call.text("text"), call.json("reply_markup")
    )
    return service.shown(message)


def edit_message_reply_markup(service: Service, call: Parameters) -> Any:
    message = service.edit(chat_of(call), call.whole("message_id"), None, call.json("reply_markup"))
    return service.shown(message)


def delete_message(service: Service, call: Parameters) -> Any:
    service.delete(chat_of(call), call.whole("message_id"))
    return True


def answer_callback_query(service: Service, call: Parameters) -> Any:
    service.answer(call.text("callback_query_id"), call.text("text"))
    return True


def send_chat_action(service: Service, call: Parameters) -> Any:
    chat, action = chat_of(call), call.text("action")
    service.person_of(chat)
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    service.actions.append((chat, action))
    return True


def set_my_commands(service: Service, call: Parameters) -> Any:
    commands = call.json("commands")
    for each in commands:
        if not COMMAND.fullmatch(each["command"]):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(each["description"]) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    service.commands = commands
    return True


def get_my_commands(service: Service, _call: Parameters) -> Any:
    return service.commands


def set_webhook(service: Service, call: Parameters) -> Any:
    service.updates.webhook = call.text("url")
    service.updates.hang_up()
    return True


def delete_webhook(service: Service, _call: Parameters) -> Any:
    service.updates.webhook = ""
    return True


def get_webhook_info(service: Service, _call: Parameters) -> Any:
    return {
        "url": service.updates.webhook,
        "has_custom_certificate": False,
        "pending_update_count": service.updates.unconfirmed(),
    }


def get_chat(service: Service, call: Parameters) -> Any:
    chat = chat_of(call)
    if chat not in service.people:
        raise bad_request("chat not found")
    return service.chat(service.people[chat]) | {"accent_color_id": 0, "max_reaction_count": 11}


def chat_of(call: Parameters) -> int:
    named = call.text("chat_id")
    if not named:
        raise bad_request("chat_id is empty")
    if not named.lstrip("-").isdigit():
        raise bad_request("chat not found")
    return int(named)


def refuse_markup(call: Parameters) -> None:
    """Plain text and entities only: markup in user text is how messages get lost."""
    mode = call.text("parse_mode")
    if mode and mode.lower() not in MODES:
        raise bad_request("unsupported parse_mode")
    if mode:
        raise bad_request(f"can't parse entities: {mode} is not read by this stand-in")


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "sendMessage": send_message,
    "editMessageText": edit_message_text,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "answerCallbackQuery": answer_callback_query,
    "sendChatAction": send_chat_action,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "getChat": get_chat,
}
BY_LOWER_NAME = {name.lower(): name for name in METHODS}
"""Telegram takes a method's name in any case."""
