"""A Telegram Bot API of our own on loopback, as strict as the original is known to be.

It keeps state, refuses what Telegram refuses with Telegram's words, repeats updates until they are
confirmed, and misbehaves on request. `Person` plays whoever holds the phone.
"""

from tests.fakes.telegram.faults import (
    BlockedByUser,
    DelayAnswer,
    DropRequest,
    LoseAnswer,
    ServerTrouble,
    TooMany,
)
from tests.fakes.telegram.person import Person
from tests.fakes.telegram.server import TelegramServer

__all__ = [
    "BlockedByUser",
    "DelayAnswer",
    "DropRequest",
    "LoseAnswer",
    "Person",
    "ServerTrouble",
    "TelegramServer",
    "TooMany",
]
