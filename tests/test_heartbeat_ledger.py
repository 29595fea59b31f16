from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, event
from sqlmodel import Session, SQLModel, create_engine

from heartbeat.ledger import (
    Claimed,
    Lapsed,
    Ledger,
    Planned,
    Sent,
    SlotNotClaimed,
    Suppressed,
    Unknown,
)
from heartbeat.migrations import heartbeat_0001, heartbeat_0002, heartbeat_0003, heartbeat_0004
from heartbeat.slots import Daily, Job, Mark, Missed, Once, Purpose, Slot, due_slots

VIENNA = ZoneInfo("Europe/Vienna")
MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
BRIEFING = Daily("briefing", Purpose.BRIEFING, time(7, 15), time(11, 0))
SLOT = Slot(
    "briefing",
    Purpose.BRIEFING,
    "2026-03-02",
    datetime(2026, 3, 2, 6, 15, tzinfo=UTC),
    date(2026, 3, 2),
    datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
)


@pytest.fixture
def engine(tmp_path) -> Iterator[Engine]:
    """A database made by the migration, as the product makes it."""
    made = create_engine(f"sqlite:///{tmp_path / 'touchbase.db'}")
    event.listen(made, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    with made.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for revision in (heartbeat_0001, heartbeat_0002, heartbeat_0003, heartbeat_0004):
            revision.upgrade()
    yield made
    made.dispose()


@contextmanager
def ledger(engine: Engine, now: Callable[[], datetime] = lambda: MONDAY) -> Iterator[Ledger]:
    with Session(engine) as session, session.begin():
        yield Ledger(session, now=now)


def test_the_migration_makes_the_tables_that_the_program_uses(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: kind != "table" or "heartbeat" in name},
        )
        found = [
            difference
            for difference in compare_metadata(context, SQLModel.metadata)
            if "heartbeat" in str(difference)
        ]
    assert found == []


def test_a_slot_is_claimed_once_even_by_a_program_started_again(engine):
    with ledger(engine) as first:
        assert first.claim(SLOT)
        assert not first.claim(SLOT)
    with ledger(engine) as second:
        assert not second.claim(SLOT)


def test_why_tells_each_slot_of_a_day_and_what_came_of_it(engine):
    others = [
        Slot(job, purpose, SLOT.key, SLOT.planned_at + later, SLOT.local_date, None)
        for job, purpose, later in (
            ("check-in-1", Purpose.CHECK_IN, timedelta(hours=6)),
            ("check-in-2", Purpose.CHECK_IN, timedelta(hours=11)),
            ("review", Purpose.REVIEW, timedelta(hours=14)),
        )
    ]
    with ledger(engine) as book:
        book.claim(SLOT)
        book.end(SLOT, Sent("925"))
        book.claim(others[0])
        book.end(others[0], Suppressed("nothing is due"))
        book.claim(others[1])
        book.put_off(others[1], "you were just here")
        book.end(others[2], Lapsed("nothing was running"))
    with ledger(engine) as book:
        lines = book.why(date(2026, 3, 2))
        assert book.why(date(2026, 3, 3)) == ()
    assert [(line.slot.job_id, line.standing) for line in lines] == [
        ("briefing", Sent("925")),
        ("check-in-1", Suppressed("nothing is due")),
        ("check-in-2", Planned("you were just here")),
        ("review", Lapsed("nothing was running")),
    ]
    assert lines[0].slot == SLOT


def test_a_slot_that_waits_is_owed_again_and_can_be_claimed_again(engine):
    now = SLOT.planned_at
    with ledger(engine, lambda: MONDAY) as book:
        book.last_ended([BRIEFING])
    for because in ("you were just here", "you are still here"):
        with ledger(engine, lambda: now) as book:
            marks = book.last_ended([BRIEFING])
            owed = due_slots([BRIEFING], now=now, timezone=VIENNA, last_ended=marks)
            assert owed == (SLOT,)
            assert book.claim(SLOT)
            book.put_off(SLOT, because)
            line = book.line("briefing", SLOT.key)
    assert line is not None
    assert line.standing == Planned("you are still here")


def test_nothing_is_ended_that_was_not_claimed_unless_it_was_missed(engine):
    with ledger(engine) as book:
        with pytest.raises(SlotNotClaimed):
            book.end(SLOT, Sent("1"))
        with pytest.raises(SlotNotClaimed):
            book.put_off(SLOT, "later")


def test_the_first_ending_stands_but_an_unknown_one_that_turns_out_sent_is_sent(engine):
    with ledger(engine) as book:
        book.claim(SLOT)
        book.end(SLOT, Unknown("no answer from the channel"))
        book.end(SLOT, Suppressed("a later thought"))
        before = book.line("briefing", SLOT.key)
        book.end(SLOT, Sent("925"))
        after = book.line("briefing", SLOT.key)
    assert before is not None
    assert after is not None
    assert before.standing == Unknown("no answer from the channel")
    assert after.standing == Sent("925")


def test_after_a_crash_a_briefing_is_unknown_and_a_reminder_is_said_once_more(engine):
    reminder = Slot("reminder:1", Purpose.REMINDER, "k", MONDAY, MONDAY.date(), None)
    with ledger(engine) as book:
        book.claim(SLOT)
        book.claim(reminder)
    with ledger(engine) as book:
        assert book.recover() == (reminder,)
        assert isinstance(book.line("briefing", SLOT.key).standing, Unknown)
        assert book.line("reminder:1", "k").standing == Claimed(again=True)
    with ledger(engine) as book:
        assert book.recover() == ()
        assert isinstance(book.line("reminder:1", "k").standing, Unknown)


def test_a_slot_whose_message_lies_in_the_outbox_is_left_to_it(engine):
    with ledger(engine) as book:
        book.claim(SLOT)
        assert book.recover(waiting={("briefing", SLOT.key)}) == ()
        assert book.line("briefing", SLOT.key).standing == Claimed()


def test_a_job_seen_first_starts_then_and_is_not_seen_first_twice(engine):
    jobs: list[Job] = [BRIEFING, Daily("review", Purpose.REVIEW, time(21, 30))]
    with ledger(engine, lambda: MONDAY) as book:
        assert book.last_ended(jobs) == {"briefing": Mark(MONDAY), "review": Mark(MONDAY)}
    with ledger(engine, lambda: MONDAY + timedelta(days=9)) as book:
        assert book.last_ended(jobs) == {"briefing": Mark(MONDAY), "review": Mark(MONDAY)}


def test_old_slots_can_be_forgotten_without_being_owed_again(engine):
    keys = [f"2026-03-{day:02}" for day in range(1, 11)]
    with ledger(engine) as book:
        book.last_ended([BRIEFING])
        for key in keys:
            slot = Slot("briefing", Purpose.BRIEFING, key, MONDAY, date.fromisoformat(key), None)
            book.claim(slot)
            book.end(slot, Suppressed("nothing"))
        assert book.forget_before(date(2026, 4, 1)) == 9
        assert book.last_ended([BRIEFING])["briefing"].last_key == "2026-03-10"


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Person:
    """The far end of the wire: it counts what really arrived."""

    got: Counter[tuple[str, str]] = field(default_factory=Counter)


def run_a_year(engine: Engine, seed: int, kills: int, days: int = 365) -> tuple[Person, int, int]:
    """Tick through `days` with kills at random steps; give what arrived and how it stands.

    A step is any point between two things that happen: before and after each transaction, before
    the request leaves and after it arrived.
    """
    rng, person = Random(seed), Person()
    jobs: list[Job] = [
        BRIEFING,
        Daily("check-in-1", Purpose.CHECK_IN, time(13), time(15)),
        Daily("review", Purpose.REVIEW, time(21, 30)),
        *(
            Once(f"reminder:{n}", Purpose.REMINDER, MONDAY + timedelta(days=7.3 * n, minutes=7))
            for n in range(1, 50)
        ),
    ]
    now, end = MONDAY, MONDAY + timedelta(days=days)
    deaths_ahead = sorted(rng.sample(range(kills * 4), kills))
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if deaths_ahead and steps > deaths_ahead[0]:
            deaths_ahead.pop(0)
            raise Killed

    def speak(slot: Slot) -> None:
        step()
        person.got[slot.job_id, slot.key] += 1
        step()
        with ledger(engine, lambda: now) as book:
            book.end(slot, Sent(f"{slot.job_id} {slot.key}"))

    def wake() -> None:
        step()
        with ledger(engine, lambda: now) as book:
            again = book.recover()
        for slot in again:
            speak(slot)

    def tick() -> None:
        with ledger(engine, lambda: now) as book:
            marks = book.last_ended(jobs)
        for owed in due_slots(jobs, now=now, timezone=VIENNA, last_ended=marks):
            step()
            with ledger(engine, lambda: now) as book:
                if isinstance(owed, Missed):
                    book.end(owed.slot, Lapsed(owed.reason))
                    continue
                claimed = book.claim(owed)
                step()
            if claimed:
                speak(owed)

    def alive(what: Callable[[], None]) -> bool:
        try:
            what()
        except Killed:
            return False
        return True

    with ledger(engine, lambda: now) as book:
        book.last_ended(jobs)
    crashes, up = 0, alive(wake)
    while now < end:
        up = alive(tick if up else wake)
        crashes += not up
        # A dead program stays so for a minute up to seven hours.
        now += timedelta(minutes=rng.choice((60, 90, 170))) if up else down_for(rng)
    while not (alive(wake) and alive(tick)):
        crashes += 1
    return person, crashes, steps


def down_for(rng: Random) -> timedelta:
    return timedelta(minutes=rng.choice((1, 1, 1, 1, 1, 5, 20, 90, 400)))


def check_a_year(engine: Engine, person: Person, days: int = 365) -> Counter[str]:
    """Hold what arrived against the ledger."""
    endings: Counter[str] = Counter()
    with Session(engine) as session:
        lines = Ledger(session, now=lambda: MONDAY).since(MONDAY)
    for line in lines:
        arrived = person.got[line.slot.job_id, line.slot.key]
        endings[type(line.standing).__name__] += 1
        match line.standing:
            case Sent():
                assert arrived == 1 or (line.repeated and arrived == 2)
            case Lapsed():
                assert arrived == 0
            case Unknown():
                assert arrived <= (2 if line.repeated else 1)
            case other:
                pytest.fail(f"{line.slot} was left {other}")
        if line.slot.purpose is not Purpose.REMINDER:
            assert arrived <= 1
    dates = Counter((line.slot.job_id, line.slot.local_date) for line in lines)
    assert set(dates.values()) == {1}
    for job in ("briefing", "check-in-1", "review"):
        dates_of = {day for name, day in dates if name == job}
        assert len(dates_of) >= days - 1, job
        assert len(dates_of) == (max(dates_of) - min(dates_of)).days + 1, job
    return endings


def test_kills_at_any_step_of_a_season_double_nothing_and_lose_no_slot(engine):
    person, crashes, _ = run_a_year(engine, seed=1, kills=30, days=60)
    endings = check_a_year(engine, person, days=60)
    assert crashes >= 25
    assert endings["Unknown"] <= crashes
    assert endings["Sent"] > 90


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_a_thousand_kills_over_a_year_double_nothing_and_lose_no_slot(engine, seed):
    person, crashes, _ = run_a_year(engine, seed=seed, kills=1000)
    endings = check_a_year(engine, person)
    assert crashes >= 990
    assert endings["Unknown"] <= crashes
