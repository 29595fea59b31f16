"""Talk in Telegram by long polling: the only package that knows the Bot API. It decides nothing.

In: a raw update is committed before a higher offset confirms it. Out: a letter's parts are written
down before their first byte, so that a crash leaves a known state or an honest "unknown".
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Engine

from bot.channels import Desk
from bot.channels.telegram.pace import Pace

__all__ = ["Pace", "telegram_channel"]

USUAL = Pace()


def telegram_channel(
    desk: Desk,
    engine: Engine,
    *,
    token: str,
    owner: int,
    api: str,
    now: Callable[[], datetime],
    pace: Pace = USUAL,
) -> AbstractContextManager[str]:
    """Serve one bot for one owner while the block runs; gives the channel's name.

    Begins without a network and goes on when there is one. A token that Telegram does not know
    ends it with a line in the log and a finding of `touchbase doctor`.
    """
    from bot.channels.telegram.service import Account, serving  # late: the client is slow to load

    return serving(desk, engine, Account(token, owner, api), now=now, pace=pace)
