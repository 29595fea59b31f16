"""Remembering what became of every slot, so that "why did you (not) write?" has an answer.

A slot is claimed before anything is said and ended after; the caller owns the transaction.
Nothing here decides what is due or speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias, assert_never

from sqlalchemy import func
from sqlmodel import Session, col, delete, select

from heartbeat.rows import SlotRow, WatchRow
from heartbeat.slots import Job, Mark, Once, Purpose, Slot

CUT_OFF = "the program ended between the attempt and its outcome"


@dataclass(frozen=True)
class Planned:
    """It is due and waits for a better moment."""

    because: str


@dataclass(frozen=True)
class Claimed:
    """It is being done; `again` when an attempt before this one has an unknown outcome."""

    again: bool = False


@dataclass(frozen=True)
class Sent:
    """It was said, and the channel gave this message id."""

    message_id: str


@dataclass(frozen=True)
class Suppressed:
    """There was nothing to say, or a rule kept it back."""

    reason: str


@dataclass(frozen=True)
class Lapsed:
    """It was missed and is not made up for."""

    reason: str


@dataclass(frozen=True)
class Unknown:
    """It may or may not have been said."""

    reason: str


Ending: TypeAlias = Sent | Suppressed | Lapsed | Unknown
Standing: TypeAlias = Planned | Claimed | Ending

STATES: dict[type[Standing], str] = {
    Planned: "planned",
    Claimed: "claimed",
    Sent: "sent",
    Suppressed: "suppressed",
    Lapsed: "missed",
    Unknown: "unknown",
}
UNENDED = (STATES[Planned], STATES[Claimed])


@dataclass(frozen=True)
class Line:
    """One slot in the ledger: what was planned, how it stands and since when."""

    slot: Slot
    standing: Standing
    changed_at: datetime
    repeated: bool


class SlotNotClaimed(Exception):
    """A slot was ended that nobody had claimed."""


class Ledger:
    """The slots, inside the caller's transaction."""

    def __init__(self, session: Session, *, now: Callable[[], datetime]) -> None:
        self._session, self._now = session, now

    def last_ended(self, jobs: Sequence[Job]) -> dict[str, Mark]:
        """Give how far each job has been dealt with; a job never seen before starts now.

        A slot that was only planned counts as not dealt with.
        """
        newest = self._newest_keys([job.id for job in jobs])
        marks: dict[str, Mark] = {}
        for job in jobs:
            if isinstance(job, Once):
                if job.id in newest:
                    marks[job.id] = Mark(job.at, newest[job.id])
            else:
                marks[job.id] = Mark(self._since(job.id), newest.get(job.id))
        return marks

    def put_off(self, slot: Slot, because: str) -> None:
        """Let go of a claimed slot, which waits from now on; nothing was said."""
        row = self._find(slot)
        if row is None or row.state != STATES[Claimed]:
            raise SlotNotClaimed(f"{slot.job_id} {slot.key}")
        self._write(row, Planned(because))

    def claim(self, slot: Slot) -> bool:
        """Take a slot; False when it was taken before.

        Two programs that try at once are kept apart by the table's unique key: the later one's
        transaction fails with IntegrityError before it has said anything.
        """
        row = self._find(slot)
        if row is None:
            self._add(slot, Claimed())
            return True
        if row.state != STATES[Planned]:
            return False
        self._write(row, Claimed())
        return True

    def end(self, slot: Slot, ending: Ending) -> None:
        """Write down what came of a slot.

        A slot may lapse without a claim. An unknown outcome that turns out sent becomes sent; any
        other second ending is ignored, because the first one is what happened.
        """
        row = self._find(slot)
        if row is None:
            if not isinstance(ending, Lapsed):
                raise SlotNotClaimed(f"{slot.job_id} {slot.key}")
            self._add(slot, ending)
        elif row.state in UNENDED or (row.state == STATES[Unknown] and isinstance(ending, Sent)):
            self._write(row, ending)

    def recover(self, *, waiting: Collection[tuple[str, str]] = ()) -> tuple[Slot, ...]:
        """Settle what a crash left claimed; give the slots to say again, marked as repeats.

        Call it once at the start. `waiting` names the slots, as (job id, key), whose message still
        lies in an outbox: those are left to it. A reminder is said once more, because silence
        costs more than a repeat; anything else becomes unknown and is not said again.
        """
        stuck = select(SlotRow).where(SlotRow.state == STATES[Claimed])
        again: list[Slot] = []
        for row in self._session.exec(stuck.order_by(col(SlotRow.planned_at))):
            if (row.job_id, row.key) in waiting:
                continue
            if row.purpose == Purpose.REMINDER and not row.repeated:
                row.repeated = True
                self._write(row, Claimed(again=True))
                again.append(slot_from(row))
            else:
                self._write(row, Unknown(CUT_OFF))
        return tuple(again)

    def why(self, day: date) -> tuple[Line, ...]:
        """List a local date's slots in order, each with what came of it and why."""
        wanted = select(SlotRow).where(SlotRow.local_date == day)
        rows = self._session.exec(wanted.order_by(col(SlotRow.planned_at), col(SlotRow.number)))
        return tuple(line_from(row) for row in rows)

    def line(self, job_id: str, key: str) -> Line | None:
        """Give one slot's line, if it has one."""
        wanted = select(SlotRow).where(SlotRow.job_id == job_id, SlotRow.key == key)
        row = self._session.exec(wanted).first()
        return line_from(row) if row else None

    def since(self, moment: datetime) -> tuple[Line, ...]:
        """List the slots planned at or after a moment, in order."""
        wanted = select(SlotRow).where(col(SlotRow.planned_at) >= moment)
        rows = self._session.exec(wanted.order_by(col(SlotRow.planned_at), col(SlotRow.number)))
        return tuple(line_from(row) for row in rows)

    def forget_before(self, day: date) -> int:
        """Drop ended slots of dates before `day`, but each job's newest; give how many went."""
        newest = select(func.max(SlotRow.number)).group_by(col(SlotRow.job_id))
        old = delete(SlotRow).where(
            col(SlotRow.local_date) < day,
            col(SlotRow.state).not_in(UNENDED),
            col(SlotRow.number).not_in(newest),
        )
        return int(self._session.exec(old).rowcount)

    def _newest_keys(self, job_ids: Sequence[str]) -> dict[str, str]:
        dealt_with = (
            select(SlotRow.job_id, func.max(SlotRow.key))
            .where(col(SlotRow.job_id).in_(job_ids), SlotRow.state != STATES[Planned])
            .group_by(col(SlotRow.job_id))
        )
        return dict(self._session.exec(dealt_with).all())

    def _since(self, job_id: str) -> datetime:
        row = self._session.get(WatchRow, job_id)
        if row is None:
            row = WatchRow(job_id=job_id, since=self._now())
            self._session.add(row)
        return row.since

    def _find(self, slot: Slot) -> SlotRow | None:
        wanted = select(SlotRow).where(SlotRow.job_id == slot.job_id, SlotRow.key == slot.key)
        return self._session.exec(wanted).first()

    def _add(self, slot: Slot, standing: Standing) -> None:
        row = SlotRow(
            job_id=slot.job_id,
            key=slot.key,
            purpose=slot.purpose.value,
            planned_at=slot.planned_at,
            local_date=slot.local_date,
            closes_at=slot.closes_at,
            state="",
            changed_at=self._now(),
        )
        self._session.add(row)
        self._write(row, standing)
        self._session.flush()

    def _write(self, row: SlotRow, standing: Standing) -> None:
        row.state, row.changed_at = STATES[type(standing)], self._now()
        row.reason, row.message_id = "", None
        match standing:
            case Planned(because=reason) | Suppressed(reason=reason):
                row.reason = reason
            case Lapsed(reason=reason) | Unknown(reason=reason):
                row.reason = reason
            case Sent(message_id=message_id):
                row.message_id = message_id
            case Claimed():
                pass
            case _:
                assert_never(standing)


def line_from(row: SlotRow) -> Line:
    """Give a row as a value."""
    return Line(slot_from(row), standing_from(row), row.changed_at, row.repeated)


def slot_from(row: SlotRow) -> Slot:
    """Give the slot of a row."""
    return Slot(
        row.job_id, Purpose(row.purpose), row.key, row.planned_at, row.local_date, row.closes_at
    )


def standing_from(row: SlotRow) -> Standing:
    """Give how a row stands."""
    match row.state:
        case "planned":
            return Planned(row.reason)
        case "claimed":
            return Claimed(again=row.repeated)
        case "sent":
            return Sent(row.message_id or "")
        case "suppressed":
            return Suppressed(row.reason)
        case "missed":
            return Lapsed(row.reason)
        case "unknown":
            return Unknown(row.reason)
    raise ValueError(f"slot {row.job_id} {row.key} has the unknown state {row.state!r}")
