"""What is said when a slot comes: facts gathered, a decider asked, the letter queued.

Nothing here decides when to speak or whether; the letter and the slot are one transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.actions import SOMEDAY_LIST
from bot.conversation.speak import (
    say_briefing,
    say_nudge,
    say_reminder,
    say_review,
    say_weekly,
    with_budget,
    with_offers,
)
from bot.journal import Journal
from bot.library import Library
from bot.mailbox import SLOT_PREFIX, Address, Kind, Mailbox, Reply, SaidFirst
from bot.offers import Offer, OfferKind, Offers
from bot.outcomes import Done
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
    fewer_from_now,
    is_away,
    is_long_away,
    may_sound,
    pause_asked,
    silence_asked,
)
from heartbeat.heartbeat_file import Asks, due_periodic, parse
from heartbeat.ledger import Lapsed, Ledger, Sent, Suppressed
from heartbeat.pressing import untouched
from heartbeat.reads import pause_until
from heartbeat.reminders import JOB_PREFIX, ONCE_MORE_AFTER, Reminder, ReminderState, reminder_id
from heartbeat.review import Evening, Review, review
from heartbeat.said import Quiet, SavedQuestion, UnfinishedStudy
from heartbeat.slots import Purpose, Slot, key_of
from heartbeat.weekly import PutAside, Week, look_back
from heartbeat.writes import ReminderWriter
from tasks_sync import Task

HISTORY = timedelta(days=14)
KEPT = timedelta(days=90)
MOST_KEPT = 3
COUNTED = (Kind.BRIEFING, Kind.NUDGE, Kind.REVIEW)
ASIDE = "aside:"
ON_TIME = timedelta(minutes=2)
GOOD_FOR = {
    Purpose.BRIEFING: timedelta(hours=4),
    Purpose.CHECK_IN: timedelta(hours=3),
    Purpose.REVIEW: timedelta(hours=9),
    Purpose.WEEKLY: timedelta(hours=16),
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
            case Purpose.WEEKLY:
                return self._week(session, slot)
            case Purpose.REMINDER:
                return self._remind(session, slot, again=again)
            case _:
                assert_never(slot.purpose)

    def _morning(self, session: Session, slot: Slot) -> Handled:
        if pause := pause_asked(pause_until(session), self.now()):
            return Suppressed(pause.because)
        facts = self._morning_facts(session, slot)
        if self._is_long_away() and facts.saved is None:
            return Suppressed("you have been away; only a weekly line comes until you write")
        briefing = brief(facts)
        if isinstance(briefing, Quiet):
            return Suppressed(briefing.because)
        reply = say_briefing(briefing, self._local_now())
        return self._queue(session, slot, Kind.BRIEFING, reply, good_for=GOOD_FOR[slot.purpose])

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
        present = self._with_heartbeat_file(self._present(session), session, slot)
        nudge = check_in(present, self.rules, now=self.now(), timezone=self.zone)
        match nudge:
            case Nudge():
                BroughtUp(session).note(nudge.brought_up, slot)
                reply = say_nudge(nudge, self._local_now())
                return self._queue(
                    session, slot, Kind.NUDGE, reply, good_for=GOOD_FOR[slot.purpose]
                )
            case Quiet(because=because):
                return Suppressed(because)
            case Wait():
                return nudge
            case _:
                assert_never(nudge)

    def _present(self, session: Session) -> Present:
        return Present(
            open_tasks=self.watched(),
            history=[past_message(said) for said in self._history()],
            last_activity=self.library.last_heard(),
            paused_until=pause_until(session),
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
        silence = silence_asked(
            self._present(session), self.rules, now=self.now(), timezone=self.zone
        )
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
        return self._queue(session, slot, Kind.REVIEW, reply, good_for=GOOD_FOR[slot.purpose])

    def untouched(self) -> tuple[Task, ...]:
        """List the tasks to put aside now; none that the person would not be told of, or that
        were not touched because they are away or asked for a pause."""
        with Session(self.library.engine) as session:
            present = self._present(session)
        paused = pause_asked(present.paused_until, self.now())
        if paused or is_away(present, self.rules, self.now()):
            return ()
        today = self._local_now().date()
        return untouched(self.watched(), self.now(), today)

    def _week(self, session: Session, slot: Slot) -> Handled:
        if pause := pause_asked(pause_until(session), self.now()):
            return Suppressed(pause.because)
        someday = {task.id: task for task in self.library.items_of(SOMEDAY_LIST)}
        untold = {key: done for key, done in self._put_aside(session) if task_in(key) in someday}
        put_aside = [PutAside(key, done.name) for key, done in untold.items()]
        fresh = {task_in(key) for key in untold}
        week = Week(
            today=slot.local_date,
            done=self._done_by_day(),
            put_aside=put_aside,
            someday=[task for task in someday.values() if task.id not in fresh],
            open_count=len(self.watched()),
            is_away=self._is_long_away(),
        )
        found = look_back(week)
        if isinstance(found, Quiet):
            return Suppressed(found.because)
        # What was done unasked is told however late it is read.
        good_for = None if put_aside else GOOD_FOR[slot.purpose]
        reply = say_weekly(found)
        return self._queue(session, slot, Kind.WEEKLY, reply, good_for=good_for)

    def _done_by_day(self) -> Counter[date]:
        """Count what was ticked off on each of the last seven local dates."""
        now = self._local_now()
        first = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=6)
        found = self.library.tasks.completed_between(first, now + timedelta(seconds=1))
        return Counter(
            task.completed_at.astimezone(self.zone).date() for task in found if task.completed_at
        )

    def _put_aside(self, session: Session) -> list[tuple[str, Done]]:
        """List what was put aside unasked since the last look back that arrived."""
        lines = Ledger(session, now=self.now).since(self.now() - KEPT)
        told = max(
            (
                line.slot.key
                for line in lines
                if line.slot.purpose is Purpose.WEEKLY and isinstance(line.standing, Sent)
            ),
            default="",
        )
        found = Journal(session, now=self.now).under(ASIDE)
        return [(key, done) for key, done in found if week_in(key) > told]

    def _is_long_away(self) -> bool:
        return is_long_away(self.library.last_heard(), self.rules, self.now())

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
        writer = ReminderWriter(session, now=self.now, new_id=self.new_id)
        if found.repeats and (because := self._not_once_more(session, found)):
            writer.cancel(found.id)
            return Suppressed(because)
        writer.mark_said(found.id)
        if not (found.repeats or again or self.now() - found.at >= ON_TIME):
            writer.once_more(found.id)
        reply = say_reminder(found, self._local_now(), again=again)
        sounds = may_sound(found.at, self.rules, now=self.now(), timezone=self.zone)
        return self._queue(session, slot, Kind.REMINDER, reply, sounds=sounds)

    def _not_once_more(self, session: Session, reminder: Reminder) -> str | None:
        """Say why a reminder is not said a second time, if it is not."""
        first = reminder.at - ONCE_MORE_AFTER
        line = Ledger(session, now=self.now).line(f"{JOB_PREFIX}{reminder.repeats}", key_of(first))
        arrived = line is not None and isinstance(line.standing, Sent)
        if line is None or not arrived or line.changed_at - first >= ONCE_MORE_AFTER / 2:
            return "the first one has not arrived, or only just now"
        heard = self.library.last_heard()
        if heard and heard >= line.changed_at:
            return "you were here since"
        if not may_sound(first, self.rules, now=self.now(), timezone=self.zone):
            return "the quiet hours have begun"
        return None

    def _queue(
        self,
        session: Session,
        slot: Slot,
        kind: Kind,
        reply: Reply,
        *,
        good_for: timedelta | None = None,
        sounds: bool = False,
    ) -> Handled:
        if kind in COUNTED:
            history = [past_message(said) for said in self._history()]
            reply = with_budget(reply, fewer_from_now(history, self.rules))
        Mailbox(session, now=self.now).queue(
            f"{SLOT_PREFIX}{slot.job_id}|{slot.key}",
            self.home_chat(),
            kind,
            reply,
            good_for=good_for,
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


def put_aside_key(slot: Slot) -> str:
    """Begin the keys under which a week's untouched tasks are put aside; a task's id follows."""
    return f"{ASIDE}{slot.key}:"


def week_in(key: str) -> str:
    """Give the week that a key of what was put aside names, by its Sunday."""
    return key.removeprefix(ASIDE).partition(":")[0]


def task_in(key: str) -> str:
    """Give the task that a key of what was put aside names."""
    return key.rpartition(":")[2]


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
