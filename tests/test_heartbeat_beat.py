from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random

import pytest
from sqlalchemy import Engine, event, text
from sqlmodel import Session, SQLModel, create_engine

from heartbeat.beat import MOST_ATTEMPTS, Beat, Clockwork, Handed, Handled
from heartbeat.briefing import Morning, brief
from heartbeat.checkins import NudgeRules, Present, Wait, check_in
from heartbeat.errors import (
    ReminderEmpty,
    ReminderInThePast,
    ReminderNotFound,
    ReminderTooLong,
)
from heartbeat.ledger import Claimed, Lapsed, Ledger, Line, Planned, Sent, Suppressed
from heartbeat.reads import ReminderReader
from heartbeat.reminders import ReminderState, due_reminders, jobs_of, reminder_id
from heartbeat.review import Evening, review
from heartbeat.rows import ReminderRow, SlotRow, WatchRow
from heartbeat.said import Quiet
from heartbeat.schedule import Ticker
from heartbeat.slots import Hours, Purpose, Slot, default_jobs
from heartbeat.writes import ReminderWriter

START = datetime(2026, 2, 18, 0, 0, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path / 'touchbase.db'}")
    event.listen(made, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    tables = [table.__table__ for table in (SlotRow, WatchRow, ReminderRow)]
    SQLModel.metadata.create_all(made, tables=tables)
    yield made
    made.dispose()


class House:
    """A clock to turn by hand, a beat, and what it said and looked at."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.now = engine, START
        self.said: list[tuple[Slot, bool]] = []
        self.prepared: list[tuple[str, int]] = []
        self.answer: Handled | Exception = Handed()
        self.reader, self.ids = ReminderReader(engine), count()
        self.beat = self.started()

    def started(self) -> Beat:
        jobs = default_jobs(Hours())
        return Beat(
            Clockwork(
                jobs=lambda: (*jobs, *jobs_of(self.reader.due(self.now))),
                timezone=UTC,
                now=lambda: self.now,
                open_session=self.session,
                say=self.say,
                prepare=self.prepare,
            )
        )

    def prepare(self, slot: Slot) -> None:
        self.prepared.append((slot.job_id, len(self.said)))

    def say(self, session: Session, slot: Slot, again: bool) -> Handled:
        if isinstance(self.answer, Exception):
            raise self.answer
        if which := reminder_id(slot):
            self.writer(session).mark_said(which)
        self.said.append((slot, again))
        return self.answer

    @contextmanager
    def session(self) -> Iterator[Session]:
        with Session(self.engine) as session, session.begin():
            yield session

    def writer(self, session: Session) -> ReminderWriter:

        return ReminderWriter(session, now=lambda: self.now, new_id=lambda: f"r{next(self.ids)}")

    def until(self, moment: datetime, step: timedelta = timedelta(minutes=15)) -> None:
        while self.now <= moment:
            self.beat.beat()
            self.now += step

    def why(self, day: date) -> list[Line]:
        with self.session() as session:
            return list(Ledger(session, now=lambda: self.now).why(day))


@pytest.fixture
def house(engine) -> House:
    return House(engine)


def test_a_day_is_said_in_order_each_part_once(house):
    house.until(START + timedelta(hours=23, minutes=59))
    assert [(slot.job_id, again) for slot, again in house.said] == [
        ("briefing", False),
        ("check-in-1", False),
        ("check-in-2", False),
        ("review", False),
    ]
    assert all(line.standing == Claimed() for line in house.why(START.date()))


def test_a_beat_that_finds_nothing_to_say_for_two_days_sends_nothing_and_says_why_not(engine):
    house = House(engine)
    sent = []

    def decide(_session: Session, slot: Slot, _again: bool) -> Handled:
        match slot.purpose:
            case Purpose.BRIEFING:
                verdict = brief(Morning(slot.local_date))
            case Purpose.REVIEW:
                verdict = review(Evening(slot.local_date))
            case _:
                verdict = check_in(Present(), NudgeRules(), now=house.now, timezone=UTC)
        if isinstance(verdict, Quiet):
            return Suppressed(verdict.because)
        sent.append(verdict)
        return Handed()

    house.say = decide
    house.beat = house.started()
    for _ in range(4 * 96):
        house.beat.beat()
        house.now += timedelta(hours=48) / (4 * 96)
    assert sent == []
    lines = [*house.why(START.date()), *house.why(START.date() + timedelta(days=1))]
    assert len(lines) == 8
    assert all(isinstance(line.standing, Suppressed) for line in lines)


def test_a_message_that_failed_is_tried_again_and_at_last_given_up_with_its_reason(house, caplog):
    caplog.set_level(logging.CRITICAL)
    house.answer = OSError("disk full")
    house.until(START + timedelta(hours=7, minutes=20), timedelta(minutes=5))
    assert house.why(START.date()) == []
    house.answer = Handed()
    house.until(START + timedelta(hours=7, minutes=30), timedelta(minutes=5))
    assert [slot.job_id for slot, _ in house.said] == ["briefing"]
    house.answer = OSError("disk full")
    house.until(START + timedelta(hours=16), timedelta(minutes=5))
    line = house.why(START.date())[-1]
    assert line.standing == Lapsed(f"it failed {MOST_ATTEMPTS} times, at last with OSError")


def test_a_failing_slot_does_not_silence_the_others(house, caplog):
    caplog.set_level(logging.CRITICAL)
    house.beat.beat()

    def half_broken(_session: Session, slot: Slot, again: bool) -> Handled:
        if slot.job_id == "check-in-1":
            raise OSError
        house.said.append((slot, again))
        return Sent("1")

    house.say = half_broken
    house.beat = house.started()
    house.now = START + timedelta(hours=14)
    house.beat.beat()
    house.now = START + timedelta(hours=22)
    house.beat.beat()
    assert [slot.job_id for slot, _ in house.said] == ["review"]
    assert [type(line.standing) for line in house.why(START.date())] == [
        Lapsed,
        Lapsed,
        Lapsed,
        Sent,
    ]


def test_a_slot_that_another_took_meanwhile_is_not_said(house):
    house.beat.beat()
    with house.session() as session:
        house.writer(session).add(START + timedelta(hours=12), "call")

    def take_the_check_in(session: Session, slot: Slot, again: bool) -> Handled:
        house.said.append((slot, again))
        others = replace(slot, job_id="check-in-1", key=START.date().isoformat())
        assert Ledger(session, now=lambda: house.now).claim(others)
        return Handed()

    house.say = take_the_check_in
    house.beat = house.started()
    house.now = START + timedelta(hours=14)
    house.beat.beat()
    assert [slot.purpose for slot, _ in house.said] == [Purpose.REMINDER]


def test_what_a_message_tells_is_prepared_before_it_is_said_and_not_for_what_was_missed(house):
    house.beat.beat()
    house.now = START + timedelta(hours=14)
    house.beat.beat()
    assert house.prepared == [("check-in-1", 0)]
    assert [slot.job_id for slot, _ in house.said] == ["check-in-1"]


def test_a_check_in_that_waits_is_said_at_the_better_moment(house):
    house.answer = Wait(START, "you were just here")
    house.until(START + timedelta(hours=13, minutes=30))
    assert house.why(START.date())[-1].standing == Planned("you were just here")
    house.answer = Sent("7")
    house.until(START + timedelta(hours=13, minutes=45))
    assert house.why(START.date())[-1].standing == Sent("7")


def test_a_check_in_that_waits_in_vain_is_let_go_with_its_reason(house):
    house.answer = Wait(START, "you were just here")
    house.until(START + timedelta(hours=15, minutes=15))
    assert house.why(START.date())[-1].standing == Suppressed(
        "no better moment came in time: you were just here"
    )


def test_what_was_slept_through_is_named_as_missed(house):
    house.beat.beat()
    house.now = START + timedelta(hours=12)
    house.beat.beat()
    (line,) = house.why(START.date())
    assert line.slot.job_id == "briefing"
    assert isinstance(line.standing, Lapsed)
    assert house.said == []


class Killed(BaseException):
    """The process ended here."""


def test_a_message_and_its_slot_are_written_both_or_neither_however_often_it_is_killed(house):
    rng = Random(7)
    with house.session() as session:
        session.execute(text("CREATE TABLE letter (slot TEXT)"))
        for hours in range(5, 100, 10):
            house.writer(session).add(START + timedelta(hours=hours), "call")

    def letter(session: Session, slot: Slot, _again: bool) -> Handled:
        if rng.random() < 0.4:
            raise Killed
        session.execute(text("INSERT INTO letter VALUES (:slot)"), {"slot": slot_name(slot)})
        if rng.random() < 0.4:
            raise Killed
        return Handed()

    house.say = letter
    house.beat, kills = house.started(), 0
    while house.now < START + timedelta(days=5):
        try:
            house.beat.beat()
        except Killed:
            kills += 1
            house.beat = house.started()
            house.beat.start(waiting=letters(house))
        house.now += timedelta(minutes=10)
    days = [START.date() + timedelta(days=ahead) for ahead in range(5)]
    claimed = [
        slot_name(line.slot)
        for day in days
        for line in house.why(day)
        if line.standing == Claimed()
    ]
    assert kills > 20
    assert sorted(claimed) == sorted("|".join(name) for name in letters(house))
    assert len(set(claimed)) == len(claimed)


def slot_name(slot: Slot) -> str:
    return f"{slot.job_id}|{slot.key}"


def letters(house: House) -> list[tuple[str, str]]:
    with house.session() as session:
        rows = session.execute(text("SELECT slot FROM letter")).scalars()
        return [(name.partition("|")[0], name.partition("|")[2]) for name in rows]


# --- reminders -----------------------------------------------------------------------------


def test_a_reminder_is_said_once_after_a_week_offline_and_knows_how_late_it_is(house):
    with house.session() as session:
        house.writer(session).add(START + timedelta(hours=9), "  call the\nlab ")
    house.now = START + timedelta(days=7)
    (due,) = due_reminders(house.reader.pending(), house.now)
    assert (due.reminder.text, due.late_by) == ("call the lab", timedelta(days=6, hours=15))
    house.beat.beat()
    house.beat.beat()
    assert [slot.purpose for slot, _ in house.said] == [Purpose.REMINDER]
    assert house.reader.find("r0").state is ReminderState.SAID
    assert house.reader.pending() == ()


def test_a_reminder_cut_off_by_a_crash_is_said_again_marked_as_a_repeat(house):
    slot = Slot("reminder:r0", Purpose.REMINDER, "k", START, START.date(), None)
    with house.session() as session:
        house.writer(session).add(START + timedelta(hours=9), "call")
        Ledger(session, now=lambda: START).claim(slot)
    house.started().start()
    assert house.said == [(slot, True)]


def test_a_cancelled_reminder_is_not_said_and_a_restored_one_is(house):
    with house.session() as session:
        made = house.writer(session).add(START + timedelta(hours=9), "call", "task-1")
        house.writer(session).cancel(made.id)
    house.now = START + timedelta(hours=10)
    house.beat.beat()
    assert house.said == []
    with house.session() as session:
        assert house.writer(session).restore(made.id).task_id == "task-1"
    house.beat.beat()
    assert [reminder_id(slot) for slot, _ in house.said] == [made.id]


def test_reminders_that_cannot_be_set_or_found_are_refused(house):
    with house.session() as session:
        writer = house.writer(session)
        for at, text, why in (
            (START, "now", ReminderInThePast),
            (START + timedelta(hours=1), " \n", ReminderEmpty),
            (START + timedelta(hours=1), "x" * 1001, ReminderTooLong),
        ):
            with pytest.raises(why):
                writer.add(at, text)
        for change in (writer.cancel, writer.restore, writer.mark_said):
            with pytest.raises(ReminderNotFound):
                change("nobody")
    assert house.reader.pending() == ()


def test_a_reminder_undone_twice_is_set_again(house):
    with house.session() as session:
        writer = house.writer(session)
        made = writer.add(START + timedelta(hours=9), "call")
        assert writer.cancel(made.id).state is ReminderState.CANCELLED
        assert writer.restore(made.id) == made


# --- the ticker ----------------------------------------------------------------------------


def test_the_ticker_ticks_at_once_and_again_after_a_tick_that_failed(caplog):
    caplog.set_level(logging.ERROR)
    twice = threading.Event()
    ticks = []

    def tick() -> None:
        ticks.append(len(ticks))
        if len(ticks) == 1:
            raise OSError("once")
        twice.set()

    ticker = Ticker(tick, now=lambda: datetime.now(UTC), period=timedelta(seconds=0.05))
    assert not ticker.is_alive(datetime.now(UTC))
    ticker.start()
    try:
        assert twice.wait(20)
    finally:
        ticker.stop()
    assert [record.name for record in caplog.records] == ["heartbeat.schedule"]
    assert ticker.is_alive(datetime.now(UTC))
    assert not ticker.is_alive(datetime.now(UTC) + timedelta(seconds=91))
    ticker.stop()


def test_a_ticker_slower_than_thirty_seconds_is_refused():
    with pytest.raises(ValueError, match="between"):
        Ticker(lambda: None, now=lambda: START, period=timedelta(seconds=31))
