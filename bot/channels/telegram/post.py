"""Updates into the inbox, each once, before anybody confirms them. Nothing here talks to Telegram.

**Invariant** `keep` returns the next offset only after everything below it is committed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from bot.channels import Desk
from bot.channels.telegram.account import Account
from bot.channels.telegram.boxes import CHANNEL, Boxes
from bot.channels.telegram.records import Records
from bot.channels.telegram.updates import (
    Stranger,
    Tapped,
    Uninteresting,
    Unreadable,
    Update,
    Welcome,
    Wordless,
    Written,
    number_of,
    read_update,
)
from bot.mailbox import Incoming

log = logging.getLogger(__name__)

NOT_KEPT = (OperationalError, OSError)
"""The disk or the database cannot take anything now: nothing is confirmed, it comes again."""


@dataclass(frozen=True)
class Kept:
    """What a batch held, all of it safe: the taps to acknowledge, and the offset that confirms."""

    next_update: int | None
    taps: tuple[Tapped, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    heard: bool = False
    blocked: bool | None = None


class Post:
    """Keeps what one bot receives for one owner."""

    def __init__(
        self, desk: Desk, engine: Engine, account: Account, *, now: Callable[[], datetime]
    ) -> None:
        self._desk, self._now = desk, now
        self._bot_id, self._owner = account.bot_id, account.owner
        self._records = Records(engine, account.bot_id, now=now)
        self._boxes = Boxes(engine, now=now)

    def keep(self, batch: Sequence[Any]) -> Kept:
        """Keep a batch of raw updates. Raises what NOT_KEPT names: then confirm nothing."""
        numbered = [(number, raw) for raw in batch if (number := number_of(raw)) is not None]
        if len(numbered) < len(batch):
            log.error("%d updates had no number and were passed over", len(batch) - len(numbered))
        updates = [(read_update(raw, self._owner), raw) for _, raw in numbered]
        try:
            self._keep(updates)
        except NOT_KEPT:
            raise
        except Exception:
            log.exception("a batch of updates could not be kept whole; each is tried by itself")
            self._keep_each(updates)
        return self._confirmed([number for number, _ in numbered], [each for each, _ in updates])

    def _keep(self, updates: Sequence[tuple[Update, dict[str, Any]]]) -> None:
        firsts = self._records.first_numbers(
            {name: each.update_id for each, _ in updates if (name := self._identity(each))}
        )
        messages = []
        for update, raw in updates:
            key = self._key(firsts.get(self._identity(update) or "", update.update_id))
            match update:
                case Written(text=text, at=at):
                    messages.append(self._incoming(key, text, at, raw))
                case Tapped(label=label, code=code):
                    messages.append(self._incoming(key, label, self._now(), raw, button=code))
                case Wordless(what=what, at=at):
                    says = f"That was {what}. I can read only text for now; nothing was done."
                    message = self._incoming(key, f"({what})", at, raw)
                    self._boxes.answer_wordless(message, says)
                case Unreadable(reason=reason):
                    self._set_aside(update.update_id, raw, reason)
                case Welcome() | Stranger() | Uninteresting():
                    pass
        self._desk.hear(*messages)

    def _keep_each(self, updates: Sequence[tuple[Update, dict[str, Any]]]) -> None:
        for update, raw in updates:
            try:
                self._keep([(update, raw)])
            except NOT_KEPT:
                raise
            except Exception as bug:
                # Where nothing at all can be kept it is not the update's fault: this raises.
                self._desk.hear()
                log.exception("update %d could not be kept and is set aside", update.update_id)
                self._set_aside(update.update_id, raw, type(bug).__name__)

    def _set_aside(self, update_id: int, raw: dict[str, Any], reason: str) -> None:
        log.error("update %d cannot be read and is set aside: %s", update_id, reason)
        safe = json.loads(json.dumps(raw, default=repr))
        message = self._incoming(self._key(update_id), "", self._now(), safe)
        self._boxes.set_aside(message, reason)

    def _confirmed(self, numbers: Sequence[int], updates: Sequence[Update]) -> Kept:
        if not numbers:
            return Kept(None)
        # The highest of this batch and not of all times: a new sequence may begin lower.
        next_update = max(numbers) + 1
        self._records.confirm_below(next_update)
        membership = [each.blocked for each in updates if isinstance(each, Welcome)]
        return Kept(
            next_update,
            taps=tuple(each for each in updates if isinstance(each, Tapped)),
            strangers=tuple(each for each in updates if isinstance(each, Stranger)),
            heard=any(isinstance(each, Written | Tapped | Wordless) for each in updates),
            blocked=membership[-1] if membership else None,
        )

    def _identity(self, update: Update) -> str | None:
        """Name a message or a tap whatever number its update has."""
        match update:
            case Written(message_id=message_id) | Wordless(message_id=message_id):
                return f"message:{self._owner}:{message_id}"
            case Tapped(tap_id=tap_id):
                return f"tap:{tap_id}"
            case _:
                return None

    def _key(self, update_id: int) -> str:
        return f"{CHANNEL}:{self._bot_id}:{update_id}"

    def _incoming(
        self, key: str, text: str, at: datetime, raw: dict[str, Any], *, button: str | None = None
    ) -> Incoming:
        return Incoming(key, CHANNEL, str(self._owner), text, at, button, raw)
