"""What is said when a slot comes: facts gathered, a decider asked, the letter queued.

Nothing here decides when to speak or whether; the letter and the slot are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.conversation.speak import (
    say_briefing,
    say_nudge,
    say_reminder,
    say_review,
    with_offers,
)
from bot.library import Library
from bot.mailbox import SLOT_PREFIX, Address, Kind, Mailbox, Reply, SaidFirst
from bot.offers import Offer, OfferKind, Offers
from gpu_lab.study import StudyState
from heartbeat.beat import Handed, Handled
from heartbeat.briefing import Morning, brief
from heartbeat.brought_up import BroughtUp
from heartbeat.checkins import (
    Nudge,
    NudgeRules,
    PastMessage,
    Present,
    Wait,
    check_in,
    may_sound,
    silence_asked,
)
from heartbeat.heartbeat_file import Asks, due_periodic, parse
from heartbeat.ledger import Lapsed, Ledger, Suppressed
from heartbeat.reminders import ReminderState, reminder_id
from heartbeat.review import Evening, Review, review
from heartbeat.said import Quiet, SavedQuestion, UnfinishedStudy
from heartbeat.slots import Purpose, Slot
from heartbeat.writes import ReminderWriter
from tasks_sync import Task

HISTORY = timedelta(days=14)
KEPT = timedelta(days=90)
MOST_KEPT = 3
GOOD_FOR = {
    Purpose.BRIEFING: timedelta(hours=4),
    Purpose.CHECK_IN: timedelta(hours=3),
    Purpose.REVIEW: timedelta(hours=9),
}


@dataclass(frozen=True)
class FirstWord:
    """Says what slots are for."""

    library: Library
    zone: ZoneInfo
    rules: NudgeRules
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    home_chat: Callable[[], Address]
    watched: Callable[[], list[Task]]

    def say(self, session: Session, slot: Slot, again: bool) -> Handled:
        """Queue the slot's letter in the caller's transaction, or give why nothing is said."""
        match slot.purpose:
            case Purpose.BRIEFING:
                return self._morning(session, slot)
            case Purpose.CHECK_IN:
                return self._check_in(session, slot)
            case Purpose.REVIEW:
                return self._evening(session, slot)
            case Purpose.REMINDER:
                return self._remind(session, slot, again=again)
            case Purpose.POLL:
                return Suppressed("a poll says nothing")
            case _:
                assert_never(slot.purpose)

    def _morning(self, session: Session, slot: Slot) -> Handled:
        briefing = brief(self._morning_facts(session, slot))
        if isinstance(briefing, Quiet):
            return Suppressed(briefing.because)
        return self._queue(session, slot, Kind.BRIEFING, say_briefing(briefing, self._local_now()))

    def _morning_facts(self, session: Session, slot: Slot) -> Morning:
        today = slot.local_date
        midnight = self._local_now().replace(hour=0, minute=0, second=0, microsecond=0)
        yesterday = self.library.tasks.completed_between(midnight - timedelta(days=1), midnight)
        ledger = Ledger(session, now=self.now)
        missed = [
            line.slot
            for line in ledger.since(self.now() - timedelta(days=1))
            if isinstance(line.standing, Lapsed)
        ]
        return Morning(
            today=today,
            open_tasks=self.watched(),
            reminders=self.library.today(self._local_now()).reminders,
            done_yesterday=len(yesterday),
            saved=self._saved(slot),
            unfinished=self._unfinished(),
            missed=missed,
        )

    def _check_in(self, session: Session, slot: Slot) -> Handled:
        present = self._with_heartbeat_file(self._present(), session, slot)
        nudge = check_in(present, self.rules, now=self.now(), timezone=self.zone)
        match nudge:
            case Nudge():
                BroughtUp(session).note(nudge.brought_up, slot)
                return self._queue(session, slot, Kind.NUDGE, say_nudge(nudge, self._local_now()))
            case Quiet(because=because):
                return Suppressed(because)
            case Wait():
                return nudge
            case _:
                assert_never(nudge)

    def _present(self) -> Present:
        return Present(
            open_tasks=self.watched(),
            history=[past_message(said) for said in self._history()],
            last_activity=self.library.last_heard(),
            unfinished=self._unfinished(),
        )

    def _with_heartbeat_file(self, present: Present, session: Session, slot: Slot) -> Present:
        """Add what HEARTBEAT.md asks for now, and what in it was not understood and not told."""
        asks = parse(self.library.notes.heartbeat())
        if not isinstance(asks, Asks):
            return present
        last = BroughtUp(session).last()
        return replace(
            present,
            standing=asks.standing,
            prompts=due_periodic(asks, last_done=last, now=slot.planned_at),
            complaints=[complaint for complaint in asks.complaints if complaint not in last],
        )

    def _evening(self, session: Session, slot: Slot) -> Handled:
        now = self._local_now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        studied = self.library.studies.finished_between(midnight, now + timedelta(seconds=1))
        tomorrow = slot.local_date + timedelta(days=1)
        evening = Evening(
            today=slot.local_date,
            open_tasks=self.watched(),
            done_today=self.library.done_on(now),
            studied=[study_line(state) for state in studied],
            saved=saved_question(self.library.studies.saved(tomorrow)),
            unfinished=self._unfinished(),
        )
        Ledger(session, now=self.now).forget_before(slot.local_date - KEPT)
        silence = silence_asked(self._present(), self.rules, now=self.now(), timezone=self.zone)
        if silence is not None:
            return Suppressed(silence.because)
        page = review(evening)
        offers = self._worth_keeping(session)
        match page:
            case Review():
                reply = with_offers(say_review(page), offers)
            case Quiet(because=because) if not offers:
                return Suppressed(because)
            case Quiet():
                reply = with_offers(Reply(""), offers)
            case _:
                assert_never(page)
        return self._queue(session, slot, Kind.REVIEW, reply)

    def _worth_keeping(self, session: Session) -> list[Offer]:
        """Offer what the day's sessions said that lasts; what was offered before is not again."""
        offers = Offers(session, now=self.now, new_id=self.new_id)
        known = {offer.text for offer in offers.newest()}
        known |= {line.text for line in self.library.notes.remembered()}
        said = self.library.worth_keeping(self.now() - timedelta(days=1))
        fresh = [text for text in said if text not in known][:MOST_KEPT]
        return [offers.make(OfferKind.MEMORY, text) for text in fresh]

    def _remind(self, session: Session, slot: Slot, *, again: bool) -> Handled:
        found = self.library.reminders.find(reminder_id(slot) or "")
        if found is None or found.state is not ReminderState.SET:
            return Suppressed("the reminder was called off")
        ReminderWriter(session, now=self.now, new_id=lambda: "").mark_said(found.id)
        reply = say_reminder(found, self._local_now(), again=again)
        sounds = may_sound(found.at, self.rules, now=self.now(), timezone=self.zone)
        return self._queue(session, slot, Kind.REMINDER, reply, sounds=sounds)

    def _queue(
        self, session: Session, slot: Slot, kind: Kind, reply: Reply, *, sounds: bool = False
    ) -> Handled:
        Mailbox(session, now=self.now).queue(
            f"{SLOT_PREFIX}{slot.job_id}|{slot.key}",
            self.home_chat(),
            kind,
            reply,
            good_for=GOOD_FOR.get(slot.purpose),
            sounds=sounds,
        )
        return Handed()

    def _saved(self, slot: Slot) -> SavedQuestion | None:
        return saved_question(self.library.studies.saved(slot.local_date))

    def _unfinished(self) -> UnfinishedStudy | None:
        state = self.library.studies.current()
        if state is None:
            return None
        left_on = state.started_at.astimezone(self.zone).date()
        return UnfinishedStudy(state.id, state.topic, state.answered, state.parts, left_on)

    def _history(self) -> list[SaidFirst]:
        return self.library.said_first(self.now() - HISTORY)

    def _local_now(self) -> datetime:
        return self.now().astimezone(self.zone)


def past_message(said: SaidFirst) -> PastMessage:
    """Give a letter of ours as check-ins look at it."""
    named = dict.fromkeys(
        code.partition(":")[2] for code in said.codes if code.startswith(("done:", "tomorrow:"))
    )
    return PastMessage(said.at, tuple(named), said.kind is Kind.NUDGE, said.reacted_at)


def saved_question(saved: tuple[StudyState, ...]) -> SavedQuestion | None:
    """Give the oldest saved study question."""
    if not saved or saved[0].asks is None:
        return None
    state = saved[0]
    return SavedQuestion(state.id, state.topic, state.asks or "", state.started_at.date())


def study_line(state: StudyState) -> str:
    """Say in one line what was studied."""
    return f"{state.topic}, {state.verdicts.count('right')} of {state.parts} right"
