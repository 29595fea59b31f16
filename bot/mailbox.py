"""Letters in and letters out: what arrived is kept before it is confirmed, what is said is kept
before it is sent. Nothing here talks to a channel.

**Invariant** an incoming message has one row however often it is delivered, and its answer is
written in the transaction that marks it answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import false
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import JSON, Column, Field, Session, SQLModel, col, select

from bot.moments import Moment

SLOT_PREFIX = "slot:"
"""Begins the key of a letter that a slot was for; the job's id, a bar and the slot's key follow."""
PERHAPS_SENT = "perhaps sent before: "
"""Begins the reason of a letter that is queued again and may have arrived at an earlier try."""


@dataclass(frozen=True)
class Incoming:
    """One message from the person; `key` is unique to it, however often it is delivered.

    `button` is the code of a pressed button, None for typed text.
    """

    key: str
    channel: str
    chat: str
    text: str
    at: datetime
    button: str | None = None
    raw: dict[str, Any] | None = None


@dataclass(frozen=True)
class Button:
    """Something to press: `code` comes back as `Incoming.button` (at most 64 bytes)."""

    label: str
    code: str


@dataclass(frozen=True)
class Reply:
    """What to say, and rows of buttons below it."""

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True)
class Address:
    """A chat on a channel."""

    channel: str
    chat: str


class Kind(StrEnum):
    """Why a letter is sent; decides what happens when it is late or its outcome unknown."""

    REPLY = "reply"
    QUESTION = "question"
    BRIEFING = "briefing"
    REVIEW = "review"
    WEEKLY = "weekly"
    NUDGE = "nudge"
    REMINDER = "reminder"
    NOTICE = "notice"


class LetterState(StrEnum):
    """Where a letter out stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DROPPED = "dropped"
    GATHERED = "gathered"
    """It waits inside another letter, and ends as that one does."""


class ArrivalState(StrEnum):
    """Where a message in stands."""

    WAITING = "waiting"
    ANSWERED = "answered"
    PARKED = "parked"


@dataclass(frozen=True)
class Letter:
    """A letter out, as the channel that carries it sees it."""

    number: int
    key: str
    to: Address
    kind: Kind
    reply: Reply
    attempts: int
    created_at: datetime
    reason: str | None = None
    edits: str | None = None
    sounds: bool = False

    @property
    def perhaps_sent(self) -> bool:
        """Tell whether it may have arrived at an earlier try."""
        return (self.reason or "").startswith(PERHAPS_SENT)

    @property
    def slot(self) -> tuple[str, str] | None:
        """Give the job's id and the key of the slot that it was said for."""
        return slot_named(self.key)


@dataclass(frozen=True)
class SaidFirst:
    """Something that was said unasked, when the person next wrote, and its buttons' codes."""

    kind: Kind
    at: datetime
    reacted_at: datetime | None
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Arrival:
    """A message in, with its number in the order of arrival."""

    number: int
    message: Incoming = field(compare=False)


class InboxRow(SQLModel, table=True):
    """A message as it arrived."""

    __tablename__ = "inbox"

    number: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    channel: str
    chat: str
    text: str
    button: str | None = None
    at: datetime = Field(sa_type=Moment)
    raw: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    state: str = Field(default=ArrivalState.WAITING, index=True)
    reason: str | None = None


class OutboxRow(SQLModel, table=True):
    """A message to the person."""

    __tablename__ = "outbox"

    number: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    channel: str
    chat: str
    kind: str
    text: str
    buttons: list[list[list[str]]] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_type=Moment)
    not_after: datetime | None = Field(default=None, sa_type=Moment)
    next_at: datetime = Field(sa_type=Moment)
    sounds: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    carried_by: int | None = Field(default=None, index=True)
    state: str = Field(default=LetterState.QUEUED, index=True)
    attempts: int = 0
    message_id: str | None = None
    edits: str | None = None
    reason: str | None = None


class Mailbox:
    """Both boxes, inside one transaction."""

    def __init__(self, session: Session, *, now: Callable[[], datetime]) -> None:
        self._session, self._now = session, now

    # --- in ---

    def accept(self, message: Incoming) -> bool:
        """Keep a message; False when its key was there before."""
        values = {
            "key": message.key,
            "channel": message.channel,
            "chat": message.chat,
            "text": message.text,
            "button": message.button,
            "at": message.at,
            "raw": message.raw,
            "state": ArrivalState.WAITING,
        }
        statement = insert(InboxRow).values(**values).on_conflict_do_nothing(index_elements=["key"])
        return bool(self._session.execute(statement).rowcount)  # type: ignore[attr-defined]

    def waiting(self) -> list[Arrival]:
        """List messages that have no answer yet, in the order of arrival."""
        wanted = (
            select(InboxRow)
            .where(InboxRow.state == ArrivalState.WAITING)
            .order_by(col(InboxRow.number))
        )
        return [arrival_of(row) for row in self._session.exec(wanted)]

    def is_waiting(self, number: int) -> bool:
        """Tell whether a message still has no answer."""
        row = self._session.get(InboxRow, number)
        return row is not None and row.state == ArrivalState.WAITING

    def answered(self, number: int) -> None:
        """Mark a message answered."""
        self._inbox(number).state = ArrivalState.ANSWERED

    def park(self, number: int, reason: str) -> None:
        """Set a message aside that cannot be worked on, so that the next ones can."""
        row = self._inbox(number)
        row.state, row.reason = ArrivalState.PARKED, reason

    # --- out ---

    def queue(
        self,
        key: str,
        to: Address,
        kind: Kind,
        reply: Reply,
        *,
        good_for: timedelta | None = None,
        not_before: datetime | None = None,
        edits: str | None = None,
        sounds: bool = False,
    ) -> None:
        """Queue a letter once; a second one under the same key is the first one.

        `edits` is the message id of a letter that this one replaces in place. One that does not
        sound lies there when the person looks; only what they asked to be called for sounds.
        """
        if self._session.exec(select(OutboxRow).where(OutboxRow.key == key)).first():
            return
        now = self._now()
        self._session.add(
            OutboxRow(
                key=key,
                channel=to.channel,
                chat=to.chat,
                kind=kind,
                text=reply.text,
                buttons=buttons_as_stored(reply),
                created_at=now,
                not_after=now + good_for if good_for else None,
                next_at=not_before or now,
                edits=edits,
                sounds=sounds,
            )
        )

    def gather(self, letters: Sequence[Letter], reply: Reply, *, sounds: bool) -> Letter:
        """Put letters that wait into one, which says `reply`; they end as it ends.

        Letters that waited in another one leave it, and it is dropped.
        """
        newest = max(letters, key=lambda letter: letter.number)
        key = f"gathered:{newest.number}"
        self.queue(key, newest.to, newest.kind, reply)
        whole = self._session.exec(select(OutboxRow).where(OutboxRow.key == key)).one()
        for row in (self._outbox(letter.number) for letter in letters):
            if row.carried_by not in (None, whole.number):
                self.end(row.carried_by, LetterState.DROPPED, "said with later ones")
            row.state, row.carried_by = LetterState.GATHERED, whole.number
        return self.reword(letter_of(whole), reply, sounds=sounds)

    def carried_in(self, letter: Letter) -> list[Letter]:
        """List the letters that were put into this one."""
        wanted = select(OutboxRow).where(OutboxRow.carried_by == letter.number)
        return [
            letter_of(row) for row in self._session.exec(wanted.order_by(col(OutboxRow.number)))
        ]

    def reword(self, letter: Letter, reply: Reply, *, sounds: bool) -> Letter:
        """Say in other words what has waited; it must be known not to have arrived."""
        row = self._outbox(letter.number)
        row.text, row.buttons, row.sounds = reply.text, buttons_as_stored(reply), sounds
        return letter_of(row)

    def has_queued(self, channel: str) -> bool:
        """Tell whether any letter is queued for a channel."""
        wanted = select(OutboxRow.number).where(
            OutboxRow.channel == channel, OutboxRow.state == LetterState.QUEUED
        )
        return self._session.exec(wanted.limit(1)).first() is not None

    def late(self, channel: str) -> list[Letter]:
        """Drop the letters of a channel that are past their time, and give them."""
        wanted = select(OutboxRow).where(
            OutboxRow.channel == channel,
            OutboxRow.state == LetterState.QUEUED,
            col(OutboxRow.not_after) < self._now(),
        )
        rows = self._session.exec(wanted).all()
        for row in rows:
            row.state, row.reason = LetterState.DROPPED, "too late to be of use"
        return [letter_of(row) for row in rows]

    def due(self, channel: str) -> list[Letter]:
        """List letters to carry now: reminders first, since they cannot wait, each oldest first."""
        wanted = (
            select(OutboxRow)
            .where(OutboxRow.channel == channel, OutboxRow.state == LetterState.QUEUED)
            .where(col(OutboxRow.next_at) <= self._now())
            .order_by(col(OutboxRow.kind) != Kind.REMINDER, col(OutboxRow.number))
        )
        return [letter_of(row) for row in self._session.exec(wanted)]

    def interrupted(self, channel: str) -> list[Letter]:
        """List letters that were being sent when the process ended: their outcome is unknown."""
        wanted = select(OutboxRow).where(
            OutboxRow.channel == channel, OutboxRow.state == LetterState.SENDING
        )
        return [letter_of(row) for row in self._session.exec(wanted)]

    def sending(self, number: int) -> None:
        """Mark a letter as on its way, before its first byte."""
        row = self._outbox(number)
        row.state, row.attempts = LetterState.SENDING, row.attempts + 1

    def sent(self, number: int, message_id: str) -> None:
        """Mark a letter delivered, which means that the channel gave it a message id."""
        row = self._outbox(number)
        row.state, row.message_id, row.reason = LetterState.SENT, message_id, None

    def again(self, number: int, *, after: timedelta, reason: str) -> None:
        """Queue a letter again that certainly did not arrive."""
        row = self._outbox(number)
        row.state, row.next_at, row.reason = LetterState.QUEUED, self._now() + after, reason

    def end(self, number: int, state: LetterState, reason: str) -> None:
        """End a letter as unknown, failed or dropped."""
        row = self._outbox(number)
        row.state, row.reason = state, reason

    def count(self, *states: LetterState) -> int:
        """Count letters out in these states."""
        wanted = select(OutboxRow.number).where(col(OutboxRow.state).in_(states))
        return len(self._session.exec(wanted).all())

    def parked(self) -> int:
        """Count messages in that were set aside."""
        wanted = select(InboxRow.number).where(InboxRow.state == ArrivalState.PARKED)
        return len(self._session.exec(wanted).all())

    def slots_in(self, *states: LetterState) -> list[tuple[str, str]]:
        """Name the slots, as (job id, key), whose letter is in these states."""
        wanted = select(OutboxRow.key).where(col(OutboxRow.state).in_(states))
        return [slot for key in self._session.exec(wanted) if (slot := slot_named(key))]

    def last_heard(self) -> datetime | None:
        """Tell when the person last wrote."""
        wanted = select(InboxRow.at).order_by(col(InboxRow.at).desc()).limit(1)
        return self._session.exec(wanted).first()

    def said_first(self, since: datetime) -> list[SaidFirst]:
        """List what was said unasked since a moment, oldest first."""
        kinds = (Kind.NUDGE, Kind.BRIEFING, Kind.REVIEW, Kind.WEEKLY)
        wanted = (
            select(OutboxRow)
            .where(col(OutboxRow.kind).in_(kinds), col(OutboxRow.created_at) >= since)
            .where(OutboxRow.state != LetterState.DROPPED)
            .order_by(col(OutboxRow.number))
        )
        return [
            SaidFirst(Kind(row.kind), row.created_at, self._heard_after(row.created_at), codes(row))
            for row in self._session.exec(wanted).all()
        ]

    def _heard_after(self, moment: datetime) -> datetime | None:
        wanted = select(InboxRow.at).where(col(InboxRow.at) >= moment).order_by(col(InboxRow.at))
        return self._session.exec(wanted.limit(1)).first()

    def _inbox(self, number: int) -> InboxRow:
        return self._session.get_one(InboxRow, number)

    def _outbox(self, number: int) -> OutboxRow:
        return self._session.get_one(OutboxRow, number)


def slot_named(key: str) -> tuple[str, str] | None:
    """Read the job's id and the slot's key out of a letter's key, if it was said for a slot."""
    if not key.startswith(SLOT_PREFIX):
        return None
    job_id, _, slot_key = key.removeprefix(SLOT_PREFIX).partition("|")
    return job_id, slot_key


def arrival_of(row: InboxRow) -> Arrival:
    """Give a row as the value others may keep."""
    assert row.number is not None
    message = Incoming(row.key, row.channel, row.chat, row.text, row.at, row.button, row.raw)
    return Arrival(row.number, message)


def letter_of(row: OutboxRow) -> Letter:
    """Give a row as the value others may keep."""
    assert row.number is not None
    return Letter(
        number=row.number,
        key=row.key,
        to=Address(row.channel, row.chat),
        kind=Kind(row.kind),
        reply=Reply(row.text, buttons_of(row.buttons)),
        attempts=row.attempts,
        created_at=row.created_at,
        reason=row.reason,
        edits=row.edits,
        sounds=row.sounds,
    )


def codes(row: OutboxRow) -> tuple[str, ...]:
    """Give the codes of a letter's buttons."""
    return tuple(code for line in row.buttons for _, code in line)


def buttons_as_stored(reply: Reply) -> list[list[list[str]]]:
    """Give a reply's buttons as they are stored."""
    return [[[button.label, button.code] for button in row] for row in reply.buttons]


def buttons_of(rows: Sequence[Sequence[Sequence[str]]]) -> tuple[tuple[Button, ...], ...]:
    """Read buttons as they are stored."""
    return tuple(tuple(Button(label, code) for label, code in row) for row in rows)
