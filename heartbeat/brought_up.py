"""Remembering which lines of HEARTBEAT.md were brought up, and when, in the caller's transaction.

It reads no file and decides nothing: `heartbeat_file` says what is due, `checkins` what is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from heartbeat.ledger import STATES, Lapsed, Suppressed
from heartbeat.rows import BroughtUpRow, SlotRow
from heartbeat.slots import Slot

NEVER_SAID = (STATES[Suppressed], STATES[Lapsed])


class BroughtUp:
    """The lines that were brought up, by name; a complaint about a line is its own name."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def last(self) -> dict[str, datetime]:
        """Give when each was last brought up; one whose message nobody got is not among them."""
        same_slot = and_(
            col(SlotRow.job_id) == col(BroughtUpRow.job_id),
            col(SlotRow.key) == col(BroughtUpRow.key),
        )
        # A slot that the ledger has forgotten was said: what was not is asked again at once.
        said = or_(col(SlotRow.state).is_(None), col(SlotRow.state).not_in(NEVER_SAID))
        wanted = select(BroughtUpRow).outerjoin(SlotRow, same_slot).where(said)
        return {row.name: row.at for row in self._session.exec(wanted)}

    def note(self, names: Iterable[str], slot: Slot) -> None:
        """Keep that a slot brings these up; its planned moment counts, so that a day is a day."""
        for name in names:
            row = BroughtUpRow(name=name, at=slot.planned_at, job_id=slot.job_id, key=slot.key)
            self._session.merge(row)
