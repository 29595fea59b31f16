"""What is open is listed once and oldest first; whether work is ready follows from the notes."""

from __future__ import annotations

import json
from datetime import UTC, date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.memory_review import app
from memory import Vault
from memory.briefs import Brief, Standing, WorkNote, briefs
from memory.found import shipped_actions
from memory.loops import Loop, LoopKind, loops_of_page, open_loops
from memory.minutes import Minutes
from memory.resume import NothingYet, Resumption

TODAY = date(2026, 3, 4)
SESSION = """# Session: {day} 19:13:47 UTC

- **Session Key**: {key}
- **Session ID**: x
- **Source**: telegram

## Conversation Summary

user: {asked}
assistant: {answer}
"""


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    for folder in ("memory/sessions", "notes"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def keep(vault: Path, day: str, asked: str, answer: str, key: str = "agent:main:main") -> Path:
    file = vault / "memory" / "sessions" / f"{day}-{len(asked)}.md"
    file.write_text(SESSION.format(day=day, key=key, asked=asked, answer=answer))
    return file


def minutes(vault: Path) -> Minutes:
    return Minutes(Vault(vault), actions=shipped_actions(), zone=UTC)


def test_open_loops_come_from_sessions_logs_and_notes_oldest_first(vault: Path) -> None:
    keep(vault, "2026-02-01", "sort out the gym membership", "When did you cancel it?")
    (vault / "memory" / "2026-02-20.md").write_text("- [ ] water the plants\n- [x] pay rent\n")
    (vault / "notes" / "Boat.md").write_text(
        "---\ncreated: 2026-01-05\n---\n- which rope do we need?\n- blue is nice\n"
    )
    found = [(each.loop.text, each.age_days) for each in minutes(vault).loops(TODAY)]
    assert found == [
        ("which rope do we need?", 58),
        ("Sort out the gym membership", 31),
        ("When did you cancel it?", 31),
        ("water the plants", 12),
    ]


def test_the_same_said_twice_is_one_loop_with_both_places() -> None:
    def loop(text: str, path: str, day: int) -> Loop:
        return Loop(LoopKind.TASK, text, path, 3, date(2026, 2, day))

    once = open_loops(
        [
            loop("renew the passport before May", "b.md", 9),
            loop("Renew passport before May!", "a.md", 2),
            loop("buy a rope", "a.md", 3),
        ],
        TODAY,
    )
    assert [(each.loop.link, each.also) for each in once] == [
        ("a.md#L3", ("b.md#L3",)),
        ("a.md#L3", ()),
    ]


def test_a_loop_of_the_future_or_without_a_day_has_no_strange_age() -> None:
    future = Loop(LoopKind.TASK, "fly to Mars", "a.md", 1, date(2031, 1, 1))
    undated = Loop(LoopKind.TASK, "learn to sail", "a.md", 2, None)
    assert [each.age_days for each in open_loops([undated, future], TODAY)] == [0, None]


def test_tasks_and_questions_inside_code_are_no_loops() -> None:
    assert list(loops_of_page("```\n- [ ] example\n- why?\n```\n", "a.md", None)) == []


def test_resume_gives_the_newest_session_of_a_chat(vault: Path) -> None:
    keep(vault, "2026-02-01", "find a boat", "Which lake?", key="one")
    keep(vault, "2026-02-03", "explain recursion to me", "A function calls itself.", key="two")
    newest, older = minutes(vault).resume(), minutes(vault).resume("one")
    assert isinstance(newest, Resumption)
    assert isinstance(older, Resumption)
    assert newest.segment.title.text == "Explain recursion to me"
    assert [quote.text for quote in older.waiting] == ["Which lake?"]
    assert isinstance(minutes(vault).resume("three"), NothingYet)


def test_an_archive_that_changes_is_read_again(vault: Path) -> None:
    file = keep(vault, "2026-02-01", "find a boat", "Which lake?")
    reading = minutes(vault)
    assert len(reading.loops(TODAY)) == 2
    with file.open("a") as page:
        page.write("user: the big one\nassistant: Then the kayak.\nuser: perfect, thanks\n")
    assert reading.loops(TODAY) == ()


def test_a_page_that_is_no_text_is_passed_over(vault: Path) -> None:
    (vault / "notes" / "photo.md").write_bytes(b"\xff\xfe\x00\x00")
    (vault / "memory" / "sessions" / "odd.md").write_bytes(b"# Session: \xff")
    assert minutes(vault).loops(TODAY) == ()


def note(name: str, **more: object) -> WorkNote:
    fields: dict[str, object] = {
        "name": name,
        "path": f"notes/{name}.md",
        "title": name,
        "kind": "task",
        "status": "open",
        "parent": "",
        "waits_for": (),
        "blocks": (),
        "supersedes": (),
        "defer_until": None,
        "updated": "",
    }
    return WorkNote(**(fields | more))  # type: ignore[arg-type]


def standings(*notes: WorkNote) -> dict[str, tuple[Standing, str]]:
    found: dict[str, tuple[Standing, str]] = {}

    def take(brief: Brief) -> None:
        pending = list(brief.children)
        while pending:
            child = pending.pop()
            found[child.note.name] = (child.standing, child.because)
            pending += child.children

    for brief in briefs(notes, TODAY):
        take(brief)
    return found


def test_ready_blocked_and_deferred_are_derived() -> None:
    found = standings(
        note("Paper", kind="epic"),
        note("Clean", parent="Paper", status="in_progress"),
        note("Run", parent="paper", waits_for=("Clean",)),
        note("Write", parent="Paper", waits_for=("Old",)),
        note("Old", parent="Paper", status="done", blocks=("Nothing",)),
        note("Later", parent="Paper", defer_until=date(2026, 3, 5)),
        note("Now", parent="Paper", status="deferred", defer_until=date(2026, 3, 4)),
        note("Someday", parent="Paper", status="deferred"),
        note("Lost", parent="Paper", waits_for=("Ghost",)),
    )
    assert found == {
        "Clean": (Standing.IN_PROGRESS, "in_progress"),
        "Run": (Standing.BLOCKED, "waits for Clean"),
        "Write": (Standing.READY, ""),
        "Old": (Standing.CLOSED, "done"),
        "Later": (Standing.DEFERRED, "until 2026-03-05"),
        "Now": (Standing.READY, ""),
        "Someday": (Standing.DEFERRED, "no date"),
        "Lost": (Standing.BLOCKED, "waits for ghost, which is no note"),
    }


def test_children_wait_with_their_parent_and_blocks_is_the_other_direction() -> None:
    found = standings(
        note("Move", kind="epic"),
        note("Pack", parent="Move", defer_until=date(2026, 4, 1)),
        note("Books", parent="Pack"),
        note("Lease", parent="Move", blocks=("Paint",)),
        note("Paint", parent="Move"),
    )
    assert found["Books"] == (Standing.BLOCKED, "Pack: until 2026-04-01")
    assert found["Paint"] == (Standing.BLOCKED, "waits for Lease")


def test_circles_of_waiting_and_of_parents_end_and_are_named() -> None:
    (brief,) = briefs([note("A", waits_for=("B",)), note("B", waits_for=("A",))], TODAY)
    assert brief.title == "Without an epic"
    assert brief.cycles == ("A waits for itself", "B waits for itself")
    (brief,) = briefs([note("C", parent="D"), note("D", parent="C")], TODAY)
    assert {child.note.name for child in brief.children} == {"C", "D"}


def test_a_newer_scratchpad_supersedes_the_older() -> None:
    (brief,) = briefs(
        [
            note("Move", kind="epic"),
            note("Ideas 1", kind="scratchpad", parent="Move", updated="2026-03-03"),
            note("Ideas 2", kind="scratchpad", parent="Move", supersedes=("Ideas 1",)),
        ],
        TODAY,
    )
    assert [pad.name for pad in brief.scratchpads] == ["Ideas 2"]


def test_briefs_read_frontmatter_with_links_of_several_words(vault: Path) -> None:
    (vault / "notes" / "The paper.md").write_text("---\ntype: epic\n---\n# Our paper\n")
    (vault / "notes" / "Data cleaning.md").write_text(
        '---\ntype: task\nstatus: open\nparent: "[[The paper|paper]]"\n---\n'
    )
    (vault / "notes" / "Run.md").write_text(
        "---\ntype: task\nstatus: open\nparent: '[[The paper]]'\n"
        'blocked_by: ["[[Data cleaning]]"]\n---\n'
    )
    (brief,) = minutes(vault).briefs(TODAY)
    assert brief.title == "Our paper"
    assert dict(brief.counts) == {Standing.READY: 1, Standing.BLOCKED: 1}


def test_the_command_line_lists_loops_briefs_and_where_you_were(vault: Path) -> None:
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, [*arguments, "--root", str(vault), "--home", str(vault)])
        assert done.exit_code == 0, done.output
        return done.output

    assert run("loops") == "Nothing is open.\n"
    assert "No epics yet" in run("briefs")
    assert "Nothing to resume yet" in run("resume")
    keep(vault, "2026-02-01", "find a boat", "Which lake?")
    (vault / "notes" / "Sail.md").write_text("---\ntype: epic\n---\n- [ ] learn knots\n")
    assert "- Find a boat — topic, " in run("loops")
    assert json.loads(run("loops", "--json"))[0]["loop"]["text"] == "Find a boat"
    assert "## Sail" in run("briefs")
    assert "# Where you were: Find a boat" in run("resume")
