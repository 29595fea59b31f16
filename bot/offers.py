"""What was offered and waits for one tap: a task out of a note, a line worth remembering.

An offer changes nothing; the tap does, once, through the door.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Field, Session, SQLModel, col, select

from bot.moments import Moment

NEWEST = 100


class OfferKind(StrEnum):
    """What a tap does."""

    TASK = "task"
    MEMORY = "memory"


@dataclass(frozen=True)
class Offer:
    """Something that a tap adds: a task with its day and context, or a remembered line."""

    id: str
    kind: OfferKind
    text: str
    notes: str = ""
    due: date | None = None


class OfferRow(SQLModel, table=True):
    """An offer as stored."""

    __tablename__ = "offer"

    id: str = Field(primary_key=True)
    kind: str
    text: str
    notes: str = ""
    due: date | None = None
    at: datetime = Field(sa_type=Moment)


class Offers:
    """The offers, inside one transaction."""

    def __init__(
        self, session: Session, *, now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._session, self._now, self._new_id = session, now, new_id

    def make(
        self, kind: OfferKind, text: str, *, notes: str = "", due: date | None = None
    ) -> Offer:
        """Keep an offer."""
        row = OfferRow(
            id=self._new_id(), kind=kind, text=text, notes=notes, due=due, at=self._now()
        )
        self._session.add(row)
        return offer_of(row)

    def newest(self) -> tuple[Offer, ...]:
        """Give the newest offers."""
        wanted = select(OfferRow).order_by(col(OfferRow.at).desc()).limit(NEWEST)
        return tuple(offer_of(row) for row in self._session.exec(wanted))


def offer_of(row: OfferRow) -> Offer:
    """Give a row as the value others may keep."""
    return Offer(row.id, OfferKind(row.kind), row.text, row.notes, row.due)
