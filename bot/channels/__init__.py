"""Where conversations come from. A channel turns its own protocol into `Incoming` and letters
into its own messages; it decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.mailbox import Incoming, Letter, LetterState


class Desk(Protocol):
    """What a channel may ask of the assistant behind it."""

    def hear(self, *messages: Incoming) -> None:
        """Keep messages; once this returns they may be confirmed to whoever sent them."""

    def work(self) -> None:
        """Answer everything that waits."""

    def collect(self, channel: str) -> Sequence[Letter]:
        """Take the letters to carry now, each marked as on its way."""

    def delivered(self, letter: Letter, message_id: str) -> None:
        """Say that a letter arrived, under the id that the channel gave it."""

    def not_delivered(self, letter: Letter, *, after_seconds: float, reason: str) -> None:
        """Say that a letter certainly did not arrive; it is carried again later."""

    def lost(self, letter: Letter, state: LetterState, reason: str) -> None:
        """End a letter as unknown, failed or dropped."""

    def interrupted(self, channel: str) -> Sequence[Letter]:
        """List letters whose sending a crash cut off; each must be settled before new ones."""
