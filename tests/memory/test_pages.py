from __future__ import annotations

from datetime import date

import pytest

from memory.pages import Kind, parse_page
from memory.query import NamedDate, named_dates, parse_query
from memory.ranking import (
    NOTHING,
    Candidate,
    Collection,
    Counted,
    Field,
    date_match,
    rank,
)
from memory.tasklines import TaskForm, TaskLine, parse, render
from memory.words import content_words, literals

TODAY = date(2026, 3, 11)


def test_a_page_is_bullets_paragraphs_and_headings_with_their_lines():
    page = parse_page(
        "notes/a.md",
        "# A\n\nfirst\nparagraph\n\n- one\n  more\n  - nested\n\n```py\nx = 1\n```\n",
    )
    assert [(unit.kind, unit.line0, unit.line1, unit.text) for unit in page.units] == [
        (Kind.HEADING, 1, 1, "A"),
        (Kind.PARAGRAPH, 3, 4, "first\nparagraph"),
        (Kind.BULLET, 6, 7, "one\n  more"),
        (Kind.BULLET, 8, 8, "nested"),
        (Kind.PARAGRAPH, 10, 12, "```py\nx = 1\n```"),
    ]


def test_a_line_of_ours_is_read_without_its_mark_and_with_its_author():
    page = parse_page(
        "memory/2026-03-09.md",
        "# 2026-03-09\n\n- 09:05 rent paid %%tb author=Ana source=telegram:1/2%% ^m2\n",
    )
    (unit,) = page.units
    assert (unit.text, unit.author, unit.at) == ("09:05 rent paid", "Ana", "2026-03-09T09:05")
    assert page.anchors == {"2026-03-09", "^m2"}


def test_tags_of_the_page_and_of_the_line_and_the_category_come_together():
    page = parse_page("a.md", "---\ntags: [x]\n---\n- [decision] go #big/one `#code` C# #1\n")
    assert page.units[-1].tags == ("x", "big/one", "decision")


def test_links_are_found_with_anchor_and_embed_but_not_in_code():
    page = parse_page(
        "a.md", "[[B|b]] ![[C#^x]] [[#here]] [d](notes/D%20d.md#e) `[[no]]`\n```\n[[no]]\n```\n"
    )
    assert [(each.target, each.anchor, each.embed) for each in page.links] == [
        ("B", "", False),
        ("C", "^x", True),
        ("", "here", False),
        ("notes/D%20d.md", "e", False),
    ]


EMOJI = (
    "- [ ] call Bo #home 🆔 b1 ⛔ a1,a2 ⏫ 🔁 every week ➕ 2026-01-01 ⏳ 2026-01-03 🛫 2026-01-02"
    " 📅 2026-01-04 ^blk"
)
DATAVIEW = (
    "- [ ] call Bo #home [id:: b1] [dependsOn:: a1, a2] [priority:: high] [repeat:: every week]"
    " [created:: 2026-01-01] [scheduled:: 2026-01-03] [start:: 2026-01-02] [due:: 2026-01-04] ^blk"
)


@pytest.mark.parametrize(("form", "line"), [(TaskForm.EMOJI, EMOJI), (TaskForm.DATAVIEW, DATAVIEW)])
def test_task_lines_are_read_and_written_in_both_forms(form, line):
    task = parse(line)
    assert task is not None
    assert (task.text, task.due, task.priority) == ("call Bo #home", date(2026, 1, 4), "high")
    assert (task.depends_on, task.repeat, task.block) == (("a1", "a2"), "every week", "blk")
    assert render(task, form) == line
    assert parse(EMOJI) == parse(DATAVIEW)


def test_hard_spaces_and_selectors_behind_an_emoji_do_not_hide_the_date():
    task = parse("* [x] pay 📅\ufe0f\u00a02026-01-04 ✅ 2026-01-05\r\n")
    assert task == TaskLine("pay", status="x", due=date(2026, 1, 4), done=date(2026, 1, 5))
    assert parse("- not a task") is None
    assert parse("- [ ] pay 📅 someday") == TaskLine("pay 📅 someday")


def test_words_come_folded_and_without_those_that_say_nothing():
    assert content_words("Caroline's children WENT to the Café, didn't they?") == [
        "caroline",
        "child",
        "go",
        "cafe",
    ]
    assert literals("see ABC-123 at 15:30 in 2026, 東京") == ["東京", "abc-123", "15:30"]


def test_a_name_says_who_is_meant_and_is_not_looked_for():
    query = parse_query("What kind of boat did Ana buy?", authors=["Ana", "Bo"], today=TODAY)
    assert (query.words, query.names, query.wording) == (
        ("boat", "buy"),
        ("Ana",),
        "What kind of boat did buy?",
    )
    assert parse_query("Who is Ana?", authors=["Ana"]).words == ("ana",)
    assert parse_query("latest boat").latest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 7 May 2023", NamedDate(2023, 5, 7)),
        ("on May 7th", NamedDate(None, 5, 7)),
        ("on the 7th of May, 2023", NamedDate(2023, 5, 7)),
        ("in June 2023", NamedDate(2023, 6)),
        ("in early March", NamedDate(None, 3)),
        ("2023-05-07", NamedDate(2023, 5, 7)),
        ("during 2022", NamedDate(2022)),
        ("yesterday", NamedDate(2026, 3, 10)),
    ],
)
def test_dates_are_read_as_people_write_them(text, expected):
    assert named_dates(text, TODAY) == (expected,)


def test_may_and_march_are_verbs_where_nothing_says_otherwise():
    assert named_dates("What may Ana do on the march?", TODAY) == ()


def test_a_day_is_told_of_on_it_or_soon_after():
    day = NamedDate(2023, 5, 7)
    fits = [date_match(day, date(2023, 5, each)) for each in (1, 7, 9, 20)]
    assert fits == [1.0, 2.5, 2.0, 1.0]
    assert date_match(day, date(2024, 5, 7)) == 0.0
    assert date_match(NamedDate(None, 12, 31), date(2024, 1, 2)) == 1.3
    assert date_match(day, None) == 0.0


def candidate(unit_id: int, times: int, length: int = 10, **more) -> Candidate:
    counted = Counted({"boat": times}, length)
    given = {"author": "", "day": None, "word_count": 10, "before": NOTHING, **more}
    return Candidate(unit_id, own=counted, window=counted, page=counted, **given)


def collection() -> Collection:
    return Collection(*(Field(100, 10.0, {"boat": 5}) for _ in range(3)))


def test_equal_answers_come_newest_first_and_age_costs_nothing():
    query = parse_query("boat", today=TODAY)
    old = candidate(1, 2, day=date(2020, 1, 1))
    new = candidate(2, 1, day=date(2026, 1, 1))
    twin = candidate(3, 2, day=date(2025, 1, 1))
    assert [each.unit_id for each in rank(query, [old, new, twin], collection())] == [3, 1, 2]
    latest = parse_query("latest boat", today=TODAY)
    assert rank(latest, [old, new, twin], collection())[0].unit_id == 3


def test_two_names_speak_for_neither():
    both = parse_query("did Ana or Bo buy a boat", authors=["ana", "bo"], today=TODAY)
    ranked = rank(both, [candidate(1, 1, author="ana"), candidate(2, 1)], collection())
    assert {each.features.author for each in ranked} == {0.0}


def test_bm25_is_that_of_the_books():
    field = Field(count=3, mean_length=2.0, holding={"a": 1}, k1=1.2, b=0.75)
    assert field.score(Counted({"a": 2}, 4)) == pytest.approx(
        0.9808292530117262 * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 2))
    )
