"""Letters onto the wire, in order, and what became of each back to the desk. Nothing here decides
what is said.

**Invariant** what may have arrived is never sent again unmarked: only a reminder goes twice, and
says so; anything else is mentioned at the next contact.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from telegram.error import TelegramError

from bot.channels import Desk
from bot.channels.telegram.boxes import CHANNEL, NOT_MENTIONED, Boxes
from bot.channels.telegram.decided import decided_text
from bot.channels.telegram.limiter import Limiter
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.records import Part, PartState, Records
from bot.channels.telegram.splitting import LONGEST, shortened, split
from bot.channels.telegram.verdicts import (
    Denied,
    NoSuchMessage,
    NothingToChange,
    NotSent,
    Rivalry,
    Unknown,
    Unwelcome,
    Verdict,
    Wrong,
    verdict_on,
)
from bot.channels.telegram.wire import Wire
from bot.mailbox import PERHAPS_SENT, Button, Kind, Letter, LetterState

log = logging.getLogger(__name__)

TWICE = " (possibly sent twice)"
LONGEST_QUOTE = 300
MOST_QUOTES = 5
CUT_OFF = Unknown("the process ended while it was on its way")


class TokenDenied(Exception):
    """Telegram does not know the bot's token; `touchbase setup telegram` sets another."""


@dataclass(frozen=True)
class Arrived:
    """Every part has a message id; the last one's is given."""

    message_id: int


Fate: TypeAlias = Arrived | Verdict


@dataclass(frozen=True)
class Piece:
    """As much of a letter as one message takes; of several, only the first may sound."""

    text: str
    buttons: tuple[tuple[Button, ...], ...]
    sounds: bool


@dataclass(frozen=True)
class Stores:
    """What the carrier remembers with."""

    desk: Desk
    records: Records
    boxes: Boxes


class Carrier:
    """Carries letters to one chat."""

    def __init__(self, stores: Stores, wire: Wire, chat: str, pace: Pace) -> None:
        self._desk, self._records, self._boxes = stores.desk, stores.records, stores.boxes
        self._wire, self._chat, self._pace = wire, chat, pace
        self._limiter = Limiter(pace.message_seconds, pace.burst)
        self._look = asyncio.Event()
        self._paused = self._finishing = False
        self._hold_until = float("-inf")
        self._backoff = 0.0

    # --- what others may tell it ---

    def look(self) -> None:
        """Say that there may be letters."""
        self._look.set()

    def resume(self) -> None:
        """Say that the person is there: what was paused goes on."""
        self._paused = False
        self._look.set()

    def pause(self) -> None:
        """Say that the person wants nothing from the bot for now."""
        if not self._paused:
            log.warning("Telegram: the bot is blocked; messages wait until you write to it")
        self._paused = True

    def line_is_up(self) -> None:
        """Say that Telegram answers again, so that nothing waits out its back-off."""
        if self._backoff:
            self._backoff, self._hold_until = 0.0, float("-inf")
            self._look.set()

    def finish(self) -> None:
        """Ask for an end after the letter that is on its way."""
        self._finishing = True
        self._look.set()

    # --- the loop ---

    async def run(self) -> None:
        """Carry until asked to finish. Raises TokenDenied."""
        await self._settle_interrupted()
        while not self._finishing:
            self._look.clear()
            if not self._paused and self._time() >= self._hold_until:
                await self._round()
            if not self._finishing:
                await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._pace.look_seconds):
                await self._look.wait()
        except TimeoutError:
            return

    async def _round(self) -> None:
        letters = deque(await asyncio.to_thread(self._desk.collect, CHANNEL))
        while letters:
            letter = letters.popleft()
            goes_on = await self._settle(letter, await self._carry(letter))
            if self._finishing or not goes_on:
                break
        # Handed back oldest first, so that the order stays when they are collected again.
        for letter in letters:
            await self._hand_back(letter, "waits for the one before it")

    async def _settle_interrupted(self) -> None:
        """A part that was begun and not ended may have arrived; the others did not."""
        for letter in await asyncio.to_thread(self._desk.interrupted, CHANNEL):
            parts = await asyncio.to_thread(self._records.parts, letter.number)
            for number, part in parts.items():
                if part.state is PartState.SENDING:
                    await self._part_is(letter, number, PartState.UNKNOWN)
            if parts and letter.kind is Kind.REMINDER:
                # At once and not at its turn: until then it could be put into another letter.
                await self._settle(letter, await self._send_parts(letter))
            else:
                await self._hand_back(letter, "the process ended before it was sent")

    # --- one letter ---

    async def _carry(self, letter: Letter) -> Fate:
        if letter.to.chat != self._chat:
            return Wrong("it was for another person's chat")
        await self._settle_question(letter)
        if letter.edits is not None:
            fate = await self._replace(letter, letter.edits)
            if not isinstance(fate, NoSuchMessage):
                return fate
        return await self._send_parts(letter)

    async def _send_parts(self, letter: Letter) -> Fate:
        """Send what was not begun before; one part of unknown fate does not keep the next back."""
        texts = split(text_of(letter))
        done = await asyncio.to_thread(self._records.parts, letter.number)
        fate: Fate | None = None
        for number, text in enumerate(texts):
            last = number == len(texts) - 1
            buttons = letter.reply.buttons if last else ()
            sounds = letter.sounds and number == 0
            part = done.get(number) or await self._send_part(
                letter, number, Piece(text, buttons, sounds)
            )
            match part:
                case Part(state=PartState.SENT, message_id=int() as message_id):
                    fate = fate if isinstance(fate, Unknown) else Arrived(message_id)
                case Part():
                    fate = CUT_OFF
                case Unknown():
                    fate = part
                case _:
                    return part
        return fate or Wrong("it has no text")

    async def _send_part(self, letter: Letter, number: int, piece: Piece) -> Part | Verdict:
        await self._limiter.turn()
        await self._part_is(letter, number, PartState.SENDING)
        try:
            message_id = await self._wire.send(
                self._chat, piece.text, piece.buttons, sounds=piece.sounds
            )
        except TelegramError as why:
            verdict = verdict_on(why)
            if isinstance(verdict, Unknown):
                await self._part_is(letter, number, PartState.UNKNOWN)
            else:
                await asyncio.to_thread(self._records.part_never_left, letter.number, number)
            return verdict
        await self._part_is(letter, number, PartState.SENT, message_id)
        return Part(PartState.SENT, message_id)

    async def _part_is(
        self, letter: Letter, number: int, state: PartState, message_id: int | None = None
    ) -> None:
        await asyncio.to_thread(self._records.part_is, letter.number, number, state, message_id)

    async def _replace(self, letter: Letter, edits: str) -> Fate:
        """Put a letter in the place of an older message; the same edit twice is one."""
        if not edits.isdecimal():
            return NoSuchMessage()
        text = shortened(letter.reply.text, LONGEST)
        verdict = await self._edit(int(edits), text, letter.reply.buttons)
        match verdict:
            case None | NothingToChange():
                return Arrived(int(edits))
            case Unknown(reason=reason):
                return NotSent(f"the edit may not have arrived: {reason}")
            case _:
                return verdict

    async def _edit(
        self, message_id: int, text: str, buttons: tuple[tuple[Button, ...], ...] = ()
    ) -> Verdict | None:
        await self._limiter.turn()
        try:
            await self._wire.edit(self._chat, message_id, text, buttons)
        except TelegramError as why:
            return verdict_on(why)
        return None

    async def _settle_question(self, letter: Letter) -> None:
        """Show in a pressed question what was decided, and drop its buttons; twice is once."""
        found = await asyncio.to_thread(self._boxes.question_tapped, letter)
        if found is None:
            return
        question, state, message_id, text = found
        shown = decided_text(text or question.title, state)
        verdict = await self._edit(message_id, shown)
        if isinstance(verdict, Unknown):
            verdict = await self._edit(message_id, shown)
        if verdict is not None and not isinstance(verdict, NothingToChange):
            log.info("a question's buttons stay as they are: %s", verdict)

    # --- what became of it ---

    async def _settle(self, letter: Letter, fate: Fate) -> bool:
        """Tell the desk; False when the letters after this one have to wait."""
        match fate:
            case Arrived(message_id=message_id):
                await self._delivered(letter, message_id)
                return True
            case Unknown():
                await self._uncertain(letter, fate)
                return True
            case NotSent(reason=reason, wait_seconds=wait):
                await self._hand_back(letter, reason)
                self._hold(wait)
                return False
            case Unwelcome(reason=reason):
                await self._hand_back(letter, reason)
                self.pause()
                return False
            case Denied(reason=reason):
                await self._hand_back(letter, reason)
                raise TokenDenied(reason)
            case Rivalry(reason=reason) | Wrong(reason=reason):
                await self._failed(letter, reason)
                return True
            case NothingToChange() | NoSuchMessage():
                await self._failed(letter, "Telegram took a new message for an edit")
                return True
            case _:
                assert_never(fate)

    async def _delivered(self, letter: Letter, message_id: int) -> None:
        await asyncio.to_thread(self._desk.delivered, letter, str(message_id))
        await asyncio.to_thread(self._records.start_over, letter.number)
        self._backoff = 0.0
        await self._mention()

    async def _uncertain(self, letter: Letter, fate: Unknown) -> None:
        """A reminder goes once more and says so; anything else is mentioned at the next contact."""
        if letter.kind is Kind.REMINDER and not letter.perhaps_sent:
            pace = self._pace
            wait = pace.server_trouble_seconds if fate.by_server else pace.resend_seconds
            await self._hand_back(letter, PERHAPS_SENT + fate.reason, after_seconds=wait)
        else:
            log.warning("message %d may or may not have arrived: %s", letter.number, fate.reason)
            reason = NOT_MENTIONED + fate.reason
            await asyncio.to_thread(self._desk.lost, letter, LetterState.UNKNOWN, reason)
        # Last, so that a crash in between leaves it known as perhaps sent.
        await asyncio.to_thread(self._records.start_over, letter.number)

    async def _failed(self, letter: Letter, reason: str) -> None:
        log.error("message %d cannot be sent: %s", letter.number, reason)
        await asyncio.to_thread(self._desk.lost, letter, LetterState.FAILED, reason)

    async def _hand_back(self, letter: Letter, reason: str, *, after_seconds: float = 0.0) -> None:
        kept = letter.reason if letter.perhaps_sent and letter.reason else reason
        await asyncio.to_thread(
            self._desk.not_delivered, letter, after_seconds=after_seconds, reason=kept
        )

    def _hold(self, wait: float | None) -> None:
        """Send nothing for a while, so that the order stays as it is."""
        if wait is None:
            first, longest = self._pace.first_backoff, self._pace.longest_backoff
            self._backoff = min(longest, self._backoff * 2 or first)
            wait = self._backoff
        else:
            self._backoff = 0.0
            wait += self._pace.retry_slack
        self._hold_until = self._time() + wait

    async def _mention(self) -> None:
        """Say what may not have arrived, now that the line is known to work."""
        letters = await asyncio.to_thread(self._boxes.unmentioned)
        if not letters:
            return
        await self._limiter.turn()
        try:
            await self._wire.send(self._chat, mention_of(letters), (), sounds=False)
        except TelegramError as why:
            log.info("what may not have arrived is mentioned later: %s", verdict_on(why))
            return
        await asyncio.to_thread(self._boxes.mentioned, letters)

    def _time(self) -> float:
        return asyncio.get_running_loop().time()


def text_of(letter: Letter) -> str:
    """Give what a letter says, marked when it may be there already."""
    return letter.reply.text + (TWICE if letter.perhaps_sent else "")


def mention_of(letters: list[Letter]) -> str:
    """Quote what may not have arrived."""
    quotes = [
        f"“{shortened(letter.reply.text, LONGEST_QUOTE)}”" for letter in letters[:MOST_QUOTES]
    ]
    rest = len(letters) - len(quotes)
    more = [f"and {rest} more"] if rest > 0 else []
    return "\n".join(
        ["While the line was down: I sent this and cannot tell whether it arrived.", *quotes, *more]
    )
