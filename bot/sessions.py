"""The stretch of conversation that is going on: when it began, when it last moved, when it ended.

The words themselves are in `memory.sessions`; here is only which session is the current one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from bot.moments import Moment


class NoSession(Exception):
    """There is nothing to close: this session has ended already."""


@dataclass(frozen=True)
class Sitting:
    """A session: one stretch of conversation on one channel."""

    id: str
    channel: str
    chat: str
    began_at: datetime
    moved_at: datetime


class SittingRow(SQLModel, table=True):
    """A session as stored."""

    __tablename__ = "chat_session"

    id: str = Field(primary_key=True)
    channel: str
    chat: str
    began_at: datetime = Field(sa_type=Moment)
    moved_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    reason: str | None = None


class Sittings:
    """The sessions, inside one transaction; at most one is open."""

    def __init__(
        self, session: Session, *, now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._session, self._now, self._new_id = session, now, new_id

    def current(self) -> Sitting | None:
        """Give the open session."""
        wanted = select(SittingRow).where(col(SittingRow.ended_at).is_(None))
        newest = wanted.order_by(col(SittingRow.began_at).desc()).limit(1)
        row = self._session.exec(newest).first()
        return sitting_of(row) if row else None

    def touch(self, channel: str, chat: str) -> Sitting:
        """Give the open session, having noted that it moved; begin one where there is none."""
        current = self.current()
        if current:
            row = self._session.get_one(SittingRow, current.id)
            row.moved_at = self._now()
        else:
            now = self._now()
            row = SittingRow(
                id=self._new_id(), channel=channel, chat=chat, began_at=now, moved_at=now
            )
            self._session.add(row)
            self._session.flush()
        return sitting_of(row)

    def end(self, session_id: str, reason: str) -> Sitting:
        """End a session. Raises NoSession when it is not open."""
        row = self._session.get(SittingRow, session_id)
        if row is None or row.ended_at is not None:
            raise NoSession
        row.ended_at, row.reason = self._now(), reason
        return sitting_of(row)


def sitting_of(row: SittingRow) -> Sitting:
    """Give a row as the value others may keep."""
    return Sitting(row.id, row.channel, row.chat, row.began_at, row.moved_at)
