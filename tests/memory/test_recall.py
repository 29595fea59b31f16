from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from memory import BadQuery, OutsideVault, Vault
from memory.recall import Recall

ARCHIVE = """\
# Session: 2026-03-10 12:00:00 UTC

- **Session Key**: agent:main:main
- **Session ID**: s1
- **Source**: web

## Conversation Summary

Ana: Hi Bo! Did you go to the opera?
Bo: I went last night. The singer was marvellous.
Ana: What did you buy for the boat?
Bo: A new sail, it cost a fortune.
Ana: Lovely [a photo of a red sail]
"""


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    pages = {
        "MEMORY.md": "# Memory\n\n- Ana likes green tea #food/drinks\n",
        "memory/2026-03-09.md": "# 2026-03-09\n\n- 09:15 paid the rent\n- 10:00 bought bread\n",
        "memory/sessions/2026-03-10-opera.md": ARCHIVE,
        "notes/Boat.md": (
            "---\ncreated: 2026-01-02\ntags: [boat, money]\naliases: [The Dinghy]\n---\n\n"
            "# Boat plans\n\nWe want to sail to Crete.\n\n## Budget\n\n- mast 300 euros\n"
            "- anchor, second-hand\n  from the harbour shop\n\nSee [[Trip#Route]] and "
            "[[nowhere]].\n"
        ),
        "notes/Trip.md": "# Trip\n\n## Route\n\nBack to [[The Dinghy]]. Ticket ABC-123.\n",
        "notes/日記.md": "今日は友達と東京タワーへ行きました。\n",
    }
    for name, text in pages.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def recall(vault: Path) -> Iterator[Recall]:
    opened = Recall(Vault(vault), today=lambda: date(2026, 3, 11))
    yield opened
    opened.close()


def first(recall: Recall, words: str) -> str:
    return recall.search(words)[0].link


def test_a_bullet_is_found_with_its_lines_heading_and_tags(recall):
    hit = recall.search("harbour anchor")[0]
    assert (hit.link, hit.heading) == ("notes/Boat.md#L14-L15", "Boat plans > Budget")


def test_one_word_of_the_question_is_enough(recall):
    assert first(recall, "what on earth was the fortune that nobody mentioned") == (
        "memory/sessions/2026-03-10-opera.md#L12-L12"
    )


def test_irregular_forms_and_stems_find_each_other(recall):
    assert first(recall, "singers") == "memory/sessions/2026-03-10-opera.md#L10-L10"
    assert first(recall, "who buys bread") == "memory/2026-03-09.md#L4-L4"


def test_the_answer_comes_before_the_question_that_was_asked_for_it(recall):
    hits = [hit.link for hit in recall.search("What did Bo buy for the boat?")]
    answer = hits.index("memory/sessions/2026-03-10-opera.md#L12-L12")
    asked = hits.index("memory/sessions/2026-03-10-opera.md#L11-L11")
    assert answer < asked


def test_a_hit_says_what_its_score_is_made_of(recall):
    hit = recall.search("Bo opera")[0]
    parts = vars(hit.features)
    assert sum(parts.values()) == pytest.approx(hit.score)
    assert parts["author"] > 0


def test_a_named_day_finds_what_was_written_that_day(recall):
    assert first(recall, "what happened on 9 March 2026") == "memory/2026-03-09.md#L3-L3"


def test_filters_narrow_by_day_file_tag_and_word(recall):
    def paths(words: str) -> set[str]:
        return {hit.path for hit in recall.search(words, 50)}

    assert paths("dt>=2026-03-09 file:memory/2026 bread rent") == {"memory/2026-03-09.md"}
    assert paths("tag:food") == {"MEMORY.md"}
    assert paths('sail +"red sail"') == {"memory/sessions/2026-03-10-opera.md"}
    left = [hit.text for hit in recall.search("sail -red -fortune -crete", 50)]
    assert left
    assert not any("sail" in text for text in left)
    assert paths("dt<2026-02-01 boat") == {"notes/Boat.md"}
    assert paths("opera dt=yesterday") == {"memory/sessions/2026-03-10-opera.md"}


def test_a_filter_that_cannot_be_read_says_the_way_out(recall):
    with pytest.raises(BadQuery, match=r"cannot read 'dt>=soon': write the day as dt>=2026-01-31"):
        recall.search("rent dt>=soon")


def test_ids_and_japanese_are_found_inside_longer_runs(recall):
    assert first(recall, "abc-123") == "notes/Trip.md#L5-L5"
    assert first(recall, "東京タワー") == "notes/日記.md#L1-L1"
    assert first(recall, "友達") == "notes/日記.md#L1-L1"


def test_odd_queries_are_answered_not_refused(recall):
    for words in (
        "",
        "???",
        '"',
        "AND OR NOT",
        "a" * 5000,
        "* ^ : ( ) NEAR",
        "'; drop table units",
        "+",
    ):
        assert isinstance(recall.search(words), tuple)


def test_the_persons_edit_is_found_at_the_next_question(recall, vault):
    assert recall.search("quokka") == ()
    page = vault / "notes/Boat.md"
    page.write_text(page.read_text().replace("Crete", "the quokka island"))
    assert first(recall, "quokka") == "notes/Boat.md#L9-L9"
    (vault / "notes/Boat.md").rename(vault / "notes/Ship.md")
    assert first(recall, "quokka") == "notes/Ship.md#L9-L9"
    (vault / "notes/Ship.md").unlink()
    assert recall.search("quokka") == ()


def test_an_index_kept_in_step_answers_as_one_made_anew(recall, vault):
    questions = ["boat sail", "ana tea", "rent", "harbour shop anchor", "trip crete"]
    recall.search("x")
    for number in range(20):
        (vault / f"notes/extra {number % 7}.md").write_text(
            f"- sail {number} boat\n- tea\n\nrent\n"
        )
        if number % 5 == 4:
            (vault / f"notes/extra {number % 7}.md").unlink()
        recall.refresh()
    kept = [[(hit.link, round(hit.score, 6)) for hit in recall.search(each)] for each in questions]
    recall._open()[0].connection.execute("INSERT INTO own (own) VALUES ('integrity-check')")
    recall.rebuild()
    anew = [[(hit.link, round(hit.score, 6)) for hit in recall.search(each)] for each in questions]
    assert kept == anew


def test_a_broken_index_file_is_made_anew(recall, vault):
    recall.search("tea")
    recall.close()
    (vault / ".touchbase/index.sqlite3").write_bytes(b"garbage" * 1000)
    assert first(recall, "green tea") == "MEMORY.md#L3-L3"


def test_get_gives_the_lines_of_a_link_and_widens_them(recall):
    assert recall.get("notes/Boat.md#L13").text == "- mast 300 euros"
    assert recall.get("notes/Boat.md#L13-L14", around=1).line0 == 12
    section = recall.get("notes/Boat.md#Budget")
    assert (section.line0, section.text.split("\n")[0]) == (11, "## Budget")
    assert recall.get("notes/gone.md#L3").text == ""
    with pytest.raises(OutsideVault):
        recall.get("../secret.md")
    with pytest.raises(BadQuery, match="no such heading"):
        recall.get("notes/Boat.md#Nothing")


def test_links_lead_by_name_alias_and_heading_and_broken_ones_are_told(recall):
    found = recall.links()
    assert {(each.path, each.to) for each in found.resolved} == {
        ("notes/Boat.md", "notes/Trip.md"),
        ("notes/Trip.md", "notes/Boat.md"),
    }
    assert [(each.link.target, each.link.line, each.why) for each in found.broken] == [
        ("nowhere", 17, "no such page")
    ]


def test_the_index_is_one_file_that_other_tools_can_count(recall, vault):
    recall.search("x")
    health = recall.health()
    assert health.page_count == 6
    assert json.dumps(health.meaning).startswith('"not installed')
    assert (vault / ".touchbase/index.sqlite3").is_file()


def test_an_index_damaged_inside_is_made_anew_at_the_next_question(recall, vault):
    recall.search("tea")
    recall.close()
    file = vault / ".touchbase/index.sqlite3"
    raw = bytearray(file.read_bytes())
    for at in range(8192, len(raw), 4096):
        raw[at : at + 2000] = b"\xff" * 2000
    file.write_bytes(bytes(raw))
    assert first(recall, "green tea") == "MEMORY.md#L3-L3"


def test_an_index_made_anew_under_another_reader_serves_both(recall, vault):
    other = Recall(Vault(vault))
    assert other.search("mast")
    recall.rebuild()
    assert other.search("mast")[0].link == recall.search("mast")[0].link
    other.close()
    assert recall.search("mast")
