"""Which bot, for whom, at which address."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

TOKEN = re.compile(r"\d{3,}:[A-Za-z0-9_-]{10,}")
DENIED = "Telegram does not know the bot's token; `touchbase setup telegram` sets another"


@dataclass(frozen=True)
class Account:
    """A bot's token, the numeric id of the one person it answers, and where the Bot API is."""

    token: str = field(repr=False)
    owner: int
    api: str

    @property
    def bot_id(self) -> int:
        """Give the bot's number, with which its token begins; ValueError if it does not."""
        return int(self.token.partition(":")[0])


def looks_like_a_token(text: str) -> bool:
    """Tell whether text has the form of a bot token."""
    return TOKEN.fullmatch(text) is not None
