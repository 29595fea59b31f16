"""When less is said, or nothing: a pause that was asked for, a budget that shrank."""

from __future__ import annotations

import pytest

from bot.channels.terminal import pressable
from bot.mailbox import Button, Reply
from tests.conftest import heard, talk


def live(app, clock, hours: int) -> list[str]:
    said = []
    for _ in range(hours * 2):
        clock.on(minutes=30)
        app.tick()
        said += [f"{clock():%a %H:%M} {text}" for text in heard(app)]
    return said


def test_a_pause_keeps_everything_unasked_back_but_reminders_until_it_ends(app, clock):
    talk(app, "add call the lab today")
    talk(app, "remind me at 15:00 to stretch")
    assert talk(app, "/pause 2 days") == [
        "Nothing unasked until Wednesday 09:00; reminders still come. “pause off” ends it."
    ]
    said = live(app, clock, 48)
    assert [line.splitlines()[0] for line in said] == [
        "Mon 15:00 ⏰ stretch",
        "Mon 15:30 ⏰ stretch  (once more)",
    ]
    assert "briefing: not said: you asked for a pause" in talk(app, "/why")[0]
    assert any("call the lab" in line for line in live(app, clock, 12))


def test_a_pause_ends_when_it_is_called_off_and_undo_takes_it_back(app, clock):
    talk(app, "add call the lab today")
    talk(app, "pause until friday")
    assert talk(app, "undo") == ["Undone: the pause is over; I may write again."]
    assert any("call the lab" in line for line in live(app, clock, 5))
    talk(app, "/pause week")
    assert talk(app, "pause off") == ["The pause is over; I may write again."]
    assert any("call the lab" in line for line in live(app, clock, 24))


@pytest.mark.parametrize(
    ("words", "until"),
    [
        ("/pause 90 min", "10:30"),
        ("/pause today", "tomorrow 00:00"),
        ("pause for the day", "tomorrow 00:00"),
        ("/pause week", "Mon 9 Mar 00:00"),
        ("pause for 2 weeks", "Mon 16 Mar 09:00"),
        ("pause until thursday", "Thursday 00:00"),
    ],
)
def test_a_pause_is_understood_as_one_says_it(app, words, until):
    assert f"Nothing unasked until {until};" in talk(app, words)[0]


@pytest.mark.parametrize("words", ["/pause", "/pause 0h", "/pause 99 weeks", "pause the music"])
def test_a_pause_without_a_length_that_makes_sense_is_asked_about(app, words):
    assert talk(app, words)[0].startswith("Pause for how long?")


def test_three_check_ins_without_an_answer_make_it_write_less_and_it_says_so_once(app, clock):
    for title in ("a", "b", "c", "d", "e", "f"):
        talk(app, f"add {title} today")
    told = []
    for _ in range(7):
        told += [line for line in live(app, clock, 8) if "I write less now" in line]
        talk(app, "list")  # at 17:00, hours after the check-in
        told += [line for line in live(app, clock, 16) if "I write less now" in line]
    assert len(told) == 1
    assert told[0].startswith("Wed 07:30 Wed 4 Mar")
    assert "(I write less now, 2 messages a day at most;" in told[0]


def test_a_label_below_two_tasks_presses_neither_when_it_is_typed():
    rows = tuple(
        (Button(f"Done: {title}", f"done:{title}"), Button("Tomorrow", f"tomorrow:{title}"))
        for title in ("a", "b")
    )
    assert pressable(Reply("", rows)) == {"done: a": "done:a", "done: b": "done:b"}
    assert pressable(Reply("", rows[:1]))["tomorrow"] == "tomorrow:a"
