from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartbeat.heartbeat_file import Asks, AsksNothing, Item, Periodic, due_periodic, parse

NOW = datetime(2026, 2, 19, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "\n \n\t\n",
        "# HEARTBEAT.md\n\n## Active Tasks\n",
        "#\n##\n",
        "- \n* [ ]\n+ [x] \n-\n- []\n",
        "<!-- - [ ] call the lab\nover two lines -->\n# Later\n",
        "<!-- never closed\n- [ ] call the lab",
        "```\n```\n",
    ],
)
def test_a_file_without_content_asks_for_nothing(text):
    assert isinstance(parse(text), AsksNothing)


@pytest.mark.parametrize(
    "text", ["#TODO", "call the lab", "- [ ] x", "```\ncode\n```", "- [y] odd"]
)
def test_a_line_with_content_asks_for_something(text):
    assert isinstance(parse(text), Asks)


def test_a_checklist_is_read_with_ticks_ranks_and_pauses():
    asks = parse(
        "# Look at\n- [ ] call the lab\n- [x] pay rent\n* [high] thesis mail\n"
        "- [low|paused] old idea\n- [ ] [low] desk\nplain words\n- [note] stays\n"
    )
    assert isinstance(asks, Asks)
    assert asks.items == (
        Item("call the lab"),
        Item("pay rent", ticked=True),
        Item("thesis mail", rank="high"),
        Item("old idea", paused=True, rank="low"),
        Item("desk", rank="low"),
        Item("plain words"),
        Item("[note] stays"),
    )
    assert asks.standing == ("thesis mail", "call the lab", "plain words", "[note] stays", "desk")


LEGACY = """# Heartbeat
tasks:
- name: inbox
  interval: 30m
  prompt: "Look at the inbox: anything urgent?"
- name: plants
  interval: 2d
  prompt: 'Water?'
- name: broken
  interval: soon
  prompt: x
- name: silent
  interval: 1h
- name: plants
  interval: 1h
  prompt: again

- [ ] call the lab
"""


def test_the_older_tasks_block_is_read_and_what_is_wrong_in_it_is_named():
    asks = parse(LEGACY)
    assert isinstance(asks, Asks)
    assert asks.periodic == (
        Periodic("inbox", timedelta(minutes=30), "Look at the inbox: anything urgent?"),
        Periodic("plants", timedelta(days=2), "Water?"),
    )
    assert [complaint.split("HEARTBEAT.md")[0] for complaint in asks.complaints] == [
        "task 'broken' in ",
        "task 'silent' in ",
        "task 'plants' is in ",
    ]
    assert asks.items == (Item("call the lab"),)


def test_only_the_entries_whose_interval_has_passed_are_due():
    asks = parse(LEGACY)
    assert isinstance(asks, Asks)
    names = [
        [entry.name for entry in due_periodic(asks, last_done=last, now=NOW)]
        for last in (
            {},
            {"inbox": NOW - timedelta(minutes=29), "plants": NOW - timedelta(days=2)},
            {"inbox": NOW, "plants": NOW},
        )
    ]
    assert names == [["inbox", "plants"], ["plants"], []]


@given(st.text(alphabet="#-*+[]xX `~<>!ab:\n\t", max_size=200))
def test_any_text_is_read_without_an_error(text):
    parsed = parse(text)
    if isinstance(parsed, Asks):
        assert parsed.items or parsed.periodic or parsed.complaints or "tasks:" in text
