"""The inbox and the outbox as far as only this channel needs them: updates set aside, messages
without words, letters whose fate nobody knows. It answers no message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from bot.channels.telegram.updates import message_of_tap
from bot.mailbox import (
    Address,
    InboxRow,
    Incoming,
    Kind,
    Letter,
    LetterState,
    Mailbox,
    OutboxRow,
    Reply,
    letter_of,
)
from bot.questions import Question, QuestionClosed, Questions, QuestionState

CHANNEL = "telegram"
NOT_MENTIONED = "not known to have arrived: "
MENTIONED = "not known to have arrived, and said so: "
NOT_WORTH_A_MENTION = (Kind.NUDGE,)
REPLY_PREFIX = "re:"
ANSWERS = ("yes", "no", "part", "more")


class Boxes:
    """Both boxes, a transaction for each call."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine.execution_options(immediate=True), now

    # --- in ---

    def set_aside(self, message: Incoming, reason: str) -> None:
        """Keep an update that cannot be read, where `doctor` counts it, and out of the way."""
        with Session(self._engine) as session, session.begin():
            mail = Mailbox(session, now=self._now)
            if mail.accept(message):
                mail.park(number_in(session, message.key), reason)

    def answer_wordless(self, message: Incoming, says: str) -> None:
        """Keep a message without words and answer it, once."""
        with Session(self._engine) as session, session.begin():
            mail = Mailbox(session, now=self._now)
            if mail.accept(message):
                mail.answered(number_in(session, message.key))
                to = Address(message.channel, message.chat)
                mail.queue(f"{REPLY_PREFIX}{message.key}", to, Kind.REPLY, Reply(says))

    # --- out ---

    def unmentioned(self) -> list[Letter]:
        """List letters of unknown fate that the person has not been told about."""
        with Session(self._engine) as session:
            wanted = (
                select(OutboxRow)
                .where(OutboxRow.channel == CHANNEL, OutboxRow.state == LetterState.UNKNOWN)
                .where(col(OutboxRow.kind).not_in(NOT_WORTH_A_MENTION))
                .where(col(OutboxRow.carried_by).is_(None))
                .where(col(OutboxRow.reason).startswith(NOT_MENTIONED))
                .order_by(col(OutboxRow.number))
            )
            return [letter_of(row) for row in session.exec(wanted)]

    def mentioned(self, letters: Sequence[Letter]) -> None:
        """Keep that the person was told about letters of unknown fate."""
        with Session(self._engine) as session, session.begin():
            mail = Mailbox(session, now=self._now)
            for letter in letters:
                why = (letter.reason or "").removeprefix(NOT_MENTIONED)
                mail.end(letter.number, LetterState.UNKNOWN, MENTIONED + why)

    # --- questions ---

    def question_tapped(
        self, letter: Letter
    ) -> tuple[Question, QuestionState, int, str | None] | None:
        """Find the question that a reply's tap answered, how it stands, its message and text."""
        key = letter.key.removeprefix(REPLY_PREFIX)
        with Session(self._engine) as session:
            row = session.exec(select(InboxRow).where(InboxRow.key == key)).first()
            verb, _, question_id = ((row.button if row else None) or "").partition(":")
            place = message_of_tap(row.raw) if row and row.raw else None
            if verb not in ANSWERS or place is None:
                return None
            questions = Questions(session, now=self._now, new_id=lambda: "")
            try:
                return (*questions.answer_of(question_id), *place)
            except QuestionClosed:
                return None


def number_in(session: Session, key: str) -> int:
    """Give the number of a message that was just kept."""
    return session.exec(select(InboxRow.number).where(InboxRow.key == key)).one() or 0
