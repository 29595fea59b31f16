from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "notes of mine"
    folder.mkdir()
    (folder / "Boat.md").write_text("# Boat\n\n- mast 300 euros\n- anchor\n\nSee [[gone]].\n")
    return folder


def touchbase(*words: str, asked: str | None = None) -> Result:
    return CliRunner().invoke(app, ["memory", *words], input=asked)


def test_search_prints_links_and_says_why(vault):
    done = touchbase(
        "search", "--root", str(vault), "--explain", "what", "does", "the", "mast", "cost"
    )
    assert done.exit_code == 0
    assert done.stdout.startswith("Boat.md#L3-L3  (")
    assert "mast 300 euros" in done.stdout
    assert re.search(r"= \d+\.\d\d: own [\d.]+ \+ answer [\d.]+ \+ asked 0\.00", done.stdout)


def test_a_word_can_be_ruled_out_without_quoting(vault):
    done = touchbase("search", "--root", str(vault), "boat", "-anchor", "+euros")
    assert [line for line in done.stdout.splitlines() if "#L" in line] == [
        line for line in done.stdout.splitlines() if line.startswith("Boat.md#L3")
    ]
    assert "mast" in done.stdout


def test_search_says_when_there_is_nothing(vault):
    assert touchbase("search", "--root", str(vault), "quokka").stdout == (
        "Nothing in the notes about 'quokka'.\n"
    )


def test_a_batch_gives_one_array_a_line_of_exactly_this_form(vault):
    done = touchbase(
        "search", "--root", str(vault), "--json", "--top", "1", asked="anchor\n\nmast\nquokka\n"
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [len(each) for each in lines] == [1, 0, 1, 0]
    assert set(lines[0][0]) == {"path", "line0", "line1", "text", "score"}
    assert (lines[0][0]["path"], lines[0][0]["line0"], lines[0][0]["text"]) == (
        "Boat.md",
        4,
        "anchor",
    )


def test_get_widens_and_a_missing_page_says_the_way_out(vault):
    assert touchbase("get", "--root", str(vault), "Boat.md#L3", "--around", "0").stdout == (
        "    3  - mast 300 euros\n"
    )
    assert len(touchbase("get", "--root", str(vault), "Boat.md#L3").stdout.splitlines()) == 5
    missing = touchbase("get", "--root", str(vault), "Ship.md#L3")
    assert missing.exit_code == 2
    assert "Ship.md does not exist: `touchbase memory search` gives links that do" in missing.output


def test_index_health_and_links_tell_what_there_is(vault):
    assert touchbase("index", "--root", str(vault)).stdout == "4 passages of 1 pages are indexed.\n"
    health = json.loads(touchbase("health", "--root", str(vault), "--json").stdout)
    assert (health["unit_count"], health["broken_links"][0]["why"]) == (4, "no such page")
    assert (
        "link      Boat.md:6: [[gone]]: no such page"
        in touchbase("health", "--root", str(vault)).stdout
    )
    assert (
        touchbase("links", "--root", str(vault)).stdout == "Boat.md#L6 -> [[gone]]: no such page\n"
    )


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path):
    done = touchbase("search", "--root", str(tmp_path / "nope"), "x")
    assert done.exit_code == 2
    assert done.output.strip().endswith("nope: name the notes with --root")
