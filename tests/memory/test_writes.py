from __future__ import annotations

import os
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from memory import LineNotFound, MemoryFull, MemoryReader, NoteNotFound, NotText, Vault
from memory.commits import Commits
from memory.writes import MemoryWriter

NEW_YORK = ZoneInfo("America/New_York")
SAID = {"author": "Ana", "source": "telegram:12/7"}


def writer_at(folder: Path, moment: datetime, **options) -> MemoryWriter:
    return MemoryWriter(Vault(folder), now=lambda: moment, timezone=NEW_YORK, **options)


@pytest.fixture
def writer(tmp_path: Path) -> MemoryWriter:
    return writer_at(tmp_path, datetime(2026, 3, 2, 3, 30, tzinfo=UTC))


def test_a_logged_line_goes_to_the_local_day_with_its_author_and_source(tmp_path, writer):
    written = writer.log("bought milk", **SAID, block="m7")

    assert written.path == "memory/2026-03-01.md"
    page = (tmp_path / written.path).read_text()
    assert page == (
        "# 2026-03-01\n\n- 22:30 bought milk %%tb author=Ana source=telegram:12/7%% ^m7\n"
    )
    day = MemoryReader(Vault(tmp_path)).day(date(2026, 3, 1))
    assert day is not None
    assert (day.lines[0].text, day.lines[0].author, day.lines[0].line) == (
        "22:30 bought milk",
        "Ana",
        3,
    )


def test_the_same_message_logged_after_midnight_stays_where_it_was(tmp_path, writer):
    first = writer.log("bought milk", **SAID, block="m7")
    later = writer_at(tmp_path, datetime(2026, 3, 4, 12, 0, tzinfo=UTC))

    assert later.log("bought milk", **SAID, block="m7") == first
    assert [path.name for path in (tmp_path / "memory").iterdir()] == ["2026-03-01.md"]


def test_unlog_takes_out_that_line_and_no_other(tmp_path, writer):
    writer.log("one", **SAID, block="a")
    written = writer.log("two", **SAID, block="b")
    writer.unlog("a")

    assert "two" in (tmp_path / written.path).read_text()
    assert "one" not in (tmp_path / written.path).read_text()
    with pytest.raises(LineNotFound, match=r"no line \^a in the daily logs"):
        writer.unlog("a")


def test_remember_keeps_to_its_block_below_what_the_person_wrote(tmp_path, writer):
    page = tmp_path / "MEMORY.md"
    page.write_bytes(b"# About me\r\n\r\n- likes tea\r\n\r\nlast words")
    writer.remember("runs\non Sundays", **SAID, block="m1")
    writer.remember("owns 50 %% of a boat", **SAID, block="m2")

    raw = page.read_bytes()
    assert raw.startswith(b"# About me\r\n\r\n- likes tea\r\n\r\nlast words\r\n")
    assert raw.count(b"\r\n") == raw.count(b"\n")
    assert not raw.endswith(b"\n")
    read = MemoryReader(Vault(tmp_path)).remembered()
    assert [line.text for line in read] == ["likes tea", "runs on Sundays", "owns 50 %% of a boat"]
    assert [line.author for line in read] == ["", "Ana", "Ana"]


def test_remember_then_forget_leaves_the_page_as_the_person_has_it(tmp_path, writer):
    page = tmp_path / "MEMORY.md"
    writer.remember("runs on Sundays", **SAID, block="m1")
    before = page.read_bytes()
    writer.remember("hates mondays", **SAID, block="m2")
    forgotten = writer.forget("m2")

    assert page.read_bytes() == before
    assert "hates mondays" in forgotten.text
    with pytest.raises(LineNotFound):
        writer.forget("m2")


def test_remember_still_finds_its_block_when_the_person_took_the_end_mark_out(tmp_path, writer):
    page = tmp_path / "MEMORY.md"
    page.write_text("%%tb begin%%\n- a\n\n## Mine\n- b\n")
    writer.remember("c", **SAID, block="m1")

    assert page.read_text().startswith("%%tb begin%%\n- a\n- c %%tb")
    assert page.read_text().endswith("\n\n## Mine\n- b\n")


def test_a_full_memory_says_so_and_changes_nothing(tmp_path):
    writer = writer_at(tmp_path, datetime(2026, 3, 2, tzinfo=UTC), memory_cap_chars=120)
    writer.remember("short", **SAID, block="m1")
    before = (tmp_path / "MEMORY.md").read_bytes()

    with pytest.raises(MemoryFull, match=r"its cap is 120: forget a line first"):
        writer.remember("a longer line that does not fit any more", **SAID, block="m2")
    assert (tmp_path / "MEMORY.md").read_bytes() == before


def test_a_page_that_is_not_text_is_left_alone_with_a_clear_word(tmp_path, writer):
    (tmp_path / "MEMORY.md").write_bytes(b"\xff\xfe\x00\x01")

    with pytest.raises(NotText, match=r"not UTF-8 text \(byte 0\): save it as UTF-8"):
        writer.remember("x", **SAID, block="m1")
    assert (tmp_path / "MEMORY.md").read_bytes() == b"\xff\xfe\x00\x01"
    assert [path.name for path in tmp_path.iterdir()] == ["MEMORY.md"]


def test_a_note_never_takes_the_name_of_another(tmp_path, writer):
    first = writer.note("Boat: plan [1]", "Buy a boat", kind="thought", **SAID, block="n1")
    second = writer.note("Boat: plan [1]", "Sell it", kind="thought", **SAID, block="n2")
    again = writer.note("Boat: plan [1]", "Buy a boat", kind="thought", **SAID, block="n1")

    assert (first.path, second.path) == ("notes/Boat plan 1.md", "notes/Boat plan 1 2.md")
    assert again.path == first.path
    head = MemoryReader(Vault(tmp_path)).notes()[0]
    assert (head.kind, head.status, head.author, head.source) == (
        "thought",
        "open",
        "Ana",
        "telegram:12/7",
    )
    assert (head.created, head.updated, head.title) == (
        "2026-03-01T22:30",
        "2026-03-01T22:30",
        "Boat: plan [1]",
    )


def test_a_note_taken_back_lies_in_the_trash_with_the_persons_additions(tmp_path, writer):
    written = writer.note("Boat", "Buy a boat", kind="thought", **SAID, block="n1")
    with (tmp_path / written.path).open("a") as page:
        page.write("my own line\n")
    writer.drop_note("n1")

    assert not (tmp_path / written.path).exists()
    assert "my own line" in (tmp_path / ".trash" / "Boat.md").read_text()
    with pytest.raises(NoteNotFound):
        writer.drop_note("n1")


def test_notes_saved_since_get_a_true_updated_and_nothing_else_changes(tmp_path, writer):
    note = tmp_path / "notes" / "a.md"
    note.parent.mkdir()
    note.write_bytes(b"---\r\nupdated: 2020-01-01\r\ntags: [x]\r\n---\r\nbody")
    os.utime(note, (1_700_000_000, 1_700_000_000))
    lately = tmp_path / "notes" / "open.md"
    lately.write_text("---\nupdated: 2020-01-01\n---\n")
    os.utime(lately, (1_772_422_140, 1_772_422_140))

    assert writer.stamp() == ("notes/a.md",)
    assert note.read_bytes() == (b"---\r\nupdated: 2023-11-14T17:13\r\ntags: [x]\r\n---\r\nbody")
    assert writer.stamp() == ()


def test_each_write_can_be_a_commit(tmp_path):
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    writer = writer_at(tmp_path, datetime(2026, 3, 2, tzinfo=UTC), commits=Commits(tmp_path))
    writer.remember("runs", **SAID, block="m1")
    writer.forget("m1")
    told = subprocess.run(
        ["git", "-C", str(tmp_path), "log", "--format=%s"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines() == ["Take out a line", "Remember: runs"]


def test_a_block_id_that_obsidian_cannot_link_to_is_a_bug(writer):
    with pytest.raises(ValueError, match="letters, digits and hyphens"):
        writer.log("x", **SAID, block="a b")
