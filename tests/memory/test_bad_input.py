"""What people really have in their folders, and what becomes of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from memory import Vault, indexing
from memory.index import Index, open_index
from memory.recall import Recall


@pytest.fixture
def recall(tmp_path: Path) -> Iterator[Recall]:
    opened = Recall(Vault(tmp_path), today=lambda: date(2026, 3, 11))
    yield opened
    opened.close()


def complaints(recall: Recall) -> dict[str, str]:
    return {each.path: each.said for each in recall.health().unsound_pages}


def test_a_binary_file_is_passed_over_and_named(tmp_path, recall):
    (tmp_path / "photo.md").write_bytes(b"\x89PNG\0\0quokka")
    assert recall.search("quokka") == ()
    assert complaints(recall) == {"photo.md": "binary, not text: not indexed"}


def test_a_latin1_page_is_still_found_and_named(tmp_path, recall):
    (tmp_path / "old.md").write_bytes("- caf\xe9 with the quokka".encode("latin-1"))
    assert recall.search("quokka")[0].path == "old.md"
    assert "not UTF-8 (byte 5)" in complaints(recall)["old.md"]


def test_invalid_yaml_is_indexed_as_text_and_named(tmp_path, recall):
    (tmp_path / "a.md").write_text("---\ntags: [unclosed\ntitle: 'x\n---\n\n- the quokka\n")
    assert recall.search("quokka")[0].link == "a.md#L6-L6"
    assert "a.md" in complaints(recall)


def test_a_yaml_bomb_is_harmless(tmp_path, recall):
    rings = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    (tmp_path / "a.md").write_text(f"---\na0: &a0 [x]\n{rings}\n---\n- quokka\n")
    assert recall.search("quokka")[0].path == "a.md"


def test_windows_line_ends_and_a_byte_order_mark_keep_the_lines_right(tmp_path, recall):
    page = "\ufeff---\r\ntags: [zoo]\r\n---\r\n# Zoo\r\n\r\n- the quokka\r\n"
    (tmp_path / "a.md").write_bytes(page.encode())
    hit = recall.search("quokka tag:zoo")[0]
    assert (hit.link, hit.text, hit.heading) == ("a.md#L6-L6", "the quokka", "Zoo")


def test_of_a_huge_page_the_head_is_indexed_and_health_says_so(tmp_path, recall, monkeypatch):
    monkeypatch.setattr(indexing, "PAGE_BYTES", 100_000)
    (tmp_path / "huge.md").write_text("- the quokka\n" + "- filler words here\n" * 20_000)
    assert recall.search("quokka")[0].link == "huge.md#L1-L1"
    assert "too large" in complaints(recall)["huge.md"]


def test_lines_without_end_are_cut_not_choked_on(tmp_path, recall):
    hostile = ["#" * 50_000, "# " + " " * 50_000 + "x", "[[" * 20_000, "- " * 20_000]
    hostile += ["a1" * 30_000, "`" * 20_001, "1." * 20_000, "%%tb author=" * 5_000, "^" * 20_000]
    (tmp_path / "a.md").write_text("\n\n".join(["the quokka", *hostile]))
    assert recall.search("quokka")[0].text == "the quokka"


def test_links_cycles_of_embeds_and_names_used_twice_are_told(tmp_path, recall):
    (tmp_path / "a").mkdir()
    (tmp_path / "One.md").write_text("![[Two]] [[gone#x|see]] [[One#nothing]] `[[code]]`\n")
    (tmp_path / "Two.md").write_text("![[One]]\n\n![[photo.png]] [web](https://x.y/z.md)\n")
    (tmp_path / "a" / "two.md").write_text("x\n")
    health = recall.health()
    assert health.embed_cycles == (("One.md", "Two.md"),)
    assert health.duplicate_names == (("two", ("Two.md", "a/two.md")),)
    assert [each.link.target for each in health.broken_links] == ["gone", "One"]


def test_dates_in_the_future_and_backwards_are_told(tmp_path, recall):
    (tmp_path / "a.md").write_text("---\ncreated: 2027-01-01\nupdated: 2026-01-01\n---\nx\n")
    (tmp_path / "b.md").write_text("---\ncreated: someday\n---\nx\n")
    said = {(each.path, each.said) for each in recall.health().odd_dates}
    assert said == {
        ("a.md", "updated 2026-01-01 before created 2027-01-01"),
        ("a.md", "created 2027-01-01 lies in the future"),
        ("b.md", "created 'someday' is not a date"),
    }


def test_a_folder_that_cannot_take_an_index_is_searched_all_the_same(tmp_path, recall):
    (tmp_path / "a.md").write_text("- quokka\n")
    (tmp_path / ".touchbase").write_text("a file in the way")
    assert recall.search("quokka")[0].path == "a.md"
    assert recall.health().index_place == ":memory:"


def test_pages_that_move_while_they_are_read_are_found_at_the_next_look(
    tmp_path, recall, monkeypatch
):
    (tmp_path / "a.md").write_text("- quokka\n")
    (tmp_path / "b.md").write_text("- wombat\n")
    seen = indexing.page_files

    def moving(folder: Path):
        found = list(seen(folder))
        if (tmp_path / "a.md").exists():
            (tmp_path / "a.md").rename(tmp_path / "c.md")
        yield from found

    monkeypatch.setattr(indexing, "page_files", moving)
    recall.refresh()
    assert recall.search("quokka")[0].path == "c.md"
    assert recall.search("wombat")[0].path == "b.md"


def test_hidden_folders_and_folders_named_like_pages_are_passed_by(tmp_path, recall):
    for name in (".obsidian/a.md", ".trash/b.md", "folder.md/c.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("- quokka\n")
    assert [hit.path for hit in recall.search("quokka")] == ["folder.md/c.md"]


def test_a_link_out_of_the_folder_that_leads_nowhere_is_passed_by(tmp_path, recall):
    os.symlink(tmp_path / "gone.md", tmp_path / "broken.md")
    os.symlink(tmp_path, tmp_path / "ring")
    (tmp_path / "a.md").write_text("- quokka\n")
    assert [hit.path for hit in recall.search("quokka")] == ["a.md"]


def test_a_page_saved_within_the_same_clock_tick_is_read_again(tmp_path, recall):
    page = tmp_path / "a.md"
    page.write_text("- quokka\n")
    recall.refresh()
    page.write_text("- wombats\n")
    assert recall.search("wombat")[0].path == "a.md"


def test_two_searches_at_once_share_the_index(tmp_path, recall):
    (tmp_path / "a.md").write_text("- quokka\n")
    recall.refresh()
    other = open_index(Vault(tmp_path).index_file)
    other.connection.execute("BEGIN IMMEDIATE")
    recall_busy(recall)
    assert recall.search("quokka")[0].path == "a.md"
    other.connection.rollback()
    other.close()


def recall_busy(recall: Recall) -> None:
    """Wait shortly for the other writer in this test, not ten seconds."""
    index: Index = recall._open()[0]
    index.connection.execute("PRAGMA busy_timeout = 50")


def test_a_saved_page_is_found_within_a_second_without_being_asked_for(tmp_path, recall):
    from threading import Event

    from memory.watch import Watch

    told = Event()

    def changed(_: frozenset[Path]) -> None:
        recall.refresh()
        if recall.search("quokka", refresh=False):
            told.set()

    watch = Watch(tmp_path, changed)
    watch.start()
    try:
        for _ in range(50):
            (tmp_path / "a.md").write_text(f"- the quokka {time.monotonic()}\n")
            if told.wait(0.2):
                break
        assert told.is_set()
    finally:
        watch.close()
