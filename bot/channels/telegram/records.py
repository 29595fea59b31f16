"""What this channel must not forget: how far updates are confirmed, which message came as which
update, and which parts of a letter are on their way. It keeps no message's content.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, Engine
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Field, Session, SQLModel, col, delete, select

from bot.channels.telegram.account import Account
from bot.moments import Moment

NUMBERS_LAST = timedelta(days=6)
"""After a week without updates their numbers may begin anew (Bot API, Update)."""
ARRIVALS_KEPT = timedelta(days=7)
"""Telegram itself keeps an update for a day."""


class PartState(StrEnum):
    """Where one part of a letter stands."""

    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Part:
    """One message of a letter."""

    state: PartState
    message_id: int | None


@dataclass(frozen=True)
class Standing:
    """What is known of a bot: the next update to ask for, its name, its menu, what is wrong."""

    next_update: int | None = None
    username: str | None = None
    menu: str | None = None
    trouble: str | None = None


class OffsetRow(SQLModel, table=True):
    """A bot; a new token is a new bot with numbers of its own."""

    __tablename__ = "telegram_offset"

    bot_id: int = Field(primary_key=True, sa_type=BigInteger)
    next_update: int | None = Field(default=None, sa_type=BigInteger)
    moved_at: datetime | None = Field(default=None, sa_type=Moment)
    username: str | None = None
    menu: str | None = None
    trouble: str | None = None


class ArrivalRow(SQLModel, table=True):
    """Under which update a message or a tap came first."""

    __tablename__ = "telegram_arrival"

    bot_id: int = Field(primary_key=True, sa_type=BigInteger)
    identity: str = Field(primary_key=True)
    update_id: int = Field(sa_type=BigInteger)
    at: datetime = Field(sa_type=Moment, index=True)


class PartRow(SQLModel, table=True):
    """One message of a letter, written down before its first byte leaves."""

    __tablename__ = "telegram_part"

    letter: int = Field(primary_key=True)
    part: int = Field(primary_key=True)
    state: str
    message_id: int | None = Field(default=None, sa_type=BigInteger)


class Records:
    """The rows of one bot."""

    def __init__(self, engine: Engine, bot_id: int, *, now: Callable[[], datetime]) -> None:
        self._engine = engine.execution_options(immediate=True)
        self._bot_id, self._now = bot_id, now

    # --- the bot ---

    def standing(self) -> Standing:
        """Give what is known; an offset of long ago is left out, since numbers may begin anew."""
        with Session(self._engine) as session:
            row = session.get(OffsetRow, self._bot_id)
            if row is None:
                return Standing()
            fresh = row.moved_at is not None and self._now() - row.moved_at < NUMBERS_LAST
            offset = row.next_update if fresh else None
            return Standing(offset, row.username, row.menu, row.trouble)

    def confirm_below(self, next_update: int) -> None:
        """Keep that every update below this number is safe here."""
        self._change(next_update=next_update, moved_at=self._now())

    def introduce(self, username: str) -> None:
        """Keep the bot's name."""
        self._change(username=username)

    def menu_set(self, fingerprint: str) -> None:
        """Keep which commands Telegram was given."""
        self._change(menu=fingerprint)

    def trouble_is(self, trouble: str | None) -> None:
        """Keep what the person has to act on; None when it is over."""
        self._change(trouble=trouble)

    def _change(self, **values: object) -> None:
        with Session(self._engine) as session, session.begin():
            row = session.get(OffsetRow, self._bot_id) or OffsetRow(bot_id=self._bot_id)
            for name, value in values.items():
                setattr(row, name, value)
            session.add(row)

    # --- arrivals ---

    def first_numbers(self, numbers: Mapping[str, int]) -> dict[str, int]:
        """Give for each identity the update it first came as, which is now if it is new."""
        with Session(self._engine) as session, session.begin():
            old = col(ArrivalRow.at) < self._now() - ARRIVALS_KEPT
            session.exec(delete(ArrivalRow).where(old))
            for identity, update_id in numbers.items():
                values = {
                    "bot_id": self._bot_id,
                    "identity": identity,
                    "update_id": update_id,
                    "at": self._now(),
                }
                session.execute(insert(ArrivalRow).values(**values).on_conflict_do_nothing())
            wanted = select(ArrivalRow).where(
                ArrivalRow.bot_id == self._bot_id, col(ArrivalRow.identity).in_(numbers)
            )
            return {row.identity: row.update_id for row in session.exec(wanted)}

    # --- parts of letters ---

    def parts(self, letter: int) -> dict[int, Part]:
        """Give the parts of a letter that were begun, by number."""
        with Session(self._engine) as session:
            rows = session.exec(select(PartRow).where(PartRow.letter == letter))
            return {row.part: Part(PartState(row.state), row.message_id) for row in rows}

    def part_is(
        self, letter: int, part: int, state: PartState, message_id: int | None = None
    ) -> None:
        """Keep how a part stands."""
        with Session(self._engine) as session, session.begin():
            session.merge(PartRow(letter=letter, part=part, state=state, message_id=message_id))

    def part_never_left(self, letter: int, part: int) -> None:
        """Forget that a part was begun: it certainly did not arrive."""
        with Session(self._engine) as session, session.begin():
            wanted = (col(PartRow.letter) == letter, col(PartRow.part) == part)
            session.exec(delete(PartRow).where(*wanted))

    def start_over(self, letter: int) -> None:
        """Forget all parts of a letter, so that it is sent anew or is done with."""
        with Session(self._engine) as session, session.begin():
            session.exec(delete(PartRow).where(col(PartRow.letter) == letter))


def troubles(engine: Engine, account: Account, *, now: Callable[[], datetime]) -> str | None:
    """Say what keeps a bot from serving; None when nothing is known."""
    return Records(engine, account.bot_id, now=now).standing().trouble
