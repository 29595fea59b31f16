"""A messy note is sorted into offers, questions and decisions, and keeps its words as they came."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.cli.memory_review import app
from memory import MemoryRefused
from memory.dump_page import dump_page
from memory.dumps import Dump, NoteItem, TaskItem, read_dump, sorted_item
from memory.found import (
    actions_in,
    decisions_in,
    due_in,
    is_question,
    people_in,
    shipped_actions,
    things_in,
)
from memory.pages import parse_page

ACTIONS = shipped_actions()
TODAY = date(2026, 3, 4)
MESS = """# ML project
- ask Prof. Weber whether we may use the cluster over the break
- TODO: baseline with logistic regression by Friday
- decided: we go with F1 not accuracy
- who writes the related work section?

flat stuff
- call the landlord about the heating, Ana has the number
  - photo first
- Bo will bring the drill on Saturday

Also need to renew passport before June 2
learned today: attention is O(n^2) in sequence length
heating again: send photo of the valve to the landlord
- [x] pay rent
"""


def sort(text: str) -> Dump:
    return read_dump(text, ACTIONS, TODAY)


def page_of(dump: Dump) -> str:
    at = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
    return dump_page(dump, created=at, author="assistant", source="telegram:1/2")


def test_actions_carry_owner_day_and_line() -> None:
    found = [(a.text, a.owner, a.due, a.line) for a in sort(MESS).actions if a.as_task]
    assert found == [
        ("ask Prof. Weber whether we may use the cluster over the break", "me", None, 2),
        ("baseline with logistic regression by Friday", "me", date(2026, 3, 6), 3),
        ("call the landlord about the heating, Ana has the number", "me", None, 8),
        ("Bo will bring the drill on Saturday", "Bo", date(2026, 3, 7), 10),
        ("Also need to renew passport before June 2", "me", date(2026, 6, 2), 12),
    ]


def test_questions_and_decisions_are_no_actions() -> None:
    dump = sort(MESS)
    assert [(q.text, q.line) for q in dump.questions] == [
        ("who writes the related work section?", 5)
    ]
    assert [(d.text, d.line) for d in dump.decisions] == [("we go with F1 not accuracy", 4)]


def test_headings_are_kept_bullets_stay_together_and_a_stray_line_finds_its_topic() -> None:
    topics = {topic.title: [line.number for line in topic.lines] for topic in sort(MESS).topics}
    assert topics == {
        "ML project": [2, 3, 4, 5],
        "flat stuff": [8, 9, 10, 14],
        "Also need to renew passport before June 2": [12, 13, 15],
    }


def test_people_are_linked_and_plain_words_are_not() -> None:
    assert sort(MESS).people == ("Ana", "Bo", "Prof. Weber")
    assert people_in("Fly to Berlin on Monday. The Train was late.") == ()
    assert things_in("we use PyTorch Lightning, and in PyTorch Lightning it works") == (
        "PyTorch Lightning",
        "PyTorch",
    )


def test_the_raw_text_stands_in_the_note_unchanged_and_every_find_links_to_its_line() -> None:
    page = page_of(sort(MESS))
    assert MESS in page
    parsed = parse_page("notes/d.md", page)
    wanted = {link.anchor for link in parsed.links if link.target == ""}
    assert wanted
    assert wanted <= parsed.anchors
    assert "- call the landlord about the heating, Ana has the number ^l8" in page
    assert "  - photo first ^l9" in page


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_any_text_is_kept_whole(text: str) -> None:
    if not text.strip():
        with pytest.raises(MemoryRefused):
            sort(text)
        return
    dump = sort(text)
    assert text.removesuffix("\n") in page_of(dump)
    normal = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for topic in dump.topics:
        assert all(normal[line.number - 1].rstrip() == line.text for line in topic.lines)


def test_a_fence_in_the_note_cannot_end_the_raw_text() -> None:
    raw = "look:\n~~~~\ncode\n~~~~\n"
    assert f"~~~~~text\n{raw}~~~~~\n" in page_of(sort(raw))


@pytest.mark.parametrize("text", ["", " \n\t", "\x00\x01"])
def test_nothing_and_binary_are_refused(text: str) -> None:
    with pytest.raises(MemoryRefused):
        sort(text)


def test_an_item_of_the_notes_list_becomes_a_task_with_context_or_a_note() -> None:
    task = sorted_item("call the bank tomorrow", "account 12", ACTIONS, TODAY)
    assert task == TaskItem("call the bank tomorrow", "account 12", date(2026, 3, 5))
    note = sorted_item("Attention is quadratic", "see the paper", ACTIONS, TODAY)
    assert note == NoteItem("Attention is quadratic", "see the paper")


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("by Friday", date(2026, 3, 6)),
        ("on Wednesday", date(2026, 3, 11)),
        ("tomorrow", date(2026, 3, 5)),
        ("due 2026-04-01", date(2026, 4, 1)),
        ("March 9th", date(2026, 3, 9)),
        ("the 2nd of February", date(2027, 2, 2)),
        ("in two weeks", date(2026, 3, 18)),
        ("end of the month", date(2026, 3, 31)),
        ("2026-02-31", None),
        ("Mark 3 wins", None),
        ("a sunny month", None),
    ],
)
def test_a_day_is_read_where_one_is_named(said: str, day: date | None) -> None:
    found = due_in(f"hand it in {said}", TODAY)
    assert (found.day if found else None) == day


@pytest.mark.parametrize(
    ("line", "asks"),
    [
        ("do we still need the old staging box", True),
        ("not sure whether the API counts deleted rows", True),
        ("Q: is the deadline fixed", True),
        ("How it works", False),
        ("the form at https://example.org/apply?id=4", False),
        ("I know who did it.", False),
    ],
)
def test_a_question_is_told_by_its_mark_or_its_wording(line: str, asks: bool) -> None:
    assert is_question(line) is asks


@pytest.mark.parametrize(
    ("line", "settles"),
    [
        ("We decided to keep the old logo.", True),
        ("use semicolons, not commas", True),
        ("maybe we go with the red one", False),
        ("we have not decided yet", False),
        ("should we use redis instead of sqlite?", False),
    ],
)
def test_a_decision_settles_something(line: str, settles: bool) -> None:
    assert bool(decisions_in(line)) is settles


@pytest.mark.parametrize(
    ("line", "owner"),
    [
        ("Ana to send the plan", "Ana"),
        ("TODO(bo): fix the roof", "bo"),
        ("@mara please check the numbers", "mara"),
        ("I'll call the bank", "me"),
        ("- [ ] water the plants", ""),
    ],
)
def test_a_marked_or_owned_line_is_shown_as_a_task(line: str, owner: str) -> None:
    (found,) = actions_in(line, ACTIONS, jotted=True)
    assert (found.owner, found.as_task) == (owner, True)


def test_a_ticked_line_is_nothing_to_do() -> None:
    assert actions_in("- [x] call the bank", ACTIONS) == ()


def test_dump_prints_the_note_and_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "mess.txt"
    file.write_text(MESS)
    run = CliRunner().invoke(app, ["dump", str(file), "--home", str(tmp_path)])
    assert run.exit_code == 0
    assert MESS in run.output
    assert [path.name for path in tmp_path.iterdir()] == ["mess.txt"]
