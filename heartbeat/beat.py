"""One beat of the clock: ask what is owed, claim it, have it said, write down what came of it.

It decides neither when (`slots`) nor what (`say`, handed over by the composition root). A slot is
claimed and its message handed over in one transaction, so that a crash leaves both or neither.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TypeAlias, assert_never

from sqlmodel import Session

from heartbeat.checkins import Wait
from heartbeat.ledger import Lapsed, Ledger, Planned, Sent, Suppressed
from heartbeat.slots import Job, Missed, Slot, due_slots

MOST_ATTEMPTS = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Handed:
    """A message lies in the outbox; whoever delivers it ends the slot with `Ledger.end`."""


Handled: TypeAlias = Handed | Sent | Suppressed | Wait
Say: TypeAlias = Callable[[Session, Slot, bool], Handled]


@dataclass(frozen=True)
class Clockwork:
    """What a beat works with.

    `jobs` gives today's jobs and one per due reminder; `open_session` a session in a transaction
    that commits at its end; `say(session, slot, again)` puts the slot's message into the outbox
    of that same transaction; `prepare(slot)` does before it what the message is to tell, in
    transactions of its own: done again after a crash it changes nothing.
    """

    jobs: Callable[[], Sequence[Job]]
    timezone: tzinfo
    now: Callable[[], datetime]
    open_session: Callable[[], AbstractContextManager[Session]]
    say: Say
    prepare: Callable[[Slot], None]


class Beat:
    """Beats when it is told to; two beats at once are the caller's to prevent."""

    def __init__(self, clockwork: Clockwork) -> None:
        self._work = clockwork
        self._failed: Counter[tuple[str, str]] = Counter()

    def start(self, *, waiting: Collection[tuple[str, str]] = ()) -> None:
        """Settle what a crash left claimed, and say again what must not stay unsaid.

        `waiting` names the slots, as (job id, key), whose message still lies in the outbox.
        """
        with self._work.open_session() as session:
            ledger = Ledger(session, now=self._work.now)
            for slot in ledger.recover(waiting=waiting):
                self._write_down(ledger, slot, self._work.say(session, slot, True))

    def beat(self) -> None:
        """Deal with everything that is owed now; what fails is tried again at the next beat."""
        for owed in self._owed():
            slot = owed.slot if isinstance(owed, Missed) else owed
            try:
                self._settle(owed)
            except Exception as why:  # noqa: BLE001 - one slot's failure must not silence the others
                self._note_failure(slot, why)

    def _owed(self) -> tuple[Slot | Missed, ...]:
        jobs, now = self._work.jobs(), self._work.now()
        with self._work.open_session() as session:
            marks = Ledger(session, now=self._work.now).last_ended(jobs)
        return due_slots(jobs, now=now, timezone=self._work.timezone, last_ended=marks)

    def _settle(self, owed: Slot | Missed) -> None:
        if isinstance(owed, Slot):
            self._work.prepare(owed)
        with self._work.open_session() as session:
            ledger = Ledger(session, now=self._work.now)
            if isinstance(owed, Missed):
                let_lapse(ledger, owed)
            elif ledger.claim(owed):
                self._write_down(ledger, owed, self._work.say(session, owed, False))

    def _write_down(self, ledger: Ledger, slot: Slot, handled: Handled) -> None:
        match handled:
            case Handed():
                pass
            case Sent() | Suppressed():
                ledger.end(slot, handled)
            case Wait():
                ledger.put_off(slot, handled.because)
            case _:
                assert_never(handled)

    def _note_failure(self, slot: Slot, why: Exception) -> None:
        name = (slot.job_id, slot.key)
        self._failed[name] += 1
        log.error("slot %s %s failed", *name, exc_info=why)
        if self._failed[name] < MOST_ATTEMPTS:
            return
        with self._work.open_session() as session:
            reason = f"it failed {MOST_ATTEMPTS} times, at last with {type(why).__name__}"
            Ledger(session, now=self._work.now).end(slot, Lapsed(reason))


def let_lapse(ledger: Ledger, missed: Missed) -> None:
    """End a slot that it is too late for; one that waited in vain says what for."""
    line = ledger.line(missed.slot.job_id, missed.slot.key)
    if line and isinstance(line.standing, Planned):
        reason = f"no better moment came in time: {line.standing.because}"
        ledger.end(missed.slot, Suppressed(reason))
    else:
        ledger.end(missed.slot, Lapsed(missed.reason))
