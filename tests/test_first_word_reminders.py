"""Reminders that waited while nothing ran or nothing could be sent, through the whole product."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlmodel import Session, col, select

from bot.actions import SetReminder
from bot.app import App
from bot.mailbox import Incoming, LetterState, OutboxRow
from heartbeat.checkins import NudgeRules, may_sound
from heartbeat.ledger import Ledger, Sent, Unknown
from heartbeat.rows import ReminderRow
from tests.conftest import heard, talk

TEXTS = ("stretch", "call the lab", "bread out", "pay rent", "water plants")


def remind(app: App, *texts: str, hours: float = 1.0) -> None:
    """Set reminders an hour apart, the first in `hours`."""
    for number, text in enumerate(texts):
        at = app.now() + timedelta(hours=hours + number)
        app.door.do(SetReminder(at, text), key=f"r:{text}")


def standings(app: App) -> list[type]:
    with Session(app.engine) as session:
        lines = Ledger(session, now=app.now).since(app.now() - timedelta(days=2))
        return [type(line.standing) for line in lines if line.slot.job_id.startswith("reminder:")]


def states(app: App) -> list[str]:
    with Session(app.engine) as session:
        rows = session.exec(select(OutboxRow).where(OutboxRow.kind == "reminder"))
        return [row.state for row in rows]


def test_more_than_three_reminders_of_an_outage_come_as_one_with_their_times_each_said(
    start, clock
):
    app = start()
    remind(app, *TEXTS)
    clock.on(hours=8)
    app = start()
    app.tick()
    (said,) = heard(app)
    assert said.splitlines() == [
        "⏰ 5 reminders that waited:",
        "10:00  stretch",
        "11:00  call the lab",
        "12:00  bread out",
        "13:00  pay rent",
        "14:00  water plants",
    ]
    assert standings(app) == [Sent] * 5
    app.tick()
    assert heard(app) == []


def test_three_reminders_of_an_outage_stay_apart_and_say_how_late_they_are(app, clock):
    remind(app, *TEXTS[:3])
    clock.on(hours=8)
    app.tick()
    assert [text.splitlines()[0] for text in heard(app)] == [
        "⏰ stretch  (late by 7 h)",
        "⏰ call the lab  (late by 6 h)",
        "⏰ bread out  (late by 5 h)",
    ]


def test_while_the_line_is_down_reminders_gather_and_come_before_the_rest(app, clock):
    remind(app, *TEXTS)
    taken = []
    for _ in range(10):
        clock.on(minutes=30)
        app.tick()
        taken = app.assistant.collect("terminal")
        for letter in taken:
            app.assistant.not_delivered(letter, after_seconds=0, reason="no network")
    talk_while_down(app, "list")
    said = heard(app)
    assert said[0].startswith("⏰ 5 reminders that waited:\n10:00  stretch\n11:00")
    assert said[-1].startswith("Nothing is open")
    assert len(said) == 2
    assert standings(app).count(Sent) == 5


def talk_while_down(app: App, text: str) -> None:
    app.assistant.hear(Incoming("down", "terminal", "me", text, app.now()))
    app.assistant.work()


@pytest.mark.parametrize("cut_off", ["after it was taken", "before it was taken"])
def test_a_crash_around_the_gathering_neither_loses_nor_doubles_a_reminder(start, clock, cut_off):
    app = start()
    remind(app, *TEXTS)
    clock.on(hours=8)
    app.tick()
    if cut_off == "after it was taken":
        assert len(app.assistant.collect("terminal")) == 1
    app = start()
    for letter in app.assistant.interrupted("terminal"):
        app.assistant.not_delivered(letter, after_seconds=0, reason="cut off")
    app.tick()
    said = heard(app)
    assert len(said) == 1
    assert all(text in said[0] for text in TEXTS)
    assert standings(app) == [Sent] * 5


def test_a_gathered_letter_of_unknown_fate_leaves_each_of_its_reminders_unknown(app, clock):
    remind(app, *TEXTS)
    clock.on(hours=8)
    app.tick()
    (letter,) = app.assistant.collect("terminal")
    app.assistant.lost(letter, LetterState.UNKNOWN, "the answer was lost")
    assert standings(app) == [Unknown] * 5
    assert set(states(app)) == {LetterState.UNKNOWN}


def test_a_reminder_that_may_have_arrived_is_never_put_among_others(app, clock):
    remind(app, "stretch", hours=0.5)
    clock.on(hours=1)
    app.tick()
    (first,) = app.assistant.collect("terminal")
    app.assistant.not_delivered(first, after_seconds=0, reason="perhaps sent before: lost")
    remind(app, *TEXTS[1:], hours=0.1)
    clock.on(hours=8)
    app.tick()
    assert [text.splitlines()[0] for text in heard(app)] == [
        "⏰ stretch  (late by 30 min)",
        "⏰ 4 reminders that waited:",
    ]


def test_only_what_the_person_asked_to_be_called_for_sounds(app, clock):
    talk(app, "add buy milk today")
    remind(app, "stretch", hours=13)
    sounding, silent = set(), set()
    for _ in range(24 * 12):
        clock.on(minutes=5)
        app.tick()
        for letter in app.assistant.collect("terminal"):
            (sounding if letter.sounds else silent).add(letter.kind.value)
            app.assistant.delivered(letter, "1")
    assert sounding == {"reminder"}
    assert silent == {"nudge", "review", "briefing"}


@pytest.mark.parametrize(
    ("asked", "said", "sounds"),
    [
        (time(15), time(15), True),
        (time(23, 30), time(23, 30), True),
        (time(15), time(3), False),
        (time(23, 30), time(9), True),
    ],
)
def test_a_reminder_sounds_at_night_only_where_it_was_set_for_the_night(asked, said, sounds):
    day = datetime(2026, 3, 2, tzinfo=UTC).date()
    at, now = (datetime.combine(day, each, UTC) for each in (asked, said))
    assert may_sound(at, NudgeRules(), now=now, timezone=UTC) is sounds


# --- put off, and once more ---


def said_until(app: App, clock, minutes: int) -> list[str]:
    said = []
    for _ in range(minutes // 5):
        clock.on(minutes=5)
        app.tick()
        said += [text.splitlines()[0] for text in heard(app)]
    return said


def newest_reminder(app: App) -> str:
    with Session(app.engine) as session:
        rows = session.exec(select(ReminderRow).where(col(ReminderRow.repeats).is_(None)))
        return list(rows)[-1].id


def test_a_reminder_that_nobody_answers_comes_once_more_after_half_an_hour_and_no_more(app, clock):
    remind(app, "stretch", hours=0.25)
    assert said_until(app, clock, 240) == ["⏰ stretch", "⏰ stretch  (once more)"]
    assert app.library.reminders.to_say() == ()


def test_any_word_after_a_reminder_keeps_it_from_coming_once_more(app, clock):
    remind(app, "stretch", hours=0.25)
    assert said_until(app, clock, 20) == ["⏰ stretch"]
    talk(app, "list")
    assert said_until(app, clock, 120) == []
    assert "you were here since" in talk(app, "/why")[0]


def test_a_reminder_of_the_day_does_not_come_once_more_at_night(app, clock):
    remind(app, "stretch", hours=12.75)  # 21:45
    assert said_until(app, clock, 15 * 60) == ["⏰ stretch"]


def test_a_reminder_that_has_not_arrived_is_not_said_twice_when_it_does(app, clock):
    remind(app, "stretch", hours=0.25)
    for _ in range(12):
        clock.on(minutes=5)
        app.tick()
        for letter in app.assistant.collect("terminal"):
            app.assistant.not_delivered(letter, after_seconds=0, reason="no network")
    assert said_until(app, clock, 60) == ["⏰ stretch  (late by 50 min)"]


@pytest.mark.parametrize(
    ("length", "answer"),
    [
        ("10m", "I will remind you at 10:10: stretch"),
        ("1h", "I will remind you at 11:00: stretch"),
        ("evening", "I will remind you at 18:00: stretch"),
        ("tomorrow", "I will remind you tomorrow 09:00: stretch"),
    ],
)
def test_a_tap_puts_a_reminder_off_and_undo_takes_that_back(app, clock, length, answer):
    remind(app, "stretch", hours=1)
    clock.on(hours=1)
    app.tick()
    (said,) = heard(app)
    assert said.endswith("[+10 min]  [+1 h]  [This evening]  [Tomorrow 9:00]")
    assert talk(app, "x", button=f"later:{length}:{newest_reminder(app)}") == [answer]
    talk(app, "undo")
    assert app.library.reminders.pending() == ()


def test_a_reminder_put_off_twice_asks_another_question_at_the_third_time(app, clock):
    remind(app, "stretch", hours=0.25)
    clock.on(minutes=15)
    for _ in range(2):
        app.tick()
        assert "Put off twice" not in heard(app)[0]
        talk(app, "+10 min", button=f"later:10m:{newest_reminder(app)}")
        clock.on(minutes=10)
    app.tick()
    assert heard(app)[0].startswith(
        "⏰ stretch\nPut off twice already. A smaller first step, or let it go?"
    )


def test_in_the_evening_this_evening_is_not_offered_and_a_reminder_that_is_gone_is_named(
    app, clock
):
    remind(app, "stretch", hours=9)
    clock.on(hours=9)
    app.tick()
    assert heard(app)[0].endswith("  [+10 min]  [+1 h]  [Tomorrow 9:00]")
    assert talk(app, "x", button="later:1h:nobody") == [
        "There is no such reminder any more. (nobody)"
    ]
    assert "no longer in use" in talk(app, "x", button="later:1y:nobody")[0]
